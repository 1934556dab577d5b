// SPDX-License-Identifier: Apache-2.0
#include "kmeans_spread.hpp"

#include <cmath>
#include <utility>

#include "kmeans_panels.hpp"
#include "squares.hpp"

namespace lagoon::learning::detail {
namespace {

constexpr std::ptrdiff_t kStretch = 64;  // rows between looks

/// By column: sums of differences from the first row, sums of their squares, and the largest magnitude.
struct Columns {
  Tensor<double, 2> numbers;

  ColumnSums sums() { return {&numbers(0, 0), &numbers(1, 0), &numbers(2, 0)}; }
};

Columns columns_of_part(View<const double, 2> x, View<const double, 1> first, std::ptrdiff_t begin,
                        std::ptrdiff_t end) {
  const bool side_by_side = x.stride(1) == 1;
  Columns c{Tensor<double, 2>::zeros({3, x.extent(1)})};
  Tensor<double, 2> gathered({side_by_side ? 0 : kStretch, x.extent(1)});
  for (std::ptrdiff_t i = begin; i < end; i += kStretch) {
    throw_if_stopped();
    const std::ptrdiff_t rows = std::min(kStretch, end - i);
    for (std::ptrdiff_t r = 0; !side_by_side && r < rows; ++r)
      for (std::ptrdiff_t j = 0; j < x.extent(1); ++j) gathered(r, j) = x(i + r, j);
    if (side_by_side)
      kmeans_kernels().add_rows(&x(i, 0), x.stride(0), rows, first.data(), x.extent(1), c.sums());
    else
      kmeans_kernels().add_rows(gathered.data(), x.extent(1), rows, first.data(), x.extent(1), c.sums());
  }
  return c;
}

Columns both(Columns a, Columns b) {
  const ColumnSums to = a.sums(), from = b.sums();
  for (std::ptrdiff_t j = 0; j < a.numbers.extent(1); ++j) {
    to.sums[j] += from.sums[j];
    to.squares[j] += from.squares[j];
    to.largest[j] = std::max(to.largest[j], from.largest[j]);
  }
  return a;
}

}  // namespace

Spread spread_of(View<const double, 2> x, bool parallel) {
  const std::ptrdiff_t columns = x.extent(1);
  const auto n = static_cast<double>(x.extent(0)), p = static_cast<double>(columns);
  Spread spread;
  spread.means = Tensor<double, 1>::copy_of(x.row(0));
  const View<const double, 1> first = std::as_const(spread.means).view();
  Columns all = parallel_reduce<Columns>(
      x.extent(0), grain_of_parts(x.extent(0), 1, parallel),
      [&](std::ptrdiff_t begin, std::ptrdiff_t end) { return columns_of_part(x, first, begin, end); }, both);
  const ColumnSums by = all.sums();
  spread.sound = true;
  for (std::ptrdiff_t j = 0; j < columns; ++j) {
    const double off = by.sums[j] / n;
    spread.variance += std::max(by.squares[j] / n - off * off, 0.0) / p;
    spread.largest = std::max(spread.largest, by.largest[j]);
    spread.sound &= std::isfinite(off) && by.largest[j] <= kLargestToSquare;  // a sum shows NaN, a maximum may not
    spread.means[j] += off;
  }
  return spread;
}

}  // namespace lagoon::learning::detail
