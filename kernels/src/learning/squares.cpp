// SPDX-License-Identifier: Apache-2.0
#include "squares.hpp"

#include <algorithm>
#include <cmath>
#include <lagoon/core/error.hpp>
#include <lagoon/engine/parallel.hpp>
#include <limits>
#include <sstream>

#include "check.hpp"

namespace lagoon::learning::detail {
namespace {

constexpr std::ptrdiff_t kGrain = 1 << 15;  // numbers of a task
constexpr std::ptrdiff_t kNone = std::numeric_limits<std::ptrdiff_t>::max();

/// Number, row by row, of the first that cannot be squared.
std::ptrdiff_t first_beyond(View<const double, 2> x, bool parallel) {
  const std::ptrdiff_t columns = x.extent(1);
  return parallel_reduce<std::ptrdiff_t>(
      x.extent(0), {std::max<std::ptrdiff_t>(kGrain / columns, 1), parallel},
      [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
        for (std::ptrdiff_t i = begin; i < end; ++i) {
          const double* row = x.data() + i * x.stride(0);
          bool all = true;
          for (std::ptrdiff_t j = 0; j < columns; ++j) all &= std::abs(row[j * x.stride(1)]) <= kLargestToSquare;
          if (all) continue;
          for (std::ptrdiff_t j = 0; j < columns; ++j)
            if (!(std::abs(x(i, j)) <= kLargestToSquare)) return i * columns + j;
        }
        return kNone;
      },
      [](std::ptrdiff_t a, std::ptrdiff_t b) { return std::min(a, b); });
}

}  // namespace

void check_squares(View<const double, 2> x, const char* what, bool parallel) {
  if (x.empty()) return;
  const std::ptrdiff_t at = first_beyond(x, parallel);
  if (at == kNone) return;
  check_finite(x, what, parallel);
  const std::ptrdiff_t row = at / x.extent(1), column = at % x.extent(1);
  std::ostringstream text;
  text << what << ": row " << row << ", column " << column << " is " << x(row, column)
       << "; squared distances of numbers beyond " << kLargestToSquare << " overflow";
  throw Error(Errc::invalid_argument, text.str());
}

}  // namespace lagoon::learning::detail
