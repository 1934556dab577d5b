// SPDX-License-Identifier: Apache-2.0
#include <lagoon/kernels/files/csv_stream.hpp>
#include <lagoon/kernels/files/timestamp.hpp>

#include <algorithm>
#include <optional>
#include <utility>

#include "csv_dialect.hpp"
#include "csv_error.hpp"
#include "csv_record.hpp"

namespace lagoon::files {
namespace {

bool is_blank(std::string_view line) { return line.find_first_not_of(" \t\r\n") == std::string_view::npos; }

std::string quoted(std::string_view cell) {
  constexpr std::size_t kShown = 40;
  return "'" + std::string(cell.substr(0, kShown)) + (cell.size() > kShown ? "..." : "") + "'";
}

}  // namespace

struct CsvStream::Impl {
  Impl(std::string n, CsvOptions o) : name(std::move(n)), options(std::move(o)) {}

  /// The first line that counts is in `head` with all of the record that begins on it.
  bool head_is_whole() const {
    std::size_t lines = 0, begin = 0;
    for (std::size_t end; (end = head.find('\n', begin)) != std::string::npos; begin = end + 1) {
      if (++lines <= options.skip_rows || is_blank(std::string_view(head).substr(begin, end - begin))) continue;
      return std::count(head.begin() + static_cast<std::ptrdiff_t>(begin), head.end(), '"') % 2 == 0;
    }
    return false;
  }

  /// Learns from the head how the text is written, and gives the rows that are in it.
  void begin(const Sink& sink) {
    dialect.emplace(detect_dialect(ByteSource::over(head, name), options));
    records.emplace(name, dialect->cells.delimiter, dialect->newline);
    line_number = dialect->body_line;
    const std::string text = std::exchange(head, {});
    take_lines(std::string_view(text).substr(dialect->body), sink);
  }

  /// Whole lines at once; what is left of a line waits in `rest`.
  void take_lines(std::string_view bytes, const Sink& sink) {
    for (std::size_t end; (end = bytes.find(dialect->newline)) != std::string_view::npos;) {
      std::string_view line = bytes.substr(0, end + 1);
      if (!rest.empty()) {
        rest.append(line);
        line = rest;
      }
      take_line(line, sink);
      rest.clear();
      bytes.remove_prefix(end + 1);
    }
    rest.append(bytes);
  }

  void take_line(std::string_view line, const Sink& sink) {
    const std::size_t number = line_number++;
    if (const std::size_t nul = line.find('\0'); nul != std::string_view::npos)
      fail_at(Errc::invalid_argument, name, number, "byte " + grouped(nul + 1) + " of the line is NUL");
    if (records->feed(line, number)) give(sink);
  }

  void give(const Sink& sink) {
    const std::vector<std::string_view>& cells = records->cells();
    if (cells.size() == 1 && is_blank(cells.front()) && dialect->names.size() > 1) return;
    if (cells.size() != dialect->names.size())
      fail_at(Errc::invalid_argument, name, records->line(),
              counted(cells.size(), "field") + ", the " + (dialect->has_header ? "header" : "first row") + " has " +
                  grouped(dialect->names.size()));
    row.line = records->line();
    row.cells.assign(cells.begin(), cells.end());
    sink(row);
  }

  [[noreturn]] void fail(const CsvRow& at, std::size_t column, const char* what) const {
    fail_at(Errc::invalid_argument, name, at.line,
            "column " + grouped(column + 1) + " '" + dialect->names[column] + "': " + quoted(at.cells[column]) + what);
  }

  std::string name;
  CsvOptions options;
  std::string head;  // until the dialect is known
  std::string rest;  // of a line
  std::optional<Dialect> dialect;
  std::optional<RecordReader> records;
  std::size_t line_number = 1;
  CsvRow row;
};

CsvStream::CsvStream(std::string name, CsvOptions options)
    : impl_(std::make_unique<Impl>(std::move(name), std::move(options))) {}
CsvStream::~CsvStream() = default;
CsvStream::CsvStream(CsvStream&&) noexcept = default;

void CsvStream::feed(std::string_view bytes, const Sink& sink) {
  if (impl_->dialect) return impl_->take_lines(bytes, sink);
  impl_->head.append(bytes);
  if (impl_->head_is_whole()) impl_->begin(sink);
}

void CsvStream::finish(const Sink& sink) {
  if (!impl_->dialect) impl_->begin(sink);
  if (!impl_->rest.empty()) impl_->take_line(std::exchange(impl_->rest, {}), sink);
  if (impl_->records->finish()) impl_->give(sink);
}

const std::vector<std::string>& CsvStream::names() const noexcept {
  static const std::vector<std::string> none;
  return impl_->dialect ? impl_->dialect->names : none;
}

std::size_t CsvStream::column(std::string_view name) const {
  const auto& all = names();
  const auto found = std::find(all.begin(), all.end(), name);
  if (found != all.end()) return static_cast<std::size_t>(found - all.begin());
  const std::string near = nearest(name, all);
  throw Error(Errc::not_found, impl_->name + ": no column '" + std::string(name) + "'" +
                                   (near.empty() ? "" : "; did you mean '" + near + "'?"));
}

double CsvStream::number(const CsvRow& row, std::size_t column) const {
  double value = 0;
  switch (classify(row.cells[column], impl_->dialect->cells, value)) {
    case CellIs::number:
    case CellIs::missing: return value;
    case CellIs::overflow: impl_->fail(row, column, " is beyond the largest double");
    default: impl_->fail(row, column, " is not a number");
  }
}

double CsvStream::time(const CsvRow& row, std::size_t column, bool& date) const {
  double value = 0;
  if (classify(row.cells[column], impl_->dialect->cells, value) == CellIs::number) return value;
  const std::optional<double> seconds = parse_timestamp(row.cells[column]);
  if (!seconds) impl_->fail(row, column, " is neither a number nor a date and time");
  date = true;
  return *seconds;
}

}  // namespace lagoon::files
