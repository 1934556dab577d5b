// SPDX-License-Identifier: Apache-2.0
#include "ridge.hpp"

#include <algorithm>
#include <cmath>
#include <lagoon/kernels/matrix/factor.hpp>
#include <lagoon/kernels/matrix/norms.hpp>

#include "matrix/reflections.hpp"

namespace lagoon::learning::detail {
namespace {

/// The triangle of a square or taller R with the rows of the penalty below it.
std::vector<double> solve_with_rows(const ScaledTriangle& t, View<const double, 1> z, double weight) {
  const std::ptrdiff_t k = t.r.extent(0), p = t.r.extent(1);
  matrix::detail::Columns<double> a(k + p, p + 1);
  matrix::detail::fill<double>(a.view(), 0);
  for (std::ptrdiff_t j = 0; j < p; ++j) {
    for (std::ptrdiff_t i = 0; i < k; ++i) *a.at(i, j) = t.r(i, j);
    *a.at(k + j, j) = std::sqrt(weight);
  }
  for (std::ptrdiff_t i = 0; i < k; ++i) *a.at(i, p) = z[i];
  const auto qr = matrix::detail::factor_qr(std::move(a), t.parallel);
  auto r = Tensor<double, 2>::zeros({p, p});
  for (std::ptrdiff_t i = 0; i < p; ++i)
    for (std::ptrdiff_t j = i; j < p; ++j) r(i, j) = *qr.a.at(i, j);
  ScaledTriangle penalised{r, t.scale, t.tolerance, t.parallel};
  for (double& scale : penalised.scale) scale = std::hypot(scale, std::sqrt(weight));
  // A weight that is lost beside dependent columns leaves them dependent.
  return solve(penalised, rank_of(penalised, singular_values(penalised)), {qr.a.at(0, p), {p}});
}

}  // namespace

std::vector<double> solve_ridge(const ScaledTriangle& t, View<const double, 1> z, double weight) {
  const std::ptrdiff_t k = t.r.extent(0), p = t.r.extent(1);
  if (k == p || k == 0) return solve_with_rows(t, z, weight);
  // Fewer rows than columns: w is a sum of rows, R = L Q with as many of them, and |w| that of its coordinates.
  const matrix::Qr<double> turned = matrix::qr(t.r.transposed(), {.parallel = t.parallel});
  const View<const double, 2> l = turned.r.view().transposed();
  const double longest = std::max(matrix::norm(l, matrix::Norm::largest), std::sqrt(weight));
  const ScaledTriangle square{l, std::vector<double>(static_cast<std::size_t>(k), longest), t.tolerance, t.parallel};
  const std::vector<double> v = solve_with_rows(square, z, weight);
  std::vector<double> w(static_cast<std::size_t>(p), 0);
  for (std::ptrdiff_t j = 0; j < p; ++j)
    for (std::ptrdiff_t i = 0; i < k; ++i)
      w[static_cast<std::size_t>(j)] += turned.q(j, i) * v[static_cast<std::size_t>(i)];
  return w;
}

}  // namespace lagoon::learning::detail
