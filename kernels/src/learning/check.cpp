// SPDX-License-Identifier: Apache-2.0
#include "check.hpp"

#include <algorithm>
#include <cmath>
#include <lagoon/core/error.hpp>
#include <lagoon/engine/parallel.hpp>
#include <limits>
#include <string>

namespace lagoon::learning::detail {
namespace {

constexpr std::ptrdiff_t kGrain = 1 << 15;  // numbers of a task
constexpr std::ptrdiff_t kNone = std::numeric_limits<std::ptrdiff_t>::max();

/// Number, row by row, of the first that is not finite.
std::ptrdiff_t first_odd(View<const double, 2> x, bool parallel) {
  const std::ptrdiff_t columns = x.extent(1);
  return parallel_reduce<std::ptrdiff_t>(
      x.extent(0), {std::max<std::ptrdiff_t>(kGrain / columns, 1), parallel},
      [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
        for (std::ptrdiff_t i = begin; i < end; ++i) {
          const double* row = &x(i, 0);
          double all = 0;  // 0 * finite is 0, and NaN otherwise
          for (std::ptrdiff_t j = 0; j < columns; ++j) all += 0 * row[j * x.stride(1)];
          if (all == 0) continue;
          for (std::ptrdiff_t j = 0; j < columns; ++j)
            if (!std::isfinite(x(i, j))) return i * columns + j;
        }
        return kNone;
      },
      [](std::ptrdiff_t a, std::ptrdiff_t b) { return std::min(a, b); });
}

std::string text_of(double x) { return std::isnan(x) ? "NaN" : x > 0 ? "inf" : "-inf"; }

}  // namespace

void check_table(View<const double, 2> x, const char* what) {
  if (!x.empty()) return;
  throw Error(Errc::invalid_argument, std::string(what) + ": the table is " + std::to_string(x.extent(0)) + "x" +
                                          std::to_string(x.extent(1)) + "; it needs a row and a column");
}

void check_finite(View<const double, 2> x, const char* what, bool parallel) {
  if (x.empty()) return;
  const std::ptrdiff_t at = first_odd(x, parallel);
  if (at == kNone) return;
  const std::ptrdiff_t row = at / x.extent(1), column = at % x.extent(1);
  throw Error(Errc::invalid_argument, std::string(what) + ": row " + std::to_string(row) + ", column " +
                                          std::to_string(column) + " is " + text_of(x(row, column)));
}

void check_finite(View<const double, 1> x, const char* name, const char* what, bool parallel) {
  if (x.empty()) return;
  const std::ptrdiff_t at = first_odd({x.data(), {x.extent(0), 1}, {x.stride(0), 1}}, parallel);
  if (at == kNone) return;
  throw Error(Errc::invalid_argument,
              std::string(what) + ": " + name + "[" + std::to_string(at) + "] is " + text_of(x[at]));
}

void check_lengths(std::ptrdiff_t rows, std::ptrdiff_t numbers, const char* name, const char* what) {
  if (rows == numbers) return;
  throw Error(Errc::invalid_argument, std::string(what) + ": x has " + std::to_string(rows) + " rows, " + name +
                                          " has " + std::to_string(numbers) + " numbers");
}

void check_columns(std::ptrdiff_t have, std::ptrdiff_t model, const char* what) {
  if (have == model) return;
  throw Error(Errc::invalid_argument,
              std::string(what) + ": x has " + std::to_string(have) + " columns, the model " + std::to_string(model));
}

}  // namespace lagoon::learning::detail
