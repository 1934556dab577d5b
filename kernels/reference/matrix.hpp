// SPDX-License-Identifier: Apache-2.0
#pragma once

// Matrices as the textbook writes them: plain loops in long double, one thread. The oracle of the tests and the floor
// of the benchmarks; never the fastest, easy to believe.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <lagoon/core/view.hpp>
#include <numeric>
#include <utility>
#include <vector>

namespace lagoon::reference {

/// Rows of columns.
using Matrix = std::vector<std::vector<long double>>;

inline Matrix zeros(std::size_t rows, std::size_t columns) {
  return Matrix(rows, std::vector<long double>(columns, 0));
}

template <class T>
Matrix matrix_of(View<const T, 2> a) {
  Matrix m = zeros(static_cast<std::size_t>(a.extent(0)), static_cast<std::size_t>(a.extent(1)));
  for (std::size_t i = 0; i < m.size(); ++i)
    for (std::size_t j = 0; j < m[i].size(); ++j)
      m[i][j] = static_cast<long double>(a(static_cast<std::ptrdiff_t>(i), static_cast<std::ptrdiff_t>(j)));
  return m;
}

/// a has rows; inner is how many columns it has, that is, how many rows b has.
inline Matrix multiply(const Matrix& a, const Matrix& b) {
  Matrix c = zeros(a.size(), b.empty() ? 0 : b[0].size());
  for (std::size_t i = 0; i < a.size(); ++i)
    for (std::size_t k = 0; k < b.size(); ++k)
      for (std::size_t j = 0; j < c[i].size(); ++j) c[i][j] += a[i][k] * b[k][j];
  return c;
}

/// x of a x = b by elimination with partial pivoting, and the determinant; a is regular.
struct Elimination {
  Matrix x;
  long double determinant = 1;
};
inline Elimination eliminate(Matrix a, Matrix b) {
  Elimination e;
  const std::size_t n = a.size();
  for (std::size_t k = 0; k < n; ++k) {
    std::size_t best = k;
    for (std::size_t i = k + 1; i < n; ++i)
      if (std::fabs(a[i][k]) > std::fabs(a[best][k])) best = i;
    if (best != k) e.determinant = -e.determinant;
    std::swap(a[k], a[best]);
    std::swap(b[k], b[best]);
    e.determinant *= a[k][k];
    for (std::size_t i = 0; i < n; ++i) {
      if (i == k) continue;
      const long double factor = a[i][k] / a[k][k];
      for (std::size_t j = k; j < n; ++j) a[i][j] -= factor * a[k][j];
      for (std::size_t j = 0; j < b[i].size(); ++j) b[i][j] -= factor * b[k][j];
    }
  }
  for (std::size_t i = 0; i < n; ++i)
    for (long double& v : b[i]) v /= a[i][i];
  e.x = std::move(b);
  return e;
}

inline Matrix identity(std::size_t n) {
  Matrix e = zeros(n, n);
  for (std::size_t i = 0; i < n; ++i) e[i][i] = 1;
  return e;
}

inline Matrix inverse(const Matrix& a) { return eliminate(a, identity(a.size())).x; }

inline Matrix transposed(const Matrix& a) {
  Matrix t = zeros(a.empty() ? 0 : a[0].size(), a.size());
  for (std::size_t i = 0; i < a.size(); ++i)
    for (std::size_t j = 0; j < t.size(); ++j) t[j][i] = a[i][j];
  return t;
}

inline long double norm_infinity(const Matrix& a) {
  long double most = 0;
  for (const auto& row : a) {
    long double sum = 0;
    for (long double v : row) sum += std::fabs(v);
    most = std::max(most, sum);
  }
  return most;
}

inline long double norm_one(const Matrix& a) { return norm_infinity(transposed(a)); }

inline long double frobenius(const Matrix& a) {
  long double sum = 0;
  for (const auto& row : a)
    for (long double v : row) sum += v * v;
  return std::sqrt(sum);
}

/// Eigenvalues of a symmetric matrix, rising, by cyclic Jacobi rotations.
inline std::vector<long double> symmetric_eigenvalues(Matrix a) {
  const std::size_t n = a.size();
  for (int sweep = 0; sweep < 40; ++sweep)
    for (std::size_t p = 0; p < n; ++p)
      for (std::size_t q = p + 1; q < n; ++q) {
        if (a[p][q] == 0) continue;
        const long double zeta = (a[q][q] - a[p][p]) / (2 * a[p][q]);
        const long double t = (zeta < 0 ? -1 : 1) / (std::fabs(zeta) + std::sqrt(1 + zeta * zeta));
        const long double c = 1 / std::sqrt(1 + t * t), s = c * t;
        for (std::size_t k = 0; k < n; ++k) {
          const long double u = a[k][p], v = a[k][q];
          a[k][p] = c * u - s * v;
          a[k][q] = s * u + c * v;
        }
        for (std::size_t k = 0; k < n; ++k) {
          const long double u = a[p][k], v = a[q][k];
          a[p][k] = c * u - s * v;
          a[q][k] = s * u + c * v;
        }
      }
  std::vector<long double> values(n);
  for (std::size_t i = 0; i < n; ++i) values[i] = a[i][i];
  std::sort(values.begin(), values.end());
  return values;
}

}  // namespace lagoon::reference
