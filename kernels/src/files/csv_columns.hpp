// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <lagoon/kernels/files/csv.hpp>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "csv_cell.hpp"
#include "csv_dialect.hpp"

namespace lagoon::files {

/// Where the numbers of a file go, and what is known about each of its fields. A sample of rows is looked at first
/// (by one thread); then memory is taken; then any thread fills in rows.
class ColumnSet {
 public:
  /// throws  not_found: a wanted column that is not there
  ColumnSet(std::string file, const Dialect& dialect, const CsvOptions& options);

  const Dialect& dialect() const noexcept { return dialect_; }
  std::size_t fields() const noexcept { return fields_.size(); }
  const std::string& file() const noexcept { return file_; }

  /// Whether the field is still taken for numbers.  relaxed: a late answer costs a parse, nothing else
  bool reads(std::size_t field) const noexcept {
    return std::atomic_ref(const_cast<unsigned char&>(reads_[field])).load(std::memory_order_relaxed) != 0;
  }

  /// What a cell without spaces around is in this field, and its number: a column of times has seconds.
  CellIs read(std::size_t field, std::string_view cell, double& value) const;

  /// A row of the sample, cells without spaces around.
  void look_at(std::size_t line, const std::vector<std::string_view>& cells);
  /// A cell that is no number, found while filling in.
  ///   throws  invalid_argument when it stands in a column that was asked for
  void note(std::size_t field, std::size_t line, CellIs what, std::string_view cell);
  [[noreturn]] void fail_ragged(std::size_t line, std::size_t cells) const;

  /// Memory for so many rows of each column that is still taken for numbers.
  ///   throws  resource_exhausted, before anything is taken
  void allocate(std::size_t rows);
  double* out(std::size_t field) const noexcept { return out_[field]; }
  void add_missing(std::size_t field, std::size_t n) noexcept {
    std::atomic_ref(fields_[field].missing).fetch_add(n, std::memory_order_relaxed);
  }

  /// What came of it; `rows` may be fewer than were allocated.
  ///   throws  out_of_range: a number beyond double in a column of numbers
  Table finish(std::size_t rows) &&;

 private:
  struct Bad {
    std::size_t line = 0;
    std::string cell;
  };
  struct Field {
    bool wanted = true;  // by options.columns, or because it names none
    bool named = false;  // asked for by its name: what is no number there is an error
    bool is_time = false;
    mutable unsigned char dates_seen = 0;  // in a column of times, by any thread
    bool numbers_seen = false;             // in the sample, above the first cell that is none
    bool texts_seen = false;
    Bad other, overflow;  // the first of each
    CellIs what = CellIs::text;
    std::size_t missing = 0;
    Tensor<double, 1> values;
  };
  Field& named(const std::string& name);
  static void keep_first(Bad& bad, std::size_t line, std::string_view cell);
  SkippedColumn skipped(std::size_t field, Kind kind) const;
  bool holds_packed_dates(std::size_t field, std::size_t rows) const;
  void unpack_dates(std::size_t field, std::size_t rows);

  std::string file_;
  const Dialect& dialect_;
  std::size_t max_columns_;
  std::vector<Field> fields_;
  std::vector<unsigned char> reads_;
  std::vector<double*> out_;
  std::size_t allocated_ = 0;
  std::mutex mutex_;
};

}  // namespace lagoon::files
