// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "scratch.hpp"

namespace lagoon::matrix::detail {

/// A = Q R in place of a: R on and above the diagonal, below it the vectors of the reflections that make up Q.
template <class T>
struct Reflections {
  Columns<T> a;
  Columns<T> t;  ///< the triangles that join the reflections of each panel (Schreiber & Van Loan's T), side by side
};

/// Factors m x n. Polls the call's stop between panels and between tiles.
template <class T>
Reflections<T> factor_qr(Columns<T> a, bool parallel);

/// The first `columns` columns of Q, at most m of them.
template <class T>
Columns<T> orthonormal_columns(const Reflections<T>& qr, std::ptrdiff_t columns, bool parallel);

/// x = Q x for m x k columns; rows from min(m, n) down may be zeros or not.
template <class T>
void apply_q(const Reflections<T>& qr, Columns<T>& x, bool parallel);

/// Reflections as LAPACK leaves them: of number i the vector lies below the diagonal in column i, with a one on it.
template <class T>
struct Reflectors {
  const T* vectors;
  std::ptrdiff_t stride, rows, count;
  const T* tau;
};

/// x = H_1 ... H_count x, for column-major x with `rows` rows, by tiles of its columns.
///   identity   x is that, and columns are left alone until they change
template <class T>
void apply(const Reflectors<T>& h, View<T, 2> x, bool parallel, bool identity = false);

}  // namespace lagoon::matrix::detail
