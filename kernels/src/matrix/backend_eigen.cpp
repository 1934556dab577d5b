// SPDX-License-Identifier: Apache-2.0
// The pieces out of which products and factorizations are made, without OpenBLAS.
#include <Eigen/Core>
#include <Eigen/QR>

#include <cmath>
#include <lagoon/core/memory.hpp>
#include <utility>

#include "backend.hpp"
#include "product.hpp"

namespace lagoon::matrix::detail {
namespace {

using Eigen::Dynamic;
using Eigen::OuterStride;
template <class T>
using Matrix = Eigen::Matrix<T, Dynamic, Dynamic>;
template <class T>
using Map = Eigen::Map<Matrix<T>, 0, OuterStride<>>;
template <class T>
using ConstMap = Eigen::Map<const Matrix<T>, 0, OuterStride<>>;

template <int Mode, class A, class B>
void solve_mode(bool left, bool transposed, const A& a, B& b) {
  // x op(a) = b is op(a)' x' = b'
  if (left && !transposed)
    a.template triangularView<Mode>().solveInPlace(b);
  else if (left)
    a.template triangularView<Mode>().transpose().solveInPlace(b);
  else if (!transposed)
    a.template triangularView<Mode>().template solveInPlace<Eigen::OnTheRight>(b);
  else
    a.template triangularView<Mode>().transpose().template solveInPlace<Eigen::OnTheRight>(b);
}

}  // namespace

std::string backend_name() {
  return "Eigen " + std::to_string(EIGEN_WORLD_VERSION) + "." + std::to_string(EIGEN_MAJOR_VERSION) + "." +
         std::to_string(EIGEN_MINOR_VERSION);
}

template <class T>
void multiply_vector(bool transpose, std::ptrdiff_t m, std::ptrdiff_t n, T factor, const T* a, std::ptrdiff_t lda,
                     Vector<const T> x, bool add, Vector<T> y) {
  using Column = Eigen::Matrix<T, Dynamic, 1>;
  using Step = Eigen::InnerStride<>;
  const ConstMap<T> matrix(a, m, n, OuterStride<>(lda));
  const Eigen::Map<const Column, 0, Step> from(x.data, transpose ? m : n, Step(x.step));
  Eigen::Map<Column, 0, Step> to(y.data, transpose ? n : m, Step(y.step));
  if (!add) to.setZero();
  if (transpose)
    to.noalias() += factor * matrix.transpose() * from;
  else
    to.noalias() += factor * matrix * from;
}

template <class T>
void solve_triangle(bool left, Triangle triangle, std::ptrdiff_t m, std::ptrdiff_t n, const T* a, std::ptrdiff_t lda,
                    T* b, std::ptrdiff_t ldb) {
  const std::ptrdiff_t order = left ? m : n;
  const ConstMap<T> matrix(a, order, order, OuterStride<>(lda));
  Map<T> x(b, m, n, OuterStride<>(ldb));
  if (triangle.lower && triangle.unit_diagonal)
    solve_mode<Eigen::UnitLower>(left, triangle.transposed, matrix, x);
  else if (triangle.lower)
    solve_mode<Eigen::Lower>(left, triangle.transposed, matrix, x);
  else if (triangle.unit_diagonal)
    solve_mode<Eigen::UnitUpper>(left, triangle.transposed, matrix, x);
  else
    solve_mode<Eigen::Upper>(left, triangle.transposed, matrix, x);
}

template <class T>
void lu_panel(std::ptrdiff_t m, std::ptrdiff_t n, T* a, std::ptrdiff_t lda, int* pivots) {
  if (n == 1) {
    std::ptrdiff_t best = 0;
    for (std::ptrdiff_t i = 1; i < m; ++i)
      if (std::abs(a[i]) > std::abs(a[best])) best = i;
    pivots[0] = static_cast<int>(best);
    if (a[best] == 0) return;
    std::swap(a[0], a[best]);
    for (std::ptrdiff_t i = 1; i < m; ++i) a[i] /= a[0];
    return;
  }
  // By halves (Toledo 1997): nearly all of the work becomes products.
  const std::ptrdiff_t half = n / 2, rest = n - half;
  const auto swap = [&](std::ptrdiff_t first, std::ptrdiff_t count, std::ptrdiff_t begin, std::ptrdiff_t end) {
    for (std::ptrdiff_t j = first; j < first + count; ++j)
      for (std::ptrdiff_t i = begin; i < end; ++i) std::swap(a[i + j * lda], a[pivots[i] + j * lda]);
  };
  lu_panel(m, half, a, lda, pivots);
  swap(half, rest, 0, half);
  T* const beside = a + half * lda;
  solve_triangle<T>(true, {.lower = true, .unit_diagonal = true}, half, rest, a, lda, beside, lda);
  if (m > half) gemm<T>(false, false, m - half, rest, half, -1, a + half, lda, beside, lda, true, beside + half, lda);
  lu_panel(m - half, rest, beside + half, lda, pivots + half);
  for (std::ptrdiff_t i = half; i < n; ++i) pivots[i] += static_cast<int>(half);
  swap(0, half, half, n);
}

template <class T>
int cholesky_block(std::ptrdiff_t n, T* a, std::ptrdiff_t lda) {
  for (std::ptrdiff_t k = 0; k < n; ++k) {
    T* const column = a + k * lda;
    if (!(column[k] > 0)) return static_cast<int>(k) + 1;
    column[k] = std::sqrt(column[k]);
    for (std::ptrdiff_t i = k + 1; i < n; ++i) column[i] /= column[k];
    for (std::ptrdiff_t j = k + 1; j < n; ++j)
      for (std::ptrdiff_t i = j; i < n; ++i) a[i + j * lda] -= column[i] * column[j];
  }
  return 0;
}

template <class T>
void qr_panel(std::ptrdiff_t m, std::ptrdiff_t n, T* a, std::ptrdiff_t lda, T* tau) {
  Map<T> panel(a, m, n, OuterStride<>(lda));
  Tensor<T, 1> work({n});
  for (std::ptrdiff_t k = 0; k < std::min(m, n); ++k) {
    T beta = 0;
    panel.col(k).tail(m - k).makeHouseholderInPlace(tau[k], beta);
    panel(k, k) = beta;
    if (k + 1 < n)
      panel.bottomRightCorner(m - k, n - k - 1)
          .applyHouseholderOnTheLeft(panel.col(k).tail(m - k - 1), tau[k], work.data() + k + 1);
  }
}

LAGOON_BACKEND(double)
LAGOON_BACKEND(float)

}  // namespace lagoon::matrix::detail
