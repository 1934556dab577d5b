// SPDX-License-Identifier: Apache-2.0
#include "pdb_fields.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>

#include "elements.hpp"

namespace lagoon::files::pdb {
namespace {

bool is_letter(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; }

/// "NA", "na" as "Na".
std::string symbol(std::string_view letters) {
  std::string text = lower(letters);
  if (!text.empty()) text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
  return text;
}

std::string columns(std::size_t first, std::size_t last) {
  return "columns " + std::to_string(first) + "-" + std::to_string(last);
}

}  // namespace

std::string_view field(const Lines& line, std::size_t first, std::size_t last) {
  std::string_view text = line.line();
  if (text.size() < first) return {};
  text = text.substr(first - 1, last - first + 1);
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

char letter(const Lines& line, std::size_t column) {
  return column <= line.line().size() ? line.line()[column - 1] : ' ';
}

double real(const Lines& line, std::size_t first, std::size_t last, const char* what) {
  const std::string_view text = field(line, first, last);
  double value = 0;
  if (!parse_number(text, value) || !std::isfinite(value))
    line.fail(columns(first, last) + ": " + in_quotes(text) + " in place of " + what);
  return value;
}

bool try_serial(std::string_view text, std::size_t width, std::int64_t& value) {
  if (parse_integer(text, value)) return true;
  if (text.size() != width || width > 8 || !is_letter(text[0])) return false;
  const bool small = std::islower(static_cast<unsigned char>(text[0])) != 0;
  std::int64_t number = 0, power = 1, decimal = 10;
  for (const char c : text) {
    const auto u = static_cast<unsigned char>(c);
    if (!std::isdigit(u) && !(small ? std::islower(u) : std::isupper(u))) return false;
    number = 36 * number + (std::isdigit(u) ? c - '0' : std::tolower(u) - 'a' + 10);
  }
  for (std::size_t k = 1; k < width; ++k) {
    power *= 36;
    decimal *= 10;
  }
  // Digits A0..0 to Z9..9 are 26 leading letters; the lower case follows all of the upper.
  value = number - 10 * power + decimal + (small ? 26 * power : 0);
  return true;
}

std::string element(const Lines& line) {
  if (const auto given = field(line, 77, 78); !given.empty() && std::all_of(given.begin(), given.end(), is_letter)) {
    std::string name = symbol(given);
    if (!atomic_weight(name)) line.fail(columns(77, 78) + ": " + in_quotes(given) + " is no element");
    return name;
  }
  // The name's first two columns are the symbol, to the right: " CA " is carbon, "CA  " is calcium. Names of four
  // letters that begin with H ("HG11") are hydrogen's.
  const char first = letter(line, 13), second = letter(line, 14);
  const bool full = !is_space(letter(line, 16));
  std::string name;
  if (is_letter(first) && is_letter(second) && !(full && std::toupper(static_cast<unsigned char>(first)) == 'H'))
    name = symbol(std::string{first, second});
  if (!atomic_weight(name)) {
    const std::string_view letters = field(line, 13, 16);
    const auto* const at = std::find_if(letters.begin(), letters.end(), is_letter);
    name = at == letters.end() ? "" : symbol(std::string(1, *at));
  }
  if (!atomic_weight(name))
    line.fail("the element of atom " + in_quotes(field(line, 13, 16)) + " cannot be told; " + columns(77, 78) +
              " should name it");
  return name;
}

}  // namespace lagoon::files::pdb
