// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace lagoon::matrix::detail {

/// rows = a of_columns and columns = a' of_rows for a column-major m x n, which is read once for both.
struct SymmetricKernels {
  void (*both_f64)(std::ptrdiff_t m, std::ptrdiff_t n, const double* a, std::ptrdiff_t lda, const double* of_columns,
                   const double* of_rows, double* rows, double* columns);
  void (*both_f32)(std::ptrdiff_t m, std::ptrdiff_t n, const float* a, std::ptrdiff_t lda, const float* of_columns,
                   const float* of_rows, float* rows, float* columns);
};
const SymmetricKernels& symmetric_kernels();

}  // namespace lagoon::matrix::detail
