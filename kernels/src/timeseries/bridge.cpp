// SPDX-License-Identifier: Apache-2.0
#include "bridge.hpp"

#include <cmath>

namespace lagoon::timeseries::detail {

void bridge(double* values, std::ptrdiff_t n, std::ptrdiff_t step, double otherwise) {
  const auto fill = [&](std::ptrdiff_t from, std::ptrdiff_t to, auto value) {
    for (std::ptrdiff_t i = from; i < to; i += step) values[i] = value(i);
  };
  std::ptrdiff_t next = 0;  // the first that is not settled
  double before = otherwise;
  for (std::ptrdiff_t i = 0; i < n; i += step) {
    if (std::isnan(values[i])) continue;
    const double left = next == 0 ? values[i] : before, rise = values[i] - left;
    const auto start = static_cast<double>(next - step), gap = static_cast<double>(i - next + step);
    fill(next, i, [&](std::ptrdiff_t k) { return left + rise * ((static_cast<double>(k) - start) / gap); });
    before = values[i];
    next = i + step;
  }
  fill(next, n, [&](std::ptrdiff_t) { return before; });
}

}  // namespace lagoon::timeseries::detail
