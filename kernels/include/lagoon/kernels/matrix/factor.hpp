// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <lagoon/core/tensor.hpp>
#include <lagoon/core/view.hpp>
#include <lagoon/engine/compute.hpp>

namespace lagoon::matrix {

/// A = L L' of a symmetric positive definite matrix.
template <class T>
struct Cholesky {
  Tensor<T, 2> l;  ///< lower triangular, zeros above; NaN in all places when there is none
  /// 0, or the order of the first leading minor that is not positive. NaN and infinity are not positive.
  std::ptrdiff_t failed_minor = 0;
  bool positive_definite() const noexcept { return failed_minor == 0; }
};

/// Cholesky's factorization.
///   a        n x n; the lower triangle alone is read, so what is above need not be symmetric to it
///   throws   invalid_argument (not square), out_of_range (an extent above 2^31 - 1), resource_exhausted, cancelled,
///            deadline_exceeded (polled between tiles)
///   cost     n^3 / 3 operations, a copy of a; parallel over tiles, the same bits for any number of cores
///   source   Golub & Van Loan 4th ed., 4.2
Cholesky<double> cholesky(View<const double, 2> a, const ComputeOptions& options = {});
Cholesky<float> cholesky(View<const float, 2> a, const ComputeOptions& options = {});

/// A = Q R: orthonormal columns times an upper triangle. Signs of R's diagonal are as Householder left them.
template <class T>
struct Qr {
  Tensor<T, 2> q;  ///< m x min(m, n)
  Tensor<T, 2> r;  ///< min(m, n) x n
};

/// The thin QR factorization by blocked Householder reflections.
///   a        m x n, any strides; NaN or infinity anywhere makes all of q and r NaN
///   throws   out_of_range (an extent above 2^31 - 1), resource_exhausted, cancelled, deadline_exceeded (between tiles)
///   cost     4 (m n^2 - n^3 / 3) operations for m >= n, a copy of a; parallel over tiles of columns, the same bits for
///            any number of cores
///   source   Schreiber & Van Loan 1989 (the compact WY form)
Qr<double> qr(View<const double, 2> a, const ComputeOptions& options = {});
Qr<float> qr(View<const float, 2> a, const ComputeOptions& options = {});

}  // namespace lagoon::matrix
