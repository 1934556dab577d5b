// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <lagoon/core/tensor.hpp>
#include <lagoon/core/view.hpp>
#include <lagoon/engine/compute.hpp>
#include <lagoon/kernels/statistics/moments.hpp>

namespace lagoon::statistics {

struct CovarianceOptions {
  double ddof = 1;                       ///< divides by n - ddof
  NanPolicy nan = NanPolicy::propagate;  ///< omit: rows with a NaN are left out whole
  ComputeOptions compute{};
};

/// How two variables go together.
enum class Correlation : std::uint8_t {
  pearson,   ///< along a straight line
  spearman,  ///< in rank: Pearson's of the ranks, ties sharing their mean rank
  kendall,   ///< in pairs: tau-b, which corrects for ties
};

struct CorrelationOptions {
  Correlation method = Correlation::pearson;
  NanPolicy nan = NanPolicy::propagate;
  ComputeOptions compute{};
};

/// Covariances of the columns of a table.
///
///   Tensor<double, 2> c = covariance(x);          // c(i, j) of columns i and j
///
///   x        n x p: rows are observations, columns are variables; any strides
///   returns  p x p, symmetric; the same bits for any number of cores. NaN when n <= ddof; under
///            NanPolicy::propagate a NaN makes the row and column of its variable NaN
///   throws   invalid_argument: no rows, no columns, a NaN under NanPolicy::fail; cancelled, deadline_exceeded
///   cost     O(n p^2), one read of x; parallel over rows
///   source   tiles of rows centred at a row of the tile, merged as in Chan, Golub & LeVeque 1983
Tensor<double, 2> covariance(View<const double, 2> x, const CovarianceOptions& options = {});
Tensor<double, 2> covariance(View<const float, 2> x, const CovarianceOptions& options = {});

/// Correlations of the columns of a table, in [-1, 1], with 1 on the diagonal.
///   returns  p x p, symmetric; NaN where a variable is constant
///   throws   what covariance throws
///   cost     pearson as covariance; spearman O(p n log n + n p^2), a copy of x; kendall O(p^2 n log n)
///   source   Kendall 1945 (tau-b); Knight 1966 (by sorting)
Tensor<double, 2> correlation(View<const double, 2> x, const CorrelationOptions& options = {});
Tensor<double, 2> correlation(View<const float, 2> x, const CorrelationOptions& options = {});

/// Ranks of a series from 1 to n; equal numbers share the mean of their ranks. x has no NaN.
///   cost  O(n log n)
Tensor<double, 1> ranks(View<const double, 1> x);

}  // namespace lagoon::statistics
