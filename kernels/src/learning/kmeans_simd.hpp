// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace lagoon::learning::detail {

inline constexpr std::ptrdiff_t kPanelRows = 16;  // two of the widest vectors
inline constexpr std::ptrdiff_t kTileCentres =
    4;  // which with two vectors of rows makes eight sums: they stay in registers

/// How near rows of a panel are to their nearest centre, and to the second nearest (infinity: there is one centre).
struct Nearest {
  alignas(64) std::array<double, kPanelRows> squared;  ///< distance to the nearest
  alignas(64) std::array<double, kPanelRows> first;    ///< its root
  alignas(64) std::array<double, kPanelRows> second;
  alignas(64) std::array<double, kPanelRows> centre;  ///< number of the nearest, the first of equals
};

/// What one iteration does to the bounds of a row, by its cluster.
struct Drift {
  double own = 0;     ///< how far its centre moved
  double others = 0;  ///< the farthest move of another
  double half = 0;    ///< of the way to the nearest other centre: a row no farther than that is well where it is
};

/// Of each row: its cluster, a distance no less than that to its centre, and one no more than that to any other.
struct Bounds {
  const std::int32_t* labels;
  double *upper, *lower;
};

/// Three numbers for each column: sums of differences, of their squares, and the largest magnitude.
struct ColumnSums {
  double *sums, *squares, *largest;
};

/// A panel holds kPanelRows rows, column by column. Centres come in tiles of kTileCentres, column by column; those that
/// fill the last tile are infinitely far.
///
/// Distances are sums of squared differences. |c|^2 - 2 x c, a product of matrices, costs half of that, and all digits
/// where clusters are small against their distance from the origin.
struct KMeansKernels {
  void (*nearest)(const double* panel, std::ptrdiff_t columns, const double* tiles, std::ptrdiff_t count, Nearest* out);
  /// Squared distances to one tile, kPanelRows for each of its centres.
  void (*distances)(const double* panel, std::ptrdiff_t columns, const double* tile, double* out);
  /// Makes a panel of kPanelRows rows, whose columns lie side by side.
  void (*pack)(const double* const* rows, std::ptrdiff_t columns, double* panel);
  /// Moves the bounds of n rows, and lists those to which another centre may be nearer.
  ///   slack    more than 1: bounds that are nearer to each other than this factor say nothing
  ///   list     room for n
  ///   returns  how many are listed
  std::ptrdiff_t (*doubtful)(const Bounds& rows, std::ptrdiff_t n, const Drift* drift, double slack,
                             std::int32_t* list);
  /// Adds n rows, whose columns lie side by side, less `first`.
  void (*add_rows)(const double* rows, std::ptrdiff_t stride, std::ptrdiff_t n, const double* first,
                   std::ptrdiff_t columns, const ColumnSums& to);
};

const KMeansKernels& kmeans_kernels();

}  // namespace lagoon::learning::detail
