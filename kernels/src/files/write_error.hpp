// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace lagoon::files {

/// Throws what the system says (errno) of a file that could not be written: not_found, naming the folder;
/// permission_denied; resource_exhausted (disk full); invalid_argument (a folder).
///   what  "cannot write", "cannot finish"
[[noreturn]] void throw_write_error(const std::string& path, const std::string& folder, const char* what, int error);

}  // namespace lagoon::files
