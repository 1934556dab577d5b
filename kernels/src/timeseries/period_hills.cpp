// SPDX-License-Identifier: Apache-2.0
#include "period_hills.hpp"

#include <algorithm>
#include <cmath>

#include "lagged_products.hpp"

namespace lagoon::timeseries::detail {
namespace {

/// y = level + slope u + bend u u.
struct Parabola {
  double slope = 0, bend = 0;
};

/// By least squares about `origin`, with bisquare weights that end at `width`: what is quick beside it averages out.
template <class F>
Parabola fit_parabola(std::ptrdiff_t begin, std::ptrdiff_t end, double origin, double width, F&& value) {
  double moments[5] = {}, y0 = 0, y1 = 0, y2 = 0;  // of u in units of width
  for (std::ptrdiff_t i = begin; i < end; ++i) {
    const double u = (static_cast<double>(i) - origin) / width, v = 1 - u * u, w = v * v, y = value(i);
    for (double power = w; double& m : moments) {
      m += power;
      power *= u;
    }
    y0 += w * y;
    y1 += w * u * y;
    y2 += w * u * u * y;
  }
  // Less the level, two equations are left.
  const double m1 = moments[1] / moments[0], m2 = moments[2] / moments[0], mean = y0 / moments[0];
  const double a = moments[2] - moments[1] * m1, b = moments[3] - moments[1] * m2, c = moments[4] - moments[2] * m2;
  const double p = y1 - moments[1] * mean, q = y2 - moments[2] * mean, determinant = a * c - b * b;
  return {(c * p - b * q) / determinant / width, (a * q - b * p) / determinant / (width * width)};
}

/// Means of y over a period about each point, its ends by parts: the period and its overtones are gone from them.
void average_over(double period, Tensor<double, 1>& y) {
  const std::ptrdiff_t n = y.size();
  Tensor<double, 1> sums({n + 1});
  sums[0] = 0;
  for (std::ptrdiff_t i = 0; i < n; ++i) sums[i + 1] = sums[i] + y[i];
  const auto sum_to = [&](double end) {
    const double at = std::clamp(end, 0.0, static_cast<double>(n));
    const std::ptrdiff_t whole = std::min(static_cast<std::ptrdiff_t>(at), n - 1);
    return sums[whole] + (at - static_cast<double>(whole)) * (sums[whole + 1] - sums[whole]);
  };
  for (std::ptrdiff_t i = 0; i < n; ++i) {
    const double middle = static_cast<double>(i) + 0.5, begin = std::max(middle - 0.5 * period, 0.0),
                 end = std::min(middle + 0.5 * period, static_cast<double>(n));
    y[i] = (sum_to(end) - sum_to(begin)) / (end - begin);
  }
}

}  // namespace

Hills::Hills(const Tensor<double, 1>& x, std::ptrdiff_t longest, bool parallel)
    : n_(x.size()),
      correlation_(lagged_products({.x = x}, {.x = x}, std::min(longest + longest / 2 + 3, n_ - 1), parallel)) {
  const double variance = correlation_[0] / static_cast<double>(n_);
  for (std::ptrdiff_t lag = 0; lag < correlation_.size(); ++lag)
    correlation_[lag] = std::clamp(correlation_[lag] / static_cast<double>(n_ - lag) / variance, -1.0, 1.0);
}

/// The correlations from `begin` on, where they are there; lag -i is as lag i.
Tensor<double, 1> Hills::from(std::ptrdiff_t begin, std::ptrdiff_t end) const {
  Tensor<double, 1> part({end - begin});
  for (std::ptrdiff_t i = begin; i < end; ++i)
    part[i - begin] = correlation_[std::min(std::abs(i), correlation_.size() - 1)];
  return part;
}

std::optional<Hills::Top> Hills::climb(double lag, double reach, std::span<const double> shorter) const {
  constexpr int kMostSteps = 20;
  const auto width_of = [](double at) { return std::max(1.75, at / 4); };
  double room = reach + width_of(lag + reach) + 1;
  for (double period : shorter) room += 0.5 * period + 1;
  const auto first = static_cast<std::ptrdiff_t>(std::floor(lag - room));
  auto near = from(first, static_cast<std::ptrdiff_t>(std::ceil(lag + room)) + 1);
  for (double period : shorter) average_over(period, near);

  const double start = lag;
  for (int step = 0; step < kMostSteps; ++step) {
    const double width = width_of(lag);
    const auto begin = std::max<std::ptrdiff_t>(1, static_cast<std::ptrdiff_t>(std::ceil(lag - width)));
    const auto end = std::min(correlation_.size(), static_cast<std::ptrdiff_t>(std::floor(lag + width)) + 1);
    if (end - begin < 3) return {};
    const Parabola p = fit_parabola(begin, end, lag, width, [&](std::ptrdiff_t i) { return near[i - first]; });
    if (!(p.bend < 0)) return {};
    const double move = std::clamp(-0.5 * p.slope / p.bend, -width, width);
    lag += move;
    if (std::fabs(lag - start) > reach) return {};
    if (std::fabs(move) < 1e-3 * width) break;
  }
  const auto nearest = static_cast<std::ptrdiff_t>(std::lround(lag));
  if (nearest >= correlation_.size()) return {};
  if (near[nearest - first] < 2 / std::sqrt(static_cast<double>(n_ - nearest))) return {};
  return Top{lag, correlation_[nearest]};
}

}  // namespace lagoon::timeseries::detail
