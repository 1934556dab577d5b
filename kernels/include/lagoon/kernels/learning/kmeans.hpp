// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <lagoon/core/fields.hpp>
#include <lagoon/core/tensor.hpp>
#include <lagoon/engine/compute.hpp>
#include <vector>

namespace lagoon::learning {

struct KMeansOptions {
  std::int64_t clusters = 8;
  std::int64_t starts = 10;       ///< of which the best is kept; 1 where `centres` are given
  std::int64_t iterations = 300;  ///< at most, per start
  /// A start ends when the squared moves of all centres sum to no more than this times the mean variance of a column.
  double tolerance = 1e-4;
  View<const double, 2> centres{};  ///< to begin with, clusters x p; empty: drawn by k-means++
  std::uint64_t seed = 1;
  ComputeOptions compute{};
};

/// Centres of clusters.
struct KMeans {
  Frozen<double, 2> centres;  ///< clusters x p
  double inertia = 0;         ///< sum of squared distances of all rows to their nearest centre
  std::int64_t iterations = 0;
  bool converged = false;  ///< before `iterations` ran out
  std::vector<std::int64_t> sizes;
  LAGOON_FIELDS(KMeans, centres, inertia, iterations, converged, sizes)
};
struct KMeansResult {
  KMeans model;
  Tensor<std::int64_t, 1> labels;  ///< cluster of each row, from 0
};

/// Clusters around k centres.
///
///   auto [model, labels] = kmeans(x, {.clusters = 3});
///
///   x        n x p, any strides; n >= clusters. Fewer different rows than clusters leave clusters without rows, whose
///            centres lie on others
///   returns  the same bits for the same seed and any number of cores. A cluster that loses all rows gets the row that
///            is farthest from its centre
///   throws   invalid_argument: empty, NaN, infinity or beyond 1e140 (row and column named), options;
///            resource_exhausted; cancelled, deadline_exceeded
///   cost     O(n p clusters) at most per iteration: rows that cannot have changed their cluster are not read; parallel
///            over blocks of rows
///   source   Lloyd 1957; Hamerly 2010 (bounds); Arthur & Vassilvitskii 2007 (k-means++, with 2 + log k candidates per
///            centre)
KMeansResult kmeans(View<const double, 2> x, const KMeansOptions& options = {});

/// The nearest centre of each row; the first of equals.  throws  invalid_argument: columns, NaN
Tensor<std::int64_t, 1> predict(const KMeans& model, View<const double, 2> x, const ComputeOptions& options = {});

}  // namespace lagoon::learning
