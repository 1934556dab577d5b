// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <lagoon/rpc/bytes.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace lagoon {

/// A message type in words: "f64[n]", "Summary {mean: f64, ...}".
struct TypeDescription {
  struct FieldDescription;
  std::string name;
  std::vector<FieldDescription> fields;  ///< of a struct with LAGOON_FIELDS
};
struct TypeDescription::FieldDescription {
  std::string name;
  TypeDescription type;
};

/// All of it on one line: "Series {values: f64[n], names: list of text}". Types of one layout say the same text.
std::string to_string(const TypeDescription& type);

/// A message with nothing in it.
struct Empty {
  LAGOON_FIELDS(Empty)
};

namespace detail {

/// Of what both sides must agree on, such as the messages of a contract in words.
std::uint64_t fingerprint(std::string_view text) noexcept;

template <class T>
std::string element_name() {
  if constexpr (std::is_same_v<T, bool>) return "bool";
  if constexpr (std::is_floating_point_v<T>) return "f" + std::to_string(8 * sizeof(T));
  if constexpr (std::is_integral_v<T>) return (std::is_signed_v<T> ? "i" : "u") + std::to_string(8 * sizeof(T));
  return "opaque" + std::to_string(8 * sizeof(T));
}

inline std::string axes(std::size_t rank) {
  std::string text = "[n";
  for (std::size_t k = 1; k < rank; ++k) text += k == 1 ? ", m" : ", k";
  return text + "]";
}

/// Above: the structs that this one is inside of. One that contains itself is described once, then only named.
template <class T, class... Above>
TypeDescription describe_type() {
  if constexpr (is_frozen<T> || is_tensor<T>) {
    return {element_name<typename T::value_type>() + axes(T::rank), {}};
  } else if constexpr (std::is_same_v<T, std::string> || std::is_same_v<T, std::string_view>) {
    return {"text", {}};
  } else if constexpr (is_vector<T> || is_array<T> || is_optional<T>) {
    TypeDescription inner = describe_type<typename T::value_type, Above...>();
    std::string what = is_optional<T> ? "optional " : "list of ";
    if constexpr (is_array<T>) what += std::to_string(std::tuple_size_v<T>) + " ";
    inner.name.insert(0, what);
    return inner;
  } else if constexpr (std::is_enum_v<T>) {
    return {element_name<std::underlying_type_t<T>>(), {}};
  } else if constexpr (Fielded<T>) {
    TypeDescription d{std::string(T::lagoon_type_name()), {}};
    if constexpr (!(std::is_same_v<T, Above> || ...)) {
      std::apply(
          [&](const auto&... field) {
            (d.fields.push_back(
                 {std::string(field.name),
                  describe_type<std::remove_cvref_t<decltype(std::declval<T&>().*(field.member))>, Above..., T>()}),
             ...);
          },
          T::lagoon_fields());
    }
    return d;
  } else {
    return {element_name<T>(), {}};
  }
}

}  // namespace detail
}  // namespace lagoon
