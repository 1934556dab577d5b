// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <lagoon/core/tensor.hpp>
#include <lagoon/core/view.hpp>
#include <lagoon/engine/compute.hpp>

namespace lagoon::matrix {

/// How large a matrix is.
enum class Norm : std::uint8_t {
  one,        ///< the largest column sum of magnitudes
  infinity,   ///< the largest row sum of magnitudes
  frobenius,  ///< the root of the sum of squares
  two,        ///< the largest singular value
  largest,    ///< the largest magnitude
};

/// The norm of a matrix; no square in it overflows or underflows. 0 of a matrix without elements.
///   a        m x n, any strides; NaN anywhere makes it NaN, infinity makes it infinity (NaN for Norm::two)
///   throws   Norm::two what singular_values throws; cancelled, deadline_exceeded
///   cost     one look at a, two for frobenius; Norm::two that of singular_values
double norm(View<const double, 2> a, Norm kind, const ComputeOptions& options = {});
double norm(View<const float, 2> a, Norm kind, const ComputeOptions& options = {});

/// ||A|| ||A^-1||: how many times larger a relative error of the data may come out. Infinite when a is singular.
///   a        n x n; m x n for Norm::two. NaN when a has NaN or infinity
///   kind     not Norm::largest
///   throws   invalid_argument (not square, Norm::largest), what inverse or singular_values throws
///   cost     that of inverse; for Norm::two that of singular_values
double condition(View<const double, 2> a, Norm kind = Norm::two, const ComputeOptions& options = {});
double condition(View<const float, 2> a, Norm kind = Norm::two, const ComputeOptions& options = {});

}  // namespace lagoon::matrix
