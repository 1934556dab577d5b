// SPDX-License-Identifier: Apache-2.0
#include "bridge.hpp"

#include <cmath>

#include "polled/parts.hpp"

namespace lagoon::timeseries::detail {

void bridge(double* values, std::ptrdiff_t n, std::ptrdiff_t step, double otherwise) {
  const auto fill = [&](std::ptrdiff_t from, std::ptrdiff_t to, auto value) {
    polled::for_each((to - from + step - 1) / step, [&](std::ptrdiff_t k) {
      const std::ptrdiff_t i = from + k * step;
      values[i] = value(i);
    });
  };
  std::ptrdiff_t next = 0;  // the first that is not settled
  double before = otherwise;
  polled::for_each((n + step - 1) / step, [&](std::ptrdiff_t k) {
    const std::ptrdiff_t i = k * step;
    if (std::isnan(values[i])) return;
    const double left = next == 0 ? values[i] : before, rise = values[i] - left;
    const auto start = static_cast<double>(next - step), gap = static_cast<double>(i - next + step);
    fill(next, i, [&](std::ptrdiff_t at) { return left + rise * ((static_cast<double>(at) - start) / gap); });
    before = values[i];
    next = i + step;
  });
  fill(next, n, [&](std::ptrdiff_t) { return before; });
}

}  // namespace lagoon::timeseries::detail
