// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace lagoon::learning::detail {

inline constexpr std::ptrdiff_t kRowGroup = 8;  // rows of a block come in eights: whole vectors of any width

/// The inner loops of tall_qr.cpp. Triangles and blocks are column-major, every column on a vector of its own; rows of
/// zeros may stand anywhere and change nothing.
struct TallQrKernels {
  /// One column of n numbers, `step` apart: out = x * factor - origin.
  void (*pack)(const double* x, std::ptrdiff_t step, std::ptrdiff_t n, double factor, double origin, double* out);

  /// Householder reflections that take [r; block] to [r'; 0]. The block is lost.
  ///   r        upper triangle, columns x columns
  ///   rows     of the block, a multiple of kRowGroup
  void (*absorb)(double* r, std::ptrdiff_t r_stride, double* block, std::ptrdiff_t rows, std::ptrdiff_t stride,
                 std::ptrdiff_t columns);
};

const TallQrKernels& tall_qr_kernels();

}  // namespace lagoon::learning::detail
