// SPDX-License-Identifier: Apache-2.0
#include "column_factors.hpp"

#include <algorithm>
#include <cmath>
#include <lagoon/engine/parallel.hpp>

namespace lagoon::learning::detail {
namespace {

constexpr std::ptrdiff_t kGrain = 1 << 15;  // numbers of a task
constexpr double kSmall = 1e-140, kLarge = 1e140;

Tensor<double, 1> largest_of_columns(View<const double, 2> x, bool parallel) {
  const std::ptrdiff_t columns = x.extent(1);
  return parallel_reduce<Tensor<double, 1>>(
      x.extent(0), {std::max(kGrain / columns, (x.extent(0) + 1023) / 1024), parallel},
      [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
        auto largest = Tensor<double, 1>::zeros({columns});
        for (std::ptrdiff_t i = begin; i < end; ++i)
          for (std::ptrdiff_t j = 0; j < columns; ++j) {
            const double size = std::abs(x(i, j));
            if (size > largest[j] && std::isfinite(size)) largest[j] = size;
          }
        return largest;
      },
      [&](Tensor<double, 1> a, const Tensor<double, 1>& b) {
        for (std::ptrdiff_t j = 0; j < columns; ++j) a[j] = std::max(a[j], b[j]);
        return a;
      });
}

}  // namespace

std::vector<double> column_factors(View<const double, 2> x, bool parallel) {
  const Tensor<double, 1> largest = largest_of_columns(x, parallel);
  std::vector<double> factors(static_cast<std::size_t>(x.extent(1)), 1);
  for (std::size_t j = 0; j < factors.size(); ++j) {
    const double size = largest[static_cast<std::ptrdiff_t>(j)];
    if (size == 0 || (size >= kSmall && size <= kLarge)) continue;
    factors[j] = std::ldexp(1.0, std::min(-std::ilogb(size), 1022));  // of the smallest of all there is no power
  }
  return factors;
}

}  // namespace lagoon::learning::detail
