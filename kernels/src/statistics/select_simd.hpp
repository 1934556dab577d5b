// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace lagoon::statistics::detail {

/// How many elements are on which side of two bounds, low <= high, with no more than the ties on them apart.
struct BracketCounts {
  std::ptrdiff_t below = 0;    ///< x < low
  std::ptrdiff_t at_low = 0;   ///< x = low
  std::ptrdiff_t inside = 0;   ///< low < x < high
  std::ptrdiff_t at_high = 0;  ///< x = high, when high is not low
};

/// Intervals [low, high) of the images float(scale * x + offset): a rising function, so that what is between two images
/// is between two numbers, and two to four times as many images as numbers are compared at a time.
template <class T>
struct Intervals {
  T scale = 1, offset = 0;
  const float* bounds = nullptr;  ///< low, high, low, ...: rising; a high bound of NaN is above everything
  std::size_t count = 0;
};

inline constexpr std::ptrdiff_t kPadding = 64;  // four of the widest vectors of images

template <class T>
struct SelectKernels {
  /// Counts, and copies what is inside to `out`, which has room for n elements and 16 more. A NaN is nowhere.
  BracketCounts (*bracket)(const T* x, std::ptrdiff_t n, T low, T high, T* out);
  /// Copies what lies in one of the intervals to `out`, which has room for n elements and kPadding more; returns how
  /// many. Adds to at_least[b] the number of elements from the low bound of interval b on.
  /// x has kPadding elements behind the n, all NaN: they are looked at.
  std::ptrdiff_t (*classify)(const T* x, std::ptrdiff_t n, const Intervals<T>& intervals, std::ptrdiff_t* at_least,
                             T* out);
  /// Copies what lies in one interval alone; all else as above.
  std::ptrdiff_t (*within)(const T* x, std::ptrdiff_t n, const Intervals<T>& intervals, std::size_t interval, T* out);
  std::ptrdiff_t (*count_nan)(const T* x, std::ptrdiff_t n);
};

template <class T>
const SelectKernels<T>& select_kernels();

}  // namespace lagoon::statistics::detail
