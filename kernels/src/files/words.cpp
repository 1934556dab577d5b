// SPDX-License-Identifier: Apache-2.0
#include "words.hpp"

#include <fast_float/fast_float.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <system_error>

namespace lagoon::files {

std::string in_quotes(std::string_view word) {
  std::string text = "'";
  for (char c : word.substr(0, 30)) text += std::isprint(static_cast<unsigned char>(c)) ? c : '?';
  return text + (word.size() > 30 ? "...'" : "'");
}

std::string lower(std::string_view word) {
  std::string text(word);
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

bool parse_number(std::string_view word, double& value) {
  if (word.empty()) return false;
  const char* begin = word.data();
  const char* const end = word.data() + word.size();
  if (*begin == '+' && word.size() > 1 && begin[1] != '-') ++begin;  // Fortran writes it
  const auto [stop, error] = fast_float::from_chars(begin, end, value);
  if (error == std::errc() && stop == end) return true;
  // And D for the exponent.
  std::string fortran(begin, end);
  for (char& c : fortran)
    if (c == 'D' || c == 'd') c = 'e';
  const auto again = fast_float::from_chars(fortran.data(), fortran.data() + fortran.size(), value);
  return again.ec == std::errc() && again.ptr == fortran.data() + fortran.size();
}

bool parse_integer(std::string_view word, std::int64_t& value) {
  if (word.size() > 1 && word[0] == '+' && word[1] != '-') word.remove_prefix(1);
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  return !word.empty() && error == std::errc() && end == word.data() + word.size();
}

void append_number(std::string& text, double value) {
  std::array<char, 32> digits;
  text.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr);
}

void append_number(std::string& text, std::int64_t value) {
  std::array<char, 24> digits;
  text.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr);
}

}  // namespace lagoon::files
