// SPDX-License-Identifier: Apache-2.0
#include "squares.hpp"

#include <cmath>
#include <lagoon/core/error.hpp>
#include <sstream>

#include "check.hpp"
#include "first_where.hpp"

namespace lagoon::learning::detail {

void check_squares(View<const double, 2> x, const char* what, bool parallel) {
  const auto good = [](double v) { return std::abs(v) <= kLargestToSquare; };
  const auto good_row = [&](const double* row, std::ptrdiff_t columns, std::ptrdiff_t stride) {
    bool all = true;  // without a branch in the row
    for (std::ptrdiff_t j = 0; j < columns; ++j) all &= good(row[j * stride]);
    return all;
  };
  const std::optional<Cell> at = first_where_not(x, parallel, good_row, good);
  if (!at) return;
  check_finite(x, what, parallel);  // which says NaN and infinity in its own words
  std::ostringstream text;
  text << what << ": row " << at->row << ", column " << at->column << " is " << x(at->row, at->column)
       << "; squared distances of numbers beyond " << kLargestToSquare << " overflow";
  throw Error(Errc::invalid_argument, text.str());
}

}  // namespace lagoon::learning::detail
