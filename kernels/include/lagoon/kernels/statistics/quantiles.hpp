// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <lagoon/core/view.hpp>
#include <lagoon/engine/compute.hpp>
#include <lagoon/kernels/statistics/moments.hpp>
#include <span>
#include <vector>

namespace lagoon::statistics {

/// Where between two neighbours of the sorted series a quantile lies: the nine definitions of Hyndman & Fan (1996),
/// numbered as there and in R. The names in brackets are NumPy's.
enum class QuantileMethod : std::uint8_t {
  inverted_cdf = 1,               ///< a step function; always a number of the series
  averaged_inverted_cdf = 2,      ///< the same with averages at the steps
  closest_observation = 3,        ///< the nearest number of even rank (SAS)
  interpolated_inverted_cdf = 4,  ///< straight lines between the steps
  hazen = 5,                      ///< straight lines between the middles of the steps (hydrology)
  weibull = 6,                    ///< rank p (n + 1) (Minitab, SPSS)
  linear = 7,                     ///< rank 1 + p (n - 1) (S, NumPy's and R's default)
  median_unbiased = 8,            ///< for any distribution, nearly
  normal_unbiased = 9,            ///< for normal distributions, nearly
};

struct QuantileOptions {
  QuantileMethod method = QuantileMethod::linear;
  NanPolicy nan = NanPolicy::propagate;
  ComputeOptions compute{};
};

/// Percentiles of a series, exact.
///
///   auto q = percentiles(x, std::array{5.0, 50.0, 95.0});
///
///   x        n >= 1 numbers, any stride, infinities too; not changed
///   percent  k numbers in [0, 100], any order
///   returns  k numbers in the order asked; NaN when a NaN is in x (propagate) or nothing else (omit)
///   throws   invalid_argument: empty, a NaN under NanPolicy::fail; out_of_range: percent; cancelled,
///            deadline_exceeded
///   cost     O(n) time; above 32,768 elements one read of x, parallel, with memory for about 2 % of it per
///            percentile; below, or for more than 24 scattered percentiles, a copy of x
///   source   Hyndman & Fan 1996; selection between two bounds drawn from a sample as in Floyd & Rivest 1975
std::vector<double> percentiles(View<const double, 1> x, std::span<const double> percent,
                                const QuantileOptions& options = {});
std::vector<double> percentiles(View<const float, 1> x, std::span<const double> percent,
                                const QuantileOptions& options = {});

/// The middle number, or the mean of the middle two: percentile 50.
double median(View<const double, 1> x, const QuantileOptions& options = {});
double median(View<const float, 1> x, const QuantileOptions& options = {});

}  // namespace lagoon::statistics
