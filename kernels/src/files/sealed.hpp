// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "chunks.hpp"

namespace lagoon::files {

/// What stands before bytes that a later run takes up again: nothing is decoded whose length and hash are not right.
struct Seal {
  std::string_view kind;  ///< "checkpoint"; the bytes begin with the line "lagoon checkpoint 1"
  int version = 1;
  std::string_view advice = "";  ///< what to do when the seal is broken, behind "; "
};

/// The payload with its seal.
std::string sealed(const Seal& seal, std::string_view payload);

/// The seal alone, to stand before that payload.  throws  cancelled, deadline_exceeded
std::string seal_of(const Seal& seal, const Chunks& payload);

/// The payload, in place.
///   name    of the file, for errors
///   throws  data_loss: no such thing, cut short, changed; invalid_argument: of another version
std::string_view unsealed(const Seal& seal, std::string_view bytes, const std::string& name);

/// Throws data_loss: what is sealed cannot be what was written.
[[noreturn]] void broken_seal(const Seal& seal, const std::string& name, const std::string& what);

/// The file in place of what was there, whole.  throws  what AtomicFile throws
void write_sealed(const std::string& path, const Seal& seal, std::string_view payload);

/// The payload of a file.  throws  what ByteSource::open and `unsealed` throw
std::string read_sealed(const std::string& path, const Seal& seal);

}  // namespace lagoon::files
