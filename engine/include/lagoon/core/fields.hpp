// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <tuple>
#include <type_traits>

/// Names the fields of a struct once; JSON, the wire, `lagoon describe` and byte counts all read it from here.
///
///   struct Summary {
///     double mean = 0, deviation = 0;
///     LAGOON_FIELDS(Summary, mean, deviation)
///   };
///
/// The struct stays an aggregate. Append fields, never reorder them: the order is the wire format.
#define LAGOON_FIELDS(Type, ...)                                                    \
  static constexpr ::std::string_view lagoon_type_name() noexcept { return #Type; } \
  static constexpr auto lagoon_fields() noexcept { return ::std::make_tuple(LAGOON_DETAIL_EACH(Type, __VA_ARGS__)); }

// Applies LAGOON_DETAIL_FIELD to each name with commas between, up to 256 names (rescanning trick of C++20's
// __VA_OPT__).
#define LAGOON_DETAIL_FIELD(Type, name) ::lagoon::detail::make_field(#name, &Type::name)
#define LAGOON_DETAIL_PARENS ()
#define LAGOON_DETAIL_EACH(Type, ...) __VA_OPT__(LAGOON_DETAIL_EXPAND(LAGOON_DETAIL_STEP(Type, __VA_ARGS__)))
#define LAGOON_DETAIL_STEP(Type, name, ...) \
  LAGOON_DETAIL_FIELD(Type, name) __VA_OPT__(, LAGOON_DETAIL_AGAIN LAGOON_DETAIL_PARENS(Type, __VA_ARGS__))
#define LAGOON_DETAIL_AGAIN() LAGOON_DETAIL_STEP
#define LAGOON_DETAIL_EXPAND(...) \
  LAGOON_DETAIL_EXPAND4(LAGOON_DETAIL_EXPAND4(LAGOON_DETAIL_EXPAND4(LAGOON_DETAIL_EXPAND4(__VA_ARGS__))))
#define LAGOON_DETAIL_EXPAND4(...) \
  LAGOON_DETAIL_EXPAND3(LAGOON_DETAIL_EXPAND3(LAGOON_DETAIL_EXPAND3(LAGOON_DETAIL_EXPAND3(__VA_ARGS__))))
#define LAGOON_DETAIL_EXPAND3(...) \
  LAGOON_DETAIL_EXPAND2(LAGOON_DETAIL_EXPAND2(LAGOON_DETAIL_EXPAND2(LAGOON_DETAIL_EXPAND2(__VA_ARGS__))))
#define LAGOON_DETAIL_EXPAND2(...) \
  LAGOON_DETAIL_EXPAND1(LAGOON_DETAIL_EXPAND1(LAGOON_DETAIL_EXPAND1(LAGOON_DETAIL_EXPAND1(__VA_ARGS__))))
#define LAGOON_DETAIL_EXPAND1(...) __VA_ARGS__

namespace lagoon {

/// A struct that says LAGOON_FIELDS.
template <class T>
concept Fielded = requires {
  std::remove_cvref_t<T>::lagoon_type_name();
  std::remove_cvref_t<T>::lagoon_fields();
};

namespace detail {
template <class Owner, class Member>
struct Field {
  std::string_view name;
  Member Owner::*member;
};
template <class Owner, class Member>
constexpr Field<Owner, Member> make_field(std::string_view name, Member Owner::*member) {
  return {name, member};
}
}  // namespace detail

/// Calls f(name, value) for each field in declaration order.
template <class T, class F>
  requires Fielded<T>
constexpr void for_each_field(T& object, F&& f) {
  std::apply([&](const auto&... field) { (f(field.name, object.*(field.member)), ...); },
             std::remove_const_t<T>::lagoon_fields());
}

}  // namespace lagoon
