// SPDX-License-Identifier: Apache-2.0
#pragma once

// Matrices of libqd's double-doubles in the memory of the call, for the two sources of extended.hpp.

#include <qd/dd_real.h>
#include <algorithm>
#include <cmath>
#include <lagoon/kernels/matrix/extended.hpp>
#include <limits>

#include "scratch.hpp"

namespace lagoon::matrix::extended {

/// Rows of double-doubles, contiguous.
class Rows {
 public:
  Rows() = default;
  Rows(std::ptrdiff_t rows, std::ptrdiff_t columns) : rows_(rows), columns_(columns), elements_({rows * columns}) {}
  std::ptrdiff_t rows() const noexcept { return rows_; }
  std::ptrdiff_t columns() const noexcept { return columns_; }
  dd_real* operator[](std::ptrdiff_t row) noexcept { return elements_.data() + row * columns_; }
  const dd_real* operator[](std::ptrdiff_t row) const noexcept { return elements_.data() + row * columns_; }

 private:
  std::ptrdiff_t rows_ = 0, columns_ = 0;
  Tensor<dd_real, 1> elements_;
};

/// What was given: doubles, or pairs of them.
struct Given {
  View<const double, 2> high;
  View<const double, 2> low;
  bool pairs = false;

  explicit Given(View<const double, 2> a) : high(a) {}
  explicit Given(const Matrix& a) : high(a.high), low(a.low), pairs(true) {
    if (a.high.extents() != a.low.extents())
      throw Error(Errc::invalid_argument, "extended::Matrix: high is " + detail::shape(high) + ", low is " +
                                              detail::shape(low) + "; they must have one shape");
  }
  dd_real operator()(std::ptrdiff_t i, std::ptrdiff_t j) const { return {high(i, j), pairs ? low(i, j) : 0.0}; }
  Given transposed() const {
    Given t = *this;
    t.high = high.transposed();
    t.low = low.transposed();
    return t;
  }
};

inline Rows rows_of(const Given& a, double factor = 1) {
  Rows r(a.high.extent(0), a.high.extent(1));
  for (std::ptrdiff_t i = 0; i < r.rows(); ++i)
    for (std::ptrdiff_t j = 0; j < r.columns(); ++j) r[i][j] = mul_pwr2(a(i, j), factor);
  return r;
}

/// The two halves; factor is a power of two.
inline Matrix halves(const Rows& a, double factor = 1) {
  Matrix m{Tensor<double, 2>({a.rows(), a.columns()}), Tensor<double, 2>({a.rows(), a.columns()})};
  for (std::ptrdiff_t i = 0; i < a.rows(); ++i)
    for (std::ptrdiff_t j = 0; j < a.columns(); ++j) {
      m.high(i, j) = a[i][j].x[0] * factor;
      m.low(i, j) = a[i][j].x[1] * factor;
    }
  return m;
}

inline Vector halves(const dd_real* v, std::ptrdiff_t n, double factor) {
  Vector result{Tensor<double, 1>({n}), Tensor<double, 1>({n})};
  for (std::ptrdiff_t i = 0; i < n; ++i) {
    result.high[i] = v[i].x[0] * factor;
    result.low[i] = v[i].x[1] * factor;
  }
  return result;
}

inline Vector nan_vector(std::ptrdiff_t n) {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  return {Tensor<double, 1>::filled({n}, kNan), Tensor<double, 1>::filled({n}, kNan)};
}

inline constexpr double kEpsilon = 0x1p-104;  // of double-double, as its sums and products are rounded

/// Rows per task: 30 us of multiply-adds of `length` each.
inline std::ptrdiff_t grain(std::ptrdiff_t length) { return 4096 / std::max<std::ptrdiff_t>(length, 1) + 1; }

inline dd_real dot(const dd_real* a, const dd_real* b, std::ptrdiff_t n) {
  dd_real sum = 0.0;
  for (std::ptrdiff_t i = 0; i < n; ++i) sum += a[i] * b[i];
  return sum;
}

}  // namespace lagoon::matrix::extended
