// SPDX-License-Identifier: Apache-2.0
#include <lagoon/kernels/matrix/factor.hpp>

#include <algorithm>
#include <cmath>
#include <lagoon/engine/parallel.hpp>
#include <lagoon/engine/stop.hpp>

#include "backend.hpp"
#include "product.hpp"
#include "reflections.hpp"
#include "triangle.hpp"

namespace lagoon::matrix {
namespace {

using detail::Columns;

constexpr std::ptrdiff_t kBlock = 128;

/// a -= x x' on and below the diagonal of rows and columns [k, k + width), with x the columns [from, from + inner) of
/// the same rows. Above the diagonal anything may stand: blocks on it are updated as a whole.
template <class T>
void subtract_square(Columns<T>& a, std::ptrdiff_t k, std::ptrdiff_t width, std::ptrdiff_t from, std::ptrdiff_t inner,
                     bool parallel) {
  const std::ptrdiff_t first = width > 2 * kBlock ? detail::half_of(width, kBlock) : width;
  if (first < width) {
    subtract_square(a, k, first, from, inner, parallel);
    subtract_square(a, k + first, width - first, from, inner, parallel);
  }
  const std::ptrdiff_t row = first < width ? k + first : k, rows = k + width - row;
  detail::gemm<T>(false, true, rows, first, inner, -1, a.at(row, from), a.stride(), a.at(k, from), a.stride(), true,
                  a.at(row, k), a.stride(), parallel);
}

/// L of rows and columns [k, k + width) in place, by halves: nearly all of the work becomes products.
///   returns  0 or the order of the first minor that is not positive
template <class T>
std::ptrdiff_t factor_by_halves(Columns<T>& a, std::ptrdiff_t k, std::ptrdiff_t width, bool parallel) {
  if (width <= kBlock) {
    throw_if_stopped();
    const int failed = detail::cholesky_block(width, a.at(k, k), a.stride());
    // An infinite pivot passes for positive, a NaN may.
    for (std::ptrdiff_t i = 0; i < width; ++i)
      if ((failed == 0 || i + 1 < failed) && !std::isfinite(*a.at(k + i, k + i))) return k + i + 1;
    return failed == 0 ? 0 : k + failed;
  }
  const std::ptrdiff_t first = detail::half_of(width, kBlock), next = k + first, rest = width - first;
  if (const std::ptrdiff_t minor = factor_by_halves(a, k, first, parallel)) return minor;
  detail::solve_by_halves<T>(false, {.lower = true, .transposed = true}, rest, first, a.at(k, k), a.stride(),
                             a.at(next, k), a.stride(), parallel);
  subtract_square(a, next, rest, k, first, parallel);
  return factor_by_halves(a, next, rest, parallel);
}

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
  if (const std::ptrdiff_t minor = factor_by_halves(a, 0, n, parallel)) return {detail::nan_matrix<T>(n, n), minor};
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
