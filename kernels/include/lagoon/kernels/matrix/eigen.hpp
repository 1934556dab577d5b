// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <complex>
#include <lagoon/core/tensor.hpp>
#include <lagoon/core/view.hpp>
#include <lagoon/engine/compute.hpp>

namespace lagoon::matrix {

/// A = V diag(values) V' of a symmetric matrix.
template <class T>
struct SymmetricEigen {
  Tensor<T, 1> values;    ///< n, rising
  Tensor<T, 2> vectors;   ///< n x n: column j belongs to values[j], orthonormal; 0 x 0 when not asked for
  bool converged = true;  ///< false (NaN, infinity, or no convergence): then all numbers are NaN
};

/// What eigen computes beside the values.
struct EigenOptions {
  bool vectors = true;
  ComputeOptions compute{};
};

/// Eigenvalues and vectors of a symmetric matrix, by tridiagonal form and divide and conquer.
///
///   auto e = symmetric_eigen(a, {.vectors = false});
///
///   a        n x n; the lower triangle alone is read. Numbers near the ends of the range are scaled
///   throws   invalid_argument (not square), out_of_range (an extent above 2^31 - 1), resource_exhausted, cancelled,
///            deadline_exceeded (polled between pieces of each stage)
///   cost     4/3 n^3 operations for the values, up to 9 n^3 with vectors; six times the memory of a. Parallel over
///            pieces of each stage, the same bits for any number of cores
///   source   Dongarra, Sorensen & Hammarling 1989 (tridiagonal form); Cuppen 1981, Gu & Eisenstat 1995 (divide and
///            conquer)
SymmetricEigen<double> symmetric_eigen(View<const double, 2> a, const EigenOptions& options = {});
SymmetricEigen<float> symmetric_eigen(View<const float, 2> a, const EigenOptions& options = {});

/// A V = V diag(values) of any square matrix.
template <class T>
struct GeneralEigen {
  Tensor<std::complex<T>, 1> values;   ///< n, in no order; conjugates side by side, the positive imaginary part first
  Tensor<std::complex<T>, 2> vectors;  ///< n x n: column j belongs to values[j], of length 1; 0 x 0 when not asked for
  bool converged = true;               ///< false (NaN, infinity, or no convergence): then all numbers are NaN
};

/// Eigenvalues and right vectors of a square matrix, by balancing, Hessenberg form and the QR iteration.
///   a        n x n, any strides
///   throws   invalid_argument (not square), out_of_range (an extent above 2^31 - 1), resource_exhausted; cancelled and
///            deadline_exceeded, polled for each column of the reduction, for groups of vectors, and between parts of
///            sweeps of the QR iteration: 7 ms at 512 (Zen 3)
///   cost     about 10 n^3 operations for the values, 25 n^3 with vectors; all but the QR iteration in parallel, the
///            same bits for any number of cores
///   source   Braman, Byers & Mathias 2002, as LAPACK's hseqr; gehrd and trevc3 are followed
GeneralEigen<double> general_eigen(View<const double, 2> a, const EigenOptions& options = {});
GeneralEigen<float> general_eigen(View<const float, 2> a, const EigenOptions& options = {});

}  // namespace lagoon::matrix
