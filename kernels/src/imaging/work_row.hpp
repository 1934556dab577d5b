// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pixels.hpp"

namespace lagoon::imaging::detail {

/// How rows are made ready for sums of pixels, and made pixels again after it.
struct Work {
  bool linear_light = false;  ///< in light, from 0 to 1; else in levels
  bool weighted = false;      ///< colours are multiplied by alpha
};

/// Columns [begin, end) of a row as numbers.
///   to   padded((end - begin) * channels) numbers
template <class T>
void to_work(In<T> pixels, std::ptrdiff_t row, std::ptrdiff_t begin, std::ptrdiff_t end, const Work& work, float* to);

/// The n pixels that the numbers are; `row` is used up.
template <class T>
void from_work(float* row, std::ptrdiff_t n, std::ptrdiff_t channels, const Work& work, T* to);

}  // namespace lagoon::imaging::detail
