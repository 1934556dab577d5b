// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backend.hpp"

namespace lagoon::matrix::detail {

/// As solve_triangle, by halves: nearly all of it becomes products, which are faster. OpenBLAS solves triangles of 64
/// at a sixth of the rate of products, those of 2000 at four fifths.
///   throws  cancelled, deadline_exceeded
template <class T>
void solve_by_halves(bool left, Triangle triangle, std::ptrdiff_t m, std::ptrdiff_t n, const T* a, std::ptrdiff_t lda,
                     T* b, std::ptrdiff_t ldb, bool parallel);

/// b = the inverse of the n x n triangle below the diagonal of a, with ones on the diagonal.
template <class T>
void invert_unit_lower(std::ptrdiff_t n, const T* a, std::ptrdiff_t lda, T* b, std::ptrdiff_t ldb, bool parallel);

}  // namespace lagoon::matrix::detail
