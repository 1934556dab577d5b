// SPDX-License-Identifier: Apache-2.0
#include "taps.hpp"

#include <algorithm>
#include <cmath>
#include <lagoon/engine/stop.hpp>
#include <numbers>
#include <span>
#include <vector>

namespace lagoon::imaging::detail {
namespace {

/// sinc(d) sinc(d / 3), of one sine: sin 3a = 3 sin a - 4 sin^3 a.
double lanczos3(double d) {
  if (d < 1e-8) return 1;
  const double a = std::numbers::pi * d / 3, s = std::sin(a);
  return s * s * (3 - 4 * s * s) / (3 * a * a);
}

double support(ResizeFilter filter) {
  switch (filter) {
    case ResizeFilter::box: return 0.5;
    case ResizeFilter::bilinear: return 1;
    case ResizeFilter::bicubic: return 2;
    case ResizeFilter::lanczos3: return 3;
  }
  throw Error(Errc::invalid_argument, "resize: filter " + std::to_string(static_cast<int>(filter)) + " is not known");
}

double weight(ResizeFilter filter, double x) {
  const double d = std::fabs(x);
  switch (filter) {
    case ResizeFilter::box: return x > -0.5 && x <= 0.5 ? 1 : 0;
    case ResizeFilter::bilinear: return d < 1 ? 1 - d : 0;
    case ResizeFilter::bicubic:  // Keys with a = -1/2
      return d < 1 ? (1.5 * d - 2.5) * d * d + 1 : d < 2 ? ((-0.5 * d + 2.5) * d - 4) * d + 2 : 0;
    case ResizeFilter::lanczos3: return d < 3 ? lanczos3(d) : 0;
  }
  return 0;
}

/// A window of one element of the result, in a row of weights.
struct Window {
  std::ptrdiff_t begin = 0;
  std::span<double> weights{};
};

Window window_of(ResizeFilter filter, std::ptrdiff_t from, double scale, std::ptrdiff_t i, double* to) {
  const double wide = std::max(scale, 1.0), reach = support(filter) * wide;
  const double centre = (static_cast<double>(i) + 0.5) * scale;
  const auto last = static_cast<double>(from);
  // One more on both sides: the weights alone say where they end, not another rounding of the same number.
  auto begin = static_cast<std::ptrdiff_t>(std::clamp(std::floor(centre - reach - 0.5), 0.0, last - 1));
  const auto end =
      static_cast<std::ptrdiff_t>(std::clamp(std::floor(centre + reach + 1.5), static_cast<double>(begin + 1), last));
  std::span<double> w(to, static_cast<std::size_t>(end - begin));
  double sum = 0;
  for (std::size_t k = 0; k < w.size(); ++k) {
    // As Pillow rounds: a box may end exactly at the middle of a pixel.
    w[k] = weight(filter, (static_cast<double>(begin + static_cast<std::ptrdiff_t>(k)) - centre + 0.5) * (1 / wide));
    sum += w[k];
  }
  if (sum == 0) std::fill(w.begin(), w.end(), 1 / static_cast<double>(w.size()));
  if (sum != 0)
    for (double& v : w) v /= sum;
  // Nothing may be asked of what has no weight: it might be NaN.
  constexpr double kNothing = 1e-12;
  while (w.size() > 1 && std::fabs(w.back()) < kNothing) w = w.first(w.size() - 1);
  for (; w.size() > 1 && std::fabs(w.front()) < kNothing; ++begin) w = w.subspan(1);
  return {begin, w};
}

/// The largest power of two that keeps the weights in 16 bits.
int shift_for(double largest, int max_shift) {
  int shift = 0;
  while (shift < max_shift && largest * std::ldexp(1.0, shift + 1) <= 32767) ++shift;
  return shift;
}

/// Rounds the sums of the first k weights, so that all together are exactly 2^shift: a constant stays what it is.
void to_integers(std::span<const double> weights, int shift, std::int16_t* to) {
  const double one = std::ldexp(1.0, shift);
  double sum = 0, before = 0;
  for (std::size_t k = 0; k < weights.size(); ++k) {
    sum += weights[k];
    const double rounded = k + 1 < weights.size() ? std::floor(sum * one + 0.5) : one;
    to[k] = static_cast<std::int16_t>(rounded - before);
    before = rounded;
  }
}

Taps empty_taps(std::ptrdiff_t size, std::ptrdiff_t widest) {
  Taps taps;
  taps.size = size;
  taps.widest = (widest + 1) / 2 * 2;
  taps.begin = Tensor<std::ptrdiff_t, 1>({size});
  taps.count = Tensor<std::ptrdiff_t, 1>({size});
  taps.needed = Tensor<std::ptrdiff_t, 1>({size});
  taps.weights = Tensor<float, 2>::zeros({size, taps.widest});
  taps.fixed = Tensor<std::int16_t, 2>::zeros({size, taps.widest});
  return taps;
}

void set(Taps& taps, std::ptrdiff_t i, const Window& w) {
  taps.begin[i] = w.begin;
  taps.count[i] = static_cast<std::ptrdiff_t>(w.weights.size());
  std::transform(w.weights.begin(), w.weights.end(), taps.weights.data() + i * taps.widest,
                 [](double v) { return static_cast<float>(v); });
  to_integers(w.weights, taps.shift, taps.fixed.data() + i * taps.widest);
}

}  // namespace

Taps resize_taps(ResizeFilter filter, std::ptrdiff_t from, std::ptrdiff_t to, std::ptrdiff_t first, std::ptrdiff_t size,
                 int max_shift) {
  const double scale = static_cast<double>(from) / static_cast<double>(to);
  const double reach = support(filter) * std::max(scale, 1.0);
  const std::ptrdiff_t most = std::min(from, static_cast<std::ptrdiff_t>(2 * reach) + 4);
  Tensor<double, 2> all({size, most});
  Tensor<Window, 1> windows({size});
  std::ptrdiff_t widest = 1;
  double largest = 0;
  for (std::ptrdiff_t i = 0; i < size; ++i) {
    if (i % 64 == 0) throw_if_stopped();
    windows[i] = window_of(filter, from, scale, first + i, all.data() + i * most);
    widest = std::max(widest, static_cast<std::ptrdiff_t>(windows[i].weights.size()));
    for (const double w : windows[i].weights) largest = std::max(largest, std::fabs(w));
  }
  Taps taps = empty_taps(size, widest);
  // A sum of rounded numbers may exceed the number by one.
  taps.shift = shift_for(largest + 1.0 / 32768, max_shift);
  for (std::ptrdiff_t i = 0; i < size; ++i) set(taps, i, windows[i]);
  for (std::ptrdiff_t i = size; i-- > 0;)
    taps.needed[i] = i + 1 < size ? std::min(taps.begin[i], taps.needed[i + 1]) : taps.begin[i];
  return taps;
}

std::ptrdiff_t gaussian_radius(double sigma) {
  return static_cast<std::ptrdiff_t>(std::floor(sigma * std::sqrt(2 * std::log(1000.0))));
}

Taps gaussian_taps(double sigma, int max_shift) {
  const std::ptrdiff_t radius = gaussian_radius(sigma);
  std::vector<double> weights;
  double sum = 0;
  for (std::ptrdiff_t k = -radius; k <= radius; ++k) {
    const double x = k == 0 ? 0 : static_cast<double>(k) / sigma;
    weights.push_back(std::exp(-x * x / 2));
    sum += weights.back();
  }
  for (double& v : weights) v /= sum;
  Taps taps = empty_taps(1, 2 * radius + 1);
  taps.shift = shift_for(weights[static_cast<std::size_t>(radius)], max_shift);
  set(taps, 0, {0, weights});
  taps.needed[0] = 0;
  // Symmetric as integers too: what is left of one goes to the middle.
  std::int16_t* const fixed = taps.fixed.data();
  long left = 1L << taps.shift;
  for (std::ptrdiff_t k = 0; k < radius; ++k) {
    fixed[k] = fixed[2 * radius - k] =
        static_cast<std::int16_t>(std::lround(weights[static_cast<std::size_t>(k)] * std::ldexp(1.0, taps.shift)));
    left -= 2 * fixed[k];
  }
  fixed[radius] = static_cast<std::int16_t>(std::min(left, 32767L));
  return taps;
}

}  // namespace lagoon::imaging::detail
