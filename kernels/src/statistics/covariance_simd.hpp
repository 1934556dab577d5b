// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace lagoon::statistics::detail {

inline constexpr std::ptrdiff_t kColumnPad = 16;  // two of the widest vectors

/// A tile is row-major, `width` columns with zeros behind the last variable, width a multiple of kColumnPad.
/// Of the width x width matrix `c` only the part on and above the diagonal is meant.
struct CovarianceKernels {
  /// Subtracts from each column its mean, which it writes to `mean`; adds tile^T tile to c.
  void (*accumulate)(double* tile, std::ptrdiff_t rows, std::ptrdiff_t width, double* mean, double* c);
  /// c += factor * d d^T
  void (*add_outer)(const double* d, double factor, std::ptrdiff_t width, double* c);
};

const CovarianceKernels& covariance_kernels();

}  // namespace lagoon::statistics::detail
