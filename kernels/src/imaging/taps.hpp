// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <lagoon/core/tensor.hpp>
#include <lagoon/kernels/imaging/resize.hpp>

namespace lagoon::imaging::detail {

/// Which elements along one axis an element of the result is the weighted sum of, and with which weights: as float,
/// and as integers of which 2^shift is one. Each has `widest` weights, an even number; those past its count are 0.
struct Taps {
  std::ptrdiff_t size = 0, widest = 0;
  int shift = 0;
  Tensor<std::ptrdiff_t, 1> begin{}, count{};
  Tensor<std::ptrdiff_t, 1> needed{};  ///< the first that element i or a later one is made of: begins may go back
  Tensor<float, 2> weights{};
  Tensor<std::int16_t, 2> fixed{};

  std::ptrdiff_t end(std::ptrdiff_t i) const { return begin[i] + count[i]; }
  const float* at(std::ptrdiff_t i) const { return weights.data() + i * widest; }
  const std::int16_t* fixed_at(std::ptrdiff_t i) const { return fixed.data() + i * widest; }
};

/// Elements [first, first + size) of `to` made of `from`.
///   max_shift  of the integers: what keeps their sums in 32 bits
Taps resize_taps(ResizeFilter filter, std::ptrdiff_t from, std::ptrdiff_t to, std::ptrdiff_t first, std::ptrdiff_t size,
                 int max_shift);

/// How far a Gaussian reaches: where its weight falls below a thousandth of the middle's, it is cut.
std::ptrdiff_t gaussian_radius(double sigma);

/// The 2 radius + 1 weights of a Gaussian, as one element of Taps; begin is 0.
Taps gaussian_taps(double sigma, int max_shift);

}  // namespace lagoon::imaging::detail
