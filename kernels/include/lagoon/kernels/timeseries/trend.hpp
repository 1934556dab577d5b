// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <lagoon/core/fields.hpp>
#include <lagoon/core/view.hpp>
#include <lagoon/engine/compute.hpp>
#include <lagoon/kernels/statistics/moments.hpp>

namespace lagoon::timeseries {

using statistics::NanPolicy;

// Where no times are given, observation i is at time i. Under NanPolicy::omit observations without a value or a time
// are left out and the others keep their times; `propagate` makes every result of type double NaN.

struct TrendOptions {
  NanPolicy nan = NanPolicy::propagate;
  double confidence = 0.95;  ///< of intervals, in (0, 1)
  ComputeOptions compute{};
};

/// x = intercept + slope * time + noise, by least squares. NaN where there are too few observations for a number.
struct LineFit {
  std::int64_t count = 0;    ///< observations used
  std::int64_t missing = 0;  ///< left out
  double slope = 0;          ///< unit of x / unit of time
  double intercept = 0;      ///< at time 0
  double slope_error = 0;    ///< standard errors, with n - 2 degrees of freedom
  double intercept_error = 0;
  double slope_low = 0, slope_high = 0;  ///< confidence interval
  double r2 = 0;                         ///< share of the variance that the line explains; NaN for a constant series
  double residual_deviation = 0;         ///< root of the residual sum of squares over n - 2
  double t = 0;                          ///< slope / slope_error
  double p = 0;                          ///< of |t| or more without a trend, two-sided, Student's t
  LAGOON_FIELDS(LineFit, count, missing, slope, intercept, slope_error, intercept_error, slope_low, slope_high, r2,
                residual_deviation, t, p)
};

/// A straight line through a series.
///
///   LineFit line = line_fit(x, {.nan = NanPolicy::omit});
///
///   times    n finite numbers, not all equal
///   x        n >= 1 numbers, any stride; one observation has a NaN slope
///   throws   invalid_argument: empty, lengths differ (both named), a NaN under NanPolicy::fail, an infinite time,
///            two or more times that are all equal, confidence; cancelled, deadline_exceeded
///   cost     O(n), two reads; parallel, the same bits for any number of cores
///   source   Draper & Smith 3rd ed., 1.2, about the means; sums as in `moments`
LineFit line_fit(View<const double, 1> x, const TrendOptions& options = {});
LineFit line_fit(View<const double, 1> times, View<const double, 1> x, const TrendOptions& options = {});

/// Whether a series rises or falls, whatever the shape of the trend.
struct MannKendall {
  std::int64_t count = 0;
  std::int64_t missing = 0;
  std::int64_t s = 0;   ///< pairs that rise less pairs that fall
  double variance = 0;  ///< of s without a trend, ties taken into account
  double z = 0;         ///< s moved by 1 towards 0, over its deviation; 0 where s is 0
  double p = 0;         ///< two-sided, normal; 1 for a constant series
  double tau = 0;       ///< s over the number of pairs
  double tau_b = 0;     ///< the same over pairs that are not tied; NaN for a constant series
  LAGOON_FIELDS(MannKendall, count, missing, s, variance, z, p, tau, tau_b)
};

/// The trend test of Mann and Kendall.
///   x        n >= 1 numbers in the order of time, n < 2^32
///   throws   invalid_argument: empty, too long, a NaN under NanPolicy::fail; cancelled, deadline_exceeded
///   cost     O(n log n), a copy of x
///   source   Mann 1945, Kendall 1975; Knight 1966 for the count of pairs
MannKendall mann_kendall(View<const double, 1> x, const TrendOptions& options = {});

/// A line that outliers cannot move: up to 29 % of the series may be anything.
struct TheilSen {
  std::int64_t count = 0;
  std::int64_t missing = 0;
  double slope = 0;                      ///< median of the slopes of all pairs of different times
  double intercept = 0;                  ///< median(x) - slope * median(times)
  double slope_low = 0, slope_high = 0;  ///< confidence interval
  LAGOON_FIELDS(TheilSen, count, missing, slope, intercept, slope_low, slope_high)
};

/// The line of Theil and Sen. The slopes of all pairs are never made: their median is found among counts of pairs.
///   x        fewer than 2^32 numbers; an infinite one makes all results NaN
///   throws   what line_fit throws; invalid_argument: too long
///   cost     O(n log n) expected, a few copies of x; exact, and the same bits for any number of cores
///   source   Theil 1950, Sen 1968 (interval); Matousek 1991 and Dillencourt, Mount & Netanyahu 1992 (selection)
TheilSen theil_sen(View<const double, 1> x, const TrendOptions& options = {});
TheilSen theil_sen(View<const double, 1> times, View<const double, 1> x, const TrendOptions& options = {});

}  // namespace lagoon::timeseries
