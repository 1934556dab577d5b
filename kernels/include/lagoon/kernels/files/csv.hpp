// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <lagoon/kernels/files/table.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace lagoon::files {

enum class Header { automatic, yes, no };

/// How to read a table from text. The defaults suit files as they are found; each guess can be overridden.
struct CsvOptions {
  char delimiter = 0;                  ///< 0: comma, semicolon or tab, whichever cuts the first lines most evenly
  Header header = Header::automatic;   ///< automatic: the first row is a header when no cell of it is a number or date
  std::size_t skip_rows = 0;           ///< lines to pass over before the header
  std::vector<std::string> columns{};  ///< read these only; empty: all. One that holds no numbers is then an error
  /// Columns of times, which are read as seconds since 1970 (files/timestamp.hpp says what is one); numbers among them
  /// stay as they are, unless all are dates such as 20140701; a cell that is neither is an error. Read whether or not
  /// `columns` names them.
  std::vector<std::string> times{};
  char decimal_point = '.';
  std::vector<std::string> missing = {"NA", "N/A", "n/a", "NaN", "nan", "NULL", "null", "None", "?", "."};  ///< and ""
  std::size_t max_columns = kMaxColumns;  ///< more numeric columns than that are an error
  bool parallel = true;
  ProgressCallback progress{};
};

/// Reads the columns of numbers of a CSV file.
///
///   Table t = read_csv("income.csv", {.columns = {"age", "income"}});
///   double m = mean(t.column("income").values);
///
///   path      a file, or anything else that can be read to its end ("/dev/stdin"); UTF-8, LF, CRLF or CR
///   returns   cells as the nearest double; "inf" is a number, and a number too small for a double is 0
///   throws    not_found, permission_denied (file); invalid_argument naming file and line: a directory, no data,
///             rows of different length, a NUL byte, a quote that is never closed, a text in a column that was
///             asked for by its name; out_of_range: a number beyond double (1e999); resource_exhausted: too many
///             columns, or more numbers than the memory of this call;
///             not_found: a wanted column (with the nearest name)
///   cost      two passes over the file in pieces of 1 MiB on the cores of this isolate; 8 bytes per number, taken
///             from the memory of this call before the first is read. Quoted rows are read by one core.
///   Quotes follow RFC 4180. Blank lines are passed over. Stops within 1 MiB when the call is to end.
Table read_csv(const std::string& path, const CsvOptions& options = {});

/// The same from text in memory; `name` stands for the file in errors.
Table parse_csv(std::string_view text, const CsvOptions& options = {}, const std::string& name = "text");

/// Writes the columns of numbers with the fewest digits that give the same double back; a missing cell is empty.
///   throws  permission_denied, not_found (folder), resource_exhausted (disk full): then `path` is as it was
void write_csv(const std::string& path, const Table& table, char delimiter = ',');

}  // namespace lagoon::files
