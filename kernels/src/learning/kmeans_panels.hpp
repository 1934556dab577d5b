// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <lagoon/core/tensor.hpp>
#include <lagoon/engine/parallel.hpp>
#include <lagoon/engine/stop.hpp>
#include <limits>

#include "kmeans_simd.hpp"

// How k-means reads its table: by parts that are tasks, within them by panels of sixteen rows.
namespace lagoon::learning::detail {

/// Rows of a task: enough that what it hands back (sums of each cluster) is small beside what it reads, and that there
/// are 256 parts at most.
inline Grain grain_of_parts(std::ptrdiff_t rows, std::ptrdiff_t clusters, bool parallel) {
  const std::ptrdiff_t part = std::max({std::ptrdiff_t{1024}, 4 * clusters, (rows + 255) / 256});
  return {(part + kPanelRows - 1) / kPanelRows * kPanelRows, parallel};
}

/// Panels that take some 50 us.
inline std::ptrdiff_t panels_between_looks(std::ptrdiff_t columns, std::ptrdiff_t centres) {
  return std::clamp<std::ptrdiff_t>((1 << 14) / (columns * (centres + kTileCentres)), 1, 256);
}

/// Centres in tiles, as the loops want them.
class CentreTiles {
 public:
  /// Room for so many; all are infinitely far.
  CentreTiles(std::ptrdiff_t centres, std::ptrdiff_t columns)
      : columns_(columns), count_((centres + kTileCentres - 1) / kTileCentres) {
    tiles_ = Tensor<double, 1>::filled({count_ * kTileCentres * columns}, std::numeric_limits<double>::infinity());
  }
  void set(std::ptrdiff_t k, View<const double, 1> centre) {
    double* at = tiles_.data() + k / kTileCentres * kTileCentres * columns_ + k % kTileCentres;
    for (std::ptrdiff_t j = 0; j < columns_; ++j) at[j * kTileCentres] = centre[j];
  }
  void set(View<const double, 2> centres) {
    for (std::ptrdiff_t k = 0; k < centres.extent(0); ++k) set(k, centres.row(k));
  }
  const double* data() const { return tiles_.data(); }
  std::ptrdiff_t count() const { return count_; }

 private:
  std::ptrdiff_t columns_, count_;
  Tensor<double, 1> tiles_;
};

/// Sixteen rows side by side.
class Panel {
 public:
  explicit Panel(View<const double, 2> x) : x_(x), numbers_({kPanelRows * x.extent(1)}) {}

  /// Takes row_of(0), row_of(1), ..., `count` of them; behind the last it stands again.
  template <class RowOf>
  void take(std::ptrdiff_t count, RowOf row_of) {
    std::array<const double*, kPanelRows> rows;
    for (std::ptrdiff_t r = 0; r < kPanelRows; ++r)
      rows[static_cast<std::size_t>(r)] = x_.data() + row_of(std::min(r, count - 1)) * x_.stride(0);
    if (x_.stride(1) == 1) return kernels_.pack(rows.data(), x_.extent(1), numbers_.data());
    double* out = numbers_.data();
    for (std::ptrdiff_t j = 0; j < x_.extent(1); ++j)
      for (const double* row : rows) *out++ = row[j * x_.stride(1)];
  }
  /// Asks memory for rows that will be taken soon: rows here and there are what no processor foresees.
  template <class RowOf>
  void fetch(std::ptrdiff_t count, RowOf row_of) const {
    const std::ptrdiff_t lines = std::min<std::ptrdiff_t>(4, (x_.extent(1) + 7) / 8);  // the rest it foresees
    for (std::ptrdiff_t r = 0; r < std::min(count, kPanelRows); ++r)
      for (std::ptrdiff_t k = 0; k < lines; ++k) __builtin_prefetch(x_.data() + row_of(r) * x_.stride(0) + 8 * k, 0, 3);
  }
  const double* data() const { return numbers_.data(); }
  double operator()(std::ptrdiff_t row, std::ptrdiff_t column) const { return numbers_[column * kPanelRows + row]; }

 private:
  View<const double, 2> x_;
  Tensor<double, 1> numbers_;
  const KMeansKernels& kernels_ = kmeans_kernels();
};

/// Calls body(panel, first row, rows) for the rows of a part, panel by panel.
///   centres   that each row is measured against: with the columns it tells how often to look whether to stop
template <class Body>
void for_each_panel(View<const double, 2> x, std::ptrdiff_t begin, std::ptrdiff_t end, std::ptrdiff_t centres,
                    Body body) {
  Panel panel(x);
  const std::ptrdiff_t rest = panels_between_looks(x.extent(1), centres) * kPanelRows;
  for (std::ptrdiff_t i = begin; i < end; i += kPanelRows) {
    if ((i - begin) % rest == 0) throw_if_stopped();
    const std::ptrdiff_t rows = std::min(kPanelRows, end - i);
    panel.take(rows, [i](std::ptrdiff_t r) { return i + r; });
    body(panel, i, rows);
  }
}

}  // namespace lagoon::learning::detail
