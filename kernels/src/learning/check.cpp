// SPDX-License-Identifier: Apache-2.0
#include "check.hpp"

#include <cmath>
#include <lagoon/core/error.hpp>
#include <string>

#include "first_where.hpp"

namespace lagoon::learning::detail {
namespace {

std::optional<Cell> first_odd(View<const double, 2> x, bool parallel) {
  const auto finite_row = [](const double* row, std::ptrdiff_t columns, std::ptrdiff_t stride) {
    double all = 0;  // 0 * finite is 0, and NaN otherwise
    for (std::ptrdiff_t j = 0; j < columns; ++j) all += 0 * row[j * stride];
    return all == 0;
  };
  return first_where_not(x, parallel, finite_row, [](double v) { return std::isfinite(v); });
}

std::string text_of(double x) { return std::isnan(x) ? "NaN" : x > 0 ? "inf" : "-inf"; }

}  // namespace

void check_table(View<const double, 2> x, const char* what) {
  if (!x.empty()) return;
  throw Error(Errc::invalid_argument, std::string(what) + ": the table is " + std::to_string(x.extent(0)) + "x" +
                                          std::to_string(x.extent(1)) + "; it needs a row and a column");
}

void check_finite(View<const double, 2> x, const char* what, bool parallel) {
  const std::optional<Cell> at = first_odd(x, parallel);
  if (!at) return;
  throw Error(Errc::invalid_argument, std::string(what) + ": row " + std::to_string(at->row) + ", column " +
                                          std::to_string(at->column) + " is " + text_of(x(at->row, at->column)));
}

void check_finite(View<const double, 1> x, const char* name, const char* what, bool parallel) {
  const std::optional<Cell> at = first_odd({x.data(), {x.extent(0), 1}, {x.stride(0), 1}}, parallel);
  if (!at) return;
  throw Error(Errc::invalid_argument,
              std::string(what) + ": " + name + "[" + std::to_string(at->row) + "] is " + text_of(x[at->row]));
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
