// SPDX-License-Identifier: Apache-2.0
#include <lagoon/kernels/timeseries/trend.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <lagoon/engine/parallel.hpp>
#include <limits>

#include "observations.hpp"
#include "statistics/distributions.hpp"

namespace lagoon::timeseries {
namespace {

using detail::Observations;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

constexpr std::ptrdiff_t kBlock = 2048;   // both series of a block stay in the first-level cache
constexpr std::ptrdiff_t kGrain = 65536;  // a task
constexpr int kSums = 8;                  // side by side: fewer would round more, and wait for one another

/// Smallest and largest of what was seen.
struct Range {
  double low = kInfinity, high = -kInfinity;
  void see(double v) {
    low = std::min(low, v);
    high = std::max(high, v);
  }
  void see(const Range& other) {
    low = std::min(low, other.low);
    high = std::max(high, other.high);
  }
  bool one_value() const { return low == high; }
};

/// How times t and numbers x of a part go together, about the part's own means.
struct Spread {
  double count = 0;
  std::ptrdiff_t missing = 0;
  double mean_t = 0, mean_x = 0;
  double tt = 0, tx = 0, xx = 0;  // sums of products of deviations
  Range t, x;
};

/// Sums of terms(i), an array of numbers for each i < n.
template <std::size_t N, class Terms>
std::array<double, N> sums_of(std::ptrdiff_t n, Terms terms) {
  double sums[N][kSums] = {};
  for (std::ptrdiff_t i = 0; i < n; i += kSums)
    for (int k = 0; k < std::min<std::ptrdiff_t>(kSums, n - i); ++k) {
      const std::array<double, N> term = terms(i + k);
      for (std::size_t j = 0; j < N; ++j) sums[j][k] += term[j];
    }
  std::array<double, N> total;
  for (std::size_t j = 0; j < N; ++j) {
    for (int width = kSums / 2; width > 0; width /= 2)
      for (int k = 0; k < width; ++k) sums[j][k] += sums[j][k + width];
    total[j] = sums[j][0];
  }
  return total;
}

Spread spread_of(const double* t, const double* x, std::ptrdiff_t n) {
  Spread s;
  if (n == 0) return s;
  s.count = static_cast<double>(n);
  const auto level = sums_of<2>(n, [&](std::ptrdiff_t i) { return std::array{t[i], x[i]}; });
  s.mean_t = level[0] / s.count;
  s.mean_x = level[1] / s.count;
  const auto sums = sums_of<5>(n, [&](std::ptrdiff_t i) {
    const double dt = t[i] - s.mean_t, dx = x[i] - s.mean_x;
    return std::array{dt, dx, dt * dt, dt * dx, dx * dx};
  });
  // The centres are the means but for rounding; the first sums are the rest.
  s.tt = sums[2] - sums[0] * sums[0] / s.count;
  s.tx = sums[3] - sums[0] * sums[1] / s.count;
  s.xx = sums[4] - sums[1] * sums[1] / s.count;
  for (std::ptrdiff_t i = 0; i < n; ++i) {
    s.t.see(t[i]);
    s.x.see(x[i]);
  }
  return s;
}

/// The union of two parts (Chan, Golub & LeVeque 1983).
Spread merge(const Spread& a, const Spread& b) {
  Spread s = a.count == 0 ? b : a;
  s.missing = a.missing + b.missing;
  if (a.count == 0 || b.count == 0) return s;
  s.count = a.count + b.count;
  const double dt = b.mean_t - a.mean_t, dx = b.mean_x - a.mean_x, share = b.count / s.count;
  s.mean_t += dt * share;
  s.mean_x += dx * share;
  s.tt += b.tt + dt * dt * share * a.count;
  s.tx += b.tx + dt * dx * share * a.count;
  s.xx += b.xx + dx * dx * share * a.count;
  s.t.see(b.t);
  s.x.see(b.x);
  return s;
}

/// What a line leaves: sums over all observations of time - mean and of the residual, and of their products.
struct Residuals {
  std::array<double, 5> sums{};  // dt, e, dt dt, dt e, e e
};

/// combine(...) over the blocks of all observations of of_block(t, x, count, missing).
template <class T, class OfBlock, class Combine>
T over_blocks(const Observations& all, OfBlock of_block, Combine combine) {
  return parallel_reduce<T>(
      all.size(), {kGrain, all.options().compute.parallel},
      [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
        T total{};
        double t[kBlock], x[kBlock];
        for (std::ptrdiff_t i = begin; i < end; i += kBlock) {
          const std::ptrdiff_t n = std::min(kBlock, end - i), count = all.read(i, i + n, t, x);
          total = combine(total, of_block(t, x, count, n - count));
        }
        return total;
      },
      combine);
}

Residuals residuals_of(const Observations& all, const Spread& spread, double slope) {
  return over_blocks<Residuals>(
      all,
      [&](const double* t, const double* x, std::ptrdiff_t n, std::ptrdiff_t) {
        return Residuals{sums_of<5>(n, [&](std::ptrdiff_t i) {
          const double dt = t[i] - spread.mean_t, e = (x[i] - spread.mean_x) - slope * dt;
          return std::array{dt, e, dt * dt, dt * e, e * e};
        })};
      },
      [](Residuals a, const Residuals& b) {
        for (std::size_t j = 0; j < a.sums.size(); ++j) a.sums[j] += b.sums[j];
        return a;
      });
}

LineFit nothing_known(const Spread& spread) {
  LineFit fit;
  fit.count = static_cast<std::int64_t>(spread.count);
  fit.missing = spread.missing;
  fit.slope = fit.intercept = fit.slope_error = fit.intercept_error = fit.slope_low = fit.slope_high = kNan;
  fit.r2 = fit.residual_deviation = fit.t = fit.p = kNan;
  return fit;
}

/// Errors, interval and test of a fit that has its line.
///   tt, rest   sums of squares of times about their mean, and of residuals
void judge(LineFit& fit, double mean_t, double tt, double rest, double confidence) {
  const auto n = static_cast<double>(fit.count);
  const double degrees = n - 2;
  if (degrees <= 0) return;
  fit.residual_deviation = std::sqrt(rest / degrees);
  fit.slope_error = fit.residual_deviation / std::sqrt(tt);
  fit.intercept_error = fit.residual_deviation * std::sqrt(1 / n + mean_t * mean_t / tt);
  const double reach = statistics::detail::student_quantile(0.5 + confidence / 2, degrees) * fit.slope_error;
  fit.slope_low = fit.slope - reach;
  fit.slope_high = fit.slope + reach;
  fit.t = fit.slope / fit.slope_error;
  fit.p = statistics::detail::student_two_sided(fit.t, degrees);
}

LineFit fit_of(const Observations& all) {
  const auto spread = over_blocks<Spread>(
      all,
      [](const double* t, const double* x, std::ptrdiff_t n, std::ptrdiff_t missing) {
        Spread s = spread_of(t, x, n);
        s.missing = missing;
        return s;
      },
      merge);
  LineFit fit = nothing_known(spread);
  if (all.none(spread.missing) || spread.count < 2) return fit;
  if (spread.t.one_value()) all.refuse_equal_times(spread.t.low);
  if (spread.x.one_value()) {  // sums of equal numbers are rounded; their line is not
    fit.slope = 0;
    fit.intercept = spread.x.low;
    judge(fit, spread.mean_t, spread.tt, 0, all.options().confidence);
    return fit;
  }
  const double slope = spread.tx / spread.tt;
  const auto [dt, e, dtdt, dte, ee] = residuals_of(all, spread, slope).sums;
  // Residuals of the best line are not correlated with time; what rounding has left of that corrects the slope.
  const double tt = dtdt - dt * dt / spread.count, te = dte - dt * e / spread.count, correction = te / tt;
  const double rest = std::max(ee - e * e / spread.count - correction * te, 0.0);
  const double mean_t = spread.mean_t + dt / spread.count;
  const double mean_x = spread.mean_x + (e + slope * dt) / spread.count;
  fit.slope = slope + correction;
  fit.intercept = mean_x - fit.slope * mean_t;
  const double explained = fit.slope * fit.slope * tt;
  fit.r2 = explained / (explained + rest);
  judge(fit, mean_t, tt, rest, all.options().confidence);
  return fit;
}

}  // namespace

LineFit line_fit(View<const double, 1> x, const TrendOptions& options) {
  return fit_of(Observations("line_fit", x, options));
}

LineFit line_fit(View<const double, 1> times, View<const double, 1> x, const TrendOptions& options) {
  return fit_of(Observations("line_fit", times, x, options));
}

}  // namespace lagoon::timeseries
