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

  const ForestModel& model_;
  const std::ptrdiff_t begin_, count_, width_;
  Tensor<double, 1> numbers_;      // the rows as they are, or
  Tensor<std::uint8_t, 1> codes_;  // how many thresholds are below each number; as forest_walk.hpp has them
  Tensor<std::uint32_t, 1> chosen_;
};

}  // namespace lagoon::learning::detail
