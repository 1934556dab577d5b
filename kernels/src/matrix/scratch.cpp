// SPDX-License-Identifier: Apache-2.0
#include "scratch.hpp"

#include <algorithm>
#include <cmath>
#include <lagoon/engine/parallel.hpp>
#include <limits>

namespace lagoon::matrix::detail {
namespace {

constexpr std::ptrdiff_t kTile = 32;          // 32 x 32 doubles of either order: a quarter of L1
constexpr std::ptrdiff_t kGrain = 64 * 1024;  // elements per task

/// Strips of rows, some per task, so that a task has kGrain elements.
std::ptrdiff_t rows_per_task(std::ptrdiff_t columns) {
  return std::max<std::ptrdiff_t>(1, kGrain / std::max<std::ptrdiff_t>(columns, 1) / kTile) * kTile;
}

template <class T>
void copy_line(const T* from, T* to, std::ptrdiff_t n, T factor) {
  if (factor == 1) {
    std::copy_n(from, n, to);
  } else {
    for (std::ptrdiff_t i = 0; i < n; ++i) to[i] = factor * from[i];
  }
}

}  // namespace

template <class T>
void copy(View<const T, 2> from, View<T, 2> to, bool parallel, T factor) {
  const std::ptrdiff_t columns = from.extent(1);
  if (from.stride(1) == 1 && to.stride(1) == 1) {
    parallel_for(from.extent(0), {rows_per_task(columns), parallel}, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
      for (std::ptrdiff_t i = begin; i < end; ++i) copy_line(&from(i, 0), &to(i, 0), columns, factor);
    });
    return;
  }
  if (from.stride(0) == 1 && to.stride(0) == 1) return copy<T>(from.transposed(), to.transposed(), parallel, factor);
  parallel_for(from.extent(0), {rows_per_task(columns), parallel}, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
    for (std::ptrdiff_t i0 = begin; i0 < end; i0 += kTile)
      for (std::ptrdiff_t j0 = 0; j0 < columns; j0 += kTile) {
        const std::ptrdiff_t i1 = std::min(end, i0 + kTile), j1 = std::min(columns, j0 + kTile);
        if (to.stride(1) == 1) {
          for (std::ptrdiff_t i = i0; i < i1; ++i)
            for (std::ptrdiff_t j = j0; j < j1; ++j) to(i, j) = factor * from(i, j);
        } else {
          for (std::ptrdiff_t j = j0; j < j1; ++j)
            for (std::ptrdiff_t i = i0; i < i1; ++i) to(i, j) = factor * from(i, j);
        }
      }
  });
}

template <class T>
void fill(View<T, 2> to, T value) {
  for (std::ptrdiff_t j = 0; j < to.extent(1); ++j)
    for (std::ptrdiff_t i = 0; i < to.extent(0); ++i) to(i, j) = value;
}

template <class T>
void fill_identity(View<T, 2> to, bool parallel) {
  parallel_for(to.extent(1), {rows_per_task(to.extent(0)), parallel}, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
    fill<T>(to.slice(1, begin, end), 0);
    for (std::ptrdiff_t j = begin; j < std::min(end, to.extent(0)); ++j) to(j, j) = 1;
  });
}

template <class T>
T largest(View<const T, 2> a, bool parallel) {
  if (a.extent(1) == 0) return 0;
  if (a.stride(0) < a.stride(1)) a = a.transposed();  // along what lies together
  const std::ptrdiff_t columns = a.extent(1);
  return parallel_reduce<T>(
      a.extent(0), {rows_per_task(columns), parallel},
      [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
        // Side by side: one maximum would wait for the one before.
        constexpr std::ptrdiff_t kLanes = 16;
        T most[kLanes] = {}, nan[kLanes] = {};
        const auto look = [&](std::ptrdiff_t lane, T x) {
          const T v = std::abs(x);
          most[lane] = v > most[lane] ? v : most[lane];
          nan[lane] = v == v ? nan[lane] : v;
        };
        for (std::ptrdiff_t i = begin; i < end; ++i) {
          std::ptrdiff_t j = 0;
          if (a.stride(1) == 1)
            for (const T* line = &a(i, 0); j + kLanes <= columns; j += kLanes)
              for (std::ptrdiff_t lane = 0; lane < kLanes; ++lane) look(lane, line[j + lane]);
          for (; j < columns; ++j) look(0, a(i, j));
        }
        for (const T v : nan)
          if (v != 0) return v;
        return *std::max_element(most, most + kLanes);
      },
      [](T p, T q) { return std::isnan(p)   ? p
                            : std::isnan(q) ? q
                                            : std::max(p, q); });
}

template <class T>
T safe_scale(T largest) {
  // Well inside the roots of the range, so that a sum of n squares and the growth of pivots have room.
  constexpr int kRoom = std::numeric_limits<T>::max_exponent / 4;
  if (largest == 0 || !std::isfinite(largest)) return 1;
  const int exponent = std::ilogb(largest);
  if (exponent < kRoom && exponent > -kRoom) return 1;
  return power_to_one(largest);
}

template <class T>
Tensor<T, 2> nan_matrix(std::ptrdiff_t rows, std::ptrdiff_t columns) {
  return Tensor<T, 2>::filled({rows, columns}, std::numeric_limits<T>::quiet_NaN());
}

template <class T>
Tensor<T, 2> row_major(View<const T, 2> from, bool parallel, T factor) {
  Tensor<T, 2> to(from.extents());
  copy<T>(from, to.view(), parallel, factor);
  return to;
}

#define LAGOON_SCRATCH(T)                                              \
  template void copy<T>(View<const T, 2>, View<T, 2>, bool, T);        \
  template void fill<T>(View<T, 2>, T);                                \
  template void fill_identity<T>(View<T, 2>, bool);                    \
  template T largest<T>(View<const T, 2>, bool);                       \
  template T safe_scale<T>(T);                                         \
  template Tensor<T, 2> nan_matrix<T>(std::ptrdiff_t, std::ptrdiff_t); \
  template Tensor<T, 2> row_major<T>(View<const T, 2>, bool, T);
LAGOON_SCRATCH(double)
LAGOON_SCRATCH(float)

}  // namespace lagoon::matrix::detail
