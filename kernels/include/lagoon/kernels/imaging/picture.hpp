// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <lagoon/core/tensor.hpp>
#include <string>
#include <variant>
#include <vector>

namespace lagoon::imaging {

/// Pixels: rows x columns x channels. One channel is grey, two are grey and alpha, three red, green and blue, four
/// those and alpha. Integers go from 0 to their largest, float from 0 to 1; alpha is not multiplied in. Unless said
/// otherwise they are sRGB as files have them, not proportional to light.
template <class T>
using Pixels = Tensor<T, 3>;
using AnyPixels = std::variant<Pixels<std::uint8_t>, Pixels<std::uint16_t>, Pixels<float>>;

/// What a file says of its pixels besides them, as it says it.
struct Metadata {
  /// As EXIF counts them, 1 to 8: 1 is upright, 6 wants a quarter turn to the right.
  int orientation = 1;
  std::vector<std::byte> icc{};   ///< a colour profile, or nothing
  std::vector<std::byte> exif{};  ///< the payload behind "Exif\0\0", beginning with the byte order, or nothing
  double pixels_per_inch = 0;     ///< 0: not said
};

/// An image and where it came from.
struct Picture {
  AnyPixels pixels;
  Metadata metadata{};
  std::string format{};                 ///< "jpeg", "png", "tiff", "webp"
  std::vector<std::string> warnings{};  ///< what was wrong with the file and could be lived with

  std::ptrdiff_t rows() const;
  std::ptrdiff_t columns() const;
  std::ptrdiff_t channels() const;
};

}  // namespace lagoon::imaging
