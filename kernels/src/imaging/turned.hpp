// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstring>

#include "pixels.hpp"

namespace lagoon::imaging::detail {

/// What of EXIF's orientations swaps rows and columns.
constexpr bool swaps_sides(int orientation) { return orientation >= 5; }

/// throws  invalid_argument unless 1 to 8
inline void check_orientation(int orientation, const char* what) {
  if (orientation < 1 || orientation > 8)
    throw Error(Errc::invalid_argument,
                std::string(what) + ": orientation is " + std::to_string(orientation) + "; EXIF has 1 to 8");
}

/// The orientation that undoes one.
constexpr int inverse_orientation(int orientation) { return orientation == 6 ? 8 : orientation == 8 ? 6 : orientation; }

/// The same pixels, as they look upright: other strides, nothing is copied.
template <class T>
View<T, 3> turned(View<T, 3> p, int orientation) {
  Extents<3> sizes = p.extents(), steps = p.strides();
  T* first = p.data();
  // Those stored from right to left, and from bottom to top.
  if (orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8) {
    first += (sizes[1] - 1) * steps[1];
    steps[1] = -steps[1];
  }
  if (orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7) {
    first += (sizes[0] - 1) * steps[0];
    steps[0] = -steps[0];
  }
  if (swaps_sides(orientation)) {
    std::swap(sizes[0], sizes[1]);
    std::swap(steps[0], steps[1]);
  }
  return {first, sizes, steps};
}

/// n pixels, each in one piece of kChannels when that is not 0.
template <std::ptrdiff_t kChannels, class T>
void copy_line(In<T> from, View<T, 3> to, std::ptrdiff_t y, std::ptrdiff_t begin, std::ptrdiff_t end) {
  const std::ptrdiff_t in_step = from.stride(1), out_step = to.stride(1);
  const T* in = from.data() + y * from.stride(0) + begin * in_step;
  T* out = to.data() + y * to.stride(0) + begin * out_step;
  for (std::ptrdiff_t x = begin; x < end; ++x, in += in_step, out += out_step) {
    if constexpr (kChannels > 0) {
      std::memcpy(out, in, kChannels * sizeof(T));
    } else {
      for (std::ptrdiff_t c = 0; c < from.extent(2); ++c) out[c * to.stride(2)] = in[c * from.stride(2)];
    }
  }
}

/// to = from, in tiles: one of both may have its columns far apart.
template <class T>
void copy_pixels(In<T> from, View<T, 3> to) {
  constexpr std::ptrdiff_t kTile = 32;
  const bool pieces = from.stride(2) == 1 && to.stride(2) == 1;
  const auto copy = pieces && from.extent(2) == 3   ? &copy_line<3, T>
                    : pieces && from.extent(2) == 4 ? &copy_line<4, T>
                    : from.extent(2) == 1           ? &copy_line<1, T>
                                                    : &copy_line<0, T>;
  for (std::ptrdiff_t y0 = 0; y0 < from.extent(0); y0 += kTile)
    for (std::ptrdiff_t x0 = 0; x0 < from.extent(1); x0 += kTile) {
      const std::ptrdiff_t y1 = std::min(y0 + kTile, from.extent(0)), x1 = std::min(x0 + kTile, from.extent(1));
      for (std::ptrdiff_t y = y0; y < y1; ++y) copy(from, to, y, x0, x1);
    }
}

}  // namespace lagoon::imaging::detail
