// SPDX-License-Identifier: Apache-2.0
#include <lagoon/kernels/matrix/eigen.hpp>

#include <algorithm>
#include <cmath>
#include <lagoon/engine/parallel.hpp>
#include <lagoon/engine/stop.hpp>
#include <limits>

#include "backend.hpp"

namespace lagoon::matrix {
namespace {

using detail::Columns;

/// The lower triangle, and zeros above: what is there may be anything.
template <class T>
void copy_lower(View<const T, 2> from, Columns<T>& to, bool parallel) {
  constexpr std::ptrdiff_t kTile = 32;  // columns: lines along rows come in and columns go out
  const std::ptrdiff_t n = to.rows();
  parallel_for(n, {kTile, parallel}, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
    for (std::ptrdiff_t i0 = begin; i0 < n; i0 += kTile)
      for (std::ptrdiff_t j = begin; j < end; ++j)
        for (std::ptrdiff_t i = i0; i < std::min(n, i0 + kTile); ++i) *to.at(i, j) = from(i, j);
    for (std::ptrdiff_t j = begin; j < end; ++j) std::fill_n(to.at(0, j), j, T{0});
  });
}

template <class T>
SymmetricEigen<T> symmetric(View<const T, 2> given, const EigenOptions& options) {
  detail::check_square(given, "symmetric_eigen");
  const bool parallel = options.compute.parallel;
  const std::ptrdiff_t n = given.extent(0), wanted = options.vectors ? n : 0;
  SymmetricEigen<T> e;
  e.values = Tensor<T, 1>({n});
  if (n == 0) return e;
  Columns<T> a(n, n);
  copy_lower<T>(given, a, parallel);
  const T size = detail::largest<T>(a.view(), parallel);
  const T scale = detail::safe_scale(size);
  if (scale != 1) detail::copy<T>(a.view(), a.view(), parallel, scale);
  throw_if_stopped();
  e.vectors = Tensor<T, 2>({wanted, wanted});
  e.converged = std::isfinite(size) && detail::symmetric_eigen<T>(a, e.values.data(), e.vectors.view(), parallel);
  if (!e.converged) {
    e.values = Tensor<T, 1>::filled({n}, std::numeric_limits<T>::quiet_NaN());
    e.vectors = detail::nan_matrix<T>(wanted, wanted);
    return e;
  }
  for (std::ptrdiff_t i = 0; i < n; ++i) e.values[i] /= scale;
  return e;
}

template <class T>
GeneralEigen<T> general(View<const T, 2> given, const EigenOptions& options) {
  detail::check_square(given, "general_eigen");
  using Complex = std::complex<T>;
  constexpr T kNan = std::numeric_limits<T>::quiet_NaN();
  const bool parallel = options.compute.parallel;
  const std::ptrdiff_t n = given.extent(0), wanted = options.vectors ? n : 0;
  GeneralEigen<T> e;
  e.values = Tensor<Complex, 1>({n});
  e.vectors = Tensor<Complex, 2>({wanted, wanted});
  if (n == 0) return e;
  const T size = detail::largest(given, parallel), scale = detail::safe_scale(size);
  Columns<T> a(n, n), vectors(std::max<std::ptrdiff_t>(wanted, 1), wanted);
  detail::copy<T>(given, a.view(), parallel, scale);
  throw_if_stopped();
  Tensor<T, 1> real({n}), imaginary({n});
  e.converged = std::isfinite(size) &&
                detail::general_eigen(a, real.data(), imaginary.data(), options.vectors ? &vectors : nullptr, parallel);
  if (!e.converged) {
    std::fill_n(e.values.data(), e.values.size(), Complex(kNan, kNan));
    std::fill_n(e.vectors.data(), e.vectors.size(), Complex(kNan, kNan));
    return e;
  }
  for (std::ptrdiff_t j = 0; j < n; ++j) e.values[j] = Complex(real[j] / scale, imaginary[j] / scale);
  // Where each column's parts lie; of the second of a pair the imaginary one is the other way round.
  Tensor<std::ptrdiff_t, 1> of_real({wanted}), of_imaginary({wanted});
  Tensor<T, 1> sign({wanted});
  for (std::ptrdiff_t j = 0; j < wanted; ++j) {
    of_real[j] = of_imaginary[j] = j;
    sign[j] = 0;
    if (imaginary[j] == 0 || j + 1 == wanted) continue;
    of_imaginary[j] = of_real[j + 1] = of_imaginary[j + 1] = j + 1;
    of_real[j + 1] = j;
    sign[j] = 1;
    sign[j + 1] = -1;
    ++j;
  }
  constexpr std::ptrdiff_t kTile = 32;  // columns come in, rows go out
  parallel_for(wanted, {kTile, parallel}, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
    for (std::ptrdiff_t j0 = 0; j0 < wanted; j0 += kTile)
      for (std::ptrdiff_t i = begin; i < end; ++i)
        for (std::ptrdiff_t j = j0; j < std::min(wanted, j0 + kTile); ++j)
          e.vectors(i, j) =
              Complex(*vectors.at(i, of_real[j]), sign[j] == 0 ? T{0} : sign[j] * *vectors.at(i, of_imaginary[j]));
  });
  return e;
}

}  // namespace

#define LAGOON_EIGEN(T)                                                                                                \
  SymmetricEigen<T> symmetric_eigen(View<const T, 2> a, const EigenOptions& options) { return symmetric(a, options); } \
  GeneralEigen<T> general_eigen(View<const T, 2> a, const EigenOptions& options) { return general(a, options); }
LAGOON_EIGEN(double)
LAGOON_EIGEN(float)

}  // namespace lagoon::matrix
