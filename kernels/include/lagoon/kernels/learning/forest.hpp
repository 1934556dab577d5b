// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <lagoon/core/tensor.hpp>
#include <lagoon/engine/compute.hpp>
#include <memory>
#include <vector>

namespace lagoon::learning {

struct ForestOptions {
  std::int64_t trees = 100;
  std::int64_t features = 0;  ///< tried at each split; 0: round down sqrt(p), for regression p / 3, at least 1
  std::int64_t depth = 0;     ///< most splits from the root to a leaf; 0: as many as it takes
  std::int64_t leaf = 1;      ///< least observations of a leaf
  std::int64_t split = 2;     ///< least observations of a node that is split
  /// Thresholds that are tried per feature are the edges of so many bins with about equally many observations each,
  /// 2 to 256; 0: every midpoint between two numbers that occur.
  std::int64_t bins = 256;
  bool bootstrap = true;  ///< each tree learns from n draws with replacement; false: from all rows
  std::uint64_t seed = 1;
  ComputeOptions compute{};
};

/// A random forest: many trees, each of other rows and features, that vote. Immutable; a copy shares the trees.
///
///   Forest forest = Forest::classify(x, labels, {.trees = 200});
///   double honest = forest.out_of_bag_score();
///   Tensor<std::int64_t, 1> label = forest.predict_labels(new_x);
///
/// The same seed gives the same bits for any number of cores.
///   source   Breiman 2001; split by Gini impurity, regression by variance (Breiman et al. 1984)
class Forest {
 public:
  /// Without trees.
  Forest() noexcept = default;

  /// Learns labels.
  ///   x        n x p, any strides, n >= 1, p >= 1
  ///   labels   n whole numbers, any; at most 2^15 different ones
  ///   throws   invalid_argument: empty, more than 2^30 rows or columns, lengths differ (both named), NaN or infinity
  ///            in x (row and column named), options; resource_exhausted; cancelled, deadline_exceeded (polled per
  ///            node)
  ///   cost     O(trees n features log n) expected with bins; exact: log n times more. Memory: a byte per number of x
  ///            (exact: 4), some 16 bytes per row and tree at work (numbers or exact: 32); parallel over trees
  static Forest classify(View<const double, 2> x, View<const std::int64_t, 1> labels,
                         const ForestOptions& options = {});

  /// Learns numbers.  throws  the same, and NaN or infinity in y
  static Forest regress(View<const double, 2> x, View<const double, 1> y, const ForestOptions& options = {});

  bool is_classifier() const noexcept;
  std::int64_t trees() const noexcept;
  std::int64_t features() const noexcept;                     ///< columns of x
  std::int64_t nodes() const noexcept;                        ///< of all trees
  std::int64_t depth() const noexcept;                        ///< of the deepest tree
  const std::vector<std::int64_t>& classes() const noexcept;  ///< labels that occur, rising; empty for regression

  /// Judged by rows that a tree did not see: accuracy, or R2 of regression. NaN without bootstrap, when no row was
  /// left out by any tree, and when y is constant.
  double out_of_bag_score() const noexcept;
  /// Share of each column in the decrease of impurity, mean over trees; they add up to 1, or are all 0 when nothing
  /// was split. Columns with many different numbers come out too high (Strobl et al. 2007).
  const std::vector<double>& importances() const noexcept;

  /// The label with the greatest mean probability over trees; the least label of equals.
  ///   x        m x p
  ///   throws   invalid_argument: another number of columns (both named), NaN (row and column named);
  ///            failed_precondition: a forest of the other kind, or without trees; cancelled, deadline_exceeded
  ///   cost     O(m trees depth); parallel over rows
  Tensor<std::int64_t, 1> predict_labels(View<const double, 2> x, const ComputeOptions& options = {}) const;
  /// m x classes: mean over trees of the shares of labels in the leaf.
  Tensor<double, 2> predict_probabilities(View<const double, 2> x, const ComputeOptions& options = {}) const;
  /// Mean over trees of the mean in the leaf.
  Tensor<double, 1> predict(View<const double, 2> x, const ComputeOptions& options = {}) const;

 private:
  friend struct ForestAccess;
  struct Impl;
  explicit Forest(std::shared_ptr<const Impl> impl) noexcept;
  std::shared_ptr<const Impl> impl_;
};

}  // namespace lagoon::learning
