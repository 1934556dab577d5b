// SPDX-License-Identifier: Apache-2.0
#include "lu.hpp"

#include <algorithm>
#include <cmath>
#include <lagoon/engine/parallel.hpp>
#include <lagoon/engine/stop.hpp>
#include <numeric>
#include <utility>

#include "backend.hpp"
#include "product.hpp"
#include "triangle.hpp"

namespace lagoon::matrix::detail {
namespace {

constexpr std::ptrdiff_t kPanel = 32;  // columns that one task factors alone, while others wait
constexpr std::ptrdiff_t kCut = 128;   // by multiples of which more of them are cut in two
constexpr std::ptrdiff_t kTile = 64;   // columns of which a task swaps rows, or which it copies

/// Swaps of rows [first, last) in some columns.
template <class T>
void swap_rows(T* columns, std::ptrdiff_t count, std::ptrdiff_t stride, const int* pivots, std::ptrdiff_t first,
               std::ptrdiff_t last, bool parallel) {
  parallel_for(count, {kTile, parallel}, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
    for (std::ptrdiff_t j = begin; j < end; ++j) {
      T* column = columns + j * stride;
      for (std::ptrdiff_t i = first; i < last; ++i) std::swap(column[i], column[pivots[i]]);
    }
  });
}

/// Columns [k, k + width) of the rows from k down, by halves: so the products, where nearly all of the work is, have
/// long inner sizes (Toledo 1997). Rows are swapped in these columns only.
template <class T>
void factor_columns(Columns<T>& a, int* pivots, std::ptrdiff_t k, std::ptrdiff_t width, bool parallel) {
  const std::ptrdiff_t n = a.rows();
  if (width <= kPanel) {
    throw_if_stopped();
    lu_panel(n - k, width, a.at(k, k), a.stride(), pivots + k);
    for (std::ptrdiff_t i = k; i < k + width; ++i) pivots[i] += static_cast<int>(k);
    return;
  }
  const std::ptrdiff_t unit = width > kCut ? kCut : kPanel;
  const std::ptrdiff_t left = half_of(width, unit), next = k + left;
  factor_columns(a, pivots, k, left, parallel);
  swap_rows(a.at(0, next), width - left, a.stride(), pivots, k, next, parallel);
  solve_by_halves<T>(true, {.lower = true, .unit_diagonal = true}, left, width - left, a.at(k, k), a.stride(),
                     a.at(k, next), a.stride(), parallel);
  gemm<T>(false, false, n - next, width - left, left, -1, a.at(next, k), a.stride(), a.at(k, next), a.stride(), true,
          a.at(next, next), a.stride(), parallel);
  factor_columns(a, pivots, next, width - left, parallel);
  swap_rows(a.at(0, k), left, a.stride(), pivots, next, k + width, parallel);
}

}  // namespace

template <class T>
Lu<T> factor_lu(Columns<T> matrix, bool parallel) {
  const std::ptrdiff_t n = matrix.rows();
  Lu<T> lu{std::move(matrix), Tensor<int, 1>({n}), false};
  if (n > 0) factor_columns(lu.a, lu.pivots.data(), 0, n, parallel);
  for (std::ptrdiff_t i = 0; i < n; ++i) lu.singular |= *lu.a.at(i, i) == 0;
  return lu;
}

template <class T>
void solve_lu(const Lu<T>& lu, View<T, 2> x, bool parallel) {
  const std::ptrdiff_t n = lu.a.rows(), sides = x.extent(1), stride = x.stride(1);
  swap_rows(x.data(), sides, stride, lu.pivots.data(), 0, n, parallel);
  solve_by_halves<T>(true, {.lower = true, .unit_diagonal = true}, n, sides, lu.a.data(), lu.a.stride(), x.data(),
                     stride, parallel);
  solve_by_halves<T>(true, {.lower = false}, n, sides, lu.a.data(), lu.a.stride(), x.data(), stride, parallel);
}

template <class T>
void invert_lu(const Lu<T>& lu, T* columns, std::ptrdiff_t stride, bool parallel) {
  const std::ptrdiff_t n = lu.a.rows();
  // Column j of U^-1 L^-1 is column source[j] of the inverse, whose P comes last.
  Tensor<std::ptrdiff_t, 1> source({n});
  std::iota(source.data(), source.data() + n, 0);
  for (std::ptrdiff_t i = 0; i < n; ++i) std::swap(source[i], source[lu.pivots[i]]);
  Columns<T> x(n, n);  // in `columns` themselves a stride that is a power of two costs more than this copy
  invert_unit_lower<T>(n, lu.a.data(), lu.a.stride(), x.data(), x.stride(), parallel);
  solve_by_halves<T>(true, {.lower = false}, n, n, lu.a.data(), lu.a.stride(), x.data(), x.stride(), parallel);
  parallel_for(n, {kTile, parallel}, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
    for (std::ptrdiff_t j = begin; j < end; ++j) std::copy_n(x.at(0, j), n, columns + source[j] * stride);
  });
}

template <class T>
T estimate_rcond(const Lu<T>& lu, T norm_one) {
  const std::ptrdiff_t n = lu.a.rows();
  if (n == 0) return 1;
  if (lu.singular || norm_one == 0) return 0;
  const auto solve = [&](T* x, bool transposed) {
    if (!transposed) return solve_lu<T>(lu, View<T, 2>(x, {n, 1}, {1, n}), false);
    solve_by_halves<T>(true, {.lower = false, .transposed = true}, n, 1, lu.a.data(), lu.a.stride(), x, n, false);
    solve_by_halves<T>(true, {.lower = true, .transposed = true, .unit_diagonal = true}, n, 1, lu.a.data(),
                       lu.a.stride(), x, n, false);
    for (std::ptrdiff_t i = n; i-- > 0;) std::swap(x[i], x[lu.pivots[i]]);
  };
  const auto sum = [n](const T* x) {
    T total = 0;
    for (std::ptrdiff_t i = 0; i < n; ++i) total += std::abs(x[i]);
    return total;
  };
  // Hager's ascent (Higham 1988, as LAPACK's lacon): a column of the inverse that is as long as any near it.
  Tensor<T, 1> x({n}), z({n});
  std::fill_n(x.data(), n, T{1} / static_cast<T>(n));
  T norm = 0;
  std::ptrdiff_t before = -1;
  for (int round = 0; round < 5; ++round) {
    solve(x.data(), false);
    const T now = sum(x.data());
    if (round > 0 && !(now > norm)) break;
    norm = now;
    for (std::ptrdiff_t i = 0; i < n; ++i) z[i] = x[i] < 0 ? T{-1} : T{1};
    solve(z.data(), true);
    const auto longest = std::max_element(z.data(), z.data() + n, [](T p, T q) { return std::abs(p) < std::abs(q); });
    const std::ptrdiff_t j = longest - z.data();
    if (j == before) break;
    before = j;
    std::fill_n(x.data(), n, T{0});
    x[j] = 1;
  }
  // And a vector of rising, alternating numbers, for matrices made to deceive the ascent.
  for (std::ptrdiff_t i = 0; i < n; ++i)
    x[i] = (i % 2 ? T{-1} : T{1}) * (1 + static_cast<T>(i) / static_cast<T>(std::max<std::ptrdiff_t>(n - 1, 1)));
  solve(x.data(), false);
  norm = std::max(norm, 2 * sum(x.data()) / (3 * static_cast<T>(n)));
  const T rcond = 1 / norm / norm_one;
  return rcond > 0 ? std::min(rcond, T{1}) : T{0};  // not a number where a solve overflowed
}

// NOLINTBEGIN(bugprone-macro-parentheses): T is a type
#define LAGOON_LU(T)                                                  \
  template Lu<T> factor_lu<T>(Columns<T>, bool);                      \
  template void solve_lu<T>(const Lu<T>&, View<T, 2>, bool);          \
  template void invert_lu<T>(const Lu<T>&, T*, std::ptrdiff_t, bool); \
  template T estimate_rcond<T>(const Lu<T>&, T);
// NOLINTEND(bugprone-macro-parentheses)
LAGOON_LU(double)
LAGOON_LU(float)

}  // namespace lagoon::matrix::detail
