// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace lagoon::matrix::detail {

/// Products c_i = a_i b_i of matrices that lie alike, one after the other.
template <class T>
struct SmallProducts {
  std::ptrdiff_t count, m, n, k;
  const T* a;
  std::ptrdiff_t a_next, a_row, a_column;  // from one matrix, row, column to the next
  const T* b;
  std::ptrdiff_t b_next, b_row;  // rows of b and c are contiguous
  T* c;
  std::ptrdiff_t c_next, c_row;
};

/// Whether the loops below are the fastest way: above, a backend's packing pays.
inline bool is_small(std::ptrdiff_t m, std::ptrdiff_t n, std::ptrdiff_t k) { return m <= 64 && n <= 32 && k <= 64; }

struct SmallProductKernels {
  /// `past_the_cache`: c is not worth keeping in it, and its rows are whole lines.
  void (*multiply_f64)(const SmallProducts<double>& p, bool past_the_cache);
  void (*multiply_f32)(const SmallProducts<float>& p, bool past_the_cache);
};
const SmallProductKernels& small_product_kernels();

}  // namespace lagoon::matrix::detail
