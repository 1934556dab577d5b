// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "scratch.hpp"

namespace lagoon::matrix::detail {

/// P A = L U in place of a: L below the diagonal, with ones on it, U on and above.
template <class T>
struct Lu {
  Columns<T> a;
  Tensor<int, 1> pivots;  ///< row i was swapped with row pivots[i], for i from 0 up
  bool singular = false;  ///< a pivot is zero
};

/// Factors a square matrix. Polls the call's stop between panels and between tiles.
template <class T>
Lu<T> factor_lu(Columns<T> a, bool parallel);

/// x = A^-1 x, for the columns of x.
template <class T>
void solve_lu(const Lu<T>& lu, View<T, 2> column_major, bool parallel);

/// The columns of the inverse, each `stride` after the one before.
template <class T>
void invert_lu(const Lu<T>& lu, T* columns, std::ptrdiff_t stride, bool parallel);

/// 1 / (norm_one ||A^-1||), the latter estimated from below; in [0, 1].
template <class T>
T estimate_rcond(const Lu<T>& lu, T norm_one);

}  // namespace lagoon::matrix::detail
