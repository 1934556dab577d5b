// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "byte_source.hpp"
#include "dcd_layout.hpp"

namespace lagoon::files::dcd {

/// What stands before the first frame.
struct Header {
  bool swapped = false;  ///< written by a machine of the other byte order
  bool has_cell = false;
  std::int64_t first_step = 0, every = 1;
  double delta = 0;  ///< between steps, in the file's unit of time
  std::size_t particles = 0;
  std::size_t bytes = 0;   ///< of the header
  std::size_t frames = 0;  ///< that are whole; counted by the size of the file
};

/// throws  invalid_argument naming file and byte
Header read_header(const ByteSource& source);

/// Throws "run.dcd: byte 84: what".
[[noreturn]] void fail(const ByteSource& source, std::size_t byte, const std::string& what);

}  // namespace lagoon::files::dcd
