// SPDX-License-Identifier: Apache-2.0
#include <lagoon/rpc/value.hpp>

#include <lagoon/core/error.hpp>

#include <cmath>
#include <sstream>

#include "nearest.hpp"

namespace lagoon {

std::string Value::kind() const {
  constexpr const char* kKinds[] = {"nothing", "a truth value", "a number",  "a number",
                                    "text",    "a list",        "an object", "an array"};
  return kKinds[data.index()];
}

const Value* Value::find(std::string_view key) const noexcept {
  if (const auto* object = std::get_if<Object>(&data)) {
    for (const auto& [k, v] : *object)
      if (k == key) return &v;
  }
  return nullptr;
}

namespace detail {

void throw_wrong_value(const std::string& path, const std::string& wanted, const Value& given) {
  throw Error(Errc::invalid_argument,
              (path.empty() ? "the request" : path) + ": " + wanted + " is wanted, " + given.kind() + " is given");
}

void throw_unknown_field(const std::string& path, const std::string& field,
                         const std::vector<std::string_view>& known) {
  std::string text = (path.empty() ? "the request" : path) + " has no field " + field;
  if (const auto near = nearest(field, known); !near.empty()) text += "; did you mean " + std::string(near) + "?";
  text += " Fields:";
  for (auto k : known) text += " " + std::string(k);
  throw Error(Errc::invalid_argument, text);
}

double number_of(const Value& v, const std::string& path) {
  if (const auto* d = std::get_if<double>(&v.data)) return *d;
  if (const auto* i = std::get_if<std::int64_t>(&v.data)) return static_cast<double>(*i);
  if (std::holds_alternative<std::monostate>(v.data)) return std::nan("");  // JSON has no word for it but null
  throw_wrong_value(path, "a number", v);
}

std::int64_t integer_of(const Value& v, const std::string& path, std::int64_t least, std::uint64_t most) {
  std::int64_t i = 0;
  if (const auto* whole = std::get_if<std::int64_t>(&v.data)) {
    i = *whole;
  } else if (const auto* d = std::get_if<double>(&v.data); d && std::trunc(*d) == *d && std::abs(*d) < 0x1p62) {
    i = static_cast<std::int64_t>(*d);
  } else {
    throw_wrong_value(path, "a whole number", v);
  }
  if (i < least || (i > 0 && static_cast<std::uint64_t>(i) > most)) {
    throw Error(Errc::out_of_range, (path.empty() ? "the request" : path) + ": " + std::to_string(i) + " is outside [" +
                                        std::to_string(least) + ", " + std::to_string(most) + "]");
  }
  return i;
}

}  // namespace detail
}  // namespace lagoon
