// SPDX-License-Identifier: Apache-2.0
#include "triangle_solution.hpp"

#include <lagoon/kernels/matrix/svd.hpp>

#include "matrix/triangle.hpp"
#include "tall_qr.hpp"

namespace lagoon::learning::detail {
namespace {

/// From the last row up.
std::vector<double> substitute(View<const double, 2> r, View<const double, 1> z) {
  std::vector<double> w(static_cast<std::size_t>(r.extent(1)));
  for (std::ptrdiff_t i = r.extent(0) - 1; i >= 0; --i) {
    double sum = z[i];
    for (std::ptrdiff_t j = i + 1; j < r.extent(1); ++j) sum -= r(i, j) * w[static_cast<std::size_t>(j)];
    w[static_cast<std::size_t>(i)] = sum / r(i, i);
  }
  return w;
}

/// By the singular vectors of the scaled columns that count.
std::vector<double> least_norm(const ScaledTriangle& t, std::ptrdiff_t rank, View<const double, 1> z) {
  const std::ptrdiff_t p = t.r.extent(1);
  std::vector<double> w(static_cast<std::size_t>(p), 0);
  if (rank == 0) return w;
  Tensor<double, 2> scaled = scaled_columns(t.r, t.scale);
  const std::vector<double> lengths = column_lengths(scaled);
  for (std::ptrdiff_t j = 0; j < p; ++j)  // what is rounding alone gets no share at all
    for (std::ptrdiff_t i = 0; i < t.r.extent(0) && lengths[static_cast<std::size_t>(j)] <= t.tolerance; ++i)
      scaled(i, j) = 0;
  const matrix::Svd<double> svd = matrix::svd(scaled, {.parallel = t.parallel});
  for (std::ptrdiff_t k = 0; k < rank; ++k) {
    double share = 0;
    for (std::ptrdiff_t i = 0; i < t.r.extent(0); ++i) share += svd.u(i, k) * z[i];
    share /= svd.values[k];
    for (std::ptrdiff_t j = 0; j < p; ++j) w[static_cast<std::size_t>(j)] += svd.vt(k, j) * share;
  }
  for (std::size_t j = 0; j < w.size(); ++j) w[j] /= t.scale[j];
  return w;
}

}  // namespace

Tensor<double, 1> singular_values(const ScaledTriangle& t) {
  if (t.r.extent(0) == 0) return {};
  return matrix::singular_values(scaled_columns(t.r, t.scale), {.parallel = t.parallel});
}

std::ptrdiff_t rank_of(const ScaledTriangle& t, View<const double, 1> singular_values) {
  std::ptrdiff_t rank = 0;
  while (rank < singular_values.extent(0) && singular_values[rank] > t.tolerance) ++rank;
  return rank;
}

std::vector<double> solve(const ScaledTriangle& t, std::ptrdiff_t rank, View<const double, 1> z) {
  return rank == t.r.extent(1) ? substitute(t.r, z) : least_norm(t, rank, z);
}

Tensor<double, 2> scaled_inverse(const ScaledTriangle& t) {
  const std::ptrdiff_t p = t.r.extent(1);
  const Tensor<double, 2> scaled = scaled_columns(t.r, t.scale);
  matrix::detail::Columns<double> a(p, p), inverse(p, p);
  matrix::detail::copy<double>(scaled, a.view(), t.parallel);
  matrix::detail::fill_identity<double>(inverse.view(), t.parallel);
  matrix::detail::solve_by_halves<double>(true, {.lower = false}, p, p, a.data(), a.stride(), inverse.data(),
                                          inverse.stride(), t.parallel);
  return matrix::detail::row_major<double>(inverse.view(), t.parallel);
}

Tensor<double, 1> residual(View<const double, 2> r, const std::vector<double>& w, View<const double, 1> z) {
  Tensor<double, 1> left({r.extent(0)});
  for (std::ptrdiff_t i = 0; i < r.extent(0); ++i) {
    double sum = z[i];
    for (std::ptrdiff_t j = i; j < r.extent(1); ++j) sum -= r(i, j) * w[static_cast<std::size_t>(j)];
    left[i] = sum;
  }
  return left;
}

}  // namespace lagoon::learning::detail
