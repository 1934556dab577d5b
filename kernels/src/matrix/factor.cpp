// SPDX-License-Identifier: Apache-2.0
#include <lagoon/kernels/matrix/factor.hpp>

#include <algorithm>
#include <cmath>
#include <lagoon/engine/parallel.hpp>
#include <lagoon/engine/stop.hpp>

#include "backend.hpp"
#include "reflections.hpp"

namespace lagoon::matrix {
namespace {

using detail::Columns;

constexpr std::ptrdiff_t kBlock = 128;

template <class T>
Cholesky<T> cholesky_of(View<const T, 2> given, bool parallel) {
  detail::check_square(given, "cholesky");
  const std::ptrdiff_t n = given.extent(0);
  Columns<T> a(n, n);
  detail::copy<T>(given, a.view(), parallel);
  for (std::ptrdiff_t j = 0; j < n; ++j) std::fill_n(a.at(0, j), j, T{0});  // what is above may be anything
  const T scale = detail::safe_scale(detail::largest<T>(a.view(), parallel));
  // A square root must come out of the scale exactly.
  const T root = scale == 1 ? T{1} : std::ldexp(T{1}, std::ilogb(scale) / 2);
  if (root != 1) detail::copy<T>(a.view(), a.view(), parallel, root * root);
  for (std::ptrdiff_t k = 0; k < n; k += kBlock) {
    throw_if_stopped();
    const std::ptrdiff_t width = std::min(kBlock, n - k), next = k + width;
    const int failed = detail::cholesky_block(width, a.at(k, k), a.stride());
    // An infinite pivot passes for positive, a NaN may.
    for (std::ptrdiff_t i = 0; i < width; ++i)
      if ((failed == 0 || i + 1 < failed) && !std::isfinite(*a.at(k + i, k + i)))
        return {detail::nan_matrix<T>(n, n), k + i + 1};
    if (failed != 0) return {detail::nan_matrix<T>(n, n), k + failed};
    parallel_for(n - next, {2 * kBlock, parallel}, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
      detail::solve_triangle<T>(false, {.lower = true, .transposed = true}, end - begin, width, a.at(k, k), a.stride(),
                                a.at(next + begin, k), a.stride());
    });
    // Each task takes a block column of the rest, from its diagonal down; zeros above come back at the end.
    const std::ptrdiff_t columns = (n - next + kBlock - 1) / kBlock;
    parallel_for(columns, {1, parallel}, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
      for (std::ptrdiff_t c = begin; c < end; ++c) {
        const std::ptrdiff_t j = next + c * kBlock, count = std::min(kBlock, n - j);
        detail::gemm<T>(false, true, n - j, count, width, -1, a.at(j, k), a.stride(), a.at(j, k), a.stride(), 1,
                        a.at(j, j), a.stride());
      }
    });
  }
  for (std::ptrdiff_t j = 0; j < n; ++j) std::fill_n(a.at(0, j), j, T{0});
  return {detail::row_major<T>(a.view(), parallel, 1 / root), 0};
}

template <class T>
Qr<T> qr_of(View<const T, 2> given, bool parallel) {
  detail::check_extents(given, "qr");
  const std::ptrdiff_t m = given.extent(0), n = given.extent(1), rank = std::min(m, n);
  const T size = detail::largest(given, parallel);
  if (!std::isfinite(size)) return {detail::nan_matrix<T>(m, rank), detail::nan_matrix<T>(rank, n)};
  const T scale = detail::safe_scale(size);
  Columns<T> a(m, n);
  detail::copy<T>(given, a.view(), parallel, scale);
  auto reflections = detail::factor_qr(std::move(a), parallel);
  Qr<T> result;
  result.r = Tensor<T, 2>::zeros({rank, n});
  for (std::ptrdiff_t i = 0; i < rank; ++i)
    for (std::ptrdiff_t j = i; j < n; ++j) result.r(i, j) = *reflections.a.at(i, j) / scale;
  result.q = detail::row_major<T>(detail::orthonormal_columns(reflections, rank, parallel).view(), parallel);
  return result;
}

}  // namespace

#define LAGOON_FACTOR(T)                                                                                               \
  Cholesky<T> cholesky(View<const T, 2> a, const ComputeOptions& options) { return cholesky_of(a, options.parallel); } \
  Qr<T> qr(View<const T, 2> a, const ComputeOptions& options) { return qr_of(a, options.parallel); }
LAGOON_FACTOR(double)
LAGOON_FACTOR(float)

}  // namespace lagoon::matrix
