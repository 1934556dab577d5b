// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <lagoon/core/tensor.hpp>
#include <lagoon/kernels/dynamics/system.hpp>
#include <vector>

#include "near_simd.hpp"
#include "pair_list.hpp"
#include "particles.hpp"

namespace lagoon::dynamics::detail {

/// Columns of particles along z, each sorted by height and cut into clusters of eight; columns of a square make a
/// block, wide enough that what a list reaches is in the blocks beside it.
///
/// Forces of pairs go to both particles. A block does the pairs within itself, with the blocks to its right, above, and
/// right above, and those of these two with each other (an "eighth shell"), so it writes to these four alone: blocks
/// with even and odd numbers along x and y make four colours, and blocks of one colour run at once, without locks;
/// those that overlap follow one another by colour, whatever the number of cores (BlockOrder).
///   source   cluster pairs: Pall & Hess 2013; shells: Bowers, Dror & Shaw 2007
class Grid {
 public:
  /// reach    how far lists go; no more than a periodic edge
  explicit Grid(double reach) : reach_(reach) {}

  /// Brings particles back into the box, sorts them into columns, and gives clusters their slots.
  /// Forces are zero after.
  ///   spare    takes the particles in their new order, then is `p`
  void sort(Particles& p, Particles& spare);

  /// A block's pairs of clusters that may hold particles closer than `reach`: each pair of particles once.
  ///   excluded   in terms of slots: see Exclusions
  struct Exclusions {
    std::vector<std::int32_t> first;  ///< per slot, of those below, and one more; empty: none
    std::vector<std::int32_t> slots;
  };
  void list(const Exclusions& excluded, std::size_t block, PairList& list) const;

  /// Blocks along x and y, and whether the last is beside the first.
  std::array<int, 2> shape() const noexcept { return blocks_; }
  std::array<bool, 2> ring() const noexcept { return {periodic(0), periodic(1)}; }
  std::ptrdiff_t blocks() const noexcept { return std::ptrdiff_t{blocks_[0]} * blocks_[1]; }

  /// Calls each(begin, end) for the slots of a block, which are multiples of kCluster.
  template <class F>
  void for_each_slots(std::size_t block, F each) const {
    const int bx = static_cast<int>(block) % blocks_[0], by = static_cast<int>(block) / blocks_[0];
    for (int y = by * per_block_[1]; y < (by + 1) * per_block_[1]; ++y) {
      const auto column = static_cast<std::size_t>(y) * static_cast<std::size_t>(columns_[0]) +
                          static_cast<std::size_t>(bx) * static_cast<std::size_t>(per_block_[0]);
      const auto end = column + static_cast<std::size_t>(per_block_[0]);
      each(std::ptrdiff_t{first_cluster_[column]} * kCluster, std::ptrdiff_t{first_cluster_[end]} * kCluster);
    }
  }

 private:
  void choose_columns(const Particles& p);
  void bound(const Particles& p);
  Bounds bounds_of(const Particles& p, std::ptrdiff_t begin, std::ptrdiff_t end) const;
  std::ptrdiff_t column_of(double x, double y) const noexcept;
  struct Search;
  void list_cluster(Search& search, std::int32_t cluster) const;
  void list_image(Search& search, std::array<int, 3> image) const;
  static bool is_forward(const Search& search, int dx, int dy) noexcept;
  void list_column(Search& search, int x, int y, bool own_block) const;
  void add_segment(Search& search, std::size_t half) const;
  bool edge_column(int x, int y) const noexcept {
    return x == 0 || y == 0 || x + 1 == columns_[0] || y + 1 == columns_[1];
  }
  bool periodic(std::size_t axis) const noexcept { return box_.boundary[axis] == Boundary::periodic; }

  Box box_;
  double reach_;
  double margin_ = 0;                          ///< by which bounds in float may be wrong
  std::array<double, 2> low_{}, width_{1, 1};  ///< of the columns
  std::array<int, 2> blocks_{1, 1}, per_block_{1, 1}, columns_{1, 1};
  std::array<std::vector<int>, 2> block_of_;  ///< of each column along x and y
  std::vector<std::int32_t> first_cluster_;   ///< of each column, and one more
  ManyBounds cluster_bounds_;
  std::vector<Bounds> row_bounds_;
};

}  // namespace lagoon::dynamics::detail
