// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <lagoon/core/fields.hpp>
#include <lagoon/core/tensor.hpp>
#include <lagoon/engine/compute.hpp>
#include <vector>

namespace lagoon::timeseries {

enum class Composition : std::uint8_t {
  additive,        ///< x = trend + seasonal + remainder
  multiplicative,  ///< x = trend * seasonal * remainder
};

/// A series in parts, each of its length.
struct Decomposition {
  Tensor<double, 1> trend, seasonal, remainder;
  Tensor<double, 1> figure;  ///< of one period, from the phase of the first observation; without elements by STL
  /// Of STL with rounds of weights: 1 is like the others, 0 an outlier or missing; without elements elsewhere.
  Tensor<double, 1> weights;
  /// Share of what is not trend that the seasons explain: 1 - var(remainder) / var(seasonal + remainder), at least 0
  /// (Wang, Smith & Hyndman 2006); of logarithms where multiplicative. NaN when there is nothing to explain.
  double seasonal_strength = 0;
  double trend_strength = 0;  ///< the same of what is not season
};

/// The classical decomposition: a moving average over one period, then means per phase.
///
///   Decomposition d = decompose(passengers, 12, Composition::multiplicative);
///
///   x        n >= 2 periods of numbers; a NaN is left out of the means per phase and makes trend and remainder NaN
///            about it, as far as its window reaches
///   period   >= 2
///   returns  trend and remainder are NaN for half a period at either end
///   throws   invalid_argument: period, fewer than two periods, an infinity, a phase without a number, a number that
///            is not positive where multiplicative; cancelled, deadline_exceeded
///   cost     O(n)
///   source   Kendall & Stuart 1983; equals R's `decompose`
Decomposition decompose(View<const double, 1> x, std::ptrdiff_t period,
                        Composition composition = Composition::additive);

/// Windows are odd numbers of points, degrees 0 or 1. A jump of k computes each k-th point and draws lines between.
struct StlOptions {
  std::ptrdiff_t seasonal = 7;  ///< window of each phase's smoother; >= 3
  bool periodic = false;        ///< all periods have the same figure; `seasonal` and its degree are not read
  std::ptrdiff_t trend = 0;     ///< 0: the least odd one from 1.5 period / (1 - 1.5 / seasonal) on
  std::ptrdiff_t low_pass = 0;  ///< 0: the least odd one above period
  int seasonal_degree = 1;
  int trend_degree = 1;
  int low_pass_degree = 1;
  std::ptrdiff_t seasonal_jump = 1;
  std::ptrdiff_t trend_jump = 1;
  std::ptrdiff_t low_pass_jump = 1;
  bool robust = false;  ///< outliers count less, see Decomposition::weights
  int inner = 0;        ///< rounds; 0: 5, robust 2
  int outer = -1;       ///< rounds of new weights; negative: 0, robust 15
  ComputeOptions compute{};
};

/// Seasonal and trend decomposition by loess.
///
///   Decomposition d = stl(log_passengers, 12, {.periodic = true});
///
///   x        n >= 2 periods of numbers; a NaN has no weight: trend and seasonal go on across it, its remainder is NaN.
///            Where a gap takes half of a window or more, they are on a line from one side to the other
///   period   >= 2
///   throws   invalid_argument naming the option: period, fewer than two periods, windows, degrees, jumps, rounds, an
///            infinity, a phase without a number; cancelled, deadline_exceeded (polled per smoother and phase)
///   cost     O(n * windows), a convolution per smoother where there are no weights; parallel over phases and points,
///            the same bits for any number of cores
///   source   Cleveland, Cleveland, McRae & Terpenning 1990; where nothing is missing it equals statsmodels' STL, which
///            is the authors' Fortran with its median put right. R's stl differs in defaults alone: seasonal_degree 0,
///            jumps of a tenth of each window, inner 2 (robust 1)
Decomposition stl(View<const double, 1> x, std::ptrdiff_t period, const StlOptions& options = {});

/// A length after which a series repeats.
struct Period {
  double length = 0;       ///< in observations
  double power = 0;        ///< share of the variance without trend that a sine of that length has, in [0, 1]
  double correlation = 0;  ///< of the series with itself one period later, trend removed
  LAGOON_FIELDS(Period, length, power, correlation)
};

struct PeriodOptions {
  std::ptrdiff_t shortest = 2;
  std::ptrdiff_t longest = 0;  ///< 0: a third of the series; half of it at most
  std::size_t most = 5;        ///< that are returned
  double false_alarm = 0.01;   ///< chance that noise has a period
  ComputeOptions compute{};
};

/// The periods of a series, the strongest first; none when it is noise.
///   x        n <= 2^29 numbers; NaNs are bridged by straight lines; fewer than six numbers have no period
///   returns  frequencies that stand out of the periodogram, of all and of those about them (a random walk has none),
///            and at which the autocorrelation has a hill; the length is that of the sine that fits best there
///   throws   invalid_argument: options, an infinity, n; cancelled, deadline_exceeded (polled between transforms)
///   cost     O(n log n), some 20 numbers of scratch for each
///   source   Fisher 1929 (the test); Vlachos, Yu & Castelli 2005 (hills)
std::vector<Period> find_periods(View<const double, 1> x, const PeriodOptions& options = {});

}  // namespace lagoon::timeseries
