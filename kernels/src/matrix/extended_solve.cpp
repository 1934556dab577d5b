// SPDX-License-Identifier: Apache-2.0
// Products and elimination of extended.hpp.
#include <lagoon/engine/parallel.hpp>
#include <lagoon/engine/stop.hpp>
#include <utility>

#include "double_double.hpp"

namespace lagoon::matrix::extended {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

/// a b, by rows of the result: each row of b is scaled and added, so that both are read along their rows.
Rows product(const Rows& a, const Rows& b, bool parallel) {
  Rows c(a.rows(), b.columns());
  const std::ptrdiff_t k = a.columns(), n = b.columns();
  parallel_for(a.rows(), {grain(k * n), parallel}, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
    for (std::ptrdiff_t i = begin; i < end; ++i) {
      throw_if_stopped();
      std::fill_n(c[i], n, dd_real(0.0));
      for (std::ptrdiff_t l = 0; l < k; ++l)
        for (std::ptrdiff_t j = 0; j < n; ++j) c[i][j] += a[i][l] * b[l][j];
    }
  });
  return c;
}

Matrix multiply_given(const Given& a, const Given& b, bool parallel) {
  if (a.high.extent(1) != b.high.extent(0))
    throw Error(Errc::invalid_argument, "extended::multiply: a is " + detail::shape(a.high) + ", b is " +
                                            detail::shape(b.high) + "; inner sizes must agree");
  return halves(product(rows_of(a), rows_of(b), parallel));
}

/// Gauss and Jordan would be shorter; elimination and two solves are a third of the work and more accurate.
struct Lu {
  Rows a;
  Tensor<std::ptrdiff_t, 1> order;  // row i of P A is row order[i] of A
  bool singular = false;
};

Lu factor(Rows matrix, bool parallel) {
  const std::ptrdiff_t n = matrix.rows();
  Lu lu{std::move(matrix), Tensor<std::ptrdiff_t, 1>({n}), false};
  Rows& a = lu.a;
  for (std::ptrdiff_t i = 0; i < n; ++i) lu.order[i] = i;
  for (std::ptrdiff_t k = 0; k < n; ++k) {
    throw_if_stopped();
    std::ptrdiff_t best = k;
    for (std::ptrdiff_t i = k + 1; i < n; ++i)
      if (std::abs(a[i][k].x[0]) > std::abs(a[best][k].x[0])) best = i;
    if (a[best][k].x[0] == 0) {
      lu.singular = true;
      return lu;
    }
    if (best != k) {
      std::swap_ranges(a[k], a[k] + n, a[best]);
      std::swap(lu.order[k], lu.order[best]);
    }
    const dd_real pivot = a[k][k];
    parallel_for(n - k - 1, {grain(n - k), parallel}, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
      for (std::ptrdiff_t i = k + 1 + begin; i < k + 1 + end; ++i) {
        const dd_real factor = a[i][k] / pivot;
        a[i][k] = factor;
        for (std::ptrdiff_t j = k + 1; j < n; ++j) a[i][j] -= factor * a[k][j];
      }
    });
  }
  return lu;
}

/// A^-1 b, for tiles of the columns of b.
Rows solve_lu(const Lu& lu, const Rows& b, bool parallel) {
  const std::ptrdiff_t n = lu.a.rows(), count = b.columns();
  Rows x(n, count);
  for (std::ptrdiff_t i = 0; i < n; ++i) std::copy_n(b[lu.order[i]], count, x[i]);
  parallel_for(count, {8, parallel}, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
    const auto subtract = [&](std::ptrdiff_t i, std::ptrdiff_t l) {
      const dd_real factor = lu.a[i][l];
      for (std::ptrdiff_t j = begin; j < end; ++j) x[i][j] -= factor * x[l][j];
    };
    for (std::ptrdiff_t i = 0; i < n; ++i) {
      throw_if_stopped();
      for (std::ptrdiff_t l = 0; l < i; ++l) subtract(i, l);
    }
    for (std::ptrdiff_t i = n; i-- > 0;) {
      throw_if_stopped();
      for (std::ptrdiff_t l = i + 1; l < n; ++l) subtract(i, l);
      for (std::ptrdiff_t j = begin; j < end; ++j) x[i][j] /= lu.a[i][i];
    }
  });
  return x;
}

Rows identity(std::ptrdiff_t n) {
  Rows e(n, n);
  for (std::ptrdiff_t i = 0; i < n; ++i)
    for (std::ptrdiff_t j = 0; j < n; ++j) e[i][j] = i == j ? 1.0 : 0.0;
  return e;
}

double norm_one(const Rows& a) {
  double most = 0;
  for (std::ptrdiff_t j = 0; j < a.columns(); ++j) {
    double sum = 0;
    for (std::ptrdiff_t i = 0; i < a.rows(); ++i) sum += std::abs(a[i][j].x[0]);
    most = std::max(most, sum);
  }
  return most;
}

double norm_infinity(const Rows& a) {
  double most = 0;
  for (std::ptrdiff_t i = 0; i < a.rows(); ++i) {
    double sum = 0;
    for (std::ptrdiff_t j = 0; j < a.columns(); ++j) sum += std::abs(a[i][j].x[0]);
    most = std::max(most, sum);
  }
  return most;
}

double normwise_error(const Rows& a, const Rows& x, const Rows& b, bool parallel) {
  const Rows ax = product(a, x, parallel);
  const double size = norm_infinity(a);
  double most = 0;
  for (std::ptrdiff_t j = 0; j < b.columns(); ++j) {
    double residual = 0, long_x = 0, long_b = 0;
    for (std::ptrdiff_t i = 0; i < b.rows(); ++i) {
      residual = std::max(residual, std::abs((ax[i][j] - b[i][j]).x[0]));
      long_x = std::max(long_x, std::abs(x[i][j].x[0]));
      long_b = std::max(long_b, std::abs(b[i][j].x[0]));
    }
    if (residual != 0) most = std::max(most, residual / (size * long_x + long_b));
  }
  return most;
}

Solution unknown(std::ptrdiff_t rows, std::ptrdiff_t columns, bool singular) {
  return {{detail::nan_matrix<double>(rows, columns), detail::nan_matrix<double>(rows, columns)},
          singular,
          singular ? 0 : kNan,
          kNan};
}

double rcond_of(const Rows& a, const Rows& inverse) {
  const double rcond = 1 / norm_one(a) / norm_one(inverse);
  return rcond > 0 ? std::min(rcond, 1.0) : 0;
}

Solution solve_given(const Given& a, const Given& b, bool parallel) {
  detail::check_square(a.high, "extended::solve");
  const std::ptrdiff_t n = a.high.extent(0), count = b.high.extent(1);
  if (b.high.extent(0) != n)
    throw Error(Errc::invalid_argument, "extended::solve: a is " + detail::shape(a.high) + ", b is " +
                                            detail::shape(b.high) + "; they must have as many rows");
  Solution s;
  s.rcond = 1;
  s.x = {Tensor<double, 2>({n, count}), Tensor<double, 2>({n, count})};
  if (n == 0) return s;
  const double size_a = detail::largest(a.high, parallel), size_b = detail::largest(b.high, parallel);
  if (!std::isfinite(size_a) || !std::isfinite(size_b)) return unknown(n, count, false);
  const double scale_a = detail::safe_scale(size_a), scale_b = detail::safe_scale(size_b);
  const Rows matrix = rows_of(a, scale_a), right = rows_of(b, scale_b);
  const Lu lu = factor(rows_of(a, scale_a), parallel);
  if (lu.singular) return unknown(n, count, true);
  const Rows x = solve_lu(lu, right, parallel);
  s.rcond = rcond_of(matrix, solve_lu(lu, identity(n), parallel));
  s.backward_error = normwise_error(matrix, x, right, parallel);
  s.x = halves(x, scale_a / scale_b);
  return s;
}

Solution inverse_given(const Given& a, bool parallel) {
  detail::check_square(a.high, "extended::inverse");
  const std::ptrdiff_t n = a.high.extent(0);
  Solution s;
  s.rcond = 1;
  if (n == 0) return s;
  const double size = detail::largest(a.high, parallel);
  if (!std::isfinite(size)) return unknown(n, n, false);
  const double scale = detail::safe_scale(size);
  const Rows matrix = rows_of(a, scale), one = identity(n);
  const Lu lu = factor(rows_of(a, scale), parallel);
  if (lu.singular) return unknown(n, n, true);
  const Rows x = solve_lu(lu, one, parallel);
  s.rcond = rcond_of(matrix, x);
  s.backward_error = normwise_error(matrix, x, one, parallel);
  s.x = halves(x, scale);
  return s;
}

}  // namespace

Matrix multiply(View<const double, 2> a, View<const double, 2> b, const ComputeOptions& options) {
  return multiply_given(Given(a), Given(b), options.parallel);
}
Matrix multiply(const Matrix& a, const Matrix& b, const ComputeOptions& options) {
  return multiply_given(Given(a), Given(b), options.parallel);
}
Solution solve(View<const double, 2> a, View<const double, 2> b, const ComputeOptions& options) {
  return solve_given(Given(a), Given(b), options.parallel);
}
Solution solve(const Matrix& a, const Matrix& b, const ComputeOptions& options) {
  return solve_given(Given(a), Given(b), options.parallel);
}
Solution inverse(View<const double, 2> a, const ComputeOptions& options) {
  return inverse_given(Given(a), options.parallel);
}
Solution inverse(const Matrix& a, const ComputeOptions& options) { return inverse_given(Given(a), options.parallel); }

}  // namespace lagoon::matrix::extended
