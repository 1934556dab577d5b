// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <type_traits>

namespace lagoon::matrix::detail {

/// Products of a matrix and a vector that read the matrix once where two calls of BLAS would read it twice. Rows are
/// counted from the first of the whole matrix, whose columns begin at whole lines: so all loads are of whole lines,
/// wherever the part that is left begins. Vectors of rows are as long as columns, with what comes after the last row.
template <class T>
struct CondenseLoops {
  /// What columns [first, last) of the lower triangle of a symmetric matrix of order n add to y = a x: to rows from
  /// `first` on, which are all written.
  void (*symmetric)(std::ptrdiff_t first, std::ptrdiff_t last, std::ptrdiff_t n, const T* a, std::ptrdiff_t lda,
                    const T* x, T* y);

  /// There: y = factor (a' v - less), of rows [first, m) and n columns. And back: x = a u with u = row - y, on those
  /// rows. Each column is read once, and again while it is in the cache.
  void (*there_and_back)(std::ptrdiff_t first, std::ptrdiff_t m, std::ptrdiff_t n, const T* a, std::ptrdiff_t lda,
                         const T* v, T factor, const T* less, const T* row, T* y, T* u, T* x);

  /// y = a x of rows [first, m) and n columns. Other rows of the lines in which these begin and end may be written too,
  /// with what they had.
  void (*product)(std::ptrdiff_t first, std::ptrdiff_t m, std::ptrdiff_t n, const T* a, std::ptrdiff_t lda, const T* x,
                  T* y);
};
struct CondenseKernels {
  CondenseLoops<double> f64;
  CondenseLoops<float> f32;
};
const CondenseKernels& condense_kernels();

template <class T>
const CondenseLoops<T>& condense_loops() {
  if constexpr (std::is_same_v<T, double>)
    return condense_kernels().f64;
  else
    return condense_kernels().f32;
}

}  // namespace lagoon::matrix::detail
