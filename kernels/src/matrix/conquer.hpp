// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "scratch.hpp"

namespace lagoon::matrix::detail {

/// Eigenvalues, rising, and vectors of a symmetric tridiagonal matrix.
///   values         n: its diagonal, and then the eigenvalues
///   off_diagonal   n - 1, lost
///   vectors        n x n, made: the vector of value j is column order[j]
///   returns        false: no convergence
///   Polls the call's stop between pieces of all its steps; results are the same for any number of cores.
template <class T>
bool conquer_tridiagonal(T* values, T* off_diagonal, Columns<T>& vectors, int* order, bool parallel);

/// Singular values, falling, and vectors of an upper bidiagonal matrix.
///   values         n: its diagonal, and then the singular values
///   off_diagonal   n - 1, lost
///   left, right    n x n and column-major, made
///   returns        false: no convergence
///   Polls the call's stop between pieces of all its steps; results are the same for any number of cores.
template <class T>
bool conquer_bidiagonal(T* values, T* off_diagonal, View<T, 2> left, View<T, 2> right, bool parallel);

}  // namespace lagoon::matrix::detail
