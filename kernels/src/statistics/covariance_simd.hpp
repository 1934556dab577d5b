// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace lagoon::statistics::detail {

inline constexpr std::ptrdiff_t kPanel = 16;  // columns; two of the widest vectors

/// A tile holds panels of kPanel columns, one behind the other, each row-major and `rows` long, with zeros behind the
/// last variable: so that what is read together lies together. `width` is a multiple of kPanel.
/// Of the width x width matrix `c` only the part on and above the diagonal is meant.
struct CovarianceKernels {
  /// Subtracts from each column its mean, adds tile^T tile to c; `mean` becomes the means less `pivot`.
  void (*accumulate)(double* tile, std::ptrdiff_t rows, std::ptrdiff_t width, const double* pivot, double* mean,
                     double* c);
  /// c += factor * d d^T
  void (*add_outer)(const double* d, double factor, std::ptrdiff_t width, double* c);
};

const CovarianceKernels& covariance_kernels();

}  // namespace lagoon::statistics::detail
