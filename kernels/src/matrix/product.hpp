// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <lagoon/core/view.hpp>

namespace lagoon::matrix::detail {

/// c = factor a b, or c += factor a b, where rows of c are contiguous and `c_row` apart. Factors may lie in any way.
///   parallel  whether other cores help; bits do not depend on it
///   throws    cancelled, deadline_exceeded: looked at each half a millisecond
///   memory    copies of up to 2048 rows and columns of the factors: 13 MB at most
template <class T>
void product(View<const T, 2> a, View<const T, 2> b, T factor, bool add, T* c, std::ptrdiff_t c_row, bool parallel);

/// The same of column-major matrices, op(a) m x k, as BLAS has it: c = factor op(a) op(b), or c += that.
template <class T>
void gemm(bool transpose_a, bool transpose_b, std::ptrdiff_t m, std::ptrdiff_t n, std::ptrdiff_t k, T factor,
          const T* a, std::ptrdiff_t lda, const T* b, std::ptrdiff_t ldb, bool add, T* c, std::ptrdiff_t ldc,
          bool parallel = false) {
  // c' = op(b)' op(a)', and the transpose of a column-major matrix has contiguous rows.
  const View<const T, 2> left(b, {n, k}, transpose_b ? Extents<2>{1, ldb} : Extents<2>{ldb, 1});
  const View<const T, 2> right(a, {k, m}, transpose_a ? Extents<2>{1, lda} : Extents<2>{lda, 1});
  product<T>(left, right, factor, add, c, ldc, parallel);
}

}  // namespace lagoon::matrix::detail
