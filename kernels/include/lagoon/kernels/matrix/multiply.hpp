// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lagoon/core/tensor.hpp>
#include <lagoon/core/view.hpp>
#include <lagoon/engine/compute.hpp>

namespace lagoon::matrix {

/// The product of two matrices.
///
///   Tensor<double, 2> c = multiply(a, b);
///   Tensor<double, 2> gram = multiply(a.view().transposed(), a);     // no copy: strides say it
///
///   a, b     m x k and k x n, any strides; read only
///   returns  m x n; zeros when k is 0. NaN and infinity go through as IEEE 754 has it: 0 * NaN is NaN
///   throws   invalid_argument (inner sizes differ), out_of_range (an extent above 2^31 - 1), resource_exhausted,
///            cancelled, deadline_exceeded (polled each 0.5 ms)
///   cost     2 m n k operations, copies of up to 2048 rows of a and columns of b (13 MB at most); parallel over tiles
///            of the result, the same bits for any number of cores
Tensor<double, 2> multiply(View<const double, 2> a, View<const double, 2> b, const ComputeOptions& options = {});
Tensor<float, 2> multiply(View<const float, 2> a, View<const float, 2> b, const ComputeOptions& options = {});

/// The same into memory that is there already: c becomes a b.
///   c        m x n, any strides; overlaps neither a nor b. Strides along rows or columns cost nothing, others a copy
///   throws   what multiply throws; invalid_argument when c is not m x n
void multiply_into(View<double, 2> c, View<const double, 2> a, View<const double, 2> b,
                   const ComputeOptions& options = {});
void multiply_into(View<float, 2> c, View<const float, 2> a, View<const float, 2> b,
                   const ComputeOptions& options = {});

/// Many small products: c[i] = a[i] b[i].
///   a, b     count x m x k and count x k x n, any strides
///   returns  count x m x n
///   throws   what multiply throws; invalid_argument when the counts differ
///   cost     2 count m n k operations, parallel over the products
Tensor<double, 3> multiply_batch(View<const double, 3> a, View<const double, 3> b, const ComputeOptions& options = {});
Tensor<float, 3> multiply_batch(View<const float, 3> a, View<const float, 3> b, const ComputeOptions& options = {});

/// The same into memory that is there already.
///   c        count x m x n, any strides; overlaps neither a nor b
///   throws   what multiply_batch throws; invalid_argument when c has another shape
void multiply_batch_into(View<double, 3> c, View<const double, 3> a, View<const double, 3> b,
                         const ComputeOptions& options = {});
void multiply_batch_into(View<float, 3> c, View<const float, 3> a, View<const float, 3> b,
                         const ComputeOptions& options = {});

}  // namespace lagoon::matrix
