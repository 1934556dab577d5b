// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <lagoon/core/tensor.hpp>
#include <memory_resource>
#include <vector>

#include "packed_rows_simd.hpp"

namespace lagoon::learning::detail {

/// Between which values the columns of some rows lie: lows, then highs.
///
/// Distances to boxes round as those to rows do, and rounding keeps order: what a box says of its rows is exact.
struct Box {
  const double* low = nullptr;
  const double* high = nullptr;

  /// Squared distance of the farthest two places in it.
  double diagonal(std::ptrdiff_t columns) const {
    double sum = 0;
    for (std::ptrdiff_t j = 0; j < columns; ++j) sum += (high[j] - low[j]) * (high[j] - low[j]);
    return sum;
  }
};

/// The least and the most squared distance of places in two boxes.
struct Reach {
  double least = 0, most = 0;
};
inline Reach reach(const Box& a, const Box& b, std::ptrdiff_t columns) {
  Reach r;
  for (std::ptrdiff_t j = 0; j < columns; ++j) {
    const double up = b.high[j] - a.low[j], down = a.high[j] - b.low[j];
    const double gap = std::max({0.0, -up, -down}), across = std::max(up, down);
    r.least += gap * gap;
    r.most += across * across;
  }
  return r;
}
/// The same for one row, whose columns are kPack apart.
inline Reach reach(const double* row, const Box& box, std::ptrdiff_t columns) {
  Reach r;
  for (std::ptrdiff_t j = 0; j < columns; ++j) {
    const double up = box.high[j] - row[j * kPack], down = row[j * kPack] - box.low[j];
    const double gap = std::max({0.0, -up, -down}), across = std::max(up, down);
    r.least += gap * gap;
    r.most += across * across;
  }
  return r;
}

/// Rows of a table that lie together.
struct Leaf {
  std::ptrdiff_t rows = 0;
  std::ptrdiff_t pack = 0;  ///< its first
  std::int64_t node = 0;
  bool cell = false;  ///< all of its rows are within one radius of one another

  std::ptrdiff_t packs() const { return (rows + kPack - 1) / kPack; }
};

/// A k-d tree whose leaves are cells, no wider than the radius, or hold few rows.
///
/// A leaf's rows fill packs of their own, the last with NaN, which is near nothing. The place of a row is its number in
/// the packs.
///   source   Bentley 1975; Gunawan 2013 (cells)
class NeighbourTree {
 public:
  /// squared_radius   finite
  NeighbourTree(View<const double, 2> x, double squared_radius, bool parallel);

  std::ptrdiff_t columns() const { return columns_; }
  double squared_radius() const { return squared_radius_; }
  std::ptrdiff_t places() const { return rows_.size(); }
  std::ptrdiff_t leaves() const { return static_cast<std::ptrdiff_t>(leaves_.size()); }
  const Leaf& leaf(std::ptrdiff_t k) const { return leaves_[static_cast<std::size_t>(k)]; }
  Box box(const Leaf& leaf) const { return box_of_node(leaf.node); }
  /// Row of the table at a place, or -1.
  std::ptrdiff_t row_at(std::ptrdiff_t place) const { return rows_[place]; }
  const double* pack(std::ptrdiff_t k) const { return packs_.data() + k * kPack * columns_; }
  const double* at(std::ptrdiff_t place) const { return pack(place / kPack) + place % kPack; }

  /// Calls meet(leaf) for each leaf that may have rows within the radius of a box, itself included, in their order; and
  /// inside(rows) instead where all of so many are within the radius of all places in the box.
  template <class Meet, class Inside>
  void around(const Box& box, Meet meet, Inside inside) const {
    std::vector<std::int64_t> open{0};
    while (!open.empty()) {
      const auto k = static_cast<std::size_t>(open.back());
      open.pop_back();
      const Node& node = nodes_[k];
      const Reach r = reach(box, box_of_node(static_cast<std::int64_t>(k)), columns_);
      if (r.least > squared_radius_) continue;
      if (r.most <= squared_radius_ && inside(node.end - node.begin)) continue;
      if (node.left < 0) {
        meet(node.leaf);
      } else {
        open.push_back(node.left + 1);
        open.push_back(node.left);
      }
    }
  }

 private:
  struct Node {
    std::ptrdiff_t begin = 0, end = 0;  ///< in order_
    std::int64_t left = -1;             ///< the right one follows it; -1: a leaf
    std::int64_t leaf = -1;
    bool cell = false;
  };

  Box box_of_node(std::int64_t k) const {
    const double* low = boxes_.data() + 2 * columns_ * k;
    return {low, low + columns_};
  }
  void grow(View<const double, 2> x, bool parallel);
  void enclose(View<const double, 2> x, const Node& node, double* box) const;
  std::ptrdiff_t split(View<const double, 2> x, const Node& node, const Box& box);
  double middle(View<const double, 2> x, const Node& node, std::ptrdiff_t column) const;
  void number_leaves();
  void fill_packs(View<const double, 2> x, bool parallel);

  MemoryHandle memory_ = current_memory();
  std::ptrdiff_t columns_;
  double squared_radius_;
  Tensor<std::int64_t, 1> order_;  ///< rows, those of a node together; only while it grows
  std::pmr::vector<Node> nodes_{memory_.get()};
  std::pmr::vector<double> boxes_{memory_.get()};
  std::pmr::vector<Leaf> leaves_{memory_.get()};
  Tensor<std::int64_t, 1> rows_;
  Tensor<double, 1> packs_;
};

}  // namespace lagoon::learning::detail
