// SPDX-License-Identifier: Apache-2.0
#include "power_spectrum.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <lagoon/engine/parallel.hpp>
#include <numbers>

#include "fourier_lanes.hpp"
#include "polled/parts.hpp"

namespace lagoon::timeseries::detail {
namespace {

using Series = Tensor<Complex, 1>;

constexpr std::ptrdiff_t kGrain = 1 << 13;

/// exp(-pi i t^2 / n); t^2 is taken modulo 2n, so that the angle is as exact for the last as for the first.
Complex chirp(std::ptrdiff_t t, std::ptrdiff_t n) {
  const auto turn = static_cast<double>(static_cast<std::uint64_t>(t) * static_cast<std::uint64_t>(t) %
                                        static_cast<std::uint64_t>(2 * n));
  return std::polar(1.0, -std::numbers::pi * turn / static_cast<double>(n));
}

/// Bluestein 1970: 2 f t = f^2 + t^2 - (f - t)^2 makes the transform of any length a convolution with a chirp, which
/// is done at a length that the library is fast at.
Series transform_by_convolution(View<const double, 1> x, bool parallel) {
  const std::ptrdiff_t n = x.size(), padded = smooth_from(2 * n - 1);
  Series from({padded}), to({padded}), kernel({padded});
  const auto each = [&](std::ptrdiff_t first, std::ptrdiff_t last, auto f) {
    parallel_for(last - first, {kGrain, parallel}, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
      for (std::ptrdiff_t t = first + begin; t < first + end; ++t) f(t);
    });
  };
  each(0, n, [&](std::ptrdiff_t t) {
    from[t] = std::conj(chirp(t, n));
    if (t > 0) from[padded - t] = from[t];
  });
  each(n, padded - n + 1, [&](std::ptrdiff_t t) { from[t] = 0; });
  transform(from, kernel, parallel);
  each(0, padded, [&](std::ptrdiff_t t) { from[t] = t < n ? x[t] * chirp(t, n) : Complex(); });
  transform(from, to, parallel);
  each(0, padded, [&](std::ptrdiff_t f) { from[f] = std::conj(to[f] * kernel[f]) / static_cast<double>(padded); });
  transform(from, to, parallel);  // of the conjugate: the inverse but for a conjugation, which moduli do not see
  return to;
}

Series transform_directly(View<const double, 1> x, bool parallel) {
  Series from({x.size()}), to({x.size()});
  polled::for_each(x.size(), [&](std::ptrdiff_t t) { from[t] = x[t]; });
  transform(from, to, parallel);
  return to;
}

}  // namespace

Tensor<double, 1> power_spectrum(View<const double, 1> x, bool parallel) {
  const std::ptrdiff_t n = x.size();
  const Series spectrum = smooth(n) ? transform_directly(x, parallel) : transform_by_convolution(x, parallel);
  Tensor<double, 1> power({n / 2 + 1});
  polled::for_each(n / 2 + 1, [&](std::ptrdiff_t f) { power[f] = std::norm(spectrum[f]); });
  return power;
}

}  // namespace lagoon::timeseries::detail
