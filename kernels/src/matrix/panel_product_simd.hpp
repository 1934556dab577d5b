// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace lagoon::matrix::detail {

/// The inside of a product, on copies of its factors in panels: a few whole rows of the left one, or columns of the
/// right one, that lie in the order in which the innermost loop reads them (Goto & van de Geijn 2008). Panels of k
/// steps follow each other, each as large as a full one; lines that the last one lacks are zeros.
template <class T>
struct PanelProductKernels {
  std::ptrdiff_t rows, columns;  // of a panel
  std::ptrdiff_t steps;          // of a panel at most: a right one fits the first cache

  /// Panels of `lines` rows of the left factor times `factor`, or of so many columns of the right one. Element `step`
  /// of `line` is from[line * next_line + step * next_step].
  void (*pack_left)(const T* from, std::ptrdiff_t next_line, std::ptrdiff_t next_step, std::ptrdiff_t lines,
                    std::ptrdiff_t k, T factor, T* to);
  void (*pack_right)(const T* from, std::ptrdiff_t next_line, std::ptrdiff_t next_step, std::ptrdiff_t lines,
                     std::ptrdiff_t k, T* to);

  /// c = left right, or c += left right, for m x n of c, whose rows are contiguous.
  void (*multiply)(const T* left, const T* right, std::ptrdiff_t m, std::ptrdiff_t n, std::ptrdiff_t k, bool add, T* c,
                   std::ptrdiff_t c_row);
};

template <class T>
const PanelProductKernels<T>& panel_product_kernels();

}  // namespace lagoon::matrix::detail
