// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <lagoon/core/tensor.hpp>
#include <string>

namespace lagoon::cli {

/// A file as it is.  throws  not_found: there is none, or one that may not be read
std::string read_text(const std::string& path);

/// The same as an array in that memory, as messages have bytes.  throws  also data_loss, resource_exhausted
Frozen<std::uint8_t, 1> read_bytes(const std::string& path, const MemoryHandle& memory = current_memory());

/// The file in place of what was there, whole.  throws  what AtomicFile throws
void write_bytes(const std::string& path, const Frozen<std::uint8_t, 1>& bytes);

}  // namespace lagoon::cli
