// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>
#include <lagoon/core/tensor.hpp>
#include <lagoon/core/view.hpp>

namespace lagoon::timeseries::detail {

/// A series as its products are to see it: (x - centre) * scale, or 0 where x is NaN. Copied a block at a time.
struct Deviations {
  View<const double, 1> x;
  double centre = 0;
  double scale = 1;     ///< a power of two: exact
  bool counts = false;  ///< 1 for each number instead, 0 for a NaN: products count pairs

  double operator()(std::ptrdiff_t t) const {
    const double v = x[t];
    if (std::isnan(v)) return 0;
    return counts ? 1 : v * scale - centre * scale;
  }
};

/// How x goes together with y some steps earlier: sum over t of x[t + k] y[t], each 0 beyond its ends.
///   x, y     of the same length n >= 1; finite but for NaN. The same object twice takes half the time
///   returns  lags + 1 numbers, for k = 0 ... lags; those beyond n - 1 are 0
///   throws   resource_exhausted, cancelled, deadline_exceeded
///   cost     O(n min(lags, log lags)), a few blocks of max(2048, lags) numbers; parallel, the same bits for any number
///            of cores
Tensor<double, 1> lagged_products(const Deviations& x, const Deviations& y, std::ptrdiff_t lags, bool parallel);

}  // namespace lagoon::timeseries::detail
