// SPDX-License-Identifier: Apache-2.0
// Plain loops in double precision. They follow the definitions alone, and share nothing with the kernels.
#include <algorithm>
#include <cmath>
#include <numbers>
#include <stdexcept>

#include "kernels/image_steps.hpp"

namespace lagoon::bench {
namespace {

double lanczos3(double x) {
  if (x == 0) return 1;
  if (std::abs(x) >= 3) return 0;
  const double t = std::numbers::pi * x;
  return 3 * std::sin(t) * std::sin(t / 3) / (t * t);
}

/// Rows at another number; columns and channels stay.
Exact shrunk(const Exact& from, std::ptrdiff_t rows) {
  const std::ptrdiff_t most = from.extent(0), width = from.extent(1) * from.extent(2);
  Exact to = Exact::zeros({rows, from.extent(1), from.extent(2)});
  const double scale = static_cast<double>(most) / static_cast<double>(rows), wide = std::max(1.0, scale);
  for (std::ptrdiff_t y = 0; y < rows; ++y) {
    const double centre = (static_cast<double>(y) + 0.5) * scale;
    const auto first = std::max<std::ptrdiff_t>(0, static_cast<std::ptrdiff_t>(std::floor(centre - 3 * wide)));
    const auto last = std::min(most, static_cast<std::ptrdiff_t>(std::ceil(centre + 3 * wide)));
    double sum = 0;
    double* out = to.data() + y * width;
    for (std::ptrdiff_t k = first; k < last; ++k) {
      const double weight = lanczos3((static_cast<double>(k) + 0.5 - centre) / wide);
      sum += weight;
      const double* in = from.data() + k * width;
      for (std::ptrdiff_t i = 0; i < width; ++i) out[i] += weight * in[i];
    }
    for (std::ptrdiff_t i = 0; i < width; ++i) out[i] /= sum;
  }
  return to;
}

Exact transposed(const Exact& from) {
  Exact to({from.extent(1), from.extent(0), from.extent(2)});
  for (std::ptrdiff_t y = 0; y < from.extent(0); ++y)
    for (std::ptrdiff_t x = 0; x < from.extent(1); ++x)
      for (std::ptrdiff_t c = 0; c < from.extent(2); ++c) to(x, y, c) = from(y, x, c);
  return to;
}

/// Gaussian along rows' direction; edges repeat.
Exact blurred(const Exact& from, double sigma) {
  const auto reach = static_cast<std::ptrdiff_t>(std::ceil(6 * sigma));
  const std::ptrdiff_t rows = from.extent(0), width = from.extent(1) * from.extent(2);
  Exact to = Exact::zeros(from.extents());
  double sum = 0;
  for (std::ptrdiff_t k = -reach; k <= reach; ++k) {
    const double at = static_cast<double>(k) / sigma, weight = std::exp(-0.5 * at * at);
    sum += weight;
    for (std::ptrdiff_t y = 0; y < rows; ++y) {
      const double* in = from.data() + std::clamp<std::ptrdiff_t>(y + k, 0, rows - 1) * width;
      double* out = to.data() + y * width;
      for (std::ptrdiff_t i = 0; i < width; ++i) out[i] += weight * in[i];
    }
  }
  for (std::ptrdiff_t i = 0; i < to.size(); ++i) to.data()[i] /= sum;
  return to;
}

}  // namespace

Exact exact_of(const rivals::Raster& picture) {
  Exact exact({picture.rows, picture.columns, 3});
  std::copy_n(picture.rgb, exact.size(), exact.data());
  return exact;
}

Exact exact_lanczos3(const Exact& picture, std::ptrdiff_t rows, std::ptrdiff_t columns) {
  return transposed(shrunk(transposed(shrunk(picture, rows)), columns));
}

Exact exact_sharpened(const Exact& picture, double sigma, double amount) {
  Exact to = transposed(blurred(transposed(blurred(picture, sigma)), sigma));
  for (std::ptrdiff_t i = 0; i < to.size(); ++i)
    to.data()[i] = picture.data()[i] + amount * (picture.data()[i] - to.data()[i]);
  return to;
}

Exact exact_development(const rivals::Raster& picture, const rivals::Development& d) {
  Exact exact = exact_sharpened(exact_lanczos3(exact_of(picture), d.rows, d.columns), d.sigma, d.amount);
  for (std::ptrdiff_t i = 0; i < exact.size(); ++i) exact.data()[i] *= d.brightness;
  return exact;
}

double psnr(const rivals::Raster& picture, const Exact& exact) {
  if (picture.rows != exact.extent(0) || picture.columns != exact.extent(1))
    throw std::runtime_error("a picture has another size than the exact one");
  double squares = 0;
  for (std::ptrdiff_t i = 0; i < exact.size(); ++i) {
    const double off = picture.rgb[i] - std::clamp(exact.data()[i], 0.0, 255.0);
    squares += off * off;
  }
  return 10 * std::log10(255.0 * 255.0 * static_cast<double>(exact.size()) / squares);
}

}  // namespace lagoon::bench
