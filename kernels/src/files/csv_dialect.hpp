// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <lagoon/kernels/files/csv.hpp>
#include <string>
#include <vector>

#include "byte_source.hpp"
#include "csv_cell.hpp"

namespace lagoon::files {

/// How one file is written: what the options say, and where they leave it open what its first lines show.
struct Dialect {
  CellRules cells;
  char newline = '\n';
  bool has_header = false;
  std::vector<std::string> names;  ///< one per field, all different
  std::size_t body = 0;            ///< where the first row of data begins
  std::size_t body_line = 1;       ///< and its line
};

/// throws  invalid_argument: no data, UTF-16, a quote in the header that is never closed
Dialect detect_dialect(const ByteSource& source, const CsvOptions& options);

}  // namespace lagoon::files
