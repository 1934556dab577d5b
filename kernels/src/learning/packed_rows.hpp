// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lagoon/core/tensor.hpp>

#include "packed_rows_simd.hpp"

namespace lagoon::learning::detail {

/// Rows in packs, as loops over many distances want them; the last pack is filled with NaN.
class PackedRows {
 public:
  PackedRows(View<const double, 2> x, bool parallel);

  std::ptrdiff_t rows() const { return rows_; }
  std::ptrdiff_t columns() const { return columns_; }
  std::ptrdiff_t packs() const { return (rows_ + kPack - 1) / kPack; }

  double* at(std::ptrdiff_t row) { return numbers_.data() + row / kPack * kPack * columns_ + row % kPack; }
  const double* at(std::ptrdiff_t row) const { return numbers_.data() + row / kPack * kPack * columns_ + row % kPack; }
  const double* pack(std::ptrdiff_t k) const { return numbers_.data() + k * kPack * columns_; }

  /// Squared distances of a row to those of packs [begin, end).
  void distances(std::ptrdiff_t row, std::ptrdiff_t begin, std::ptrdiff_t end, double* out) const {
    kernels_.distances(pack(begin), end - begin, columns_, at(row), out);
  }
  /// Puts row `from` in the place of row `to`.
  void move(std::ptrdiff_t from, std::ptrdiff_t to) {
    for (std::ptrdiff_t j = 0; j < columns_; ++j) at(to)[j * kPack] = at(from)[j * kPack];
  }
  /// Leaves out what is behind the first `rows`.
  void shorten(std::ptrdiff_t rows) { rows_ = rows; }

 private:
  std::ptrdiff_t rows_, columns_;
  Tensor<double, 1> numbers_;
  const PackedRowsKernels& kernels_ = packed_rows_kernels();
};

}  // namespace lagoon::learning::detail
