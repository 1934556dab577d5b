// SPDX-License-Identifier: Apache-2.0
#include <lagoon/engine/stop.hpp>
#include <lagoon/kernels/files/atomic_file.hpp>
#include <lagoon/kernels/files/csv.hpp>

#include <csv.h>

#include <array>
#include <charconv>
#include <cmath>
#include <string>

namespace lagoon::files {
namespace {

/// The text as a cell, in quotes where it needs them.
std::string cell(const std::string& text, char delimiter) {
  const bool plain = text.find_first_of("\"\r\n") == std::string::npos && text.find(delimiter) == std::string::npos &&
                     (text.empty() || (text.front() != ' ' && text.back() != ' '));
  if (plain) return text;
  std::string quoted(csv_write(nullptr, 0, text.data(), text.size()), '\0');
  csv_write(quoted.data(), quoted.size(), text.data(), text.size());
  return quoted;
}

}  // namespace

void write_csv(const std::string& path, const Table& table, char delimiter) {
  constexpr std::size_t kRowsBetweenPolls = 4096;
  AtomicFile file(path);
  std::string row;
  auto end_row = [&] {
    row += '\n';
    file.write(row);
    row.clear();
  };
  for (const Column& c : table.columns) {
    if (&c != table.columns.data()) row += delimiter;
    row += cell(c.name, delimiter);
  }
  end_row();
  for (std::size_t i = 0; i < table.rows; ++i) {
    if (i % kRowsBetweenPolls == 0) throw_if_stopped();
    for (const Column& c : table.columns) {
      if (&c != table.columns.data()) row += delimiter;
      const double value = c.values[static_cast<std::ptrdiff_t>(i)];
      if (std::isnan(value)) continue;
      std::array<char, 32> digits;
      row.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr);
    }
    // One missing cell alone would be a blank line, which readers pass over.
    if (row.empty()) row = "NA";
    end_row();
  }
  file.commit();
}

}  // namespace lagoon::files
