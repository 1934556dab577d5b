// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <lagoon/core/tensor.hpp>
#include <lagoon/engine/compute.hpp>

namespace lagoon::timeseries {

struct RollingOptions {
  std::ptrdiff_t min_count = 0;  ///< numbers that a window must have for a result; 0: as many as the window is long
  bool centred = false;          ///< the window is about each place, not behind it; of an even one, one more is behind
  double ddof = 1;               ///< the variance divides by n - ddof
  ComputeOptions compute{};
};

/// Statistics of a window that slides along a series.
///
///   Tensor<double, 1> smooth = rolling_mean(x, 30);                       // NaN for the first 29
///   Tensor<double, 1> level = rolling_median(x, 30, {.min_count = 1});
///
///   x        n >= 0 numbers, any stride
///   window   >= 1; longer than the series is the whole of it where min_count allows
///   returns  n numbers: that of x[i - window + 1] to x[i]. NaNs in a window are left out of it; fewer than min_count
///            numbers give NaN. An infinity gives what IEEE arithmetic gives while it is in the window, and leaves
///            nothing behind
///   throws   invalid_argument: window, min_count (0 to window), a median of more than 2^31 numbers;
///            resource_exhausted; cancelled, deadline_exceeded
///   cost     O(n) whatever the window; median O(n log window); parallel over pieces, the same bits for any number of
///            cores. Besides the result 8 to 48 bytes for each place of a window, on each core
///   source   sums are begun anew at fixed places, so that errors do not grow along the series: as good as a sum over
///            each window alone. Extrema: van Herk 1992, Gil & Werman 1993. Median: Hardle & Steiger 1995
Tensor<double, 1> rolling_mean(View<const double, 1> x, std::ptrdiff_t window, const RollingOptions& options = {});
Tensor<double, 1> rolling_standard_deviation(View<const double, 1> x, std::ptrdiff_t window,
                                             const RollingOptions& options = {});
Tensor<double, 1> rolling_median(View<const double, 1> x, std::ptrdiff_t window, const RollingOptions& options = {});
Tensor<double, 1> rolling_minimum(View<const double, 1> x, std::ptrdiff_t window, const RollingOptions& options = {});
Tensor<double, 1> rolling_maximum(View<const double, 1> x, std::ptrdiff_t window, const RollingOptions& options = {});

/// How fast the past is forgotten.
struct ExponentialOptions {
  double alpha = 0.5;  ///< weight of the newest, in (0, 1]; a span of s is 2 / (s + 1), a half-life h is 1 - 2^(-1/h)
  /// true: weights (1 - alpha)^k of all that was seen, divided by their sum (pandas' adjust = True). false: the
  /// recursion y = (1 - alpha) y + alpha x from the first number on.
  bool adjust = true;
};

/// Means with weights that fall exponentially into the past.
///   returns  n numbers; a NaN leaves the mean as it was and ages it by a step; NaN before the first number
///   throws   invalid_argument: alpha
///   cost     O(n), one core
Tensor<double, 1> exponential_mean(View<const double, 1> x, const ExponentialOptions& options = {});

/// The deviation that goes with it, corrected for bias where `adjust` (pandas' ewm.std); NaN for the first number.
Tensor<double, 1> exponential_standard_deviation(View<const double, 1> x, const ExponentialOptions& options = {});

}  // namespace lagoon::timeseries
