// SPDX-License-Identifier: Apache-2.0
#pragma once

// What all matrix kernels share: column-major scratch in the memory of the call, copies, checks and scaling.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <lagoon/core/error.hpp>
#include <lagoon/core/tensor.hpp>
#include <lagoon/core/view.hpp>
#include <limits>
#include <string>

namespace lagoon::matrix::detail {

/// A column-major matrix as LAPACK wants it, uninitialised. The leading size is kept off powers of two, where the
/// columns of a tile would share cache sets.
template <class T>
class Columns {
 public:
  Columns() = default;
  Columns(std::ptrdiff_t rows, std::ptrdiff_t columns)
      : rows_(rows), columns_(columns), stride_(spread(rows)), elements_({stride_ * columns}) {}

  std::ptrdiff_t rows() const noexcept { return rows_; }
  std::ptrdiff_t columns() const noexcept { return columns_; }
  int stride() const noexcept { return static_cast<int>(stride_); }
  T* data() noexcept { return elements_.data(); }
  const T* data() const noexcept { return elements_.data(); }
  T* at(std::ptrdiff_t row, std::ptrdiff_t column) noexcept { return data() + row + column * stride_; }
  const T* at(std::ptrdiff_t row, std::ptrdiff_t column) const noexcept { return data() + row + column * stride_; }
  View<T, 2> view() noexcept { return {data(), {rows_, columns_}, {1, stride_}}; }
  View<const T, 2> view() const noexcept { return {data(), {rows_, columns_}, {1, stride_}}; }

 private:
  static std::ptrdiff_t spread(std::ptrdiff_t rows) {
    constexpr std::ptrdiff_t kLine = 64 / sizeof(T);
    const std::ptrdiff_t whole = rows <= 1 ? 1 : (rows + kLine - 1) / kLine * kLine;
    return whole % 256 == 0 ? whole + kLine : whole;
  }

  std::ptrdiff_t rows_ = 0, columns_ = 0, stride_ = 1;
  Tensor<T, 1> elements_;
};

/// "3x4"
template <class T>
std::string shape(View<T, 2> a) {
  return std::to_string(a.extent(0)) + "x" + std::to_string(a.extent(1));
}

/// throws  out_of_range when an extent, rounded up for alignment, is more than LAPACK counts
template <class T>
void check_extents(View<const T, 2> a, const char* what, const char* name = "a") {
  constexpr std::ptrdiff_t kMost = 2147483647 - 64;
  if (a.extent(0) > kMost || a.extent(1) > kMost)
    throw Error(Errc::out_of_range, std::string(what) + ": " + name + " is " + shape(a) + "; no extent may exceed " +
                                        std::to_string(kMost));
}

/// throws  invalid_argument, and what check_extents throws
template <class T>
void check_square(View<const T, 2> a, const char* what) {
  check_extents(a, what);
  if (a.extent(0) != a.extent(1))
    throw Error(Errc::invalid_argument, std::string(what) + ": a is " + shape(a) + "; it must be square");
}

/// to = factor * from, element by element, in tiles that suit both orders.
template <class T>
void copy(View<const T, 2> from, View<T, 2> to, bool parallel, T factor = 1);

template <class T>
void fill(View<T, 2> to, T value);

/// Ones on the diagonal, zeros elsewhere.
template <class T>
void fill_identity(View<T, 2> to, bool parallel);

/// How much of `extent` is the first half when both begin at a multiple of `unit`.
inline std::ptrdiff_t half_of(std::ptrdiff_t extent, std::ptrdiff_t unit) {
  return (extent / 2 + unit - 1) / unit * unit;
}

/// The largest magnitude; NaN when there is a NaN, 0 of nothing.
template <class T>
T largest(View<const T, 2> a, bool parallel);

/// The power of two that brings a magnitude above zero to about 1, which makes no rounding. Of a subnormal one the
/// inverse would be infinite; then most of the way is enough.
template <class T>
T power_to_one(T magnitude) {
  return std::ldexp(T{1}, std::min(-std::ilogb(magnitude), std::numeric_limits<T>::max_exponent - 2));
}

/// The power of two by which a matrix with this largest magnitude is multiplied before it is factored: 1 unless
/// squares of it would overflow or underflow. Exact, but for elements that are nothing beside the largest.
template <class T>
T safe_scale(T largest);

template <class T>
Tensor<T, 2> nan_matrix(std::ptrdiff_t rows, std::ptrdiff_t columns);

/// The row-major copy that results are.
template <class T>
Tensor<T, 2> row_major(View<const T, 2> from, bool parallel, T factor = 1);

}  // namespace lagoon::matrix::detail
