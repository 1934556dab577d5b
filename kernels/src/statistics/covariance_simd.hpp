// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace lagoon::statistics::detail {

inline constexpr std::ptrdiff_t kPanel = 16;  // columns; two of the widest vectors

/// Rows that will be wanted next, `bytes` long and `stride` bytes apart.
struct NextRows {
  const char* first = nullptr;
  std::ptrdiff_t rows = 0, bytes = 0, stride = 0;
};

/// A tile holds panels of kPanel columns, one behind the other, each row-major and `rows` long, with zeros behind the
/// last variable: so that what is read together lies together. `width` is a multiple of kPanel.
/// Of the width x width matrix `c` only the part on and above the diagonal is meant.
struct CovarianceKernels {
  /// Copies rows of x, whose columns lie side by side, to a tile.
  ///   stride   elements from row to row of x
  ///   rows     n of them
  void (*pack_doubles)(const double* x, std::ptrdiff_t stride, const std::ptrdiff_t* rows, std::ptrdiff_t n,
                       std::ptrdiff_t columns, double* tile);
  void (*pack_floats)(const float* x, std::ptrdiff_t stride, const std::ptrdiff_t* rows, std::ptrdiff_t n,
                      std::ptrdiff_t columns, double* tile);
  /// Subtracts from each column its mean, adds tile^T tile to c; `mean` becomes the means less `pivot`. Memory fetches
  /// the next rows meanwhile.
  void (*accumulate)(double* tile, std::ptrdiff_t rows, std::ptrdiff_t width, const double* pivot, double* mean,
                     double* c, const NextRows& next);
  /// c += factor * d d^T
  void (*add_outer)(const double* d, double factor, std::ptrdiff_t width, double* c);
};

const CovarianceKernels& covariance_kernels();

}  // namespace lagoon::statistics::detail
