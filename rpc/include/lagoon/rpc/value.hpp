// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <lagoon/rpc/bytes.hpp>
#include <limits>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace lagoon {

/// A message without its type: what JSON can say, and arrays in place. Lets a shell call any method by name.
class Value {
 public:
  using List = std::vector<Value>;
  using Object = std::vector<std::pair<std::string, Value>>;
  using Array = std::variant<Frozen<double, 1>, Frozen<double, 2>, Frozen<double, 3>, Frozen<float, 1>,
                             Frozen<float, 2>, Frozen<float, 3>, Frozen<std::int64_t, 1>, Frozen<std::int64_t, 2>,
                             Frozen<std::uint8_t, 1>, Frozen<std::uint8_t, 2>, Frozen<std::uint8_t, 3>>;
  using Variant = std::variant<std::monostate, bool, std::int64_t, double, std::string, List, Object, Array>;

  Value() = default;
  Value(Variant data) : data(std::move(data)) {}  // NOLINT: a value is its data
  Variant data;

  /// "nothing", "a truth value", "a number", "text", "a list", "an object", "an array".
  std::string kind() const;
  const Value* find(std::string_view key) const noexcept;
};

namespace detail {

template <class T>
inline constexpr bool in_array = false;
template <class T, std::size_t R>
inline constexpr bool in_array<Frozen<T, R>> = std::is_constructible_v<Value::Array, Frozen<T, R>>;
template <class T, std::size_t R>
inline constexpr bool in_array<Tensor<T, R>> = in_array<Frozen<T, R>>;

template <class T>
constexpr bool has_value_form() {
  if constexpr (std::is_arithmetic_v<T> || std::is_enum_v<T> || std::is_same_v<T, std::string>) return true;
  if constexpr (is_frozen<T> || is_tensor<T>) return in_array<T>;
  if constexpr (is_vector<T> || is_array<T> || is_optional<T>) return has_value_form<typename T::value_type>();
  if constexpr (Fielded<T>) {
    return std::apply(
        [](const auto&... field) {
          return (has_value_form<std::remove_cvref_t<decltype(std::declval<T&>().*(field.member))>>() && ...);
        },
        T::lagoon_fields());
  }
  return false;
}

[[noreturn]] void throw_wrong_value(const std::string& path, const std::string& wanted, const Value& given);
[[noreturn]] void throw_unknown_field(const std::string& path, const std::string& field,
                                      const std::vector<std::string_view>& known);
double number_of(const Value& v, const std::string& path);
std::int64_t integer_of(const Value& v, const std::string& path, std::int64_t least, std::uint64_t most);

template <class T>
Value to_value(const T& x) {
  if constexpr (std::is_same_v<T, bool>) {
    return Value(x);
  } else if constexpr (std::is_enum_v<T>) {
    return Value(static_cast<std::int64_t>(x));
  } else if constexpr (std::is_integral_v<T>) {
    if constexpr (std::is_unsigned_v<T>) {
      if (x > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
        return Value(static_cast<double>(x));
    }
    return Value(static_cast<std::int64_t>(x));
  } else if constexpr (std::is_floating_point_v<T>) {
    return Value(static_cast<double>(x));
  } else if constexpr (std::is_same_v<T, std::string>) {
    return Value(x);
  } else if constexpr (is_frozen<T>) {
    return Value(Value::Array(x));
  } else if constexpr (is_tensor<T>) {
    return Value(Value::Array(Frozen<typename T::value_type, T::rank>::copy_of(x.view())));
  } else if constexpr (is_optional<T>) {
    return x ? to_value(*x) : Value();
  } else if constexpr (is_vector<T> || is_array<T>) {
    Value::List list;
    list.reserve(x.size());
    for (const auto& e : x) list.push_back(to_value(e));
    return Value(std::move(list));
  } else {
    Value::Object object;
    for_each_field(x, [&](std::string_view name, const auto& f) { object.emplace_back(name, to_value(f)); });
    return Value(std::move(object));
  }
}

template <class T>
void from_value(const Value& v, T& into, const std::string& path);

/// Numbers in nested lists, all of equal length, as an array.
template <class T, std::size_t R>
Frozen<T, R> array_from_lists(const Value& v, const std::string& path) {
  Extents<R> extents{};
  const Value* level = &v;
  for (std::size_t k = 0; k < R; ++k) {
    const auto* list = std::get_if<Value::List>(&level->data);
    if (!list) throw_wrong_value(path, "a list or an array with " + std::to_string(R) + " axes", *level);
    extents[k] = static_cast<std::ptrdiff_t>(list->size());
    if (list->empty()) break;
    level = &list->front();
  }
  Tensor<T, R> out(extents);
  T* at = out.data();
  auto fill = [&](auto& self, const Value& part, std::size_t axis, const std::string& where) -> void {
    const auto* list = std::get_if<Value::List>(&part.data);
    if (!list) throw_wrong_value(where, "a list", part);
    if (static_cast<std::ptrdiff_t>(list->size()) != extents[axis])
      throw_wrong_value(where, "a list of " + std::to_string(extents[axis]) + " like its neighbours", part);
    for (std::size_t i = 0; i < list->size(); ++i) {
      const std::string here = where + "[" + std::to_string(i) + "]";
      if (axis + 1 < R) {
        self(self, (*list)[i], axis + 1, here);
      } else {
        from_value((*list)[i], *at++, here);
      }
    }
  };
  fill(fill, v, 0, path);
  return std::move(out).freeze();
}

/// The array in place when type and rank fit, converted element by element when only the type differs.
template <class T, std::size_t R>
Frozen<T, R> array_from_value(const Value& v, const std::string& path) {
  const auto* array = std::get_if<Value::Array>(&v.data);
  if (!array) return array_from_lists<T, R>(v, path);
  return std::visit(
      [&](const auto& given) -> Frozen<T, R> {
        using Given = std::remove_cvref_t<decltype(given)>;
        if constexpr (std::is_same_v<Given, Frozen<T, R>>) {
          return given;
        } else if constexpr (Given::rank == R && std::is_convertible_v<typename Given::value_type, T>) {
          const auto contiguous = Tensor<typename Given::value_type, R>::copy_of(given.view());
          Tensor<T, R> out(given.extents());
          for (std::ptrdiff_t i = 0; i < out.size(); ++i) out.data()[i] = static_cast<T>(contiguous.data()[i]);
          return std::move(out).freeze();
        } else {
          throw_wrong_value(path, "an array with " + std::to_string(R) + " axes", v);
        }
      },
      *array);
}

template <class T>
void from_value(const Value& v, T& into, const std::string& path) {
  if constexpr (std::is_same_v<T, bool>) {
    if (const auto* b = std::get_if<bool>(&v.data)) {
      into = *b;
    } else {
      throw_wrong_value(path, "true or false", v);
    }
  } else if constexpr (std::is_enum_v<T>) {
    into = static_cast<T>(integer_of(v, path, 0, 255));
  } else if constexpr (std::is_integral_v<T>) {
    into = static_cast<T>(integer_of(v, path, static_cast<std::int64_t>(std::numeric_limits<T>::min()),
                                     static_cast<std::uint64_t>(std::numeric_limits<T>::max())));
  } else if constexpr (std::is_floating_point_v<T>) {
    into = static_cast<T>(number_of(v, path));
  } else if constexpr (std::is_same_v<T, std::string>) {
    const auto* text = std::get_if<std::string>(&v.data);
    if (!text) throw_wrong_value(path, "text", v);
    into = *text;
  } else if constexpr (is_frozen<T>) {
    into = array_from_value<typename T::value_type, T::rank>(v, path);
  } else if constexpr (is_tensor<T>) {
    into = T::copy_of(array_from_value<typename T::value_type, T::rank>(v, path).view());
  } else if constexpr (is_optional<T>) {
    if (std::holds_alternative<std::monostate>(v.data)) {
      into.reset();
    } else {
      from_value(v, into.emplace(), path);
    }
  } else if constexpr (is_vector<T> || is_array<T>) {
    if constexpr (is_vector<T> && std::is_arithmetic_v<typename T::value_type> &&
                  !std::is_same_v<typename T::value_type, bool>) {
      if (std::holds_alternative<Value::Array>(v.data)) {
        const auto array = array_from_value<double, 1>(v, path);
        into.resize(static_cast<std::size_t>(array.size()));
        for (std::size_t i = 0; i < into.size(); ++i)
          from_value(Value(array[static_cast<std::ptrdiff_t>(i)]), into[i], path + "[" + std::to_string(i) + "]");
        return;
      }
    }
    const auto* list = std::get_if<Value::List>(&v.data);
    if (!list) throw_wrong_value(path, "a list", v);
    if constexpr (is_vector<T>) {
      into.resize(list->size());
    } else if (list->size() != into.size()) {
      throw_wrong_value(path, "a list of " + std::to_string(into.size()), v);
    }
    for (std::size_t i = 0; i < list->size(); ++i) {
      typename T::value_type element{};
      from_value((*list)[i], element, path + "[" + std::to_string(i) + "]");
      into[i] = std::move(element);
    }
  } else {
    const auto* object = std::get_if<Value::Object>(&v.data);
    if (!object) throw_wrong_value(path, "an object (" + std::string(T::lagoon_type_name()) + ")", v);
    std::vector<std::string_view> known;
    for_each_field(into, [&](std::string_view name, auto&) { known.push_back(name); });
    for (const auto& [key, unused] : *object) {
      bool found = false;
      for (std::string_view k : known) found = found || k == key;
      if (!found) throw_unknown_field(path, key, known);
    }
    for_each_field(into, [&](std::string_view name, auto& field) {
      if (const Value* f = v.find(name))
        from_value(*f, field, path.empty() ? std::string(name) : path + "." + std::string(name));
    });
  }
}

}  // namespace detail
}  // namespace lagoon
