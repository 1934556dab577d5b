// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <lagoon/kernels/files/csv.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace lagoon::files {

/// A row of a table that comes bit by bit.
struct CsvRow {
  std::size_t line = 0;                 ///< on which it begins, from 1
  std::vector<std::string_view> cells;  ///< as many as the first row; valid until the next row
};

/// Rows of a CSV text that is not there as a whole: a pipe, or a file that grows.
///
///   CsvStream rows("standard input");
///   while (read(buffer)) rows.feed(buffer, [&](const CsvRow& row) { use(row.cells[rows.column("value")]); });
///   rows.finish(...);
///
/// Delimiter and header are found in the first line as `read_csv` finds them; of its options, `columns`, `times`,
/// `max_columns`, `parallel` and `progress` are not read. Memory of the longest row.
class CsvStream {
 public:
  using Sink = std::function<void(const CsvRow&)>;

  explicit CsvStream(std::string name, CsvOptions options = {});
  ~CsvStream();
  CsvStream(CsvStream&&) noexcept;

  /// Takes bytes, which may end anywhere, and gives the rows that they complete.
  ///   throws  invalid_argument naming file and line: another number of cells than the first row, a NUL byte, a quote
  ///           that is not closed within 64 MiB; what the sink throws. Nothing may be fed after that
  void feed(std::string_view bytes, const Sink& sink);
  /// No more bytes will come: the last row needs no newline.
  ///   throws  the same; invalid_argument: no data, a quote that is never closed
  void finish(const Sink& sink);

  /// Names of the columns, "column 1" and so on without a header; empty until the first line is complete.
  const std::vector<std::string>& names() const noexcept;
  /// Which column has that name.  throws  not_found (with the nearest name)
  std::size_t column(std::string_view name) const;
  /// The number in a cell, NaN when it is missing.
  ///   throws  invalid_argument naming file, line and column: it is no number
  double number(const CsvRow& row, std::size_t column) const;
  /// The time in a cell: a number as it is, a date as seconds since 1970.  throws  the same
  ///   date    becomes true when it is a date
  double time(const CsvRow& row, std::size_t column, bool& date) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace lagoon::files
