// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <lagoon/core/tensor.hpp>
#include <lagoon/core/view.hpp>
#include <span>

#include "forest_model.hpp"

namespace lagoon::learning::detail {

/// Numbers that a forest adds up for a row: what leaves say, be it numbers or shares of the second of two labels, or
/// the shares of each of more labels.
inline std::ptrdiff_t sums_of_row(const ForestModel& model) noexcept {
  return model.kind == Kind::labels ? static_cast<std::ptrdiff_t>(model.classes.size()) : 1;
}

/// Takes a block of rows through trees.
class Walk {
 public:
  /// Rows that are worth taking together: many, for a tree that they bring into the cache, and few enough to be there
  /// themselves; no more than leave each of some cores a block.
  static std::ptrdiff_t rows_together(const ForestModel& model, std::ptrdiff_t rows);

  /// Rows [begin, end) of x.  throws  invalid_argument: NaN
  Walk(const ForestModel& model, View<const double, 2> x, std::ptrdiff_t begin, std::ptrdiff_t end, const char* what);

  /// Adds what one tree says of each row to sums, of which a row has sums_of_row.
  void add(std::size_t tree, double* sums);
  /// The same of those rows whose bit is set; bit 0 is that of row 0 of x.
  void add(std::size_t tree, double* sums, const std::uint64_t* left_out);

 private:
  void check(View<const double, 2> block, const char* what) const;
  template <class Cell>
  Tensor<Cell, 1> make_cells(Cell least) const;
  template <class Go>
  void add_by(std::size_t tree, double* sums, Go go);
  template <class RowOf>
  void add_by_lanes(std::size_t tree, double* sums, const Tensor<std::uint32_t, 1>& packs, std::ptrdiff_t count,
                    RowOf row_of);
  template <class WithValues>
  void add_values(std::size_t tree, double* sums, WithValues with_values) const;

  const ForestModel& model_;
  const std::ptrdiff_t begin_, count_, width_;
  Tensor<double, 1> numbers_;  // the rows as they are,
  // or how many thresholds are below each number:
  Tensor<std::uint8_t, 1> codes_;   // as forest_walk.hpp has them, or
  Tensor<std::uint32_t, 1> packs_;  // as forest_lanes.hpp has them
  Tensor<std::uint32_t, 1> chosen_, chosen_packs_;
  const LaneWalk walk_lanes_;
  Tensor<std::uint32_t, 1> lane_nodes_, arrived_, words_;  // room for lanes
};

}  // namespace lagoon::learning::detail
