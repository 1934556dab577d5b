// SPDX-License-Identifier: Apache-2.0
#include <lagoon/kernels/timeseries/seasonality.hpp>

#include <cmath>
#include <lagoon/core/error.hpp>
#include <lagoon/engine/parallel.hpp>
#include <lagoon/engine/stop.hpp>
#include <limits>
#include <string>

#include "moving_average.hpp"
#include "seasons.hpp"
#include "strength.hpp"

namespace lagoon::timeseries {
namespace {

using Series = Tensor<double, 1>;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr std::ptrdiff_t kGrain = 32768;

void check_positive(const Series& x) {
  for (std::ptrdiff_t i = 0; i < x.size(); ++i)
    if (x[i] <= 0)
      throw Error(Errc::invalid_argument, "decompose: element " + std::to_string(i) + " is " + std::to_string(x[i]) +
                                              "; a multiplicative series is positive");
}

/// Means over one period about each point; of an even period the outer two count half.
Series centred_means(const Series& x, std::ptrdiff_t period) {
  const std::ptrdiff_t n = x.size(), half = period / 2, means = n - period + 1;
  Series average({means});
  detail::moving_average(x.data(), n, period, average.data(), true);
  auto trend = Series::filled({n}, kNan);
  for (std::ptrdiff_t i = half; i + half < n; ++i)
    trend[i] = period % 2 ? average[i - half] : 0.5 * (average[i - half] + average[i - half + 1]);
  return trend;
}

/// Means of each phase, moved or scaled so that they are 0 or 1 on average.
Series figure_of(const Series& x, const Series& trend, std::ptrdiff_t period, Composition composition) {
  const bool ratio = composition == Composition::multiplicative;
  auto figure = Series::zeros({period});
  parallel_for(period, {64, true}, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
    for (std::ptrdiff_t phase = begin; phase < end; ++phase) {
      double sum = 0, count = 0;
      for (std::ptrdiff_t i = phase; i < x.size(); i += period) {
        const double value = ratio ? x[i] / trend[i] : x[i] - trend[i];
        if (std::isnan(value)) continue;
        sum += value;
        ++count;
      }
      if (count == 0) detail::throw_empty_phase("decompose", phase, "trend");
      figure[phase] = sum / count;
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
  const Series x = Series::copy_of(observations);
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
