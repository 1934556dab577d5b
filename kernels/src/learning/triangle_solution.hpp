// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lagoon/core/tensor.hpp>
#include <lagoon/core/view.hpp>
#include <vector>

namespace lagoon::learning::detail {

/// A triangle or trapezoid R, k x p with k <= p, row-major, and what its columns are divided by before they are judged.
struct ScaledTriangle {
  View<const double, 2> r;
  std::vector<double> scale;
  double tolerance = 0;  ///< singular values of the scaled columns count as 0 up to here
  bool parallel = true;
};

/// Singular values of the scaled columns, falling.
Tensor<double, 1> singular_values(const ScaledTriangle& t);

/// How many of them are not 0.
std::ptrdiff_t rank_of(const ScaledTriangle& t, View<const double, 1> singular_values);

/// w that makes z - R w shortest; of several the one whose numbers, times the scale, are shortest.
///   rank   what rank_of says
std::vector<double> solve(const ScaledTriangle& t, std::ptrdiff_t rank, View<const double, 1> z);

/// The inverse of the scaled triangle, p x p: it is square and of full rank.
Tensor<double, 2> scaled_inverse(const ScaledTriangle& t);

/// What is left of z beside R w.
Tensor<double, 1> residual(View<const double, 2> r, const std::vector<double>& w, View<const double, 1> z);

}  // namespace lagoon::learning::detail
