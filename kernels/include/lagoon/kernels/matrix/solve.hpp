// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lagoon/core/tensor.hpp>
#include <lagoon/core/view.hpp>
#include <lagoon/engine/compute.hpp>
#include <limits>

namespace lagoon::matrix {

/// What a system of equations or an inverse came to, and how far to believe it.
///
/// The number of digits that rcond costs is -log10(rcond): with doubles and rcond = 1e-12, four are left.
template <class T>
struct Solution {
  Tensor<T, 2> x;         ///< NaN in all places when singular, or when a number given was NaN or infinite
  bool singular = false;  ///< a pivot was exactly zero: there is no solution, or more than one
  /// 1 / (||A|| ||A^-1||) in the 1-norm, in [0, 1]: 0 when singular; NaN when a has NaN or infinity. `inverse` computes
  /// it, `solve` estimates it (seldom more than three times too large).
  T rcond = 0;
  /// The smallest relative change of A and b that makes x the exact answer; a few epsilon when all is well.
  T backward_error = 0;

  /// No digit of x may be right: rcond is below the rounding of a.
  bool ill_conditioned() const noexcept { return !(rcond >= std::numeric_limits<T>::epsilon()); }
};

/// Solves a x = b by elimination with partial pivoting.
///
///   auto s = solve(a, b);
///   if (s.ill_conditioned()) warn(s.rcond);
///
///   a        n x n, any strides; numbers near the ends of the range are scaled
///   b        n x k: k right-hand sides
///   returns  x: n x k; backward_error the largest of the k systems; when k > 8, that of all at once, seen
///            through 8 sums of them with fixed signs
///   throws   invalid_argument (a is not square, b has other rows), out_of_range (an extent above 2^31 - 1),
///            resource_exhausted, cancelled, deadline_exceeded (polled between tiles)
///   cost     2/3 n^3 + 2 n^2 k operations, a copy of a and of b; parallel over tiles, the same bits for any number of
///            cores
///   source   Golub & Van Loan 4th ed., 3.4; Toledo 1997 (by halves); Higham & Tisseur 2000 (the condition); Rigal &
///            Gaches 1967 (the error)
Solution<double> solve(View<const double, 2> a, View<const double, 2> b, const ComputeOptions& options = {});
Solution<float> solve(View<const float, 2> a, View<const float, 2> b, const ComputeOptions& options = {});

/// The inverse of a matrix.
///   a        n x n, any strides
///   returns  x: n x n; backward_error is max(||A X v - v|| / (||A|| ||X|| ||v||)) over 8 fixed vectors of signs
///   throws   what solve throws
///   cost     2 n^3 operations, two copies of a; parallel over tiles, the same bits for any number of cores
Solution<double> inverse(View<const double, 2> a, const ComputeOptions& options = {});
Solution<float> inverse(View<const float, 2> a, const ComputeOptions& options = {});

/// The determinant in two forms; the second neither overflows nor underflows.
struct Determinant {
  double value = 1;         ///< infinite or 0 where double ends
  double sign = 1;          ///< -1, 0 or 1
  double log_absolute = 0;  ///< natural logarithm of |det|; minus infinity when that is 0
};

/// The determinant of a square matrix, by elimination; that of 0 x 0 is 1. NaN when a has NaN or infinity.
///   throws  what solve throws
///   cost    2/3 n^3 operations, a copy of a
Determinant determinant(View<const double, 2> a, const ComputeOptions& options = {});
Determinant determinant(View<const float, 2> a, const ComputeOptions& options = {});

}  // namespace lagoon::matrix
