// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <lagoon/core/fields.hpp>
#include <lagoon/core/view.hpp>
#include <lagoon/engine/compute.hpp>

namespace lagoon::statistics {

/// What to do with missing values, which are NaN.
enum class NanPolicy : std::uint8_t {
  propagate,  ///< any NaN makes every result NaN
  omit,       ///< as if the series did not have them
  fail,       ///< throw invalid_argument with the index of one of them
};

struct MomentsOptions {
  int order = 4;    ///< highest power wanted, 1 to 4; what needs a higher one is NaN
  double ddof = 1;  ///< the variance divides by n - ddof
  NanPolicy nan = NanPolicy::propagate;
  ComputeOptions compute{};
};

/// The shape of a series in nine numbers.
struct Moments {
  std::int64_t count = 0;    ///< numbers that are not NaN
  std::int64_t missing = 0;  ///< NaNs
  double mean = 0;
  double variance = 0;            ///< NaN when count <= ddof
  double standard_deviation = 0;  ///< its root
  double skewness = 0;            ///< m3 / m2^1.5 with m_k = sum (x - mean)^k / n; NaN for a constant series
  double kurtosis = 0;            ///< m4 / m2^2 - 3, so that a normal distribution has 0; NaN for a constant series
  double minimum = 0;
  double maximum = 0;
  LAGOON_FIELDS(Moments, count, missing, mean, variance, standard_deviation, skewness, kurtosis, minimum, maximum)
};

struct Extrema {
  double minimum = 0;
  double maximum = 0;
  LAGOON_FIELDS(Extrema, minimum, maximum)
};

/// Mean, variance, skewness, kurtosis and extrema in one look at the memory, without cancellation.
///
///   Moments m = moments(x, {.nan = NanPolicy::omit});
///
///   x        n >= 1 numbers, any stride
///   returns  the same bits for any number of cores; n infinite numbers give what IEEE arithmetic gives
///   throws   invalid_argument: empty, order outside 1..4, a NaN under NanPolicy::fail; cancelled, deadline_exceeded
///   cost     O(n), one read of x, no memory to speak of; parallel above 65,536 elements
///   source   corrected two-pass sums over blocks of 2048 (Chan, Golub & LeVeque 1983), merged as in Pebay 2008
/// Numbers of float are added as float64.
Moments moments(View<const double, 1> x, const MomentsOptions& options = {});
Moments moments(View<const float, 1> x, const MomentsOptions& options = {});

/// One of them alone; of the options, `order` is not read. NaN under NanPolicy::omit when only NaNs are there.
///   cost  mean and extrema: the time to read x
double mean(View<const double, 1> x, const MomentsOptions& options = {});
double mean(View<const float, 1> x, const MomentsOptions& options = {});
double variance(View<const double, 1> x, const MomentsOptions& options = {});
double variance(View<const float, 1> x, const MomentsOptions& options = {});
double standard_deviation(View<const double, 1> x, const MomentsOptions& options = {});
double standard_deviation(View<const float, 1> x, const MomentsOptions& options = {});
double skewness(View<const double, 1> x, const MomentsOptions& options = {});
double skewness(View<const float, 1> x, const MomentsOptions& options = {});
double kurtosis(View<const double, 1> x, const MomentsOptions& options = {});
double kurtosis(View<const float, 1> x, const MomentsOptions& options = {});
Extrema extrema(View<const double, 1> x, const MomentsOptions& options = {});
Extrema extrema(View<const float, 1> x, const MomentsOptions& options = {});

}  // namespace lagoon::statistics
