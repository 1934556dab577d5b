// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "scratch.hpp"

namespace lagoon::matrix::detail {

/// Q' A Q = T of a symmetric matrix, of which the lower triangle is read: the diagonal and the one beside it. The
/// reflections of Q are left below, with `tau`, as LAPACK's sytrd leaves them.
///   values         n, off_diagonal and tau n - 1
///   Polls the call's stop for each column; results are the same for any number of cores.
template <class T>
void tridiagonalize(Columns<T>& a, T* values, T* off_diagonal, T* tau, bool parallel);

/// Q' A P = B of a matrix with m >= n: B's diagonal and the one above. Reflections are left in a, as LAPACK's gebrd
/// leaves them.
///   values, tau_left, tau_right   n, off_diagonal n - 1
template <class T>
void bidiagonalize(Columns<T>& a, T* values, T* off_diagonal, T* tau_left, T* tau_right, bool parallel);

}  // namespace lagoon::matrix::detail
