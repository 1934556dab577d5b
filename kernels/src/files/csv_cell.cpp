// SPDX-License-Identifier: Apache-2.0
#include "csv_cell.hpp"

#include <fast_float/fast_float.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <limits>

namespace lagoon::files {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; }

/// Words that dates are made of, by their first three letters, but for the short ones at the end.
bool is_date_word(std::string_view word) {
  constexpr std::array<std::string_view, 19> kStarts = {"jan", "feb", "mar", "apr", "may", "jun", "jul",
                                                        "aug", "sep", "oct", "nov", "dec", "mon", "tue",
                                                        "wed", "thu", "fri", "sat", "sun"};
  constexpr std::array<std::string_view, 7> kWhole = {"t", "z", "am", "pm", "utc", "gmt", "q"};
  std::string low(word);
  std::transform(low.begin(), low.end(), low.begin(), [](unsigned char c) { return std::tolower(c); });
  if (std::find(kWhole.begin(), kWhole.end(), low) != kWhole.end()) return true;
  return low.size() >= 3 && low.size() <= 9 &&
         std::find(kStarts.begin(), kStarts.end(), low.substr(0, 3)) != kStarts.end();
}

bool is_calendar_day(long year, long month, long day) {
  return year >= 1000 && year <= 2999 && month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

/// The shape of a text: its groups of digits, its words, and what stands between.
struct Shape {
  std::array<long, 8> numbers{};
  std::array<std::size_t, 8> digits{};
  std::size_t groups = 0, words = 0, months = 0;
  std::string marks;
  bool fits = false;
};

Shape shape_of(std::string_view cell) {
  Shape s;
  for (std::size_t i = 0; i < cell.size();) {
    std::size_t j = i;
    if (is_digit(cell[i])) {
      while (j < cell.size() && is_digit(cell[j])) ++j;
      if (s.groups == s.numbers.size() || j - i > 9) return s;
      for (std::size_t k = i; k < j; ++k) s.numbers[s.groups] = s.numbers[s.groups] * 10 + (cell[k] - '0');
      s.digits[s.groups++] = j - i;
    } else if (is_letter(cell[i])) {
      while (j < cell.size() && is_letter(cell[j])) ++j;
      if (!is_date_word(cell.substr(i, j - i))) return s;
      s.months += j - i >= 3;
      ++s.words;
    } else {
      if (std::string_view(" -/.:,+").find(cell[i]) == std::string_view::npos) return s;
      s.marks += cell[i];
      j = i + 1;
    }
    i = j;
  }
  s.fits = s.groups > 0;
  return s;
}

}  // namespace

bool looks_like_date(std::string_view cell) {
  if (cell.size() < 4 || cell.size() > 40) return false;
  const Shape s = shape_of(cell);
  if (!s.fits) return false;
  if (s.months > 0) return true;                                                    // Jan 1 2000; 3-Feb-99
  if (s.words == 1 && s.groups == 2 && s.digits[0] == 4) return s.numbers[1] <= 4;  // 2009Q3
  if (s.marks.empty()) return false;
  const char mark = s.marks[0];
  if (mark == ':') return s.groups >= 2 && s.numbers[0] <= 24 && s.numbers[1] < 60;  // 14:30:05
  if (mark != '-' && mark != '/' && mark != '.') return false;
  if (s.digits[0] == 4) {
    const bool day = s.groups >= 3 && s.marks.size() >= 2 && s.marks[1] == mark;
    return is_calendar_day(s.numbers[0], s.numbers[1], day ? s.numbers[2] : 1) && (day || s.groups == 2);
  }
  if (s.groups < 3 || s.marks.size() < 2 || s.marks[1] != mark || s.digits[0] > 2 || s.digits[1] > 2) return false;
  if (s.digits[2] != 4 && (s.digits[2] != 2 || mark == '.')) return false;  // 1.2.10 is rather a version
  const long year = s.digits[2] == 4 ? s.numbers[2] : 2000;
  return is_calendar_day(year, s.numbers[0], s.numbers[1]) || is_calendar_day(year, s.numbers[1], s.numbers[0]);
}

bool is_packed_date(double value) {
  if (!(value >= 10000101 && value <= 29991231) || value != std::floor(value)) return false;
  const long n = static_cast<long>(value);
  return is_calendar_day(n / 10000, n / 100 % 100, n % 100);
}

const char* parse_number(const char* begin, const char* end, char decimal_point, double& value) {
  // fast_float takes no leading plus, which spreadsheets write.
  if (end - begin > 1 && *begin == '+' && (is_digit(begin[1]) || begin[1] == decimal_point)) ++begin;
  const fast_float::parse_options rules(fast_float::chars_format::general, decimal_point);
  const auto answer = fast_float::from_chars_advanced(begin, end, value, rules);
  return answer.ec == std::errc() ? answer.ptr : nullptr;
}

CellRules make_rules(char delimiter, const CsvOptions& options) {
  CellRules rules{delimiter, options.decimal_point, &options.missing, false};
  for (const std::string& marker : options.missing) {
    double value = 0;
    const char* end = marker.data() + marker.size();
    if (parse_number(marker.data(), end, options.decimal_point, value) == end && !std::isnan(value))
      rules.numbers_may_be_missing = true;
  }
  return rules;
}

bool is_missing(std::string_view cell, const CellRules& rules) {
  return cell.empty() || std::find(rules.missing->begin(), rules.missing->end(), cell) != rules.missing->end();
}

CellIs classify(std::string_view cell, const CellRules& rules, double& value) {
  if (is_missing(cell, rules)) {
    value = std::numeric_limits<double>::quiet_NaN();
    return CellIs::missing;
  }
  double parsed = 0;
  if (parse_number(cell.data(), cell.data() + cell.size(), rules.decimal_point, parsed) == cell.data() + cell.size()) {
    // fast_float gives inf for 1e999 without a word; the text tells it from a cell that says inf.
    const bool digits = std::any_of(cell.begin(), cell.end(), is_digit);
    if (std::isinf(parsed) && digits) return CellIs::overflow;
    value = parsed;
    return std::isnan(parsed) ? CellIs::missing : CellIs::number;
  }
  return looks_like_date(cell) ? CellIs::date : CellIs::text;
}

}  // namespace lagoon::files
