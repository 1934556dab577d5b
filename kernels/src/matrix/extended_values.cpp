// SPDX-License-Identifier: Apache-2.0
// Eigenvalues and singular values of extended.hpp.
#include <lagoon/engine/parallel.hpp>
#include <lagoon/engine/stop.hpp>

#include "double_double.hpp"

namespace lagoon::matrix::extended {
namespace {

dd_real magnitude(const dd_real& v) { return v.x[0] < 0 ? -v : v; }
dd_real root_of_squares(const dd_real& a, const dd_real& b) { return sqrt(a * a + b * b); }

/// Householder's reduction of a full symmetric matrix, which is lost, to a diagonal and what stands beside it.
void tridiagonalize(Rows& a, dd_real* diagonal, dd_real* beside, bool parallel) {
  const std::ptrdiff_t n = a.rows();
  Tensor<dd_real, 1> v({n}), w({n});
  for (std::ptrdiff_t k = 0; k + 2 < n; ++k) {
    throw_if_stopped();
    const std::ptrdiff_t first = k + 1, length = n - first;
    // The column below the diagonal is the row beside it. Made as long as 1 at most, so that its square has room.
    double size = 0;
    for (std::ptrdiff_t j = first; j < n; ++j) size = std::max(size, std::abs(a[k][j].x[0]));
    if (size == 0) {
      beside[k] = 0.0;
      continue;
    }
    const double scale = std::ldexp(1.0, -std::ilogb(size));
    for (std::ptrdiff_t j = first; j < n; ++j) v[j] = mul_pwr2(a[k][j], scale);
    const dd_real norm = sqrt(dot(&v[first], &v[first], length));
    const dd_real alpha = v[first].x[0] > 0 ? -norm : norm;
    v[first] -= alpha;
    beside[k] = mul_pwr2(alpha, 1 / scale);
    const dd_real beta = 2.0 / dot(&v[first], &v[first], length);
    parallel_for(length, {grain(length), parallel}, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
      for (std::ptrdiff_t i = first + begin; i < first + end; ++i) w[i] = beta * dot(a[i] + first, &v[first], length);
    });
    const dd_real half = 0.5 * beta * dot(&w[first], &v[first], length);
    for (std::ptrdiff_t i = first; i < n; ++i) w[i] -= half * v[i];
    parallel_for(length, {grain(length), parallel}, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
      for (std::ptrdiff_t i = first + begin; i < first + end; ++i)
        for (std::ptrdiff_t j = first; j < n; ++j) a[i][j] -= v[i] * w[j] + w[i] * v[j];
    });
  }
  for (std::ptrdiff_t i = 0; i < n; ++i) diagonal[i] = a[i][i];
  if (n > 1) beside[n - 2] = a[n - 2][n - 1];
}

/// Eigenvalues of a tridiagonal matrix in place of d; e is lost.  returns  false: no convergence
bool implicit_ql(dd_real* d, dd_real* e, std::ptrdiff_t n) {
  if (n > 0) e[n - 1] = 0.0;
  for (std::ptrdiff_t l = 0; l < n; ++l) {
    throw_if_stopped();
    for (int round = 0;; ++round) {
      std::ptrdiff_t m = l;
      for (; m + 1 < n; ++m)
        if (magnitude(e[m]) <= kEpsilon * (magnitude(d[m]) + magnitude(d[m + 1]))) break;
      if (m == l) break;
      if (round == 100) return false;
      dd_real g = (d[l + 1] - d[l]) / (2.0 * e[l]);
      dd_real r = root_of_squares(g, 1.0);
      g = d[m] - d[l] + e[l] / (g.x[0] < 0 ? g - r : g + r);
      dd_real s = 1.0, c = 1.0, p = 0.0;
      std::ptrdiff_t i = m - 1;
      for (; i >= l; --i) {
        const dd_real f = s * e[i], b = c * e[i];
        r = root_of_squares(f, g);
        e[i + 1] = r;
        if (r.x[0] == 0) {  // it splits here
          d[i + 1] -= p;
          e[m] = 0.0;
          break;
        }
        s = f / r;
        c = g / r;
        g = d[i + 1] - p;
        r = (d[i] - g) * s + 2.0 * c * b;
        p = s * r;
        d[i + 1] = g + p;
        g = c * r - b;
      }
      if (i >= l) continue;
      d[l] -= p;
      e[l] = g;
      e[m] = 0.0;
    }
  }
  return true;
}

Vector eigenvalues(const Given& given, bool parallel) {
  detail::check_square(given.high, "extended::symmetric_eigenvalues");
  const std::ptrdiff_t n = given.high.extent(0);
  double size = 0;
  for (std::ptrdiff_t i = 0; i < n; ++i)
    for (std::ptrdiff_t j = 0; j <= i; ++j) {
      if (!std::isfinite(given.high(i, j))) return nan_vector(n);
      size = std::max(size, std::abs(given.high(i, j)));
    }
  const double scale = detail::safe_scale(size);
  Rows a(n, n);
  for (std::ptrdiff_t i = 0; i < n; ++i)
    for (std::ptrdiff_t j = 0; j <= i; ++j) a[i][j] = a[j][i] = mul_pwr2(given(i, j), scale);
  Tensor<dd_real, 1> d({n}), e({n});
  tridiagonalize(a, d.data(), e.data(), parallel);
  if (!implicit_ql(d.data(), e.data(), n)) return nan_vector(n);
  std::sort(d.data(), d.data() + n);
  return halves(d.data(), n, 1 / scale);
}

/// Turns two columns until they are orthogonal.  returns  whether they were not
bool rotate(dd_real* p, dd_real* q, std::ptrdiff_t m, double tolerance) {
  const dd_real alpha = dot(p, p, m), beta = dot(q, q, m), gamma = dot(p, q, m);
  if (gamma.x[0] == 0 || std::abs(gamma.x[0]) <= tolerance * std::sqrt(alpha.x[0]) * std::sqrt(beta.x[0])) return false;
  const dd_real zeta = (beta - alpha) / (2.0 * gamma);
  const dd_real steep = magnitude(zeta) + root_of_squares(zeta, 1.0);
  const dd_real t = (zeta.x[0] < 0 ? -1.0 : 1.0) / steep;
  const dd_real c = 1.0 / root_of_squares(t, 1.0), s = c * t;
  for (std::ptrdiff_t i = 0; i < m; ++i) {
    const dd_real before = p[i];
    p[i] = c * before - s * q[i];
    q[i] = s * before + c * q[i];
  }
  return true;
}

/// One-sided Jacobi on the rows of w, as a tournament: in each round every row meets one other, so that the pairs of a
/// round are independent, and after `even - 1` rounds all have met.
bool orthogonalize(Rows& w, bool parallel) {
  const std::ptrdiff_t n = w.rows(), m = w.columns(), even = n + n % 2;
  const double tolerance = kEpsilon * static_cast<double>(std::max<std::ptrdiff_t>(m, 8));
  for (int sweep = 0; sweep < 60; ++sweep) {
    bool turned = false;
    for (std::ptrdiff_t round = 0; round + 1 < even; ++round) {
      throw_if_stopped();
      turned |= parallel_reduce<int>(
                    even / 2, {grain(5 * m), parallel},
                    [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
                      int count = 0;
                      for (std::ptrdiff_t k = begin; k < end; ++k) {
                        // The last stays, the others move on by one each round.
                        const std::ptrdiff_t p = k == 0 ? even - 1 : (round + k) % (even - 1);
                        const std::ptrdiff_t q = (round + even - 1 - k) % (even - 1);
                        if (p < n && q < n) count += rotate(w[std::min(p, q)], w[std::max(p, q)], m, tolerance);
                      }
                      return count;
                    },
                    [](int a, int b) { return a + b; }) != 0;
    }
    if (!turned) return true;
  }
  return false;
}

Vector values(Given given, bool parallel) {
  if (given.high.extent(0) < given.high.extent(1)) given = given.transposed();
  const std::ptrdiff_t n = given.high.extent(1);
  const double size = detail::largest(given.high, parallel);
  if (!std::isfinite(size)) return nan_vector(n);
  const double scale = detail::safe_scale(size);
  Rows w = rows_of(given.transposed(), scale);
  if (!orthogonalize(w, parallel)) return nan_vector(n);
  Tensor<dd_real, 1> s({n});
  for (std::ptrdiff_t k = 0; k < n; ++k) s[k] = sqrt(dot(w[k], w[k], w.columns()));
  std::sort(s.data(), s.data() + n, [](const dd_real& a, const dd_real& b) { return a > b; });
  return halves(s.data(), n, 1 / scale);
}

}  // namespace

Vector symmetric_eigenvalues(View<const double, 2> a, const ComputeOptions& options) {
  return eigenvalues(Given(a), options.parallel);
}
Vector symmetric_eigenvalues(const Matrix& a, const ComputeOptions& options) {
  return eigenvalues(Given(a), options.parallel);
}
Vector singular_values(View<const double, 2> a, const ComputeOptions& options) {
  return values(Given(a), options.parallel);
}
Vector singular_values(const Matrix& a, const ComputeOptions& options) { return values(Given(a), options.parallel); }

}  // namespace lagoon::matrix::extended
