// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <lagoon/core/tensor.hpp>
#include <lagoon/engine/compute.hpp>

namespace lagoon::learning {

struct DbscanOptions {
  double radius = 0.5;              ///< neighbours are no farther, Euclidean
  std::int64_t min_neighbours = 5;  ///< of a core row, itself included
  ComputeOptions compute{};
};

struct Dbscan {
  Tensor<std::int64_t, 1> labels;  ///< cluster of each row, from 0 in the order of their first core rows; -1: noise
  Tensor<std::uint8_t, 1> core;    ///< 1: a core row
  std::int64_t clusters = 0;
  std::int64_t noise = 0;  ///< rows
};

/// Clusters of any shape: rows that are dense together; the others are noise.
///   x        n x p, any strides
///   returns  a row on the border of several clusters belongs to the one whose first core row comes first, as in
///            scikit-learn
///   throws   invalid_argument: NaN, infinity or beyond 1e140 (row and column named), options; resource_exhausted;
///            cancelled, deadline_exceeded
///   cost     O(n log n) expected for few columns: a k-d tree whose leaves are cells no wider than the radius, where
///   rows
///            crowd, or hold few rows; a cell is core as a whole. O(n^2) at worst in time (many columns), never in
///            memory; parallel, the same bits for any number of cores
///   source   Ester, Kriegel, Sander & Xu 1996; Gunawan 2013 (cells)
Dbscan dbscan(View<const double, 2> x, const DbscanOptions& options = {});

}  // namespace lagoon::learning
