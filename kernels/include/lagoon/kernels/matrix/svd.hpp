// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <lagoon/core/tensor.hpp>
#include <lagoon/core/view.hpp>
#include <lagoon/engine/compute.hpp>

namespace lagoon::matrix {

/// A = U diag(values) V', thin.
template <class T>
struct Svd {
  Tensor<T, 2> u;         ///< m x min(m, n), orthonormal columns
  Tensor<T, 1> values;    ///< min(m, n), falling, none negative
  Tensor<T, 2> vt;        ///< min(m, n) x n, orthonormal rows
  bool converged = true;  ///< false (NaN, infinity, or no convergence): then all numbers are NaN
};

/// The singular value decomposition, by bidiagonal form and divide and conquer.
///   a        m x n, any strides; numbers near the ends of the range are scaled
///   throws   out_of_range (an extent above 2^31 - 1), resource_exhausted; cancelled and deadline_exceeded, polled
///            for each column of the first stage and between tiles of the others; without vectors the second is one
///            call of LAPACK
///   cost     about 8/3 n^3 operations for the values and 12 n^3 with vectors when m is about n, up to five times the
///            memory of a; a tall matrix is made square by QR first. Parallel, the same bits for any number of
///            cores
///   source   Dongarra, Sorensen & Hammarling 1989 and Howell et al. 2008 (the first stage); Gu & Eisenstat 1995
Svd<double> svd(View<const double, 2> a, const ComputeOptions& options = {});
Svd<float> svd(View<const float, 2> a, const ComputeOptions& options = {});

/// The singular values alone, falling; all NaN when they were not found.
Tensor<double, 1> singular_values(View<const double, 2> a, const ComputeOptions& options = {});
Tensor<float, 1> singular_values(View<const float, 2> a, const ComputeOptions& options = {});

/// Below which part of the largest singular value another counts as zero.
struct RankOptions {
  double tolerance = -1;  ///< negative: max(m, n) epsilon
  ComputeOptions compute{};
};

/// How many singular values are not zero.
///   throws  invalid_argument (NaN or infinity in a), what svd throws
std::ptrdiff_t rank(View<const double, 2> a, const RankOptions& options = {});
std::ptrdiff_t rank(View<const float, 2> a, const RankOptions& options = {});

/// What a pseudo-inverse was made of.
template <class T>
struct PseudoInverse {
  Tensor<T, 2> x;           ///< n x m; NaN in all places when the singular values were not found
  std::ptrdiff_t rank = 0;  ///< how many singular values were inverted
};

/// The pseudo-inverse of Moore and Penrose: a x b is the least-squares solution of least length.
///   throws  what svd throws
///   cost    that of svd and a product
PseudoInverse<double> pseudo_inverse(View<const double, 2> a, const RankOptions& options = {});
PseudoInverse<float> pseudo_inverse(View<const float, 2> a, const RankOptions& options = {});

}  // namespace lagoon::matrix
