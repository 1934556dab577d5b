// SPDX-License-Identifier: Apache-2.0
#pragma once

// Regression and components as the textbook writes them: normal equations and covariances in long double, plain loops,
// one thread. The oracle of the tests; for tables whose columns are not nearly dependent.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <lagoon/core/view.hpp>
#include <vector>

#include "matrix.hpp"

namespace lagoon::reference {

/// Columns less their means; the means go to `mean`.
inline Matrix centred(View<const double, 2> x, std::vector<long double>& mean, bool centre = true) {
  Matrix m = matrix_of(x);
  mean.assign(static_cast<std::size_t>(x.extent(1)), 0);
  for (std::size_t j = 0; centre && j < mean.size(); ++j) {
    for (const auto& row : m) mean[j] += row[j];
    mean[j] /= static_cast<long double>(m.size());
    for (auto& row : m) row[j] -= mean[j];
  }
  return m;
}

struct Regression {
  std::vector<long double> coefficients, errors;
  long double intercept = 0, intercept_error = 0, r2 = 0, deviation = 0;
};

inline Regression least_squares(View<const double, 2> x, const std::vector<double>& y, bool intercept = true,
                                long double ridge = 0) {
  const std::size_t n = y.size(), p = static_cast<std::size_t>(x.extent(1));
  std::vector<long double> mean, y_mean;
  const Matrix a = centred(x, mean, intercept);
  const Matrix b = centred({y.data(), {x.extent(0), 1}}, y_mean, intercept);
  Matrix gram = multiply(transposed(a), a);
  const Matrix plain = gram;
  for (std::size_t j = 0; j < p; ++j) gram[j][j] += ridge;
  const Matrix w = eliminate(gram, multiply(transposed(a), b)).x, fitted = multiply(a, w);
  Regression r;
  long double left = 0, total = 0;
  for (std::size_t i = 0; i < n; ++i) {
    left += (b[i][0] - fitted[i][0]) * (b[i][0] - fitted[i][0]);
    total += b[i][0] * b[i][0];
  }
  r.r2 = 1 - left / total;
  r.deviation = std::sqrt(left / static_cast<long double>(n - p - (intercept ? 1 : 0)));
  r.intercept = y_mean[0];
  const Matrix inverted = inverse(plain);
  long double of_means = 1 / static_cast<long double>(n);
  for (std::size_t j = 0; j < p; ++j) {
    r.coefficients.push_back(w[j][0]);
    r.errors.push_back(r.deviation * std::sqrt(inverted[j][j]));
    r.intercept -= w[j][0] * mean[j];
    for (std::size_t k = 0; k < p; ++k) of_means += mean[j] * inverted[j][k] * mean[k];
  }
  r.intercept_error = r.deviation * std::sqrt(of_means);
  return r;
}

/// Variances along the principal components, falling.
inline std::vector<long double> principal_variances(View<const double, 2> x) {
  std::vector<long double> mean;
  const Matrix a = centred(x, mean);
  std::vector<long double> values = symmetric_eigenvalues(multiply(transposed(a), a));
  for (long double& v : values) v /= static_cast<long double>(a.size() - 1);
  std::reverse(values.begin(), values.end());
  return values;
}

/// By looking at all pairs of rows: together on both sides, on one, on none.
inline long double adjusted_rand_index(const std::vector<std::int64_t>& a, const std::vector<std::int64_t>& b) {
  long double both = 0, in_a = 0, in_b = 0, all = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    for (std::size_t j = 0; j < i; ++j) {
      const bool same_a = a[i] == a[j], same_b = b[i] == b[j];
      all += 1;
      in_a += same_a;
      in_b += same_b;
      both += same_a && same_b;
    }
  return (both - in_a * in_b / all) / ((in_a + in_b) / 2 - in_a * in_b / all);
}

}  // namespace lagoon::reference
