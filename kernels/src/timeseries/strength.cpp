// SPDX-License-Identifier: Apache-2.0
#include "strength.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "polled/parts.hpp"

namespace lagoon::timeseries::detail {
namespace {

/// Mean and squares about it, number by number.
///   source   Welford 1962
struct Spread {
  double count = 0, mean = 0, squares = 0;
  void add(double v) {
    ++count;
    const double d = v - mean;
    mean += d / count;
    squares += d * (v - mean);
  }
  double variance() const { return squares / count; }
};

double share(const Spread& left, const Spread& whole, double rounding) {
  if (!(whole.variance() > rounding * rounding)) return std::numeric_limits<double>::quiet_NaN();
  return std::max(0.0, 1 - left.variance() / whole.variance());
}

}  // namespace

void measure_strengths(View<const double, 1> x, Composition composition, Decomposition& parts) {
  const bool logarithms = composition == Composition::multiplicative;
  const auto of = [&](double v) { return logarithms ? std::log(v) : v; };
  Spread remainder, with_season, with_trend;
  double largest = 0;
  polled::for_each(x.size(), [&](std::ptrdiff_t i) {
    if (std::isnan(parts.remainder[i])) return;
    const double rest = of(parts.remainder[i]);
    remainder.add(rest);
    with_season.add(of(parts.seasonal[i]) + rest);
    with_trend.add(of(parts.trend[i]) + rest);
    largest = std::max(largest, std::fabs(of(x[i])));
  });
  const double rounding = 16 * std::numeric_limits<double>::epsilon() * largest;
  parts.seasonal_strength = share(remainder, with_season, rounding);
  parts.trend_strength = share(remainder, with_trend, rounding);
}

}  // namespace lagoon::timeseries::detail
