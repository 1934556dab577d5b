// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <lagoon/core/error.hpp>
#include <string>

namespace lagoon::files {

/// Throws "data.csv:17: 4 fields, the header has 5", with file and line as details.
[[noreturn]] void fail_at(Errc code, const std::string& file, std::size_t line, const std::string& what);

/// 20190 as "20,190".
std::string grouped(std::size_t n);

/// "1 row", "20,190 rows".
std::string counted(std::size_t n, const char* singular);

}  // namespace lagoon::files
