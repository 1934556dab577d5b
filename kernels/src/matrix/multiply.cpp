// SPDX-License-Identifier: Apache-2.0
#include <lagoon/kernels/matrix/multiply.hpp>

#include <algorithm>
#include <lagoon/engine/parallel.hpp>

#include "backend.hpp"

namespace lagoon::matrix {
namespace {

/// A factor as the backend takes it: contiguous along rows, or along columns.
template <class T>
struct Operand {
  const T* data;
  std::ptrdiff_t stride;
  bool by_columns;
  Tensor<T, 2> copy;  // of what lies neither way

  const T* at(std::ptrdiff_t row, std::ptrdiff_t column) const {
    return data + (by_columns ? row + column * stride : row * stride + column);
  }
};

/// Whether lines along `axis` are contiguous and follow each other upwards.
template <class T>
bool lies_along(View<T, 2> a, std::size_t axis) {
  constexpr std::ptrdiff_t kMost = 2147483647;
  const std::size_t other = 1 - axis;
  const std::ptrdiff_t length = std::max<std::ptrdiff_t>(a.extent(axis), 1);
  return (a.stride(axis) == 1 || a.extent(axis) <= 1) &&
         (a.extent(other) <= 1 || (a.stride(other) >= length && a.stride(other) <= kMost));
}

template <class T>
Operand<T> operand(View<const T, 2> a) {
  const auto stride = [&](std::size_t axis) {  // of a single line any that is long enough
    const std::ptrdiff_t length = std::max<std::ptrdiff_t>(a.extent(axis), 1);
    return a.extent(1 - axis) <= 1 ? length : a.stride(1 - axis);
  };
  if (lies_along(a, 1)) return {a.data(), stride(1), false, {}};
  if (lies_along(a, 0)) return {a.data(), stride(0), true, {}};
  Tensor<T, 2> copy = Tensor<T, 2>::copy_of(a);
  const T* data = copy.data();
  return {data, std::max<std::ptrdiff_t>(a.extent(1), 1), false, std::move(copy)};
}

/// Rows and columns of the result per task. Tiles are near square, since packing costs the rim and multiplying the
/// area; of 1024 or fewer packing shows, of more a large product has too few for its cores.
struct Tile {
  std::ptrdiff_t rows, columns;
};
Tile tile_of(std::ptrdiff_t m, std::ptrdiff_t n, std::ptrdiff_t k) {
  constexpr double kSmall = 2.0 * 96 * 96 * 96;  // 40 us: one task
  if (2.0 * static_cast<double>(m) * static_cast<double>(n) * static_cast<double>(k) <= kSmall) return {m, n};
  const auto cut = [](std::ptrdiff_t extent) {
    // 2 parts from 128, 4 from 2048, then as many of 1024 as it takes.
    const std::ptrdiff_t parts = extent < 128    ? 1
                                 : extent < 2048 ? 2
                                                 : std::max<std::ptrdiff_t>(4, (extent + 1023) / 1024);
    return (extent + parts - 1) / parts / 8 * 8 + 8;
  };
  return {cut(m), cut(n)};
}

/// c = a b with c's rows contiguous. The backend is column-major: it makes the transpose of c of those of b and a.
template <class T>
void multiply_rows(View<const T, 2> a, View<const T, 2> b, T* c, std::ptrdiff_t stride, bool parallel) {
  const std::ptrdiff_t m = a.extent(0), k = a.extent(1), n = b.extent(1);
  if (m == 0 || n == 0) return;
  if (k == 0) {
    for (std::ptrdiff_t i = 0; i < m; ++i) std::fill_n(c + i * stride, n, T{0});
    return;
  }
  const Operand<T> left = operand(a), right = operand(b);
  const Tile tile = tile_of(m, n, k);
  const std::ptrdiff_t across = (n + tile.columns - 1) / tile.columns, down = (m + tile.rows - 1) / tile.rows;
  parallel_for(across * down, {1, parallel}, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
    for (std::ptrdiff_t t = begin; t < end; ++t) {
      const std::ptrdiff_t i = t / across * tile.rows, j = t % across * tile.columns;
      detail::gemm<T>(right.by_columns, left.by_columns, std::min(tile.columns, n - j), std::min(tile.rows, m - i), k,
                      1, right.at(0, j), right.stride, left.at(i, 0), left.stride, 0, c + i * stride + j, stride);
    }
  });
}

template <class T>
void check(View<const T, 2> a, View<const T, 2> b, const char* what) {
  detail::check_extents(a, what);
  detail::check_extents(b, what, "b");
  if (a.extent(1) != b.extent(0))
    throw Error(Errc::invalid_argument, std::string(what) + ": a is " + detail::shape(a) + ", b is " +
                                            detail::shape(b) + "; inner sizes must agree");
}

template <class T>
Tensor<T, 2> product(View<const T, 2> a, View<const T, 2> b, bool parallel) {
  check(a, b, "multiply");
  Tensor<T, 2> c({a.extent(0), b.extent(1)});
  multiply_rows(a, b, c.data(), std::max<std::ptrdiff_t>(b.extent(1), 1), parallel);
  return c;
}

template <class T>
void product_into(View<T, 2> c, View<const T, 2> a, View<const T, 2> b, bool parallel) {
  check(a, b, "multiply_into");
  if (c.extent(0) != a.extent(0) || c.extent(1) != b.extent(1))
    throw Error(Errc::invalid_argument, "multiply_into: a is " + detail::shape(a) + ", b is " + detail::shape(b) +
                                            ", c is " + detail::shape(c) + "; it must be " +
                                            std::to_string(a.extent(0)) + "x" + std::to_string(b.extent(1)));
  const auto stride = [](View<T, 2> v) {
    return v.extent(0) <= 1 ? std::max<std::ptrdiff_t>(v.extent(1), 1) : v.stride(0);
  };
  if (lies_along(c, 1)) return multiply_rows(a, b, c.data(), stride(c), parallel);
  if (lies_along(c, 0))
    return multiply_rows(b.transposed(), a.transposed(), c.data(), stride(c.transposed()), parallel);
  const Tensor<T, 2> made = product(a, b, parallel);
  detail::copy<T>(made.view(), c, parallel);
}

template <class T>
Tensor<T, 3> products(View<const T, 3> a, View<const T, 3> b, bool parallel) {
  const std::ptrdiff_t count = a.extent(0);
  const auto one = [](View<const T, 3> v, std::ptrdiff_t i) {
    return View<const T, 2>(v.data() + i * v.stride(0), {v.extent(1), v.extent(2)}, {v.stride(1), v.stride(2)});
  };
  if (count != b.extent(0))
    throw Error(Errc::invalid_argument,
                "multiply_batch: a has " + std::to_string(count) + " matrices, b has " + std::to_string(b.extent(0)));
  check(one(a, 0), one(b, 0), "multiply_batch");
  const std::ptrdiff_t m = a.extent(1), k = a.extent(2), n = b.extent(2);
  Tensor<T, 3> c({count, m, n});
  if (c.empty()) return c;
  const double work =
      2.0 * static_cast<double>(m) * static_cast<double>(n) * static_cast<double>(std::max<std::ptrdiff_t>(k, 1));
  const auto grain = static_cast<std::ptrdiff_t>(std::clamp(1e6 / work, 1.0, 1e6));  // 50 us and more
  parallel_for(count, {grain, parallel}, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
    for (std::ptrdiff_t i = begin; i < end; ++i) multiply_rows(one(a, i), one(b, i), c.data() + i * m * n, n, parallel);
  });
  return c;
}

}  // namespace

#define LAGOON_MULTIPLY(T)                                                                                  \
  Tensor<T, 2> multiply(View<const T, 2> a, View<const T, 2> b, const ComputeOptions& options) {            \
    return product(a, b, options.parallel);                                                                 \
  }                                                                                                         \
  void multiply_into(View<T, 2> c, View<const T, 2> a, View<const T, 2> b, const ComputeOptions& options) { \
    product_into(c, a, b, options.parallel);                                                                \
  }                                                                                                         \
  Tensor<T, 3> multiply_batch(View<const T, 3> a, View<const T, 3> b, const ComputeOptions& options) {      \
    return products(a, b, options.parallel);                                                                \
  }
LAGOON_MULTIPLY(double)
LAGOON_MULTIPLY(float)

}  // namespace lagoon::matrix
