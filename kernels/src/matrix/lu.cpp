// SPDX-License-Identifier: Apache-2.0
#include "lu.hpp"

#include <algorithm>
#include <cmath>
#include <lagoon/engine/parallel.hpp>
#include <lagoon/engine/stop.hpp>
#include <numeric>
#include <utility>

#include "backend.hpp"

namespace lagoon::matrix::detail {
namespace {

constexpr std::ptrdiff_t kPanel = 128;  // columns that are factored before the rest is updated
constexpr std::ptrdiff_t kTile = 256;   // columns of the rest, or of right-hand sides, per task

/// Swaps of rows [first, last) in some columns.
template <class T>
void swap_rows(T* columns, std::ptrdiff_t count, std::ptrdiff_t stride, const int* pivots, std::ptrdiff_t first,
               std::ptrdiff_t last) {
  for (std::ptrdiff_t j = 0; j < count; ++j) {
    T* column = columns + j * stride;
    for (std::ptrdiff_t i = first; i < last; ++i) std::swap(column[i], column[pivots[i]]);
  }
}

}  // namespace

template <class T>
Lu<T> factor_lu(Columns<T> matrix, bool parallel) {
  const std::ptrdiff_t n = matrix.rows();
  Lu<T> lu{std::move(matrix), Tensor<int, 1>({n}), false};
  Columns<T>& a = lu.a;
  int* pivots = lu.pivots.data();
  for (std::ptrdiff_t k = 0; k < n; k += kPanel) {
    throw_if_stopped();
    const std::ptrdiff_t width = std::min(kPanel, n - k), next = k + width;
    lu_panel(n - k, width, a.at(k, k), a.stride(), pivots + k);
    for (std::ptrdiff_t i = k; i < next; ++i) pivots[i] += static_cast<int>(k);
    parallel_for(n - next, {kTile, parallel}, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
      const std::ptrdiff_t first = next + begin, count = end - begin;
      swap_rows(a.at(0, first), count, a.stride(), pivots, k, next);
      solve_triangle<T>(true, {.lower = true, .unit_diagonal = true}, width, count, a.at(k, k), a.stride(),
                        a.at(k, first), a.stride());
      gemm<T>(false, false, n - next, count, width, -1, a.at(next, k), a.stride(), a.at(k, first), a.stride(), 1,
              a.at(next, first), a.stride());
    });
  }
  // Panels to the left take no part in later steps; their rows are swapped once.
  const std::ptrdiff_t panels = (n + kPanel - 1) / kPanel;
  parallel_for(panels, {2, parallel}, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
    for (std::ptrdiff_t p = begin; p < end; ++p) {
      const std::ptrdiff_t first = p * kPanel, last = std::min(n, first + kPanel);
      swap_rows(a.at(0, first), last - first, a.stride(), pivots, last, n);
    }
  });
  for (std::ptrdiff_t i = 0; i < n; ++i) lu.singular |= *a.at(i, i) == 0;
  return lu;
}

template <class T>
void solve_lu(const Lu<T>& lu, View<T, 2> x, bool parallel) {
  const std::ptrdiff_t n = lu.a.rows();
  parallel_for(x.extent(1), {64, parallel}, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
    T* columns = x.data() + begin * x.stride(1);
    swap_rows(columns, end - begin, x.stride(1), lu.pivots.data(), 0, n);
    solve_triangle<T>(true, {.lower = true, .unit_diagonal = true}, n, end - begin, lu.a.data(), lu.a.stride(), columns,
                      x.stride(1));
    solve_triangle<T>(true, {.lower = false}, n, end - begin, lu.a.data(), lu.a.stride(), columns, x.stride(1));
  });
}

template <class T>
Columns<T> invert_lu(const Lu<T>& lu, bool parallel) {
  const std::ptrdiff_t n = lu.a.rows();
  // Column j of U^-1 L^-1 is column source[j] of the inverse, whose P comes last.
  Tensor<std::ptrdiff_t, 1> source({n});
  std::iota(source.data(), source.data() + n, 0);
  for (std::ptrdiff_t i = 0; i < n; ++i) std::swap(source[i], source[lu.pivots[i]]);
  Columns<T> inverse(n, n);
  parallel_for(n, {kTile, parallel}, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
    const std::ptrdiff_t count = end - begin;
    Columns<T> tile(n, count);
    fill<T>(tile.view(), 0);
    for (std::ptrdiff_t j = 0; j < count; ++j) *tile.at(begin + j, j) = 1;
    // L^-1 has zeros above the diagonal, so the first solve starts at the tile's own rows.
    solve_triangle<T>(true, {.lower = true, .unit_diagonal = true}, n - begin, count, lu.a.at(begin, begin),
                      lu.a.stride(), tile.at(begin, 0), tile.stride());
    solve_triangle<T>(true, {.lower = false}, n, count, lu.a.data(), lu.a.stride(), tile.data(), tile.stride());
    for (std::ptrdiff_t j = 0; j < count; ++j) std::copy_n(tile.at(0, j), n, inverse.at(0, source[begin + j]));
  });
  return inverse;
}

template <class T>
T estimate_rcond(const Lu<T>& lu, T norm_one) {
  const std::ptrdiff_t n = lu.a.rows();
  if (n == 0) return 1;
  if (lu.singular || norm_one == 0) return 0;
  const auto solve = [&](T* x, bool transposed) {
    if (!transposed) return solve_lu<T>(lu, View<T, 2>(x, {n, 1}, {1, n}), false);
    solve_triangle<T>(true, {.lower = false, .transposed = true}, n, 1, lu.a.data(), lu.a.stride(), x, n);
    solve_triangle<T>(true, {.lower = true, .transposed = true, .unit_diagonal = true}, n, 1, lu.a.data(),
                      lu.a.stride(), x, n);
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

#define LAGOON_LU(T)                                         \
  template Lu<T> factor_lu<T>(Columns<T>, bool);             \
  template void solve_lu<T>(const Lu<T>&, View<T, 2>, bool); \
  template Columns<T> invert_lu<T>(const Lu<T>&, bool);      \
  template T estimate_rcond<T>(const Lu<T>&, T);
LAGOON_LU(double)
LAGOON_LU(float)

}  // namespace lagoon::matrix::detail
