// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lagoon/core/tensor.hpp>
#include <lagoon/core/view.hpp>
#include <lagoon/engine/compute.hpp>

/// The same questions in twice the digits of double: each number is the sum of two doubles (106 bits, about 31 digits),
/// in the range of double. For what double answers wrongly, at some hundred times the cost.
///
///   auto s = extended::inverse(scaled_hilbert);     // condition 1.7e16: double has no digit left, this has 14
///   double rounded = s.x.high(0, 0);
///
/// All is done in double-double from the start; nothing is refined from a double result. Every function takes doubles,
/// or an extended::Matrix such as the others return. Results have the same bits for any number of cores; their stop is
/// polled at each step of a factorization. Digits are lost below 1e-290, where the second double underflows.
namespace lagoon::matrix::extended {

/// A matrix of double-doubles: the number is high + low, and high alone is it rounded to double.
struct Matrix {
  Tensor<double, 2> high, low;
};
struct Vector {
  Tensor<double, 1> high, low;
};

struct Solution {
  Matrix x;               ///< NaN in all places when singular, or when a number given was NaN or infinite
  bool singular = false;  ///< a pivot was exactly zero
  double rcond = 0;       ///< 1 / (||A|| ||A^-1||) in the 1-norm, computed from the inverse by solve too
  /// The largest ||a x - b|| / (||a|| ||x|| + ||b||) of a column, in the infinity norm: 1e-32 or a few of it when all
  /// is well.
  double backward_error = 0;
};

/// The product, each sum kept in double-double.
///   throws  as matrix::multiply
Matrix multiply(View<const double, 2> a, View<const double, 2> b, const ComputeOptions& options = {});
Matrix multiply(const Matrix& a, const Matrix& b, const ComputeOptions& options = {});

/// As matrix::solve and matrix::inverse, with the same errors. The condition costs solve an inverse.
Solution solve(View<const double, 2> a, View<const double, 2> b, const ComputeOptions& options = {});
Solution solve(const Matrix& a, const Matrix& b, const ComputeOptions& options = {});
Solution inverse(View<const double, 2> a, const ComputeOptions& options = {});
Solution inverse(const Matrix& a, const ComputeOptions& options = {});

/// Eigenvalues of a symmetric matrix, rising; the lower triangle is read. NaN when a has NaN or infinity.
///   throws  as matrix::symmetric_eigen
///   cost    4/3 n^3 operations of double-double, parallel over rows
///   source  Householder's tridiagonal form; the implicit QL iteration (Dubrulle, Martin & Wilkinson 1968)
Vector symmetric_eigenvalues(View<const double, 2> a, const ComputeOptions& options = {});
Vector symmetric_eigenvalues(const Matrix& a, const ComputeOptions& options = {});

/// Singular values, falling. NaN when a has NaN or infinity.
///   throws  as matrix::svd
///   cost    about 30 m n^2 operations of double-double for m >= n, parallel over pairs of columns
///   source  one-sided Jacobi (Hestenes 1958; Demmel & Veselic 1992)
Vector singular_values(View<const double, 2> a, const ComputeOptions& options = {});
Vector singular_values(const Matrix& a, const ComputeOptions& options = {});

}  // namespace lagoon::matrix::extended
