// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <lagoon/core/tensor.hpp>
#include <lagoon/kernels/learning/agglomerative.hpp>

namespace lagoon::learning::detail {

/// Two clusters, each named by one of its rows, that become one.
struct Merge {
  std::int64_t a = 0, b = 0;
  double height = 0;
};

// All n - 1 merges of a table, in the order in which they are found.

/// By nearest-neighbour chains over centroids, O(n p) memory.
Tensor<Merge, 1> ward_merges(View<const double, 2> x, bool parallel);
/// By nearest-neighbour chains over all distances.
///   linkage   complete or average
Tensor<Merge, 1> matrix_merges(View<const double, 2> x, Linkage linkage, bool parallel);
/// The edges of the minimum spanning tree, O(n p) memory.
Tensor<Merge, 1> single_merges(View<const double, 2> x, bool parallel);

}  // namespace lagoon::learning::detail
