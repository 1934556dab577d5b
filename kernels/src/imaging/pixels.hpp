// SPDX-License-Identifier: Apache-2.0
#pragma once

// What all filters share: checks, how levels are counted, and rows.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <lagoon/core/error.hpp>
#include <lagoon/kernels/imaging/picture.hpp>
#include <limits>
#include <string>
#include <type_traits>

namespace lagoon::imaging::detail {

template <class T>
using In = View<const T, 3>;

/// The level of white.
template <class T>
inline constexpr double kWhite = std::is_integral_v<T> ? static_cast<double>(std::numeric_limits<T>::max()) : 1.0;

/// Rounded half up and held in range where levels are integers.
template <class T>
T level(double v) {
  if constexpr (std::is_integral_v<T>) {
    return static_cast<T>(std::clamp(std::floor(v + 0.5), 0.0, kWhite<T>));
  } else {
    return static_cast<T>(v);
  }
}

/// Two and four channels end in alpha.
constexpr bool has_alpha(std::ptrdiff_t channels) { return channels == 2 || channels == 4; }

/// "4x3x3"
template <class T>
std::string shape(In<T> p) {
  return std::to_string(p.extent(0)) + "x" + std::to_string(p.extent(1)) + "x" + std::to_string(p.extent(2));
}

/// throws  invalid_argument (no pixels, no channels or more than 4)
template <class T>
void check_pixels(In<T> p, const char* what) {
  if (p.extent(2) < 1 || p.extent(2) > 4)
    throw Error(Errc::invalid_argument, std::string(what) + ": pixels are " + shape(p) +
                                            " (rows x columns x channels); wanted are 1 to 4 channels");
  if (p.extent(0) < 1 || p.extent(1) < 1)
    throw Error(Errc::invalid_argument, std::string(what) + ": pixels are " + shape(p) + ": there are none");
}

/// throws  invalid_argument unless |value| is a number of at most `most`
inline void check_number(double value, double least, double most, const char* what, const char* name) {
  if (!(value >= least && value <= most))
    throw Error(Errc::invalid_argument, std::string(what) + ": " + name + " is " + std::to_string(value) +
                                            "; it must be from " + std::to_string(least) + " to " +
                                            std::to_string(most));
}

/// Whether the elements of a row follow one another.
template <class T>
bool has_plain_rows(In<T> p) {
  return (p.extent(2) == 1 || p.stride(2) == 1) && (p.extent(1) == 1 || p.stride(1) == p.extent(2));
}

template <class T>
const T* row_of(In<T> p, std::ptrdiff_t row) {
  return p.data() + row * p.stride(0);
}

/// Columns [begin, end) of a row, one element after the other.
template <class T>
void gather_row(In<T> p, std::ptrdiff_t row, std::ptrdiff_t begin, std::ptrdiff_t end, T* to) {
  const T* from = row_of(p, row) + begin * p.stride(1);
  if (has_plain_rows(p)) {
    std::copy_n(from, (end - begin) * p.extent(2), to);
    return;
  }
  for (std::ptrdiff_t x = begin; x < end; ++x, from += p.stride(1))
    for (std::ptrdiff_t c = 0; c < p.extent(2); ++c) *to++ = from[c * p.stride(2)];
}

/// Rows that one task works on, so that it takes 50 us or more.
inline std::ptrdiff_t rows_per_task(std::ptrdiff_t elements_per_row, std::ptrdiff_t elements = 128 * 1024) {
  return std::max<std::ptrdiff_t>(1, elements / std::max<std::ptrdiff_t>(elements_per_row, 1));
}

/// n rounded up to whole vectors of any width.
constexpr std::ptrdiff_t padded(std::ptrdiff_t n) { return (n + 63) / 64 * 64; }

}  // namespace lagoon::imaging::detail
