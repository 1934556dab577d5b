// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <lagoon/core/view.hpp>
#include <lagoon/engine/parallel.hpp>
#include <limits>
#include <optional>

namespace lagoon::learning::detail {

/// Where a number stands in a table.
struct Cell {
  std::ptrdiff_t row = 0, column = 0;
};

/// The first number, row by row, that is not good.
///   good_row  (numbers, count, stride): whether all of a row is; what most rows are asked alone
///   good      (number): the same of one
template <class GoodRow, class Good>
std::optional<Cell> first_where_not(View<const double, 2> x, bool parallel, GoodRow good_row, Good good) {
  constexpr std::ptrdiff_t kGrain = 1 << 15;  // numbers of a task
  constexpr std::ptrdiff_t kNone = std::numeric_limits<std::ptrdiff_t>::max();
  if (x.empty()) return std::nullopt;
  const std::ptrdiff_t columns = x.extent(1);
  const auto at = parallel_reduce<std::ptrdiff_t>(
      x.extent(0), {std::max<std::ptrdiff_t>(kGrain / columns, 1), parallel},
      [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
        for (std::ptrdiff_t i = begin; i < end; ++i) {
          if (good_row(x.data() + i * x.stride(0), columns, x.stride(1))) continue;
          for (std::ptrdiff_t j = 0; j < columns; ++j)
            if (!good(x(i, j))) return i * columns + j;
        }
        return kNone;
      },
      [](std::ptrdiff_t a, std::ptrdiff_t b) { return std::min(a, b); });
  if (at == kNone) return std::nullopt;
  return Cell{at / columns, at % columns};
}

}  // namespace lagoon::learning::detail
