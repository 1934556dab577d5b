// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <lagoon/core/fields.hpp>
#include <lagoon/core/tensor.hpp>
#include <lagoon/engine/compute.hpp>
#include <vector>

namespace lagoon::learning {

struct LinearOptions {
  bool intercept = true;
  double ridge = 0;  ///< weight of the squared coefficients beside the squared residuals; the intercept is not in it
  /// Columns, about their means where there is an intercept and scaled to length 1, are dependent when what is left of
  /// one beside the others is no longer than this, or is rounding of its numbers; 0: max(n, p) * epsilon.
  double tolerance = 0;
  ComputeOptions compute{};
};

/// y = intercept + x coefficients + noise, and how far to believe it.
struct LinearModel {
  std::vector<double> coefficients;  ///< one per column of x
  double intercept = 0;
  /// Roots of the diagonal of s^2 (X'X)^-1, as if there were no ridge; NaN when the rank is not full, where a ridge
  /// was used, or when there are no degrees of freedom left.
  std::vector<double> standard_errors;
  double intercept_error = 0;
  std::vector<double> p;  ///< per coefficient: of |t| or more if it were 0, Student's t; NaN like the errors
  double intercept_p = 0;
  std::int64_t count = 0;               ///< observations
  std::int64_t rank = 0;                ///< of x, with the column of ones where there is an intercept
  std::int64_t degrees_of_freedom = 0;  ///< count - rank
  double r2 = 0;           ///< share of the variance explained, about 0 without an intercept; NaN when y does not vary
  double adjusted_r2 = 0;  ///< the same for means of squares instead of sums
  double residual_deviation = 0;  ///< root of the residual sum of squares over the degrees of freedom
  /// Of x, about its means where there is an intercept, with columns scaled to length 1, in the 2-norm; infinite when
  /// the rank is not full.
  double condition = 0;
  double ridge = 0;
  LAGOON_FIELDS(LinearModel, coefficients, intercept, standard_errors, intercept_error, p, intercept_p, count, rank,
                degrees_of_freedom, r2, adjusted_r2, residual_deviation, condition, ridge)
};

/// Linear least squares.
///
///   LinearModel m = fit_linear(x, y);
///   if (m.rank < x.extent(1) + 1) warn("columns are dependent");
///
///   x        n x p, any strides, n >= 1, p >= 1; fewer rows than columns are allowed
///   y        n numbers
///   returns  dependent columns: the solution of least norm of the scaled columns, the intercept aside, and its rank
///   throws   invalid_argument: empty, lengths differ (both named), NaN or infinity in x or y (row and column named),
///            options; resource_exhausted; cancelled, deadline_exceeded
///   cost     2 n p^2 operations, one read of x; parallel over blocks of rows, the same bits for any number of cores
///   source   Householder QR of blocks of rows and of their triangles (Demmel, Grigori, Hoemmen & Langou 2012), columns
///            scaled; Hoerl & Kennard 1970 (ridge, by rows sqrt(ridge) I below x about its means)
LinearModel fit_linear(View<const double, 2> x, View<const double, 1> y, const LinearOptions& options = {});

/// The model's y for rows of x.
///   throws  invalid_argument: x has another number of columns than the model (both named)
Tensor<double, 1> predict(const LinearModel& model, View<const double, 2> x, const ComputeOptions& options = {});

}  // namespace lagoon::learning
