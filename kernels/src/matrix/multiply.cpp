// SPDX-License-Identifier: Apache-2.0
#include <lagoon/kernels/matrix/multiply.hpp>

#include <algorithm>
#include <cstdint>
#include <lagoon/engine/parallel.hpp>
#include <optional>

#include "product.hpp"
#include "scratch.hpp"
#include "small_product_simd.hpp"

namespace lagoon::matrix {
namespace {

/// Whether lines along `axis` are contiguous.
template <class T>
bool lies_along(View<T, 2> a, std::size_t axis) {
  return a.stride(axis) == 1 || a.extent(axis) <= 1;
}

/// Whether loops without copies do the product best, and then what they are told: one product, at first.
template <class T>
std::optional<detail::SmallProducts<T>> as_small(View<const T, 2> a, View<const T, 2> b, T* c, std::ptrdiff_t c_row) {
  if (!detail::is_small(a.extent(0), b.extent(1), a.extent(1)) || a.extent(1) == 0 || !lies_along(b, 1))
    return std::nullopt;
  return detail::SmallProducts<T>{1,           a.extent(0), b.extent(1), a.extent(1), a.data(), 0, a.stride(0),
                                  a.stride(1), b.data(),    0,           b.stride(0), c,        0, c_row};
}
template <class T>
void multiply_small(const detail::SmallProducts<T>& p, bool past_the_cache) {
  if constexpr (std::is_same_v<T, double>)
    detail::small_product_kernels().multiply_f64(p, past_the_cache);
  else
    detail::small_product_kernels().multiply_f32(p, past_the_cache);
}

/// c = a b with c's rows contiguous.
template <class T>
void multiply_rows(View<const T, 2> a, View<const T, 2> b, T* c, std::ptrdiff_t c_row, bool parallel) {
  if (const auto small = as_small(a, b, c, c_row)) return multiply_small(*small, false);
  detail::product<T>(a, b, 1, false, c, c_row, parallel);
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
  if (lies_along(c, 1)) return multiply_rows(a, b, c.data(), c.stride(0), parallel);
  if (lies_along(c, 0)) return multiply_rows(b.transposed(), a.transposed(), c.data(), c.stride(1), parallel);
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
  // All matrices of a batch lie alike: where they are small and lie well, many are one call.
  const auto c0 = matrix_at(c, 0);
  auto small = lies_along(c0, 1) ? as_small(matrix_at(a, 0), matrix_at(b, 0), c.data(), c.stride(1)) : std::nullopt;
  if (small) {
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
