// SPDX-License-Identifier: Apache-2.0
#include <lagoon/kernels/matrix/svd.hpp>

#include <algorithm>
#include <cmath>
#include <lagoon/engine/stop.hpp>
#include <lagoon/kernels/matrix/multiply.hpp>
#include <limits>

#include "backend.hpp"
#include "reflections.hpp"

namespace lagoon::matrix {
namespace {

using detail::Columns;

/// u, values and v of a matrix with m >= n, as columns.
template <class T>
struct Tall {
  Columns<T> u, v;
  Tensor<T, 1> values;
  bool converged = true;
};

template <class T>
Tall<T> decompose(View<const T, 2> given, bool vectors, bool parallel) {
  const std::ptrdiff_t m = given.extent(0), n = given.extent(1);
  Tall<T> result;
  result.values = Tensor<T, 1>({n});
  const T size = detail::largest(given, parallel), scale = detail::safe_scale(size);
  result.converged = std::isfinite(size);
  if (vectors) {
    result.u = Columns<T>(m, n);
    result.v = Columns<T>(n, n);
  }
  if (!result.converged || n == 0) return result;
  Columns<T> a(m, n);
  detail::copy<T>(given, a.view(), parallel, scale);
  throw_if_stopped();
  Columns<T>* const u = vectors ? &result.u : nullptr;
  Columns<T>* const v = vectors ? &result.v : nullptr;
  if (m * 5 < n * 8) {  // from 1.6 times as tall on, QR first pays (Chan 1982)
    result.converged = detail::svd(a, result.values.data(), u, v, parallel);
  } else {
    const auto qr = detail::factor_qr(std::move(a), parallel);
    Columns<T> r(n, n), inner(vectors ? n : 1, vectors ? n : 0);
    detail::fill<T>(r.view(), 0);
    for (std::ptrdiff_t j = 0; j < n; ++j) std::copy_n(qr.a.at(0, j), j + 1, r.at(0, j));
    result.converged = detail::svd(r, result.values.data(), vectors ? &inner : nullptr, v, parallel);
    if (vectors && result.converged) {
      detail::fill<T>(u->view(), 0);
      detail::copy<T>(inner.view(), u->view().slice(0, 0, n), parallel);
      detail::apply_q(qr, *u, parallel);
    }
  }
  for (std::ptrdiff_t i = 0; i < n; ++i) result.values[i] /= scale;
  return result;
}

template <class T>
Svd<T> svd_of(View<const T, 2> a, bool parallel) {
  detail::check_extents(a, "svd");
  const bool wide = a.extent(0) < a.extent(1);
  const std::ptrdiff_t m = a.extent(0), n = a.extent(1), k = std::min(m, n);
  auto tall = decompose(wide ? a.transposed() : a, true, parallel);
  if (!tall.converged)
    return {detail::nan_matrix<T>(m, k), Tensor<T, 1>::filled({k}, std::numeric_limits<T>::quiet_NaN()),
            detail::nan_matrix<T>(k, n), false};
  const Columns<T>&u = wide ? tall.v : tall.u, &v = wide ? tall.u : tall.v;
  return {detail::row_major<T>(u.view(), parallel), std::move(tall.values),
          detail::row_major<T>(v.view().transposed(), parallel), true};
}

template <class T>
Tensor<T, 1> values_of(View<const T, 2> a, bool parallel) {
  detail::check_extents(a, "singular_values");
  auto tall = decompose(a.extent(0) < a.extent(1) ? a.transposed() : a, false, parallel);
  if (!tall.converged) return Tensor<T, 1>::filled(tall.values.extents(), std::numeric_limits<T>::quiet_NaN());
  return std::move(tall.values);
}

template <class T>
std::ptrdiff_t count_above(const Tensor<T, 1>& values, View<const T, 2> a, double tolerance) {
  if (values.empty()) return 0;
  if (tolerance < 0)
    tolerance = static_cast<double>(std::max(a.extent(0), a.extent(1))) *
                static_cast<double>(std::numeric_limits<T>::epsilon());
  const double limit = tolerance * static_cast<double>(values[0]);
  return std::count_if(values.data(), values.data() + values.size(),
                       [&](T v) { return v > 0 && static_cast<double>(v) > limit; });
}

template <class T>
std::ptrdiff_t rank_of(View<const T, 2> a, const RankOptions& options) {
  for (std::ptrdiff_t i = 0; i < a.extent(0); ++i)
    for (std::ptrdiff_t j = 0; j < a.extent(1); ++j)
      if (!std::isfinite(a(i, j)))
        throw Error(Errc::invalid_argument, "rank: row " + std::to_string(i) + ", column " + std::to_string(j) +
                                                " is " + std::to_string(a(i, j)));
  return count_above(values_of(a, options.compute.parallel), a, options.tolerance);
}

template <class T>
PseudoInverse<T> pseudo_inverse_of(View<const T, 2> a, const RankOptions& options) {
  const bool parallel = options.compute.parallel;
  auto s = svd_of(a, parallel);
  if (!s.converged) return {detail::nan_matrix<T>(a.extent(1), a.extent(0)), 0};
  PseudoInverse<T> result;
  result.rank = count_above(s.values, a, options.tolerance);
  for (std::ptrdiff_t k = 0; k < result.rank; ++k)
    for (std::ptrdiff_t j = 0; j < a.extent(1); ++j) s.vt(k, j) /= s.values[k];
  result.x = multiply(s.vt.view().slice(0, 0, result.rank).transposed(),
                      s.u.view().slice(1, 0, result.rank).transposed(), options.compute);
  return result;
}

}  // namespace

#define LAGOON_SVD(T)                                                                                   \
  Svd<T> svd(View<const T, 2> a, const ComputeOptions& options) { return svd_of(a, options.parallel); } \
  Tensor<T, 1> singular_values(View<const T, 2> a, const ComputeOptions& options) {                     \
    return values_of(a, options.parallel);                                                              \
  }                                                                                                     \
  std::ptrdiff_t rank(View<const T, 2> a, const RankOptions& options) { return rank_of(a, options); }   \
  PseudoInverse<T> pseudo_inverse(View<const T, 2> a, const RankOptions& options) {                     \
    return pseudo_inverse_of(a, options);                                                               \
  }
LAGOON_SVD(double)
LAGOON_SVD(float)

}  // namespace lagoon::matrix
