// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lines.hpp"

namespace lagoon::files::pdb {

/// Columns first..last of the line, from 1 as the format's description has them, without spaces around; "" beyond its
/// end.
std::string_view field(const Lines& line, std::size_t first, std::size_t last);
/// One column as it is; a space beyond the end.
char letter(const Lines& line, std::size_t column);

/// A field as a finite number. Errors name line and columns.
double real(const Lines& line, std::size_t first, std::size_t last, const char* what);

/// A number of atoms or residues: decimal, or hybrid-36 as programs go on beyond what the columns hold. False when it
/// is neither ("*****").
///   source  Grosse-Kunstleve, hybrid-36: upper case A0000 follows 99999, lower case a0000 follows ZZZZZ
bool try_serial(std::string_view text, std::size_t width, std::int64_t& value);

/// The symbol of the element of the atom in this line.
std::string element(const Lines& line);

}  // namespace lagoon::files::pdb
