// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "analysis.hpp"
#include "text.hpp"

namespace lagoon::cli {
namespace {

constexpr std::size_t kLongestName = 28;
constexpr std::size_t kMatrixColumns = 20;  // a wider matrix is read from --json or --report

std::string summary_table(const Analysis& a) {
  std::vector<std::vector<std::string>> rows = {
      {"column", "count", "missing", "mean", "std.dev", "min", "25%", "median", "75%", "max", "skewness", "kurtosis"}};
  for (const ColumnFacts& c : a.columns) {
    std::vector<std::string> row = {c.name, grouped(c.count), grouped(c.missing)};
    if (width_of(c.name) > kLongestName) row[0] = fitted(c.name, kLongestName);
    for (double x : {c.mean, c.standard_deviation, c.minimum, c.q1, c.median, c.q3, c.maximum})
      row.push_back(number(x));
    for (double x : {c.skewness, c.kurtosis}) row.push_back(number(x, 4));
    rows.push_back(std::move(row));
  }
  return aligned(rows);
}

std::string hundredths(double r) {
  const std::string text = fmt::format("{:.2f}", r);
  return text == "-0.00" ? "0.00" : text;
}

std::string matrix_table(const CorrelationFacts& c) {
  const std::size_t n = c.columns.size();
  std::vector<std::vector<std::string>> rows(1, {fmt::format("{} correlation", c.method)});
  // Numbers for the heads keep the matrix narrow whatever the columns are called.
  for (std::size_t j = 0; j < n; ++j) rows[0].push_back(fmt::format("[{}]", j + 1));
  for (std::size_t i = 0; i < n; ++i) {
    std::vector<std::string> row = {fmt::format("[{}] {}", i + 1, c.columns[i])};
    if (width_of(row[0]) > kLongestName) row[0] = fitted(row[0], kLongestName);
    for (std::size_t j = 0; j <= i; ++j) row.push_back(std::isnan(c.matrix[i][j]) ? "-" : hundredths(c.matrix[i][j]));
    row.resize(n + 1);
    rows.push_back(std::move(row));
  }
  return aligned(rows);
}

std::string skipped_line(const SkippedFacts& s) {
  std::string text = fmt::format("left out: {} ({}", s.name, s.kind);
  if (s.line) text += fmt::format(", line {}: '{}'", grouped(s.line), s.example);
  text += ")";
  if (s.began_as_numbers)
    text += fmt::format("; numbers stand above it: --missing '{}' if it means \"no value\"", s.example);
  return text + "\n";
}

/// Drops blanks at the ends of lines.
std::string stripped(const std::string& text) {
  std::string out;
  for (char c : text) {
    if (c == '\n') out.erase(out.find_last_not_of(' ') + 1);
    out += c;
  }
  return out;
}

}  // namespace

std::string text_of(const Analysis& a, std::size_t width) {
  std::string text =
      fmt::format("{}: {}, {} of numbers\n\n", a.file, counted(a.rows, "row"), counted(a.columns.size(), "column"));
  text += summary_table(a);
  const std::size_t n = a.correlation.columns.size();
  const std::size_t matrix_width = kLongestName + 7 * n;
  if (n > 1 && n <= kMatrixColumns && (matrix_width <= width || n <= 12))
    text += "\n" + matrix_table(a.correlation);
  else if (n > 1)
    text += fmt::format("\ncorrelation of {}: see --json or --report\n", counted(n, "column"));
  for (const SeriesFacts& series : a.series) text += "\n" + text_of(series);
  if (a.learning) text += "\n" + text_of(*a.learning);
  if (!a.skipped.empty() || !a.failed.empty() || !a.notes.empty()) text += '\n';
  for (const std::string& note : a.notes) text += fmt::format("note: {}\n", note);
  for (const SkippedFacts& s : a.skipped) text += skipped_line(s);
  for (const FailedItem& f : a.failed) text += fmt::format("failed: {} of {}: {}\n", f.what, f.column, f.error);
  return stripped(text);
}

}  // namespace lagoon::cli
