// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lagoon/rpc/bytes.hpp>
#include <lagoon/rpc/wire.hpp>
#include <limits>

// Message types as bytes and back, field by field. Thin: what does not depend on the type is in wire.cpp.
//
//   encoder.begin(arrays);              decoder.begin(message, arrays);
//   encode(encoder, request);           Request request;
//   send(encoder.bytes());              decode(decoder, request);
//                                       decoder.end();
namespace lagoon::detail {

/// Elements of which a row is one block of bytes, and any bytes are a value.
template <class T>
inline constexpr bool is_plain = (std::is_arithmetic_v<T> && !std::is_same_v<T, bool>) || std::is_same_v<T, std::byte>;

/// A message that can be sent: LAGOON_FIELDS all the way down to numbers, text and arrays.
///   Above   the structs that this one is inside of
template <class T, class... Above>
constexpr bool has_wire_form() {
  if constexpr (std::is_arithmetic_v<T> || std::is_enum_v<T> || std::is_same_v<T, std::string>) return true;
  if constexpr (is_frozen<T> || is_tensor<T>) return !std::is_pointer_v<typename T::value_type>;
  if constexpr (is_vector<T> || is_array<T> || is_optional<T>) return has_wire_form<typename T::value_type, Above...>();
  if constexpr ((std::is_same_v<T, Above> || ...)) {
    return true;  // as far as its other fields are
  } else if constexpr (Fielded<T>) {
    return std::apply(
        [](const auto&... field) {
          return (has_wire_form<std::remove_cvref_t<decltype(std::declval<T&>().*(field.member))>, Above..., T>() &&
                  ...);
        },
        T::lagoon_fields());
  }
  return false;
}

/// Whether a message of that type may hold a Tensor, which is its receiver's to write to.
template <class T, class... Above>
constexpr bool has_tensor() {
  if constexpr (is_tensor<T>) {
    return true;
  } else if constexpr (is_vector<T> || is_array<T> || is_optional<T>) {
    return has_tensor<typename T::value_type, Above...>();
  } else if constexpr ((std::is_same_v<T, Above> || ...)) {
    return false;  // not more than its other fields
  } else if constexpr (Fielded<T>) {
    return std::apply(
        [](const auto&... field) {
          return (has_tensor<std::remove_cvref_t<decltype(std::declval<T&>().*(field.member))>, Above..., T>() || ...);
        },
        T::lagoon_fields());
  } else {
    return false;
  }
}

template <class T>
inline constexpr bool no_wire_form = false;

/// The fewest bytes that a value takes. At least one, so that a count is never more than the bytes that follow.
template <class T>
constexpr std::size_t least_bytes() {
  if constexpr (std::is_same_v<T, bool> || is_optional<T>) {
    return 1;
  } else if constexpr (std::is_floating_point_v<T>) {
    return sizeof(T);
  } else if constexpr (is_frozen<T> || is_tensor<T>) {
    return 8 * T::rank + 1;
  } else if constexpr (is_array<T>) {
    constexpr std::size_t n = std::tuple_size_v<T>;
    using E = typename T::value_type;
    return n == 0 ? 1 : n * (is_plain<E> ? sizeof(E) : least_bytes<E>());
  } else if constexpr (Fielded<T>) {
    constexpr std::size_t sum = std::apply(
        [](const auto&... field) {
          return (std::size_t{0} + ... +
                  least_bytes<std::remove_cvref_t<decltype(std::declval<T&>().*field.member)>>());
        },
        T::lagoon_fields());
    return sum == 0 ? 1 : sum;
  } else if constexpr (std::is_enum_v<T>) {
    return least_bytes<std::underlying_type_t<T>>();
  } else {
    return 8;  // an integer, or a count
  }
}

/// Whether there is only one value of T; it is written as one byte.
template <class T>
constexpr bool is_hollow() {
  if constexpr (is_array<T>) return std::tuple_size_v<T> == 0;
  if constexpr (Fielded<T>) return std::tuple_size_v<decltype(T::lagoon_fields())> == 0;
  return false;
}

/// A Frozen or a Tensor: extents, then elements where they are. Those with gaps between them are copied without gaps.
template <class Array>
void encode_array(Encoder& out, const Array& x) {
  const BlockHandle& block = ArrayAccess::block_of(x);
  // What was moved away still has extents, but no elements.
  for (std::ptrdiff_t e : x.extents()) out.number(static_cast<std::int64_t>(block ? e : 0));
  if (x.empty() || x.view().is_contiguous()) {
    out.array(x.data(), x.bytes(), block, is_tensor<Array>);
  } else {
    const auto row_major = Array::copy_of(x.view());
    out.array(row_major.data(), row_major.bytes(), ArrayAccess::block_of(row_major), is_tensor<Array>);
  }
}

template <class T>
void encode(Encoder& out, const T& x) {
  if constexpr (std::is_enum_v<T>) {
    encode(out, static_cast<std::underlying_type_t<T>>(x));
  } else if constexpr (std::is_same_v<T, bool> || std::is_same_v<T, float> || std::is_same_v<T, double>) {
    out.number(x);
  } else if constexpr (std::is_floating_point_v<T>) {
    out.raw(&x, sizeof x);
  } else if constexpr (std::is_integral_v<T>) {
    out.number(static_cast<std::conditional_t<std::is_signed_v<T>, std::int64_t, std::uint64_t>>(x));
  } else if constexpr (std::is_same_v<T, std::string>) {
    out.text(x);
  } else if constexpr (is_frozen<T> || is_tensor<T>) {
    encode_array(out, x);
  } else if constexpr (is_optional<T>) {
    out.number(x.has_value());
    if (x) encode(out, *x);
  } else if constexpr (is_hollow<T>()) {
    out.number(false);
  } else if constexpr (is_vector<T> || is_array<T>) {
    using E = typename T::value_type;
    if constexpr (is_vector<T>) out.number(static_cast<std::uint64_t>(x.size()));
    if constexpr (is_plain<E>) {
      out.raw(x.data(), x.size() * sizeof(E));
    } else {
      const Nesting level(out);
      for (const E& e : x) encode(out, e);
    }
  } else if constexpr (Fielded<T>) {
    for_each_field(x, [&](std::string_view, const auto& field) { encode(out, field); });
  } else {
    static_assert(no_wire_form<T>,
                  "lagoon: this type cannot be sent to another process; a message is made of numbers, enums, text, "
                  "arrays, optional, vector, std::array, and structs with LAGOON_FIELDS");
  }
}

/// Elements one by one: what a count promises is not allocated before it is there, where elements are large in memory
/// and small in a message.
template <class T>
void decode_elements(Decoder& in, T& x);

/// Whatever `x` was before is gone. Where this throws, `x` is some value of T.
template <class T>
void decode(Decoder& in, T& x) {
  if constexpr (std::is_same_v<T, bool>) {
    x = in.truth();
  } else if constexpr (std::is_enum_v<T>) {
    std::underlying_type_t<T> value{};
    decode(in, value);
    x = static_cast<T>(value);
  } else if constexpr (std::is_same_v<T, double>) {
    x = in.real();
  } else if constexpr (std::is_same_v<T, float>) {
    x = in.single();
  } else if constexpr (std::is_floating_point_v<T>) {
    in.raw(&x, sizeof x);
  } else if constexpr (std::is_integral_v<T> && std::is_signed_v<T>) {
    x = static_cast<T>(in.integer(std::numeric_limits<T>::min(), std::numeric_limits<T>::max()));
  } else if constexpr (std::is_integral_v<T>) {
    x = static_cast<T>(in.natural(std::numeric_limits<T>::max()));
  } else if constexpr (std::is_same_v<T, std::string>) {
    x = in.text();
  } else if constexpr (is_frozen<T> || is_tensor<T>) {
    using E = typename T::value_type;
    Extents<T::rank> extents{};
    Allocation elements = in.array(sizeof(E), extents, is_tensor<T>, alignof(E));
    x = ArrayAccess::made_of<T>(std::move(elements), extents);
  } else if constexpr (is_optional<T>) {
    x.reset();
    if (in.truth()) decode(in, x.emplace());
  } else if constexpr (is_hollow<T>()) {
    if (in.truth()) in.fail("something where there is nothing");
  } else if constexpr (is_vector<T> || is_array<T>) {
    using E = typename T::value_type;
    if constexpr (!is_plain<E>) {
      decode_elements(in, x);
    } else {
      if constexpr (is_vector<T>) x.resize(in.count(sizeof(E)));
      in.raw(x.data(), x.size() * sizeof(E));
    }
  } else if constexpr (Fielded<T>) {
    for_each_field(x, [&](std::string_view, auto& field) { decode(in, field); });
  } else {
    static_assert(no_wire_form<T>,
                  "lagoon: this type cannot be sent to another process; a message is made of numbers, enums, text, "
                  "arrays, optional, vector, std::array, and structs with LAGOON_FIELDS");
  }
}

template <class T>
void decode_elements(Decoder& in, T& x) {
  using E = typename T::value_type;
  if constexpr (is_array<T>) {
    const Nesting level(in);
    for (E& e : x) decode(in, e);
  } else {
    const std::size_t n = in.count(least_bytes<E>());
    const Nesting level(in);
    x.clear();
    if constexpr (sizeof(E) <= 16 * least_bytes<E>()) x.reserve(n);
    for (std::size_t i = 0; i < n; ++i) {
      if constexpr (std::is_same_v<E, bool>) {
        x.push_back(in.truth());  // its elements are no objects
      } else {
        decode(in, x.emplace_back());
      }
    }
  }
}

}  // namespace lagoon::detail
