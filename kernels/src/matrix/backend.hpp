// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "scratch.hpp"

// The seam to whoever solves and decomposes: OpenBLAS, one thread at a time (backend_openblas.cpp,
// decompose_openblas.cpp), or Eigen (backend_eigen.cpp, decompose_eigen.cpp). Everything is column-major. What is cut
// into tiles and spread over cores is cut above this seam, so that results do not depend on how many cores there are.

namespace lagoon::matrix::detail {

/// Who is behind the seam, for reports: "OpenBLAS 0.3.21 Zen" or "Eigen 3.4.0".
std::string backend_name();

/// Numbers that are `step` apart, which is above 0.
template <class T>
struct Vector {
  T* data;
  std::ptrdiff_t step = 1;
};

/// y = factor op(a) x, or y += that, with a m x n.
template <class T>
void multiply_vector(bool transpose, std::ptrdiff_t m, std::ptrdiff_t n, T factor, const T* a, std::ptrdiff_t lda,
                     Vector<const T> x, bool add, Vector<T> y);

/// Which triangle, and how it is read.
struct Triangle {
  bool lower = true, transposed = false, unit_diagonal = false;
};

/// b = op(a)^-1 b (left) or b op(a)^-1, with b m x n.
template <class T>
void solve_triangle(bool left, Triangle triangle, std::ptrdiff_t m, std::ptrdiff_t n, const T* a, std::ptrdiff_t lda,
                    T* b, std::ptrdiff_t ldb);

/// P L U of a panel, m >= n; pivots count from 0. Goes on over zero pivots.
template <class T>
void lu_panel(std::ptrdiff_t m, std::ptrdiff_t n, T* a, std::ptrdiff_t lda, int* pivots);

/// L of the lower triangle in place.  returns  0 or the order of the first minor that is not positive
template <class T>
int cholesky_block(std::ptrdiff_t n, T* a, std::ptrdiff_t lda);

/// Householder reflections below and R on and above the diagonal, with their factors.
template <class T>
void qr_panel(std::ptrdiff_t m, std::ptrdiff_t n, T* a, std::ptrdiff_t lda, T* tau);

/// Eigenvalues, rising, of the lower triangle of a, which is lost; vectors, in any strides, unless they are 0 x 0.
///   returns  false: no convergence
template <class T>
bool symmetric_eigen(Columns<T>& a, T* values, View<T, 2> vectors, bool parallel);

/// Eigenvalues of a, which is lost; vectors unless null, as LAPACK packs them: the real and the imaginary parts of the
/// first of two conjugates in their two columns.
template <class T>
bool general_eigen(Columns<T>& a, T* real, T* imaginary, Columns<T>* vectors, bool parallel);

/// Singular values, falling, of a with m >= n, which is lost; u (m x n) and v (n x n) unless null.
template <class T>
bool svd(Columns<T>& a, T* values, Columns<T>* u, Columns<T>* v, bool parallel);

// What a backend makes of the templates above: pieces, and decompositions.
// NOLINTBEGIN(bugprone-macro-parentheses): T is a type
#define LAGOON_BACKEND(T)                                                                                              \
  template void multiply_vector<T>(bool, std::ptrdiff_t, std::ptrdiff_t, T, const T*, std::ptrdiff_t, Vector<const T>, \
                                   bool, Vector<T>);                                                                   \
  template void solve_triangle<T>(bool, Triangle, std::ptrdiff_t, std::ptrdiff_t, const T*, std::ptrdiff_t, T*,        \
                                  std::ptrdiff_t);                                                                     \
  template void lu_panel<T>(std::ptrdiff_t, std::ptrdiff_t, T*, std::ptrdiff_t, int*);                                 \
  template int cholesky_block<T>(std::ptrdiff_t, T*, std::ptrdiff_t);                                                  \
  template void qr_panel<T>(std::ptrdiff_t, std::ptrdiff_t, T*, std::ptrdiff_t, T*);
#define LAGOON_DECOMPOSE(T)                                               \
  template bool symmetric_eigen<T>(Columns<T>&, T*, View<T, 2>, bool);    \
  template bool general_eigen<T>(Columns<T>&, T*, T*, Columns<T>*, bool); \
  template bool svd<T>(Columns<T>&, T*, Columns<T>*, Columns<T>*, bool);
// NOLINTEND(bugprone-macro-parentheses)

}  // namespace lagoon::matrix::detail
