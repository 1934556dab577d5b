// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace lagoon::statistics::detail {

/// How many elements are on which side of two bounds, low <= high, with no more than the ties on them apart.
struct BracketCounts {
  std::ptrdiff_t below = 0;   ///< x < low
  std::ptrdiff_t at_low = 0;  ///< x = low
  std::ptrdiff_t inside = 0;  ///< low < x < high
  std::ptrdiff_t at_high = 0; ///< x = high, when high is not low
};

template <class T>
struct SelectKernels {
  /// Counts, and copies what is inside to `out`, which has room for n elements and 16 more. A NaN is nowhere.
  BracketCounts (*bracket)(const T* x, std::ptrdiff_t n, T low, T high, T* out);
  /// Copies what lies in one of k intervals [bounds[2b], bounds[2b + 1]), rising and apart, to `out`, which has room for
  /// n elements and 16 more; returns how many. Adds to at_least[b] the number of x >= bounds[2b]. A NaN is nowhere.
  std::ptrdiff_t (*classify)(const T* x, std::ptrdiff_t n, const T* bounds, std::size_t k, std::ptrdiff_t* at_least,
                             T* out);
  /// Copies what lies in [low, high) to `out`, which has room for n elements and 16 more; returns how many.
  std::ptrdiff_t (*within)(const T* x, std::ptrdiff_t n, T low, T high, T* out);
  std::ptrdiff_t (*count_nan)(const T* x, std::ptrdiff_t n);
};

template <class T>
const SelectKernels<T>& select_kernels();

}  // namespace lagoon::statistics::detail
