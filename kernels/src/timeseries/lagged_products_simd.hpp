// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace lagoon::timeseries::detail {

inline constexpr std::ptrdiff_t kWidest = 8;  // doubles of the widest vector

struct LagKernels {
  std::ptrdiff_t width;  ///< doubles of a vector
  /// sums[k] += sum over t < n of x[t + k] y[t], for k = 0 ... lags.
  ///   n        a multiple of kWidest
  ///   x        has n + lags + 4 kWidest elements; those from n + lags on are read, not used
  void (*add_products)(const double* x, const double* y, std::ptrdiff_t n, std::ptrdiff_t lags, double* sums);
};

/// In the instructions of this processor; chosen once, see simd::isa_name.
const LagKernels& lag_kernels();

}  // namespace lagoon::timeseries::detail
