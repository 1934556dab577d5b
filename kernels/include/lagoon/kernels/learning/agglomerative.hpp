// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <lagoon/core/tensor.hpp>
#include <lagoon/engine/compute.hpp>

namespace lagoon::learning {

/// How far two clusters are apart.
enum class Linkage : std::uint8_t {
  ward,      ///< by how much the squared distances to the mean grow when they become one
  single,    ///< their nearest rows
  complete,  ///< their farthest rows
  average,   ///< mean over all pairs
};

struct AgglomerativeOptions {
  Linkage linkage = Linkage::ward;
  ComputeOptions compute{};
};

/// Who joined whom, from the nearest on.
struct Dendrogram {
  Tensor<std::int64_t, 2> merges;  ///< (n - 1) x 2: cluster numbers; below n a row, n + k the cluster of merge k
  Tensor<double, 1> heights;       ///< n - 1, never falling: distance as SciPy's linkage has it
  Tensor<std::int64_t, 1> sizes;   ///< n - 1: rows of the new cluster

  /// Clusters of the rows when so many are left, numbered by their first row.
  ///   throws  invalid_argument: clusters (1 to n)
  Tensor<std::int64_t, 1> labels(std::ptrdiff_t clusters) const;
  /// The same for clusters that are no farther than this inside.
  Tensor<std::int64_t, 1> labels_at(double height) const;
};

/// Agglomerative clustering.
///   x        n x p, any strides, 1 <= n <= 65,536
///   throws   invalid_argument: empty, too many rows (for which k-means and DBSCAN are), NaN, infinity or beyond 1e140
///            (row and column named); resource_exhausted: n (n - 1) / 2 distances, but for ward and single, which take
///            O(n p); cancelled, deadline_exceeded
///   cost     O(n^2 p) time; parallel over rows of distances, the same bits for any number of cores
///   source   Muellner 2011 (nearest-neighbour chains); Rohlf 1973 (single: minimum spanning tree)
Dendrogram agglomerative(View<const double, 2> x, const AgglomerativeOptions& options = {});

}  // namespace lagoon::learning
