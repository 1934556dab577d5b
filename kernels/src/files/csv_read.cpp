// SPDX-License-Identifier: Apache-2.0
#include <lagoon/engine/parallel.hpp>
#include <lagoon/engine/stop.hpp>
#include <lagoon/kernels/files/csv.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "csv_columns.hpp"
#include "csv_error.hpp"
#include "csv_record.hpp"
#include "csv_scan.hpp"

namespace lagoon::files {
namespace {

constexpr std::size_t kPiece = 1 << 20;  // bytes per task: some milliseconds of parsing, and it fits the L2 cache
constexpr std::size_t kSmallestPiece = 64 << 10;
constexpr std::size_t kSampleRows = 1000;
constexpr std::size_t kSampleBytes = 1 << 20;
constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

std::string_view trimmed(const char* begin, const char* end, const CellRules& rules) {
  while (begin < end && rules.is_space(*begin)) ++begin;
  while (begin < end && rules.is_space(end[-1])) --end;
  return {begin, static_cast<std::size_t>(end - begin)};
}

const char* find(const char* begin, const char* end, char wanted) {
  const void* found = std::memchr(begin, wanted, static_cast<std::size_t>(end - begin));
  return found ? static_cast<const char*>(found) : end;
}

/// Numbers of rows into columns, by one thread; counts what is missing on the way.
class RowWriter {
 public:
  explicit RowWriter(ColumnSet& columns)
      : columns_(columns), rules_(columns.dialect().cells), missing_(columns.fields()) {}
  ~RowWriter() {
    for (std::size_t i = 0; i < missing_.size(); ++i)
      if (missing_[i]) columns_.add_missing(i, missing_[i]);
  }
  RowWriter(const RowWriter&) = delete;
  RowWriter& operator=(const RowWriter&) = delete;

  /// A cell without spaces around.
  void put(std::size_t field, std::size_t row, std::size_t line, std::string_view cell) {
    double value = kMissing;
    const CellIs what = columns_.read(field, cell, value);
    if (what == CellIs::missing)
      ++missing_[field];
    else if (what != CellIs::number)
      columns_.note(field, line, what, cell);
    columns_.out(field)[row] = value;
  }

  /// A row without quotes, without its newline.
  void put_row(std::size_t row, std::size_t line, const char* p, const char* end) {
    while (end > p && rules_.is_space(end[-1])) --end;
    const std::size_t fields = columns_.fields();
    for (std::size_t field = 0;; ++field) {
      if (field == fields)
        columns_.fail_ragged(line, fields + 1 + static_cast<std::size_t>(std::count(p, end, rules_.delimiter)));
      p = columns_.reads(field) ? put_cell(field, row, line, p, end) : find(p, end, rules_.delimiter);
      if (p == end) {
        if (field + 1 != fields) columns_.fail_ragged(line, field + 1);
        return;
      }
      ++p;  // the delimiter
    }
  }

 private:
  /// Returns where the cell ends. Most cells are plain numbers, and are read without looking for their end first.
  const char* put_cell(std::size_t field, std::size_t row, std::size_t line, const char* p, const char* end) {
    while (p < end && rules_.is_space(*p)) ++p;
    double value = 0;
    const char* behind = rules_.numbers_may_be_missing ? nullptr : parse_number(p, end, rules_.decimal_point, value);
    if (behind) {
      while (behind < end && rules_.is_space(*behind)) ++behind;
      if ((behind == end || *behind == rules_.delimiter) && std::isfinite(value)) {
        columns_.out(field)[row] = value;
        return behind;
      }
    }
    const char* stop = find(p, end, rules_.delimiter);
    put(field, row, line, trimmed(p, stop, rules_));
    return stop;
  }

  ColumnSet& columns_;
  const CellRules& rules_;
  std::vector<std::size_t> missing_;
};

/// Looks at the first rows, so that columns of text cost no memory.
void take_sample(const ByteSource& source, const Dialect& dialect, ColumnSet& columns) {
  LineReader lines(source, dialect.body, dialect.newline);
  RecordReader records(source.name(), dialect.cells.delimiter, dialect.newline);
  std::size_t line_number = dialect.body_line, rows = 0;
  for (std::string_view line; rows < kSampleRows && lines.offset() < dialect.body + kSampleBytes && lines.next(line);) {
    if (!records.feed(line, line_number++)) continue;
    columns.look_at(records.line(), records.cells());
    ++rows;
  }
  if (lines.offset() == source.size() && records.finish()) columns.look_at(records.line(), records.cells());
}

bool is_blank(std::string_view line, const CellRules& rules) {
  return std::all_of(line.begin(), line.end(), [&](char c) { return rules.is_space(c); });
}

void parse_segment(const ByteSource& source, const Segment& segment, ColumnSet& columns, Tensor<char, 1>& scratch) {
  const std::string_view text = source.read(segment.begin, segment.end, scratch);
  RowWriter writer(columns);
  const Dialect& dialect = columns.dialect();
  const char* const end = text.data() + text.size();
  std::size_t row = segment.row, line = segment.line;
  for (const char* p = text.data(); p < end; ++line) {
    const char* stop = find(p, end, dialect.newline);
    if (!is_blank({p, static_cast<std::size_t>(stop - p)}, dialect.cells)) writer.put_row(row++, line, p, stop);
    p = stop + 1;
  }
}

/// All segments on all cores. When rows are at fault, the first of them in the file is the one reported.
void parse_segments(const ByteSource& source, const Scan& scan, ColumnSet& columns, bool parallel,
                    ProgressMeter& progress) {
  std::vector<char> done(scan.segments.size(), 0);
  try {
    parallel_for(static_cast<std::ptrdiff_t>(scan.segments.size()), {1, parallel},
                 [&](std::ptrdiff_t from, std::ptrdiff_t to) {
                   Tensor<char, 1> scratch;
                   for (auto k = static_cast<std::size_t>(from); k < static_cast<std::size_t>(to); ++k) {
                     parse_segment(source, scan.segments[k], columns, scratch);
                     done[k] = 1;
                     progress.add(scan.segments[k].end - scan.segments[k].begin);
                   }
                 });
  } catch (const Error& e) {
    if (e.code() != Errc::invalid_argument) throw;
    // Parts not begun when the error came up were left out; an earlier row may be at fault too.
    Tensor<char, 1> scratch;
    for (std::size_t k = 0; k < done.size(); ++k) {
      throw_if_stopped();
      if (!done[k]) parse_segment(source, scan.segments[k], columns, scratch);
    }
    throw;
  }
}

/// Rows of a body with quotes, one after another; libcsv sees only lines that have some.  returns  how many rows
std::size_t parse_quoted(const ByteSource& source, ColumnSet& columns, ProgressMeter& progress) {
  const Dialect& dialect = columns.dialect();
  LineReader lines(source, dialect.body, dialect.newline);
  RecordReader records(source.name(), dialect.cells.delimiter, dialect.newline);
  RowWriter writer(columns);
  std::size_t row = 0, line_number = dialect.body_line, reported = dialect.body;
  auto put_record = [&] {
    const auto& cells = records.cells();
    if (cells.size() != columns.fields()) columns.fail_ragged(records.line(), cells.size());
    for (std::size_t field = 0; field < cells.size(); ++field)
      if (columns.reads(field)) writer.put(field, row, records.line(), cells[field]);
    ++row;
  };
  for (std::string_view line; lines.next(line); ++line_number) {
    if (records.is_open() || line.find('"') != std::string_view::npos) {
      if (records.feed(line, line_number)) put_record();
    } else {
      if (line.back() == dialect.newline) line.remove_suffix(1);
      if (!is_blank(line, dialect.cells)) writer.put_row(row++, line_number, line.data(), line.data() + line.size());
    }
    if (lines.offset() - reported < kSmallestPiece) continue;
    throw_if_stopped();
    progress.add(lines.offset() - reported);
    reported = lines.offset();
  }
  if (records.finish()) put_record();
  progress.add(lines.offset() - reported);
  return row;
}

Table read_table(const ByteSource& source, const CsvOptions& options) {
  const Dialect dialect = detect_dialect(source, options);
  ProgressMeter progress(options.progress, source.size() - dialect.body);
  progress.begin("counting rows");
  const std::size_t piece = std::clamp(source.size() / 64, kSmallestPiece, kPiece);
  const Scan scan = scan_rows(source, dialect, piece, options.parallel, progress);

  ColumnSet columns(source.name(), dialect, options);
  take_sample(source, dialect, columns);
  columns.allocate(scan.rows);
  progress.begin("reading");
  std::size_t rows = scan.rows;
  if (scan.quotes)
    rows = parse_quoted(source, columns, progress);
  else
    parse_segments(source, scan, columns, options.parallel, progress);
  return std::move(columns).finish(rows);
}

/// The result of f; when memory for a buffer is refused, the error names the file.
template <class F>
Table naming(const std::string& file, F&& f) {
  try {
    return f();
  } catch (const Error& e) {
    const std::string& why = e.status().message();
    if (e.code() != Errc::resource_exhausted || why.starts_with(file)) throw;
    throw Error(Status(Errc::resource_exhausted, file + ": no memory to read it: " + why).with_cause(e.status()));
  }
}

}  // namespace

Table read_csv(const std::string& path, const CsvOptions& options) {
  return naming(path, [&] { return read_table(ByteSource::open(path), options); });
}

Table parse_csv(std::string_view text, const CsvOptions& options, const std::string& name) {
  return naming(name, [&] { return read_table(ByteSource::over(text, name), options); });
}

}  // namespace lagoon::files
