// SPDX-License-Identifier: Apache-2.0
#include "csv_dialect.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <unordered_set>

#include "csv_error.hpp"
#include "csv_record.hpp"

namespace lagoon::files {
namespace {

constexpr std::size_t kHead = 64 << 10;  // bytes looked at first
constexpr std::size_t kLinesCompared = 50;

bool is_blank(std::string_view line) { return line.find_first_not_of(" \t\r\n") == std::string_view::npos; }

/// Length of the byte order mark at the beginning.
std::size_t byte_order_mark(std::string_view head, const std::string& name) {
  if (head.starts_with("\xEF\xBB\xBF")) return 3;
  if (head.starts_with("\xFF\xFE") || head.starts_with("\xFE\xFF"))
    fail_at(Errc::invalid_argument, name, 1, "the text is UTF-16; UTF-8 is wanted (iconv -f UTF-16 -t UTF-8)");
  return 0;
}

/// LF (CRLF too) when there is one in the first line, however long; CR when that is all there is.
char newline_of(const ByteSource& source) {
  Tensor<char, 1> scratch;
  bool returns = false;
  for (std::size_t at = 0, size = kHead; at < source.size(); at += size, size = 1 << 20) {
    const auto part = source.read(at, std::min(source.size(), at + size), scratch);
    if (part.find('\n') != std::string_view::npos) return '\n';
    returns = returns || part.find('\r') != std::string_view::npos;
    if (returns && at > 0) break;  // a megabyte of nothing but CR
  }
  return returns ? '\r' : '\n';
}

std::size_t count_outside_quotes(std::string_view line, char delimiter) {
  std::size_t n = 0;
  bool quoted = false;
  for (char c : line) {
    quoted ^= c == '"';
    n += c == delimiter && !quoted;
  }
  return n;
}

/// The candidate that most lines agree on: as often in them as in the first one, and there at least once. In a tie the
/// rarer character wins, since a comma is also a decimal point and part of texts.
char delimiter_of(const std::vector<std::string>& lines) {
  char best = ',';
  std::size_t most = 0;
  for (char candidate : {'\t', ';', ','}) {
    const std::size_t first = count_outside_quotes(lines.front(), candidate);
    if (first == 0) continue;
    const auto agree = static_cast<std::size_t>(std::count_if(lines.begin(), lines.end(), [&](const std::string& line) {
      return count_outside_quotes(line, candidate) == first;
    }));
    if (agree > most) {
      most = agree;
      best = candidate;
    }
  }
  return best;
}

/// A row of names has at least one word, and no dates; its numbers, if any, are the years of a table by year.
bool is_header(const std::vector<std::string>& cells, const CellRules& rules) {
  bool words = false;
  std::vector<double> numbers;
  for (const std::string& cell : cells) {
    double value = 0;
    switch (classify(cell, rules, value)) {
      case CellIs::text: words = true; break;
      case CellIs::missing: break;
      case CellIs::number: numbers.push_back(value); break;
      default: return false;
    }
  }
  auto is_year = [](double v) { return v >= 1500 && v <= 2200 && v == std::floor(v); };
  auto next_year = [](double a, double b) { return b != a + 1; };
  const bool years = numbers.size() > 1 && std::all_of(numbers.begin(), numbers.end(), is_year) &&
                     std::adjacent_find(numbers.begin(), numbers.end(), next_year) == numbers.end();
  return words && (numbers.empty() || years);
}

/// Fills in names that are empty, and tells equal ones apart: "x", "x.1", "x.2".
void make_unique(std::vector<std::string>& names) {
  std::unordered_set<std::string> taken;
  std::map<std::string, std::size_t> copies;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i].empty()) names[i] = "column_" + std::to_string(i + 1);
    std::string unique = names[i];
    while (!taken.insert(unique).second) unique = names[i] + "." + std::to_string(++copies[names[i]]);
    names[i] = std::move(unique);
  }
}

struct FirstRecord {
  std::vector<std::string> cells;
  std::size_t lines = 0;  // it spans
  std::size_t end = 0;    // where the next record begins
};

FirstRecord read_first(const ByteSource& source, const Dialect& dialect) {
  LineReader lines(source, dialect.body, dialect.newline);
  RecordReader records(source.name(), dialect.cells.delimiter, dialect.newline);
  FirstRecord first;
  bool whole = false;
  for (std::string_view line; !whole && lines.next(line);)
    whole = records.feed(line, dialect.body_line + first.lines++);
  if (whole || records.finish()) first.cells.assign(records.cells().begin(), records.cells().end());
  first.end = lines.offset();
  return first;
}

}  // namespace

Dialect detect_dialect(const ByteSource& source, const CsvOptions& options) {
  const std::string& name = source.name();
  if (source.size() == 0) throw Error(Errc::invalid_argument, name + ": the file is empty");
  Dialect d;
  {
    Tensor<char, 1> scratch;
    d.body = byte_order_mark(source.read(0, std::min<std::size_t>(source.size(), 3), scratch), name);
  }
  d.newline = newline_of(source);

  LineReader reader(source, d.body, d.newline);
  std::vector<std::string> lines;
  std::size_t bytes = 0, number = 0;
  for (std::string_view line; lines.size() < kLinesCompared && bytes < kHead && reader.next(line);) {
    ++number;
    const bool wanted = number > options.skip_rows && !is_blank(line);
    if (lines.empty() && !wanted) d.body = reader.offset();
    if (!wanted) continue;
    if (lines.empty()) d.body_line = number;
    bytes += line.size();
    if (line.find('\0') == std::string_view::npos)
      lines.emplace_back(line);
    else
      fail_at(Errc::invalid_argument, name, number,
              "byte " + grouped(line.find('\0') + 1) + " of the line is NUL; this is no text file");
  }
  if (lines.empty()) {
    const bool skipped = options.skip_rows > 0 && number > 0;
    throw Error(Errc::invalid_argument,
                name + (skipped ? ": nothing is left after the " + counted(options.skip_rows, "line") + " to skip"
                                : ": the file has no rows"));
  }

  d.cells = make_rules(options.delimiter ? options.delimiter : delimiter_of(lines), options);
  const FirstRecord first = read_first(source, d);
  d.has_header =
      options.header == Header::yes || (options.header == Header::automatic && is_header(first.cells, d.cells));
  if (d.has_header) {
    d.names = first.cells;
    d.body = first.end;
    d.body_line += first.lines;
  } else {
    d.names.resize(first.cells.size());
  }
  make_unique(d.names);
  return d;
}

}  // namespace lagoon::files
