// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <tuple>
#include <type_traits>

// Eigen and xtensor objects are recognised by the shape of their type, so that no Lagoon header includes either
// library: including them would cost every user about a second per file (measured, g++ 12: Eigen/Core 0.45 s,
// xtensor 0.46 s above the standard library).
namespace lagoon::detail {

template <class X>
concept EigenMemory = requires(X& x) {
  typename X::Scalar;
  x.data();
  x.innerStride();
  x.outerStride();
  x.rows();
  x.cols();
  X::IsRowMajor;
};

template <class X>
concept EigenLazy = !EigenMemory<X> && requires(X& x) {
  typename X::Scalar;
  x.rows();
  x.cols();
  x.eval();
};

template <class X>
concept XtensorMemory = requires(X& x) {
  typename X::value_type;
  x.data();
  x.data_offset();
  x.strides();
  x.shape();
  x.dimension();
};

template <class X>
concept XtensorLazy = !XtensorMemory<X> && requires(X& x) {
  typename X::value_type;
  x.shape();
  x.dimension();
};

template <class X>
concept SpanMemory = !EigenMemory<X> && !XtensorMemory<X> && requires(X& x) { std::span(x); };

template <class X>
struct ElementOf {};
template <EigenMemory X>
struct ElementOf<X> {
  using type = std::remove_pointer_t<decltype(std::declval<X&>().data())>;
};
template <XtensorMemory X>
struct ElementOf<X> {
  using type = std::remove_pointer_t<decltype(std::declval<X&>().data())>;
};
template <SpanMemory X>
struct ElementOf<X> {
  using type = typename decltype(std::span(std::declval<X&>()))::element_type;
};

template <class X>
struct LazyScalar {};
template <EigenLazy X>
struct LazyScalar<X> {
  using type = std::remove_const_t<typename X::Scalar>;
};
template <XtensorLazy X>
struct LazyScalar<X> {
  using type = std::remove_const_t<typename X::value_type>;
};

/// X (an lvalue type, const where the object is) has memory that a View<T, R> may look at.
template <class X, class T>
concept ViewableAs =
    requires { typename ElementOf<X>::type; } && std::is_convertible_v<typename ElementOf<X>::type (*)[], T (*)[]>;

/// X is an expression without memory whose elements would have been T.
template <class X, class T>
concept LazyAs =
    requires { typename LazyScalar<X>::type; } && std::is_same_v<typename LazyScalar<X>::type, std::remove_const_t<T>>;

/// Rank fixed by the type, or 0 when only the object knows.
template <class X>
inline constexpr std::size_t static_rank = 0;
template <XtensorMemory X>
  requires requires { std::tuple_size<std::remove_cvref_t<decltype(std::declval<X&>().shape())>>::value; }
inline constexpr std::size_t static_rank<X> =
    std::tuple_size<std::remove_cvref_t<decltype(std::declval<X&>().shape())>>::value;

}  // namespace lagoon::detail
