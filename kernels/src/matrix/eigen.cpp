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

template <class T>
SymmetricEigen<T> symmetric(View<const T, 2> given, const EigenOptions& options) {
  detail::check_square(given, "symmetric_eigen");
  const bool parallel = options.compute.parallel;
  const std::ptrdiff_t n = given.extent(0), wanted = options.vectors ? n : 0;
  SymmetricEigen<T> e;
  e.values = Tensor<T, 1>({n});
  if (n == 0) return e;
  Columns<T> a(n, n);
  detail::copy<T>(given, a.view(), parallel);
  for (std::ptrdiff_t j = 0; j < n; ++j) std::fill_n(a.at(0, j), j, T{0});  // what is above may be anything
  const T size = detail::largest<T>(a.view(), parallel);
  const T scale = detail::safe_scale(size);
  if (scale != 1) detail::copy<T>(a.view(), a.view(), parallel, scale);
  throw_if_stopped();
  Columns<T> vectors(std::max<std::ptrdiff_t>(wanted, 1), wanted);
  e.converged = std::isfinite(size) &&
                detail::symmetric_eigen(a, e.values.data(), options.vectors ? &vectors : nullptr, parallel);
  if (!e.converged) {
    e.values = Tensor<T, 1>::filled({n}, std::numeric_limits<T>::quiet_NaN());
    e.vectors = detail::nan_matrix<T>(wanted, wanted);
    return e;
  }
  for (std::ptrdiff_t i = 0; i < n; ++i) e.values[i] /= scale;
  if (options.vectors) e.vectors = detail::row_major<T>(vectors.view(), parallel);
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
  constexpr std::ptrdiff_t kRows = 32;  // at a time: columns come in, rows go out
  parallel_for(wanted, {kRows, parallel}, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
    for (std::ptrdiff_t j = 0; j < wanted; ++j) {
      const bool pair = imaginary[j] != 0;
      for (std::ptrdiff_t i = begin; i < end; ++i) {
        const T re = *vectors.at(i, j), im = pair ? *vectors.at(i, j + 1) : T{0};
        e.vectors(i, j) = Complex(re, im);
        if (pair) e.vectors(i, j + 1) = Complex(re, -im);
      }
      if (pair) ++j;
    }
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
