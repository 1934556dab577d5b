// SPDX-License-Identifier: Apache-2.0
#include "power_spectrum.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>

#include "fourier_lanes.hpp"

namespace lagoon::timeseries::detail {
namespace {

using Series = Tensor<Complex, 1>;

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
  Series from = Series::zeros({padded}), to({padded}), kernel({padded});
  from[0] = 1;
  for (std::ptrdiff_t t = 1; t < n; ++t) from[t] = from[padded - t] = std::conj(chirp(t, n));
  transform(from, kernel, parallel);
  std::fill_n(from.data(), padded, Complex());
  for (std::ptrdiff_t t = 0; t < n; ++t) from[t] = x[t] * chirp(t, n);
  transform(from, to, parallel);
  for (std::ptrdiff_t f = 0; f < padded; ++f) from[f] = std::conj(to[f] * kernel[f]) / static_cast<double>(padded);
  transform(from, to, parallel);  // of the conjugate: the inverse but for a conjugation, which moduli do not see
  return to;
}

Series transform_directly(View<const double, 1> x, bool parallel) {
  Series from({x.size()}), to({x.size()});
  for (std::ptrdiff_t t = 0; t < x.size(); ++t) from[t] = x[t];
  transform(from, to, parallel);
  return to;
}

}  // namespace

Tensor<double, 1> power_spectrum(View<const double, 1> x, bool parallel) {
  const std::ptrdiff_t n = x.size();
  const Series spectrum = smooth(n) ? transform_directly(x, parallel) : transform_by_convolution(x, parallel);
  Tensor<double, 1> power({n / 2 + 1});
  for (std::ptrdiff_t f = 0; f <= n / 2; ++f) power[f] = std::norm(spectrum[f]);
  return power;
}

}  // namespace lagoon::timeseries::detail
