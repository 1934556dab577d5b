// SPDX-License-Identifier: Apache-2.0
#pragma once

// Images as the textbook writes them: each pixel of the result by itself, in double, without rounding. The oracle of
// the tests; never the fastest, easy to believe.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <lagoon/core/view.hpp>
#include <lagoon/kernels/imaging/filters.hpp>
#include <lagoon/kernels/imaging/resize.hpp>
#include <limits>
#include <numbers>
#include <type_traits>
#include <vector>

namespace lagoon::reference {

/// Rows x columns x channels of numbers from 0 to 1.
struct Image {
  std::ptrdiff_t rows = 0, columns = 0, channels = 0;
  std::vector<double> values{};

  Image() = default;
  Image(std::ptrdiff_t r, std::ptrdiff_t c, std::ptrdiff_t k)
      : rows(r), columns(c), channels(k), values(static_cast<std::size_t>(r * c * k)) {}
  double& operator()(std::ptrdiff_t y, std::ptrdiff_t x, std::ptrdiff_t c) {
    return values[static_cast<std::size_t>((y * columns + x) * channels + c)];
  }
  double operator()(std::ptrdiff_t y, std::ptrdiff_t x, std::ptrdiff_t c) const {
    return values[static_cast<std::size_t>((y * columns + x) * channels + c)];
  }
  /// Beyond the edge there is the edge.
  double held(std::ptrdiff_t y, std::ptrdiff_t x, std::ptrdiff_t c) const {
    return (*this)(std::clamp<std::ptrdiff_t>(y, 0, rows - 1), std::clamp<std::ptrdiff_t>(x, 0, columns - 1), c);
  }
  bool has_alpha() const { return channels == 2 || channels == 4; }
  std::ptrdiff_t colours() const { return channels - (has_alpha() ? 1 : 0); }
};

template <class T>
double white() {
  return std::is_integral_v<T> ? static_cast<double>(std::numeric_limits<T>::max()) : 1.0;
}

template <class T>
Image image_of(View<const T, 3> pixels) {
  Image image(pixels.extent(0), pixels.extent(1), pixels.extent(2));
  for (std::ptrdiff_t y = 0; y < image.rows; ++y)
    for (std::ptrdiff_t x = 0; x < image.columns; ++x)
      for (std::ptrdiff_t c = 0; c < image.channels; ++c)
        image(y, x, c) = static_cast<double>(pixels(y, x, c)) / white<T>();
  return image;
}

/// f(colour) of each colour; alpha stays.
template <class F>
Image each_colour(Image image, F f) {
  for (std::ptrdiff_t y = 0; y < image.rows; ++y)
    for (std::ptrdiff_t x = 0; x < image.columns; ++x)
      for (std::ptrdiff_t c = 0; c < image.colours(); ++c) image(y, x, c) = f(image(y, x, c));
  return image;
}

inline double light_of(double v) { return v <= 0.04045 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4); }
inline double srgb_of(double v) { return v <= 0.0031308 ? v * 12.92 : 1.055 * std::pow(v, 1 / 2.4) - 0.055; }

/// Colours times alpha, and back.
inline Image weighted(Image image) {
  if (!image.has_alpha()) return image;
  for (std::ptrdiff_t y = 0; y < image.rows; ++y)
    for (std::ptrdiff_t x = 0; x < image.columns; ++x)
      for (std::ptrdiff_t c = 0; c < image.colours(); ++c) image(y, x, c) *= image(y, x, image.channels - 1);
  return image;
}
inline Image unweighted(Image image) {
  if (!image.has_alpha()) return image;
  for (std::ptrdiff_t y = 0; y < image.rows; ++y)
    for (std::ptrdiff_t x = 0; x < image.columns; ++x) {
      const double alpha = image(y, x, image.channels - 1);
      for (std::ptrdiff_t c = 0; c < image.colours(); ++c) image(y, x, c) = alpha > 0 ? image(y, x, c) / alpha : 0;
    }
  return image;
}

inline double filter_support(imaging::ResizeFilter f) {
  using F = imaging::ResizeFilter;
  return f == F::box ? 0.5 : f == F::bilinear ? 1 : f == F::bicubic ? 2 : 3;
}

inline double filter_weight(imaging::ResizeFilter f, double x) {
  using F = imaging::ResizeFilter;
  const auto sinc = [](double v) { return v == 0 ? 1 : std::sin(std::numbers::pi * v) / (std::numbers::pi * v); };
  const double d = std::fabs(x);
  if (f == F::box) return x > -0.5 && x <= 0.5 ? 1 : 0;
  if (f == F::bilinear) return std::max(0.0, 1 - d);
  if (f == F::lanczos3) return d < 3 ? sinc(d) * sinc(d / 3) : 0;
  if (d < 1) return 1.5 * d * d * d - 2.5 * d * d + 1;
  return d < 2 ? -0.5 * d * d * d + 2.5 * d * d - 4 * d + 2 : 0;
}

/// The weights of one element of the result on all of those it comes from.
inline std::vector<double> filter_weights(imaging::ResizeFilter f, std::ptrdiff_t from, std::ptrdiff_t to,
                                          std::ptrdiff_t i) {
  const double scale = static_cast<double>(from) / static_cast<double>(to), wide = std::max(1.0, scale);
  const double centre = (static_cast<double>(i) + 0.5) * scale;
  std::vector<double> weights;
  double sum = 0;
  for (std::ptrdiff_t k = 0; k < from; ++k) {
    // In the order in which Pillow rounds: a box ends exactly between two pixels or beside one.
    const double w = filter_weight(f, (static_cast<double>(k) - centre + 0.5) * (1 / wide));
    weights.push_back(std::fabs(w) < 1e-12 ? 0 : w);  // a sine of pi is not quite 0
    sum += weights.back();
  }
  for (double& w : weights) w /= sum;
  return weights;
}

inline Image resize(const Image& given, std::ptrdiff_t rows, std::ptrdiff_t columns, imaging::ResizeFilter filter,
                    bool linear_light = false) {
  const Image from = weighted(linear_light ? each_colour(given, light_of) : given);
  Image wide(from.rows, columns, from.channels), to(rows, columns, from.channels);
  for (std::ptrdiff_t x = 0; x < columns; ++x) {
    const auto weights = filter_weights(filter, from.columns, columns, x);
    for (std::ptrdiff_t y = 0; y < from.rows; ++y)
      for (std::ptrdiff_t c = 0; c < from.channels; ++c)
        for (std::ptrdiff_t k = 0; k < from.columns; ++k)
          if (const double w = weights[static_cast<std::size_t>(k)]; w != 0) wide(y, x, c) += w * from(y, k, c);
  }
  for (std::ptrdiff_t y = 0; y < rows; ++y) {
    const auto weights = filter_weights(filter, from.rows, rows, y);
    for (std::ptrdiff_t x = 0; x < columns; ++x)
      for (std::ptrdiff_t c = 0; c < from.channels; ++c)
        for (std::ptrdiff_t k = 0; k < from.rows; ++k)
          if (const double w = weights[static_cast<std::size_t>(k)]; w != 0) to(y, x, c) += w * wide(k, x, c);
  }
  to = unweighted(to);
  return linear_light ? each_colour(to, srgb_of) : to;
}

/// Weights of a Gaussian, cut where they fall below a thousandth of the middle's.
inline std::vector<double> gaussian_weights(double sigma) {
  const auto radius = static_cast<std::ptrdiff_t>(std::floor(sigma * std::sqrt(2 * std::log(1000.0))));
  std::vector<double> weights;
  double sum = 0;
  for (std::ptrdiff_t k = -radius; k <= radius; ++k) {
    weights.push_back(k == 0 ? 1 : std::exp(-static_cast<double>(k * k) / (2 * sigma * sigma)));
    sum += weights.back();
  }
  for (double& w : weights) w /= sum;
  return weights;
}

inline Image blur_as_it_is(const Image& from, double sigma) {
  const auto weights = gaussian_weights(sigma);
  const auto radius = static_cast<std::ptrdiff_t>(weights.size() / 2);
  Image wide(from.rows, from.columns, from.channels), to = wide;
  const auto sum = [&](auto at) {
    double s = 0;
    for (std::ptrdiff_t k = -radius; k <= radius; ++k) s += weights[static_cast<std::size_t>(k + radius)] * at(k);
    return s;
  };
  for (std::ptrdiff_t y = 0; y < from.rows; ++y)
    for (std::ptrdiff_t x = 0; x < from.columns; ++x)
      for (std::ptrdiff_t c = 0; c < from.channels; ++c)
        wide(y, x, c) = sum([&](std::ptrdiff_t k) { return from.held(y, x + k, c); });
  for (std::ptrdiff_t y = 0; y < from.rows; ++y)
    for (std::ptrdiff_t x = 0; x < from.columns; ++x)
      for (std::ptrdiff_t c = 0; c < from.channels; ++c)
        to(y, x, c) = sum([&](std::ptrdiff_t k) { return wide.held(y + k, x, c); });
  return to;
}

inline Image gaussian_blur(const Image& from, double sigma) { return unweighted(blur_as_it_is(weighted(from), sigma)); }

inline Image sharpen(const Image& from, const imaging::Unsharp& u) {
  const Image blurred = blur_as_it_is(from, u.sigma);
  Image to = from;
  for (std::ptrdiff_t y = 0; y < from.rows; ++y)
    for (std::ptrdiff_t x = 0; x < from.columns; ++x)
      for (std::ptrdiff_t c = 0; c < from.colours(); ++c)
        if (const double difference = from(y, x, c) - blurred(y, x, c); std::fabs(difference) >= u.threshold)
          to(y, x, c) += u.amount * difference;
  return to;
}

inline Image convolve3x3(const Image& from, const std::array<std::array<double, 3>, 3>& weights) {
  Image to = from;
  for (std::ptrdiff_t y = 0; y < from.rows; ++y)
    for (std::ptrdiff_t x = 0; x < from.columns; ++x)
      for (std::ptrdiff_t c = 0; c < from.colours(); ++c) {
        double sum = 0;
        for (std::ptrdiff_t i = 0; i < 3; ++i)
          for (std::ptrdiff_t j = 0; j < 3; ++j)
            sum +=
                weights[static_cast<std::size_t>(i)][static_cast<std::size_t>(j)] * from.held(y + i - 1, x + j - 1, c);
        to(y, x, c) = sum;
      }
  return to;
}

inline double luma(double r, double g, double b) { return 0.299 * r + 0.587 * g + 0.114 * b; }

inline Image adjust(Image image, const imaging::Adjustments& a) {
  image = each_colour(image, [&](double v) { return (v * a.brightness - 0.5) * a.contrast + 0.5; });
  if (image.channels >= 3)
    for (std::ptrdiff_t y = 0; y < image.rows; ++y)
      for (std::ptrdiff_t x = 0; x < image.columns; ++x) {
        const double grey = luma(image(y, x, 0), image(y, x, 1), image(y, x, 2));
        for (std::ptrdiff_t c = 0; c < 3; ++c) image(y, x, c) = grey + a.saturation * (image(y, x, c) - grey);
      }
  if (a.gamma == 1) return image;
  return each_colour(image, [&](double v) { return std::pow(std::max(v, 0.0), 1 / a.gamma); });
}

inline Image colour_matrix(const Image& from, const std::array<std::array<double, 4>, 3>& m) {
  Image to = from;
  for (std::ptrdiff_t y = 0; y < from.rows; ++y)
    for (std::ptrdiff_t x = 0; x < from.columns; ++x)
      for (std::size_t c = 0; c < 3; ++c)
        to(y, x, static_cast<std::ptrdiff_t>(c)) =
            m[c][0] * from(y, x, 0) + m[c][1] * from(y, x, 1) + m[c][2] * from(y, x, 2) + m[c][3];
  return to;
}

inline Image grey(const Image& from) {
  if (from.channels < 3) return from;
  Image to(from.rows, from.columns, from.channels - 2);
  for (std::ptrdiff_t y = 0; y < from.rows; ++y)
    for (std::ptrdiff_t x = 0; x < from.columns; ++x) {
      to(y, x, 0) = luma(from(y, x, 0), from(y, x, 1), from(y, x, 2));
      if (from.channels == 4) to(y, x, 1) = from(y, x, 3);
    }
  return to;
}

/// The pixel that an upright picture shows at (y, x), as the EXIF specification says of orientations 1 to 8.
inline Image upright(const Image& from, int orientation) {
  const bool swaps = orientation >= 5;
  Image to(swaps ? from.columns : from.rows, swaps ? from.rows : from.columns, from.channels);
  for (std::ptrdiff_t y = 0; y < to.rows; ++y)
    for (std::ptrdiff_t x = 0; x < to.columns; ++x) {
      const std::ptrdiff_t bottom = from.rows - 1, right = from.columns - 1;
      const std::array<std::array<std::ptrdiff_t, 2>, 8> at = {{{y, x},
                                                                {y, right - x},
                                                                {bottom - y, right - x},
                                                                {bottom - y, x},
                                                                {x, y},
                                                                {bottom - x, y},
                                                                {bottom - x, right - y},
                                                                {x, right - y}}};
      const auto [i, j] = at[static_cast<std::size_t>(orientation - 1)];
      for (std::ptrdiff_t c = 0; c < from.channels; ++c) to(y, x, c) = from(i, j, c);
    }
  return to;
}

/// Each level becomes the share of pixels below it, of those that are not of the brightest one.
inline Image equalise(const Image& from) {
  Image to = from;
  for (std::ptrdiff_t c = 0; c < from.colours(); ++c) {
    std::vector<double> sorted;
    for (std::ptrdiff_t y = 0; y < from.rows; ++y)
      for (std::ptrdiff_t x = 0; x < from.columns; ++x) sorted.push_back(from(y, x, c));
    std::sort(sorted.begin(), sorted.end());
    const auto below = [&](double v) {
      return static_cast<double>(std::lower_bound(sorted.begin(), sorted.end(), v) - sorted.begin());
    };
    const double all = below(sorted.back());
    for (std::ptrdiff_t y = 0; y < from.rows; ++y)
      for (std::ptrdiff_t x = 0; x < from.columns; ++x)
        if (all > 0) to(y, x, c) = below(from(y, x, c)) / all;
  }
  return to;
}

}  // namespace lagoon::reference
