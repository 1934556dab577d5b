// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <lagoon/core/duck.hpp>
#include <lagoon/core/error.hpp>
#include <span>
#include <type_traits>

namespace lagoon {

/// Sizes, or distances in elements, along each of R axes.
template <std::size_t R>
using Extents = std::array<std::ptrdiff_t, R>;

namespace detail {
/// Number of elements; throws invalid_argument when an extent is negative or the product overflows.
std::ptrdiff_t checked_size(std::span<const std::ptrdiff_t> extents);
[[noreturn]] void throw_rank_mismatch(std::size_t have, std::size_t want);
[[noreturn]] void throw_not_a_vector(std::ptrdiff_t rows, std::ptrdiff_t columns);
[[noreturn]] void throw_outside(const char* what, std::ptrdiff_t index, std::ptrdiff_t extent);

template <std::size_t R>
constexpr Extents<R> row_major_strides(const Extents<R>& extents) {
  Extents<R> strides{};
  std::ptrdiff_t step = 1;
  for (std::size_t k = R; k-- > 0;) {
    strides[k] = step;
    step *= extents[k];
  }
  return strides;
}

template <class X>
inline constexpr bool never = false;
}  // namespace detail

/// Looks at an array that somebody else owns: a pointer, extents, strides; made in place, never copies.
///
///   double mean(View<const double, 1> x);
///   Eigen::MatrixXd m = ...;  mean(m.row(1));               // strided block
///   xt::xtensor<double, 2> t = ...;  mean(xt::view(t, xt::all(), 2));
///   std::vector<double> v = ...;  mean(v);
///   mean(t + 1);                                            // does not compile: a lazy expression has no memory
///
///   T   const for reading, non-const for writing
///   R   number of axes, fixed by the type; an xtensor object of dynamic rank is checked when the view is made
/// A view lives no longer than what it looks at; as a parameter it outlives no call.
template <class T, std::size_t R>
class View {
 public:
  static_assert(R >= 1, "a view has at least one axis");
  using element_type = T;
  using value_type = std::remove_const_t<T>;
  static constexpr std::size_t rank = R;

  constexpr View() noexcept = default;

  /// Over n contiguous elements in row-major order.
  constexpr View(T* data, const Extents<R>& extents) noexcept
      : data_(data), extents_(extents), strides_(detail::row_major_strides(extents)) {}

  /// Over elements at data + sum(index[k] * strides[k]); strides may be negative or zero.
  constexpr View(T* data, const Extents<R>& extents, const Extents<R>& strides) noexcept
      : data_(data), extents_(extents), strides_(strides) {}

  /// Of an Eigen, xtensor or contiguous standard object, in place.
  template <class X>
    requires detail::ViewableAs<std::remove_reference_t<X>, T>
  constexpr View(X&& x) {  // NOLINT: implicit, so that a kernel takes any array
    of(x);
  }

  template <class X>
    requires detail::LazyAs<std::remove_cvref_t<X>, T>
  View(const X&) {  // NOLINT: chosen only to explain
    static_assert(detail::never<X>,
                  "lagoon: a lazy expression has no memory to look at; evaluate it first: "
                  "(a + b).eval() in Eigen, xt::eval(a + b) in xtensor");
  }

  /// A view for writing is a view for reading.
  template <class U>
    requires(std::is_const_v<T> && std::is_same_v<U, value_type>)
  constexpr View(const View<U, R>& other) noexcept  // NOLINT: implicit like T* to const T*
      : data_(other.data()), extents_(other.extents()), strides_(other.strides()) {}

  constexpr T* data() const noexcept { return data_; }
  constexpr const Extents<R>& extents() const noexcept { return extents_; }
  constexpr const Extents<R>& strides() const noexcept { return strides_; }
  constexpr std::ptrdiff_t extent(std::size_t axis) const noexcept { return extents_[axis]; }
  constexpr std::ptrdiff_t stride(std::size_t axis) const noexcept { return strides_[axis]; }

  constexpr std::ptrdiff_t size() const noexcept {
    std::ptrdiff_t n = 1;
    for (std::ptrdiff_t e : extents_) n *= e;
    return n;
  }
  constexpr bool empty() const noexcept { return size() == 0; }

  /// Elements follow one another in row-major order; an axis of extent 1 does not count.
  constexpr bool is_contiguous() const noexcept {
    std::ptrdiff_t step = 1;
    for (std::size_t k = R; k-- > 0;) {
      if (extents_[k] != 1 && strides_[k] != step) return false;
      step *= extents_[k];
    }
    return true;
  }

  /// The element at an index per axis; unchecked.
  template <class... I>
    requires(sizeof...(I) == R && (std::is_convertible_v<I, std::ptrdiff_t> && ...))
  constexpr T& operator()(I... index) const noexcept {
    std::size_t k = 0;
    std::ptrdiff_t offset = 0;
    ((offset += static_cast<std::ptrdiff_t>(index) * strides_[k++]), ...);
    return data_[offset];
  }
  constexpr T& operator[](std::ptrdiff_t i) const noexcept
    requires(R == 1)
  {
    return data_[i * strides_[0]];
  }

  /// Elements [begin, end) along one axis.  throws  out_of_range
  constexpr View slice(std::size_t axis, std::ptrdiff_t begin, std::ptrdiff_t end) const {
    if (axis >= R) detail::throw_outside("axis", static_cast<std::ptrdiff_t>(axis), R);
    if (end < 0 || end > extents_[axis]) detail::throw_outside("slice end", end, extents_[axis]);
    if (begin < 0 || begin > end) detail::throw_outside("slice begin", begin, end);
    View part = *this;
    part.data_ += begin * strides_[axis];
    part.extents_[axis] = end - begin;
    return part;
  }

  /// One row or column of a matrix.  throws  out_of_range
  constexpr View<T, 1> row(std::ptrdiff_t i) const
    requires(R == 2)
  {
    if (i < 0 || i >= extents_[0]) detail::throw_outside("row", i, extents_[0]);
    return {data_ + i * strides_[0], {extents_[1]}, {strides_[1]}};
  }
  constexpr View<T, 1> column(std::ptrdiff_t j) const
    requires(R == 2)
  {
    if (j < 0 || j >= extents_[1]) detail::throw_outside("column", j, extents_[1]);
    return {data_ + j * strides_[1], {extents_[0]}, {strides_[0]}};
  }
  constexpr View transposed() const noexcept
    requires(R == 2)
  {
    return {data_, {extents_[1], extents_[0]}, {strides_[1], strides_[0]}};
  }

 private:
  template <class X>
  constexpr void of(X& x) {
    if constexpr (detail::EigenMemory<X>) {
      of_eigen(x);
    } else if constexpr (detail::XtensorMemory<X>) {
      of_xtensor(x);
    } else {
      static_assert(R == 1, "lagoon: a vector, array or span has one axis; say View(data, extents) for more");
      auto s = std::span(x);
      data_ = s.data();
      extents_ = {static_cast<std::ptrdiff_t>(s.size())};
      strides_ = {1};
    }
  }

  template <class X>
  constexpr void of_eigen(X& x) {
    static_assert(R <= 2, "lagoon: an Eigen object has one or two axes");
    const std::ptrdiff_t rows = x.rows(), columns = x.cols();
    const std::ptrdiff_t row_step = X::IsRowMajor ? x.outerStride() : x.innerStride();
    const std::ptrdiff_t column_step = X::IsRowMajor ? x.innerStride() : x.outerStride();
    data_ = x.data();
    if constexpr (R == 2) {
      extents_ = {rows, columns};
      strides_ = {row_step, column_step};
    } else {
      if (rows != 1 && columns != 1) detail::throw_not_a_vector(rows, columns);
      extents_ = {rows * columns};
      strides_ = {columns == 1 ? row_step : column_step};
    }
  }

  template <class X>
  constexpr void of_xtensor(X& x) {
    static_assert(detail::static_rank<X> == 0 || detail::static_rank<X> == R,
                  "lagoon: the xtensor object has another number of axes than the view");
    if (x.dimension() != R) detail::throw_rank_mismatch(x.dimension(), R);
    data_ = x.data() + x.data_offset();
    for (std::size_t k = 0; k < R; ++k) {
      extents_[k] = static_cast<std::ptrdiff_t>(x.shape()[k]);
      strides_[k] = static_cast<std::ptrdiff_t>(x.strides()[k]);
    }
  }

  T* data_ = nullptr;
  Extents<R> extents_{};
  Extents<R> strides_{};
};

}  // namespace lagoon
