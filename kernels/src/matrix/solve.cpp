// SPDX-License-Identifier: Apache-2.0
#include <lagoon/kernels/matrix/solve.hpp>

#include <algorithm>
#include <cmath>
#include <lagoon/kernels/matrix/multiply.hpp>
#include <lagoon/kernels/matrix/norms.hpp>

#include "lu.hpp"

namespace lagoon::matrix {
namespace {

using detail::Columns;

template <class T>
constexpr T kNan = std::numeric_limits<T>::quiet_NaN();

template <class T>
Solution<T> unknown(std::ptrdiff_t rows, std::ptrdiff_t columns, bool singular) {
  return {detail::nan_matrix<T>(rows, columns), singular, singular ? T{0} : kNan<T>, kNan<T>};
}

/// The largest magnitude of a column.
template <class T>
T length(View<const T, 2> x, std::ptrdiff_t j) {
  T most = 0;
  for (std::ptrdiff_t i = 0; i < x.extent(0); ++i) most = std::max(most, std::abs(x(i, j)));
  return most;
}

/// Signs that have no pattern: the k-th bit of a hash of i.
template <class T>
T sign(std::ptrdiff_t i, int k) {
  auto h = static_cast<std::uint64_t>(i + 1) * 0x9E3779B97F4A7C15u;
  h ^= h >> 29;
  h *= 0xBF58476D1CE4E5B9u;
  return h >> (40 + k) & 1 ? T{1} : T{-1};
}

constexpr int kProbes = 8;

/// Vectors of signs as columns.
template <class T>
Tensor<T, 2> probes(std::ptrdiff_t n) {
  Tensor<T, 2> v({n, kProbes});
  for (std::ptrdiff_t i = 0; i < n; ++i)
    for (int k = 0; k < kProbes; ++k) v(i, k) = sign<T>(i, k);
  return v;
}

/// The largest over the columns of |a x - b| / (|a| |x| + |b|), in the infinity norm.
template <class T>
T normwise_error(View<const T, 2> a, View<const T, 2> x, View<const T, 2> b, bool parallel) {
  const Tensor<T, 2> ax = multiply(a, x, {.parallel = parallel});
  const T size = static_cast<T>(norm(a, Norm::infinity, {.parallel = parallel}));
  T most = 0;
  for (std::ptrdiff_t j = 0; j < b.extent(1); ++j) {
    T residual = 0;
    for (std::ptrdiff_t i = 0; i < b.extent(0); ++i) {
      const T r = std::abs(ax(i, j) - b(i, j));
      residual = r > residual || std::isnan(r) ? r : residual;
    }
    const T scale = size * length(x, j) + length(b, j);
    if (residual == 0) continue;
    const T error = residual / scale;
    if (!(error <= most)) most = error;
  }
  return most;
}

/// The same for sums of the columns when they are many: to look at each would cost as much as to solve.
template <class T>
T solution_error(View<const T, 2> a, View<const T, 2> x, View<const T, 2> b, bool parallel) {
  if (b.extent(1) <= kProbes) return normwise_error(a, x, b, parallel);
  const ComputeOptions options{.parallel = parallel};
  const Tensor<T, 2> v = probes<T>(b.extent(1));
  const Tensor<T, 2> xv = multiply(x, v.view(), options), bv = multiply(b, v.view(), options);
  const Tensor<T, 2> axv = multiply(a, xv.view(), options);
  T most = 0;
  for (std::ptrdiff_t i = 0; i < axv.size(); ++i) {
    const T r = std::abs(axv.data()[i] - bv.data()[i]);
    most = r > most || std::isnan(r) ? r : most;
  }
  const auto size = [&](View<const T, 2> m) { return static_cast<T>(norm(m, Norm::infinity, options)); };
  return most == 0 ? most : most / (size(a) * size(x) + size(b));
}

/// Solves with numbers of moderate size.
template <class T>
Solution<T> solve_moderate(View<const T, 2> a, View<const T, 2> b, bool parallel) {
  const std::ptrdiff_t n = a.extent(0);
  Columns<T> copy(n, n);
  detail::copy<T>(a, copy.view(), parallel);
  const auto lu = detail::factor_lu(std::move(copy), parallel);
  if (lu.singular) return unknown<T>(n, b.extent(1), true);
  Columns<T> x(n, b.extent(1));
  detail::copy<T>(b, x.view(), parallel);
  detail::solve_lu<T>(lu, x.view(), parallel);
  Solution<T> s;
  s.rcond = detail::estimate_rcond(lu, static_cast<T>(norm(a, Norm::one, {.parallel = parallel})));
  s.backward_error = solution_error<T>(a, x.view(), b, parallel);
  s.x = detail::row_major<T>(x.view(), parallel);
  return s;
}

template <class T>
Solution<T> solution(View<const T, 2> a, View<const T, 2> b, bool parallel) {
  detail::check_square(a, "solve");
  detail::check_extents(b, "solve", "b");
  if (b.extent(0) != a.extent(0))
    throw Error(Errc::invalid_argument,
                "solve: a is " + detail::shape(a) + ", b is " + detail::shape(b) + "; they must have as many rows");
  const T size_a = detail::largest(a, parallel), size_b = detail::largest(b, parallel);
  if (!std::isfinite(size_a)) return unknown<T>(b.extent(0), b.extent(1), false);
  const T scale_a = detail::safe_scale(size_a), scale_b = detail::safe_scale(size_b);
  Solution<T> s;
  if (scale_a == 1 && scale_b == 1) {
    s = solve_moderate(a, b, parallel);
  } else {
    const Tensor<T, 2> scaled_a = detail::row_major<T>(a, parallel, scale_a);
    const Tensor<T, 2> scaled_b = detail::row_major<T>(b, parallel, scale_b);
    s = solve_moderate(scaled_a.view(), scaled_b.view(), parallel);
    // Two steps, neither of which can overflow where the result does not.
    for (std::ptrdiff_t i = 0; i < s.x.size(); ++i) {
      T& x = s.x.data()[i];
      x = (scale_a < 1) == (scale_b < 1) ? x * (scale_a / scale_b)
                                         : (std::abs(x) < 1 ? x / scale_b * scale_a : x * scale_a / scale_b);
    }
  }
  if (!std::isfinite(size_b)) {  // what elimination made of them is not NaN everywhere
    s.x = detail::nan_matrix<T>(b.extent(0), b.extent(1));
    s.backward_error = kNan<T>;
  }
  return s;
}

template <class T>
T probed_error(View<const T, 2> a, View<const T, 2> x, T norm_a, T norm_x, bool parallel) {
  const std::ptrdiff_t n = a.extent(0);
  const Tensor<T, 2> v = probes<T>(n);
  const Tensor<T, 2> xv = multiply(x, v.view(), {.parallel = parallel});
  const Tensor<T, 2> axv = multiply(a, xv.view(), {.parallel = parallel});
  T most = 0;
  for (int k = 0; k < kProbes; ++k) {
    T residual = 0;
    for (std::ptrdiff_t i = 0; i < n; ++i) residual += std::abs(axv(i, k) - v(i, k));
    const T error = residual / static_cast<T>(n) / norm_a / norm_x;
    if (!(error <= most)) most = error;
  }
  return most;
}

template <class T>
Solution<T> inverse_of(View<const T, 2> a, bool parallel) {
  detail::check_square(a, "inverse");
  const std::ptrdiff_t n = a.extent(0);
  Solution<T> s;
  s.rcond = 1;
  if (n == 0) return s;
  const T size = detail::largest(a, parallel);
  if (!std::isfinite(size)) return unknown<T>(n, n, false);
  const T scale = detail::safe_scale(size);
  Tensor<T, 2> scaled;
  if (scale != 1) {
    scaled = detail::row_major<T>(a, parallel, scale);
    a = scaled.view();
  }
  // The columns of the transpose's inverse are the rows of the inverse: rows go in and come out without being turned.
  Columns<T> copy(n, n);
  detail::copy<T>(a.transposed(), copy.view(), parallel);
  auto lu = detail::factor_lu(std::move(copy), parallel);
  if (lu.singular) return unknown<T>(n, n, true);
  s.x = Tensor<T, 2>({n, n});
  detail::invert_lu(lu, s.x.data(), n, parallel);
  lu = {};
  const T norm_a = static_cast<T>(norm(a, Norm::one, {.parallel = parallel}));
  const T norm_x = static_cast<T>(norm(s.x.view(), Norm::one, {.parallel = parallel}));
  s.backward_error = probed_error<T>(a, s.x.view(), norm_a, norm_x, parallel);
  const T rcond = 1 / norm_a / norm_x;
  s.rcond = rcond > 0 ? std::min(rcond, T{1}) : T{0};
  if (scale != 1) s.x = detail::row_major<T>(s.x.view(), parallel, scale);
  return s;
}

template <class T>
Determinant determinant_of(View<const T, 2> a, bool parallel) {
  detail::check_square(a, "determinant");
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const T size = detail::largest(a, parallel);
  if (!std::isfinite(size)) return {kNan<double>, kNan<double>, kNan<double>};
  const std::ptrdiff_t n = a.extent(0);
  const T scale = detail::safe_scale(size);
  Columns<T> copy(n, n);
  detail::copy<T>(a, copy.view(), parallel, scale);
  const auto lu = detail::factor_lu(std::move(copy), parallel);
  if (lu.singular) return {0, 0, -kInfinity};
  // mantissa * 2^exponent, in [1/2, 1): no product is out of range
  double mantissa = 1;
  long long exponent = 0;
  for (std::ptrdiff_t i = 0; i < n; ++i) {
    int bits = 0;
    mantissa = std::frexp(mantissa * static_cast<double>(*lu.a.at(i, i)), &bits);
    exponent += bits;
    if (lu.pivots[i] != i) mantissa = -mantissa;
  }
  exponent -= n * static_cast<long long>(std::ilogb(scale));
  const int clamped = static_cast<int>(std::clamp<long long>(exponent, -100000, 100000));
  return {std::ldexp(mantissa, clamped), mantissa < 0 ? -1.0 : 1.0,
          std::log(std::abs(mantissa)) + static_cast<double>(exponent) * 0.69314718055994530942};
}

}  // namespace

#define LAGOON_SOLVE(T)                                                                                              \
  Solution<T> solve(View<const T, 2> a, View<const T, 2> b, const ComputeOptions& options) {                         \
    return solution(a, b, options.parallel);                                                                         \
  }                                                                                                                  \
  Solution<T> inverse(View<const T, 2> a, const ComputeOptions& options) { return inverse_of(a, options.parallel); } \
  Determinant determinant(View<const T, 2> a, const ComputeOptions& options) {                                       \
    return determinant_of(a, options.parallel);                                                                      \
  }
LAGOON_SOLVE(double)
LAGOON_SOLVE(float)

}  // namespace lagoon::matrix
