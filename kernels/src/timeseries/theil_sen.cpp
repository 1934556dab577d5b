// SPDX-License-Identifier: Apache-2.0
#include <lagoon/kernels/timeseries/trend.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
#include <lagoon/core/tensor.hpp>
#include <lagoon/engine/stop.hpp>
#include <limits>
#include <vector>

#include "observations.hpp"
#include "pair_slopes.hpp"
#include "polled/parts.hpp"
#include "polled/sort.hpp"
#include "statistics/distributions.hpp"
#include "ties.hpp"

namespace lagoon::timeseries {
namespace {

using detail::Observations;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr std::ptrdiff_t kBlock = 2048;

struct Point {
  double t, x;
};

/// All observations that are not missing, sorted by time and value.
Tensor<Point, 1> read_sorted(const Observations& all, std::ptrdiff_t& count) {
  Tensor<Point, 1> points({all.size()});
  double t[kBlock], x[kBlock];
  count = 0;
  for (std::ptrdiff_t i = 0; i < all.size(); i += kBlock) {
    throw_if_stopped();
    const std::ptrdiff_t n = all.read(i, std::min(i + kBlock, all.size()), t, x);
    for (std::ptrdiff_t k = 0; k < n; ++k) points[count++] = {t[k], x[k]};
  }
  polled::sort(points.data(), count, [](const Point& a, const Point& b) { return a.t != b.t ? a.t < b.t : a.x < b.x; });
  return points;
}

/// The exponent of a power of two above all of them.
int exponent_of(const double* v, std::ptrdiff_t n) {
  double largest = 0;
  polled::for_each(n, [&](std::ptrdiff_t i) { largest = std::max(largest, std::abs(v[i])); });
  return largest > 0 ? std::ilogb(largest) + 1 : 0;
}

double median_of_sorted(const double* v, std::ptrdiff_t n) { return v[(n - 1) / 2] / 2 + v[n / 2] / 2; }

/// Ranks of the slopes that are asked for.
struct Ranks {
  std::int64_t low, middle, upper_middle, high;
};

/// Sen 1968, (2.6), with the ranks that its interval has in SciPy and zyp.
///   variance  of the pairs that rise less those that fall
Ranks ranks_of(std::int64_t slopes, double variance, double confidence) {
  const double reach = statistics::detail::normal_quantile(0.5 + confidence / 2) * std::sqrt(variance);
  const auto n = static_cast<double>(slopes);
  const auto rank = [slopes](double r) { return std::clamp<std::int64_t>(std::llrint(r), 0, slopes - 1); };
  return {rank(std::nearbyint((n - reach) / 2) - 1), (slopes - 1) / 2, slopes / 2,
          rank(std::nearbyint((n + reach) / 2))};
}

TheilSen fit_of(const Observations& all) {
  all.check_countable();
  std::ptrdiff_t n = 0;
  TheilSen fit;
  fit.slope = fit.intercept = fit.slope_low = fit.slope_high = kNan;
  detail::Points points;
  {
    const Tensor<Point, 1> sorted = read_sorted(all, n);
    points = {Tensor<double, 1>({n}), Tensor<double, 1>({n})};
    polled::for_each(n, [&](std::ptrdiff_t i) {
      points.t[i] = sorted[i].t;
      points.x[i] = sorted[i].x;
    });
  }
  fit.count = n;
  fit.missing = all.size() - n;
  if (all.none(fit.missing) || n < 2) return fit;
  if (points.t[0] == points.t[n - 1]) all.refuse_equal_times(points.t[0]);
  auto values = polled::copy_of<double>(points.x);
  polled::sort(values.data(), n, std::less<double>());
  if (!std::isfinite(values[0]) || !std::isfinite(values[n - 1])) return fit;

  const double variance = (detail::order_variance(n) - detail::ties_of(points.t.data(), n).variance -
                           detail::ties_of(values.data(), n).variance) /
                          18;
  const double middle_t = median_of_sorted(points.t.data(), n), middle_x = median_of_sorted(values.data(), n);
  // Powers of two do not round. Below 1 and 1/4, no difference overflows, nor does a finite slope times a time.
  const int scale_t = exponent_of(points.t.data(), n) + 2, scale_x = exponent_of(points.x.data(), n);
  polled::for_each(n, [&](std::ptrdiff_t i) {
    points.t[i] = std::ldexp(points.t[i], -scale_t);
    points.x[i] = std::ldexp(points.x[i], -scale_x);
  });
  detail::PairSlopes slopes(std::move(points));
  const bool interval = variance >= 0;
  const Ranks wanted = ranks_of(slopes.count(), std::max(variance, 0.0), all.options().confidence);
  std::vector<std::int64_t> ranks{wanted.low, wanted.middle, wanted.upper_middle, wanted.high};
  std::sort(ranks.begin(), ranks.end());
  double found[4];
  slopes.select(ranks, found);
  const auto at = [&](std::int64_t rank) {
    return std::ldexp(found[std::find(ranks.begin(), ranks.end(), rank) - ranks.begin()], scale_x - scale_t);
  };
  fit.slope = at(wanted.middle) / 2 + at(wanted.upper_middle) / 2;
  fit.intercept = middle_x - fit.slope * middle_t;
  if (interval) {
    fit.slope_low = at(wanted.low);
    fit.slope_high = at(wanted.high);
  }
  return fit;
}

}  // namespace

TheilSen theil_sen(View<const double, 1> x, const TrendOptions& options) {
  return fit_of(Observations("theil_sen", x, options));
}

TheilSen theil_sen(View<const double, 1> times, View<const double, 1> x, const TrendOptions& options) {
  return fit_of(Observations("theil_sen", times, x, options));
}

}  // namespace lagoon::timeseries
