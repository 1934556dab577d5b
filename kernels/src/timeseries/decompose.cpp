// SPDX-License-Identifier: Apache-2.0
#include <lagoon/kernels/timeseries/seasonality.hpp>

#include <algorithm>
#include <cmath>
#include <lagoon/core/error.hpp>
#include <lagoon/engine/parallel.hpp>
#include <lagoon/engine/stop.hpp>
#include <limits>
#include <string>

#include "moving_average.hpp"
#include "polled/parts.hpp"
#include "seasons.hpp"
#include "strength.hpp"

namespace lagoon::timeseries {
namespace {

using Series = Tensor<double, 1>;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr std::ptrdiff_t kGrain = 32768;

void check_positive(const Series& x) {
  polled::for_each(x.size(), [&](std::ptrdiff_t i) {
    if (x[i] <= 0)
      throw Error(Errc::invalid_argument, "decompose: element " + std::to_string(i) + " is " + std::to_string(x[i]) +
                                              "; a multiplicative series is positive");
  });
}

/// Means over one period about each point; of an even period the outer two count half.
Series centred_means(const Series& x, std::ptrdiff_t period) {
  const std::ptrdiff_t n = x.size(), half = period / 2, means = n - period + 1;
  Series average({means});
  detail::moving_average(x.data(), n, period, average.data(), true);
  Series trend({n});
  parallel_for(n, {kGrain, true}, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
    for (std::ptrdiff_t i = begin; i < end; ++i) {
      if (i < half || i + half >= n)
        trend[i] = kNan;
      else
        trend[i] = period % 2 ? average[i - half] : 0.5 * (average[i - half] + average[i - half + 1]);
    }
  });
  return trend;
}

/// Means of each phase, moved or scaled so that they are 0 or 1 on average.
Series figure_of(const Series& x, const Series& trend, std::ptrdiff_t period, Composition composition) {
  const bool ratio = composition == Composition::multiplicative;
  constexpr std::ptrdiff_t kPhases = 64;
  auto figure = Series::zeros({period});
  parallel_for(period, {kPhases, true}, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
    double sums[kPhases] = {}, counts[kPhases] = {};
    // Some phases of one period after the other: so the series is read once.
    const std::ptrdiff_t periods = (x.size() - begin + period - 1) / period;
    polled::for_each(periods, [&](std::ptrdiff_t p) {
      const std::ptrdiff_t first = p * period;
      for (std::ptrdiff_t i = first + begin; i < std::min(first + end, x.size()); ++i) {
        const double value = ratio ? x[i] / trend[i] : x[i] - trend[i];
        if (std::isnan(value)) continue;
        sums[i - first - begin] += value;
        ++counts[i - first - begin];
      }
    });
    for (std::ptrdiff_t phase = begin; phase < end; ++phase) {
      if (counts[phase - begin] == 0) detail::throw_empty_phase("decompose", phase, "trend");
      figure[phase] = sums[phase - begin] / counts[phase - begin];
    }
  });
  double mean = 0;
  for (std::ptrdiff_t k = 0; k < period; ++k) mean += figure[k];
  mean /= static_cast<double>(period);
  for (std::ptrdiff_t k = 0; k < period; ++k) figure[k] = ratio ? figure[k] / mean : figure[k] - mean;
  return figure;
}

}  // namespace

Decomposition decompose(View<const double, 1> observations, std::ptrdiff_t period, Composition composition) {
  detail::check_periods(observations, period, "decompose");
  const bool ratio = composition == Composition::multiplicative;
  const Series x = polled::copy_of(observations);
  if (ratio) check_positive(x);
  const std::ptrdiff_t n = x.size();
  Decomposition parts;
  parts.trend = centred_means(x, period);
  parts.figure = figure_of(x, parts.trend, period, composition);
  parts.seasonal = Series({n});
  parts.remainder = Series({n});
  parallel_for(n, {kGrain, true}, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
    for (std::ptrdiff_t i = begin; i < end; ++i) {
      const double season = parts.figure[i % period];
      parts.seasonal[i] = season;
      parts.remainder[i] = ratio ? x[i] / season / parts.trend[i] : x[i] - season - parts.trend[i];
    }
  });
  detail::measure_strengths(x, composition, parts);
  return parts;
}

}  // namespace lagoon::timeseries
