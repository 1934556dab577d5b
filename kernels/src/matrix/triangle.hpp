// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backend.hpp"

namespace lagoon::matrix::detail {

/// As solve_triangle, by halves: nearly all of it becomes products, which backends do best. OpenBLAS solves triangles
/// of 64 at a sixth of the rate of its products, those of 2000 at four fifths.
template <class T>
void solve_by_halves(bool left, Triangle triangle, std::ptrdiff_t m, std::ptrdiff_t n, const T* a, std::ptrdiff_t lda,
                     T* b, std::ptrdiff_t ldb);

}  // namespace lagoon::matrix::detail
