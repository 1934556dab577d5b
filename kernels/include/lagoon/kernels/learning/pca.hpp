// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <lagoon/core/fields.hpp>
#include <lagoon/core/tensor.hpp>
#include <lagoon/engine/compute.hpp>
#include <vector>

namespace lagoon::learning {

struct PcaOptions {
  std::ptrdiff_t components = 0;  ///< 0: min(n, p)
  bool standardise = false;  ///< columns are divided by their standard deviation (n - 1) first; a constant one is not
  ComputeOptions compute{};
};

/// Directions in which a table varies, the most first.
struct Pca {
  std::vector<double> mean;       ///< of the columns
  std::vector<double> scale;      ///< columns are divided by it; empty: by 1
  Frozen<double, 2> components;   ///< k x p, orthonormal rows; the largest number of each in magnitude is positive
  std::vector<double> variances;  ///< k, with n - 1
  std::vector<double> ratios;     ///< of the variance of the whole table
  std::vector<double> singular_values;  ///< k, of the centred table
  std::int64_t count = 0;
  bool converged = true;
  LAGOON_FIELDS(Pca, mean, scale, components, variances, ratios, singular_values, count, converged)
};

/// Principal components.
///   x        n x p, any strides, n >= 2, p >= 1
///   throws   invalid_argument: too few rows, NaN or infinity (row and column named), components; resource_exhausted;
///            cancelled, deadline_exceeded
///   cost     n p^2 operations and a decomposition of p x p; parallel, the same bits for any number of cores
///   source   singular values of the triangle R of a QR of the centred table (not of the covariance, which would lose
///            half the digits of small ones); Jolliffe 2nd ed., 3.5
Pca pca(View<const double, 2> x, const PcaOptions& options = {});

/// Coordinates of rows along the components, n x k.
///   throws  invalid_argument: another number of columns than the model's
Tensor<double, 2> transform(const Pca& model, View<const double, 2> x, const ComputeOptions& options = {});

/// The way back, n x p, without what the components left out.
Tensor<double, 2> inverse_transform(const Pca& model, View<const double, 2> scores, const ComputeOptions& options = {});

}  // namespace lagoon::learning
