// SPDX-License-Identifier: Apache-2.0
#include <lagoon/kernels/matrix/multiply.hpp>

#include <algorithm>
#include <cstdint>
#include <lagoon/engine/parallel.hpp>
#include <lagoon/engine/stop.hpp>
#include <optional>

#include "backend.hpp"
#include "small_product_simd.hpp"

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

/// Rows and columns of the result per task, by sizes alone. OpenBLAS packs the wider factor once for each task, so
/// strips of rows cost least: four of them 2 to 5 % of one call at 512 and 1024, where 4 x 4 tiles cost 10 (Zen 4, one
/// thread).
struct Tile {
  std::ptrdiff_t rows, columns;
};
Tile tile_of(std::ptrdiff_t m, std::ptrdiff_t n, std::ptrdiff_t k) {
  constexpr double kSmall = 2.0 * 96 * 96 * 96;  // 40 us: one task
  if (2.0 * static_cast<double>(m) * static_cast<double>(n) * static_cast<double>(k) <= kSmall) return {m, n};
  const auto cut = [](std::ptrdiff_t extent, std::ptrdiff_t parts) {
    return ((extent + parts - 1) / parts + 7) / 8 * 8;  // whole vectors
  };
  const std::ptrdiff_t down = m <= 1024 ? std::max<std::ptrdiff_t>(1, m / 256) : std::max<std::ptrdiff_t>(4, m / 512);
  const std::ptrdiff_t across = m < 512 ? std::max<std::ptrdiff_t>(1, n / 512) : std::max<std::ptrdiff_t>(1, n / 4096);
  return {cut(m, down), cut(n, across)};
}

/// Whether loops of our own do the product best, and then what they are told: one product, at first.
template <class T>
std::optional<detail::SmallProducts<T>> as_small(const Operand<T>& left, const Operand<T>& right, std::ptrdiff_t m,
                                                 std::ptrdiff_t n, std::ptrdiff_t k, T* c, std::ptrdiff_t stride) {
  if (!detail::is_small(m, n, k) || right.by_columns) return std::nullopt;
  const std::ptrdiff_t a_row = left.by_columns ? 1 : left.stride, a_column = left.by_columns ? left.stride : 1;
  return detail::SmallProducts<T>{1, m, n, k, left.data, 0, a_row, a_column, right.data, 0, right.stride, c, 0, stride};
}
template <class T>
void multiply_small(const detail::SmallProducts<T>& p, bool past_the_cache) {
  if constexpr (std::is_same_v<T, double>)
    detail::small_product_kernels().multiply_f64(p, past_the_cache);
  else
    detail::small_product_kernels().multiply_f32(p, past_the_cache);
}

// One call of the backend, after which the call's stop is looked at, has so many columns at most and inner_step() of
// the inner size: 8 ms at 1024, 32 ms at 4096 and above (Zen 4). Narrower calls pack a factor again and cost 2 %.
constexpr std::ptrdiff_t kAcross = 4096;

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
  if (const auto small = as_small(left, right, m, n, k, c, stride)) return multiply_small(*small, false);
  const Tile tile = tile_of(m, n, k);
  const std::ptrdiff_t inner = detail::inner_step();
  const std::ptrdiff_t across = (n + tile.columns - 1) / tile.columns, down = (m + tile.rows - 1) / tile.rows;
  parallel_for(across * down, {1, parallel}, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
    for (std::ptrdiff_t t = begin; t < end; ++t) {
      const std::ptrdiff_t i = t / across * tile.rows, first = t % across * tile.columns;
      const std::ptrdiff_t last = std::min(n, first + tile.columns);
      for (std::ptrdiff_t l = 0; l < k; l += inner) {
        for (std::ptrdiff_t j = first; j < last; j += kAcross) {
          throw_if_stopped();
          detail::gemm<T>(right.by_columns, left.by_columns, std::min(kAcross, last - j), std::min(tile.rows, m - i),
                          std::min(inner, k - l), 1, right.at(l, j), right.stride, left.at(i, l), left.stride,
                          l == 0 ? T{0} : T{1}, c + i * stride + j, stride);
        }
      }
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
void product_into(View<T, 2> c, View<const T, 2> a, View<const T, 2> b, const char* what, bool parallel) {
  check(a, b, what);
  if (c.extent(0) != a.extent(0) || c.extent(1) != b.extent(1))
    throw Error(Errc::invalid_argument, std::string(what) + ": a is " + detail::shape(a) + ", b is " +
                                            detail::shape(b) + ", c is " + detail::shape(c) + "; it must be " +
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

/// One matrix of a batch.
template <class T>
View<T, 2> matrix_at(View<T, 3> v, std::ptrdiff_t i) {
  return {v.data() + i * v.stride(0), {v.extent(1), v.extent(2)}, {v.stride(1), v.stride(2)}};
}

/// Whether small products are better written around the cache: there are more than it holds, and so little is computed
/// for each number that reading its line first, to write it, would take longer.
template <class T>
bool passes_the_cache(View<T, 3> c, std::ptrdiff_t k) {
  constexpr std::ptrdiff_t kLine = 64 / sizeof(T), kCache = 16 << 20, kMemoryBound = 24;
  const bool whole_lines = c.extent(2) % kLine == 0 && c.stride(0) % kLine == 0 && c.stride(1) % kLine == 0 &&
                           reinterpret_cast<std::uintptr_t>(c.data()) % 64 == 0;  // NOLINT: only its alignment
  return whole_lines && k <= kMemoryBound && c.size() * static_cast<std::ptrdiff_t>(sizeof(T)) > kCache;
}

template <class T>
void products_into(View<T, 3> c, View<const T, 3> a, View<const T, 3> b, const char* what, bool parallel) {
  const std::ptrdiff_t count = c.extent(0), m = c.extent(1), k = a.extent(2), n = c.extent(2);
  const double work = 2.0 * static_cast<double>(m) * static_cast<double>(n) * static_cast<double>(k) + 100;
  const auto grain = static_cast<std::ptrdiff_t>(std::clamp(1.4e5 / work, 1.0, 1e6));  // 2.5 us and more
  // All matrices of a batch lie alike. Where they are small and lie well, each is one call.
  const auto a0 = matrix_at(a, 0), b0 = matrix_at(b, 0);
  const auto c0 = matrix_at(c, 0);
  const auto lies_well = [](const auto& v) { return lies_along(v, 1) || lies_along(v, 0); };
  const Tile tile = tile_of(m, n, k);
  if (k > 0 && tile.rows == m && tile.columns == n && lies_along(c0, 1) && lies_well(a0) && lies_well(b0)) {
    const Operand<T> left = operand(a0), right = operand(b0);
    const std::ptrdiff_t stride = m <= 1 ? n : c.stride(1);
    if (auto small = as_small(left, right, m, n, k, c.data(), stride)) {
      small->a_next = a.stride(0);
      small->b_next = b.stride(0);
      small->c_next = c.stride(0);
      const bool past = passes_the_cache(c, k);
      parallel_for(count, {grain, parallel}, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
        auto some = *small;
        some.count = end - begin;
        some.a += begin * some.a_next;
        some.b += begin * some.b_next;
        some.c += begin * some.c_next;
        multiply_small(some, past);
      });
      return;
    }
    parallel_for(count, {grain, parallel}, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
      for (std::ptrdiff_t i = begin; i < end; ++i)
        detail::gemm<T>(right.by_columns, left.by_columns, n, m, k, 1, right.data + i * b.stride(0), right.stride,
                        left.data + i * a.stride(0), left.stride, 0, c.data() + i * c.stride(0), stride);
    });
    return;
  }
  parallel_for(count, {grain, parallel}, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
    for (std::ptrdiff_t i = begin; i < end; ++i)
      product_into<T>(matrix_at(c, i), matrix_at(a, i), matrix_at(b, i), what, parallel);
  });
}

template <class T>
void check_batch(View<const T, 3> a, View<const T, 3> b, const char* what) {
  if (a.extent(0) != b.extent(0))
    throw Error(Errc::invalid_argument, std::string(what) + ": a has " + std::to_string(a.extent(0)) +
                                            " matrices, b has " + std::to_string(b.extent(0)));
  check(matrix_at(a, 0), matrix_at(b, 0), what);
}

template <class T>
Tensor<T, 3> products(View<const T, 3> a, View<const T, 3> b, bool parallel) {
  check_batch(a, b, "multiply_batch");
  Tensor<T, 3> c({a.extent(0), a.extent(1), b.extent(2)});
  if (!c.empty()) products_into<T>(c.view(), a, b, "multiply_batch", parallel);
  return c;
}

template <class T>
void products_into_checked(View<T, 3> c, View<const T, 3> a, View<const T, 3> b, bool parallel) {
  check_batch(a, b, "multiply_batch_into");
  const Extents<3> wanted{a.extent(0), a.extent(1), b.extent(2)};
  if (c.extents() != wanted) {
    const auto text = [](const Extents<3>& e) {
      return std::to_string(e[0]) + "x" + std::to_string(e[1]) + "x" + std::to_string(e[2]);
    };
    throw Error(Errc::invalid_argument,
                "multiply_batch_into: c is " + text(c.extents()) + "; it must be " + text(wanted));
  }
  if (!c.empty()) products_into(c, a, b, "multiply_batch_into", parallel);
}

}  // namespace

#define LAGOON_MULTIPLY(T)                                                                                        \
  Tensor<T, 2> multiply(View<const T, 2> a, View<const T, 2> b, const ComputeOptions& options) {                  \
    return product(a, b, options.parallel);                                                                       \
  }                                                                                                               \
  void multiply_into(View<T, 2> c, View<const T, 2> a, View<const T, 2> b, const ComputeOptions& options) {       \
    product_into(c, a, b, "multiply_into", options.parallel);                                                     \
  }                                                                                                               \
  Tensor<T, 3> multiply_batch(View<const T, 3> a, View<const T, 3> b, const ComputeOptions& options) {            \
    return products(a, b, options.parallel);                                                                      \
  }                                                                                                               \
  void multiply_batch_into(View<T, 3> c, View<const T, 3> a, View<const T, 3> b, const ComputeOptions& options) { \
    products_into_checked(c, a, b, options.parallel);                                                             \
  }
LAGOON_MULTIPLY(double)
LAGOON_MULTIPLY(float)

}  // namespace lagoon::matrix
