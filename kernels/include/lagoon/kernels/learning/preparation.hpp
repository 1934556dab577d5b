// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <lagoon/core/fields.hpp>
#include <lagoon/core/tensor.hpp>
#include <lagoon/engine/compute.hpp>
#include <vector>

namespace lagoon::learning {

/// What takes a column to mean 0 and deviation 1.
struct Standardizer {
  std::vector<double> mean;
  std::vector<double> scale;  ///< standard deviation with n, as scikit-learn's; 1 for a constant column
  LAGOON_FIELDS(Standardizer, mean, scale)
};

/// Of the columns of x, n x p; NaNs are left out.
///   throws  invalid_argument: empty, a column of NaNs, or one with an infinity
Standardizer fit_standardizer(View<const double, 2> x, const ComputeOptions& options = {});
/// A new table, n x p.  throws  invalid_argument: another number of columns than the model's
Tensor<double, 2> transform(const Standardizer& model, View<const double, 2> x, const ComputeOptions& options = {});
Tensor<double, 2> inverse_transform(const Standardizer& model, View<const double, 2> x,
                                    const ComputeOptions& options = {});

/// Rows to learn from, and rows to judge by; each ascending.
struct Split {
  std::vector<std::int64_t> train, test;
  LAGOON_FIELDS(Split, train, test)
};

/// Draws test rows without replacement: round(test_share * n), at least one of each.
///   n        >= 2
///   returns  the same for the same seed, on any machine
///   throws   invalid_argument: n, test_share not in (0, 1)
Split train_test_split(std::ptrdiff_t n, double test_share, std::uint64_t seed);

/// The same with the share of each label kept as well as whole rows allow.
Split train_test_split(View<const std::int64_t, 1> labels, double test_share, std::uint64_t seed);

/// k splits whose test rows together are all rows, once each; sizes differ by at most one.
///   k       2 to n
///   throws  invalid_argument
std::vector<Split> k_folds(std::ptrdiff_t n, std::ptrdiff_t k, std::uint64_t seed);
/// The same with the share of each label kept as well as whole rows allow.
std::vector<Split> k_folds(View<const std::int64_t, 1> labels, std::ptrdiff_t k, std::uint64_t seed);

/// The rows of x with these numbers, in their order.  throws  out_of_range naming the row
Tensor<double, 2> take_rows(View<const double, 2> x, View<const std::int64_t, 1> rows,
                            const ComputeOptions& options = {});
Tensor<double, 1> take_rows(View<const double, 1> x, View<const std::int64_t, 1> rows);
Tensor<std::int64_t, 1> take_rows(View<const std::int64_t, 1> x, View<const std::int64_t, 1> rows);

/// Scores of models that each never saw the rows they are judged by.
///
///   auto scores = cross_validate(k_folds(n, 10, 1), [&](const Split& s) {
///     auto m = fit_linear(take_rows(x, s.train), take_rows(y, s.train));
///     return r2_score(take_rows(y, s.test), predict(m, take_rows(x, s.test)));
///   });
template <class FitAndScore>
std::vector<double> cross_validate(const std::vector<Split>& folds, FitAndScore&& fit_and_score) {
  std::vector<double> scores;
  scores.reserve(folds.size());
  for (const Split& fold : folds) scores.push_back(fit_and_score(fold));
  return scores;
}

}  // namespace lagoon::learning
