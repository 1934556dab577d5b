// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <csv.h>

#include <cstddef>
#include <lagoon/core/tensor.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "byte_source.hpp"

namespace lagoon::files {

/// The lines of a source one after another, however long.
class LineReader {
 public:
  LineReader(const ByteSource& source, std::size_t begin, char newline);
  /// The next line with its newline, valid until the next call; false at the end.
  bool next(std::string_view& line);
  /// Where the next line begins.
  std::size_t offset() const noexcept { return begin_ + at_; }

 private:
  const ByteSource& source_;
  char newline_;
  std::size_t begin_;   // of the window
  std::size_t at_ = 0;  // in the window
  std::string_view window_;
  Tensor<char, 1> scratch_;
};

/// Cells of records by RFC 4180, which may span lines: libcsv, fed line by line so that errors can name the line.
class RecordReader {
 public:
  RecordReader(std::string file, char delimiter, char newline);
  ~RecordReader();
  RecordReader(const RecordReader&) = delete;
  RecordReader& operator=(const RecordReader&) = delete;

  /// One line with its newline; `number` is its place in the file.
  ///   returns  true when a record ended with it: cells() has it until the next call
  ///   throws   invalid_argument (a cell over 64 MiB: a quote that is not closed), resource_exhausted
  bool feed(std::string_view line, std::size_t number);
  /// After the last line: true when it had no newline and ends a record.
  ///   throws  invalid_argument naming the line of the quote that is never closed
  bool finish();

  /// The last line fed ended inside a record.
  bool is_open() const noexcept { return begun_on_ != 0; }
  const std::vector<std::string_view>& cells() const noexcept { return cells_; }
  /// Line on which that record began.
  std::size_t line() const noexcept { return record_line_; }

 private:
  static void on_cell(void* text, std::size_t size, void* self) noexcept;
  static void on_record(int end, void* self) noexcept;
  bool take_record();
  [[noreturn]] void fail_open_quote(const char* why) const;

  std::string file_;
  csv_parser parser_{};
  std::string text_;  // cells of the record, one after another
  std::vector<std::size_t> ends_;
  std::vector<std::string_view> cells_;
  std::size_t begun_on_ = 0;  // line of the record that is open
  std::size_t record_line_ = 0;
  std::size_t opened_on_ = 0;  // line on which the open cell began
  std::size_t pending_ = 0;    // bytes since then
  bool touched_ = false;       // a cell ended in the line being fed
  bool ended_ = false;
  bool out_of_memory_ = false;
};

}  // namespace lagoon::files
