// SPDX-License-Identifier: Apache-2.0
#include "loess.hpp"

#include <algorithm>
#include <cmath>
#include <lagoon/engine/parallel.hpp>
#include <limits>

#include "bridge.hpp"

namespace lagoon::timeseries::detail {
namespace {

constexpr std::ptrdiff_t kTapsOfPart = 1 << 17;  // some ten microseconds

/// Points of a part: they depend on the window alone, and so do the bits of what is computed.
std::ptrdiff_t grain_of(std::ptrdiff_t window) { return std::max<std::ptrdiff_t>(16, kTapsOfPart / window); }

double mean(const double* y, const double* present, std::ptrdiff_t n) {
  double sum = 0, count = 0;
  for (std::ptrdiff_t i = 0; i < n; ++i) {
    if (present[i] == 0) continue;
    sum += y[i];
    ++count;
  }
  return sum / count;
}

}  // namespace

Loess::Loess(std::ptrdiff_t n, const LoessShape& shape)
    : n_(n),
      window_(shape.window),
      half_((shape.window - 1) / 2),
      inside_(std::max<std::ptrdiff_t>(n - shape.window + 1, 0)),
      jump_(std::min(shape.jump, n - 1)),
      least_deviation_(0.001 * static_cast<double>(n - 1)) {
  // t deviates by half the window at most.
  line_ = shape.degree > 0 && (window_ >= n || static_cast<double>(half_) > least_deviation_);
  if (inside_ == 0 || jump_ > 1) return;
  const auto reach = static_cast<double>(half_);
  while (static_cast<double>(reach_ + 1) <= 0.999 * reach) ++reach_;
  const std::ptrdiff_t count = 2 * reach_ + 1;
  taps_ = Tensor<double, 2>({3, count});
  normalised_ = Tensor<double, 1>({count});
  double sum = 0;
  for (std::ptrdiff_t k = 0; k < count; ++k) {
    const auto t = static_cast<double>(k - reach_);
    const double r = std::fabs(t) / reach, v = 1 - r * r * r, w = r <= 0.001 ? 1 : v * v * v;
    taps_(0, k) = w;
    taps_(1, k) = w * t;
    taps_(2, k) = w * t * t;
    sum += w;
  }
  for (std::ptrdiff_t k = 0; k < count; ++k) normalised_[k] = taps_(0, k) / sum;
}

std::ptrdiff_t Loess::first_of(std::ptrdiff_t point) const {
  return window_ >= n_ ? 0 : std::clamp<std::ptrdiff_t>(point - half_, 0, n_ - window_);
}

double Loess::at(const Observations& x, std::ptrdiff_t point, std::ptrdiff_t first, bool line) const {
  const std::ptrdiff_t count = std::min(window_, n_);
  const std::ptrdiff_t beyond = window_ > n_ ? (window_ - n_) / 2 : 0;  // a window that is longer reaches farther
  const auto reach = static_cast<double>(std::max(point - first, first + count - 1 - point) + beyond);
  const auto t = static_cast<double>(first - point);
  const LocalSums s = x.weights ? kernels_.weighted_sums(x.weights + first, x.weighted + first, count, t, reach)
                                : kernels_.sums(x.y + first, count, t, reach);
  if (!(s.one > 0)) return std::numeric_limits<double>::quiet_NaN();
  const double mean = s.y / s.one;
  if (!line) return mean;
  const double centre = s.t / s.one, variance = s.tt / s.one - centre * centre;
  if (!(variance > least_deviation_ * least_deviation_)) return mean;
  return mean - centre * (s.ty / s.one - centre * mean) / variance;
}

/// Points with a whole window about them: the weights of all are the same.
void Loess::inside(const Observations& x, bool line, std::ptrdiff_t begin, std::ptrdiff_t end, double* out) const {
  if (begin >= end) return;
  const std::ptrdiff_t first = begin - reach_, count = taps_.extent(1);
  if (!x.weights) {
    kernels_.convolve(x.y + first, normalised_.data(), count, out + begin, end - begin);
    return;
  }
  const Taps taps{&taps_(0, 0), &taps_(1, 0), &taps_(2, 0), count};
  kernels_.fit(x.weights + first, x.weighted + first, taps, line, least_deviation_ * least_deviation_, out + begin,
               end - begin);
}

void Loess::each(const Observations& x, bool line, std::ptrdiff_t begin, std::ptrdiff_t end, double* out) const {
  for (std::ptrdiff_t i = begin; i < end; ++i) out[i] = at(x, i, first_of(i), line);
}

void Loess::fit(const Observations& x, bool line, double* out, bool parallel) const {
  if (jump_ > 1) {
    fit_knots(x, line, out, parallel);
    return;
  }
  // Of a window longer than the series even the middle is an end.
  const std::ptrdiff_t first = inside_ > 0 ? half_ : n_, last = first + inside_;
  parallel_for(n_, {grain_of(window_), parallel}, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
    each(x, line, begin, std::min(end, first), out);
    inside(x, line, std::max(begin, first), std::min(end, last), out);
    each(x, line, std::max(begin, last), end, out);
  });
}

void Loess::fit_knots(const Observations& x, bool line, double* out, bool parallel) const {
  const std::ptrdiff_t last = last_knot();
  parallel_for(last / jump_ + 1, {grain_of(window_), parallel}, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
    for (std::ptrdiff_t k = begin; k < end; ++k) each(x, line, k * jump_, k * jump_ + 1, out);
  });
  // The last point is fitted in the window of the last knot, as in the original.
  if (last < n_ - 1) out[n_ - 1] = at(x, n_ - 1, first_of(last), line);
}

void Loess::smooth(const Observations& x, double* out, bool parallel) const {
  fit(x, line_, out, parallel);
  if (x.weights) settle(x, out, parallel);
  if (jump_ > 1) draw_lines(out);
}

/// What has no weight in its window is taken as it is.
void Loess::settle(const Observations& x, double* out, bool parallel) const {
  const auto keep = [&](std::ptrdiff_t i) {
    if (std::isnan(out[i])) out[i] = x.y[i];
  };
  for (std::ptrdiff_t i = 0; i < n_; i += jump_) keep(i);
  keep(n_ - 1);
  if (x.present) cross_gaps(x, out, parallel);
}

/// Half the share of the series that is there, less what rounding may take.
double Loess::least_share(const Observations& x) const {
  double count = 0;
  for (std::ptrdiff_t i = 0; i < n_; ++i) count += x.present[i];
  return (0.5 - 1e-9) * count / static_cast<double>(n_);
}

void Loess::cross_gaps(const Observations& x, double* out, bool parallel) const {
  Tensor<double, 1> share({n_});
  fit({x.present, nullptr, nullptr, nullptr}, false, share.data(), parallel);
  const double least = least_share(x);
  const auto doubt = [&](std::ptrdiff_t i) {
    if (share[i] < least) out[i] = std::numeric_limits<double>::quiet_NaN();
  };
  for (std::ptrdiff_t i = 0; i < n_; i += jump_) doubt(i);
  bridge(out, n_, jump_, mean(x.y, x.present, n_));
  if (last_knot() == n_ - 1) return;
  doubt(n_ - 1);
  if (std::isnan(out[n_ - 1])) out[n_ - 1] = out[last_knot()];
}

double Loess::beyond(const Observations& x, std::ptrdiff_t point, double nearest) const {
  const std::ptrdiff_t first = first_of(point);
  if (x.present && at({x.present, nullptr, nullptr, nullptr}, point, first, false) < least_share(x)) return nearest;
  const double value = at(x, point, first, line_);
  return std::isnan(value) ? nearest : value;
}

void Loess::draw_lines(double* out) const {
  const auto draw = [&](std::ptrdiff_t from, std::ptrdiff_t to) {
    const double slope = (out[to] - out[from]) / static_cast<double>(to - from);
    for (std::ptrdiff_t i = from + 1; i < to; ++i) out[i] = out[from] + slope * static_cast<double>(i - from);
  };
  for (std::ptrdiff_t i = 0; i + jump_ < n_; i += jump_) draw(i, i + jump_);
  if (last_knot() < n_ - 1) draw(last_knot(), n_ - 1);
}

}  // namespace lagoon::timeseries::detail
