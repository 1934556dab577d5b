// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>
#include <lagoon/kernels/files/picture.hpp>

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <string>
#include <type_traits>
#include <variant>
#include <vector>

#include "kernels/expect.hpp"

namespace lagoon::files {

/// Gradients and a circle: smooth, as photographs are, and different in each channel; all levels of T occur.
template <class T>
imaging::Picture made(std::ptrdiff_t rows, std::ptrdiff_t columns, std::ptrdiff_t channels) {
  imaging::Pixels<T> pixels({rows, columns, channels});
  const double top = std::is_same_v<T, float> ? 1.0 : static_cast<double>(std::numeric_limits<T>::max());
  for (std::ptrdiff_t i = 0; i < rows; ++i)
    for (std::ptrdiff_t j = 0; j < columns; ++j)
      for (std::ptrdiff_t c = 0; c < channels; ++c) {
        const double y = static_cast<double>(i) / static_cast<double>(rows);
        const double x = static_cast<double>(j) / static_cast<double>(columns);
        const double wave = 0.5 + 0.5 * std::sin(3 * x + 2 * y * static_cast<double>(c + 1) + static_cast<double>(c));
        pixels(i, j, c) = static_cast<T>(wave * top);
      }
  imaging::Picture picture;
  picture.pixels = std::move(pixels);
  return picture;
}

template <class T>
const imaging::Pixels<T>& pixels_of(const imaging::Picture& picture) {
  return std::get<imaging::Pixels<T>>(picture.pixels);
}

template <class T>
bool same_pixels(const imaging::Picture& a, const imaging::Picture& b) {
  const auto &x = pixels_of<T>(a), &y = pixels_of<T>(b);
  return x.extents() == y.extents() && std::memcmp(x.data(), y.data(), x.bytes()) == 0;
}

/// Mean of the distances of 8-bit levels; infinity when the shapes differ.
inline double distance(const imaging::Picture& a, const imaging::Picture& b) {
  const auto &x = pixels_of<std::uint8_t>(a), &y = pixels_of<std::uint8_t>(b);
  if (x.extents() != y.extents()) return std::numeric_limits<double>::infinity();
  double sum = 0;
  for (std::ptrdiff_t k = 0; k < x.size(); ++k) sum += std::abs(x.data()[k] - y.data()[k]);
  return sum / static_cast<double>(x.size());
}

inline imaging::Picture decoded(const std::vector<std::byte>& bytes, const PictureReadOptions& options = {}) {
  return decode_picture(bytes, "a picture", options);
}

inline std::vector<std::byte> bytes_of(std::string_view text) {
  const auto* data = reinterpret_cast<const std::byte*>(text.data());
  return {data, data + text.size()};
}

/// A payload that says camera "Lagoon" and an orientation, in either byte order.
inline std::vector<std::byte> made_exif(int orientation, bool big_endian = false) {
  std::string text = big_endian ? std::string("MM\0*\0\0\0\x08\0\x02", 10) : std::string("II*\0\x08\0\0\0\x02\0", 10);
  auto entry = [&](unsigned tag, unsigned type, unsigned count, unsigned value, bool is_short) {
    auto put = [&](unsigned n, unsigned size) {
      for (unsigned k = 0; k < size; ++k) text += static_cast<char>(n >> (8 * (big_endian ? size - 1 - k : k)) & 0xFF);
    };
    put(tag, 2), put(type, 2), put(count, 4);
    if (is_short)
      put(value, 2), put(0, 2);
    else
      put(value, 4);
  };
  entry(0x010F, 2, 7, 38, false);
  entry(0x0112, 3, 1, static_cast<unsigned>(orientation), true);
  text += std::string("\0\0\0\0Lagoon\0", 11);
  return bytes_of(text);
}

/// Path of a file of known answers; empty when they are not here ($LAGOON_CASES).
inline std::string imaging_case(const std::string& name) { return test::known_answer("imaging/" + name); }

}  // namespace lagoon::files
