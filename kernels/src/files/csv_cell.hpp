// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lagoon/kernels/files/csv.hpp>
#include <string_view>

namespace lagoon::files {

/// What a cell of a table is.
enum class CellIs : unsigned char {
  number,
  missing,
  overflow,  ///< digits, but beyond the largest double
  date,
  text,
};

/// How cells of one file are told apart.
struct CellRules {
  char delimiter = ',';
  char decimal_point = '.';
  const std::vector<std::string>* missing = nullptr;
  bool numbers_may_be_missing = false;  ///< a marker such as -9 is a number itself

  bool is_space(char c) const noexcept { return (c == ' ' || c == '\t' || c == '\r') && c != delimiter; }
};

/// Rules by the options; the markers stay where they are.
CellRules make_rules(char delimiter, const CsvOptions& options);

/// Whether the cell, without spaces around it, is empty or a marker of what is missing.
bool is_missing(std::string_view cell, const CellRules& rules);

/// One cell, without spaces around it.  value  the number, NaN when missing, untouched otherwise
CellIs classify(std::string_view cell, const CellRules& rules, double& value);

/// Whether the text is a calendar date, a time, or both: "2001-02-28", "1/2/2003 14:00", "Jan 1 2000", "2009Q3".
bool looks_like_date(std::string_view cell);

/// Whether a number is a date as YYYYMMDD, as in 19580329.
bool is_packed_date(double value);

/// Reads a number at `begin`. Returns behind it, or null when there is none; inf for 1e999.
const char* parse_number(const char* begin, const char* end, char decimal_point, double& value);

}  // namespace lagoon::files
