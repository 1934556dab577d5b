// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace lagoon::files {

/// What separates words of a line.
inline bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v'; }

/// What a word of a file looks like in an error: short, and on one line.
std::string in_quotes(std::string_view word);

std::string lower(std::string_view word);

/// A word that is a number from end to end, a leading plus and Fortran's D for the exponent allowed; infinite and NaN
/// are numbers. False when it is none.
bool parse_number(std::string_view word, double& value);

/// A word that is an integer of 64 bits from end to end; false when it is none.
bool parse_integer(std::string_view word, std::int64_t& value);

/// The shortest digits that read back as the same number.
void append_number(std::string& text, double value);
void append_number(std::string& text, std::int64_t value);

}  // namespace lagoon::files
