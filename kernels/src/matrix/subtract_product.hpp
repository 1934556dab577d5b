// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <lagoon/engine/stop.hpp>

#include "backend.hpp"

namespace lagoon::matrix::detail {

/// c -= op(a) op(b) in pieces of about 4 ms, between which the call's stop is looked at.
///   throws   cancelled, deadline_exceeded
template <class T>
void subtract_product(bool transpose_a, bool transpose_b, std::ptrdiff_t m, std::ptrdiff_t n, std::ptrdiff_t k,
                      const T* a, std::ptrdiff_t lda, const T* b, std::ptrdiff_t ldb, T* c, std::ptrdiff_t ldc) {
  constexpr std::ptrdiff_t kRows = 512, kColumns = 256;
  const std::ptrdiff_t inner = inner_step();
  for (std::ptrdiff_t j = 0; j < n; j += kColumns)
    for (std::ptrdiff_t l = 0; l < k; l += inner)
      for (std::ptrdiff_t i = 0; i < m; i += kRows) {
        throw_if_stopped();
        gemm<T>(transpose_a, transpose_b, std::min(kRows, m - i), std::min(kColumns, n - j), std::min(inner, k - l), -1,
                transpose_a ? a + l + i * lda : a + i + l * lda, lda, transpose_b ? b + j + l * ldb : b + l + j * ldb,
                ldb, 1, c + i + j * ldc, ldc);
      }
}

}  // namespace lagoon::matrix::detail
