// SPDX-License-Identifier: Apache-2.0
// The one source that includes nlohmann-json: it costs 2.4 s wherever it goes.
#include <lagoon/monitor/json.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>

namespace lagoon::json {
namespace {

using Json = nlohmann::ordered_json;

template <class T, std::size_t R>
Json array_to_json(View<const T, R> v) {
  Json list = Json::array();
  for (std::ptrdiff_t i = 0; i < v.extent(0); ++i) {
    if constexpr (R == 1) {
      if constexpr (std::is_floating_point_v<T>) {
        if (!std::isfinite(v[i])) {
          list.push_back(nullptr);
          continue;
        }
      }
      list.push_back(v[i]);
    } else {
      Extents<R - 1> extents{}, strides{};
      std::copy(v.extents().begin() + 1, v.extents().end(), extents.begin());
      std::copy(v.strides().begin() + 1, v.strides().end(), strides.begin());
      list.push_back(array_to_json<T, R - 1>(View<const T, R - 1>(v.data() + i * v.stride(0), extents, strides)));
    }
  }
  return list;
}

Json to_json(const Value& value) {
  struct Visitor {
    Json operator()(std::monostate) const { return nullptr; }
    Json operator()(bool b) const { return b; }
    Json operator()(std::int64_t n) const { return n; }
    Json operator()(double x) const { return std::isfinite(x) ? Json(x) : Json(nullptr); }
    Json operator()(const std::string& s) const { return s; }
    Json operator()(const Value::List& list) const {
      Json json = Json::array();
      for (const Value& v : list) json.push_back(to_json(v));
      return json;
    }
    Json operator()(const Value::Object& object) const {
      Json json = Json::object();
      for (const auto& [key, v] : object) json[key] = to_json(v);
      return json;
    }
    Json operator()(const Value::Array& array) const {
      return std::visit([](const auto& a) { return array_to_json(a.view()); }, array);
    }
  };
  return std::visit(Visitor{}, value.data);
}

std::string scalar(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

bool is_plain(const Json& json) {
  return !json.is_structured() || json.empty() ||
         (json.is_array() && std::none_of(json.begin(), json.end(), [](const Json& e) { return e.is_structured(); }));
}

void print(const Json& json, std::string& out, std::size_t depth) {
  if (is_plain(json)) {
    if (!json.is_array()) {
      out += scalar(json);
      return;
    }
    out += '[';
    for (auto it = json.begin(); it != json.end(); ++it) out += (it == json.begin() ? "" : ", ") + scalar(*it);
    out += ']';
    return;
  }
  const std::string indent(2 * (depth + 1), ' ');
  out += json.is_object() ? '{' : '[';
  bool first = true;
  for (const auto& [key, value] : json.items()) {
    out += (first ? "\n" : ",\n") + indent;
    if (json.is_object()) out += scalar(key) + ": ";
    print(value, out, depth + 1);
    first = false;
  }
  out += '\n' + std::string(2 * depth, ' ') + (json.is_object() ? '}' : ']');
}

Value from_json(const Json& json) {
  if (json.is_boolean()) return Value(json.get<bool>());
  if (json.is_number_unsigned() && json.get<std::uint64_t>() > std::uint64_t{1} << 62) return Value(json.get<double>());
  if (json.is_number_integer()) return Value(json.get<std::int64_t>());
  if (json.is_number()) return Value(json.get<double>());
  if (json.is_string()) return Value(json.get<std::string>());
  if (json.is_array()) {
    Value::List list;
    for (const Json& e : json) list.push_back(from_json(e));
    return Value(std::move(list));
  }
  if (json.is_object()) {
    Value::Object object;
    for (const auto& [key, e] : json.items()) object.emplace_back(key, from_json(e));
    return Value(std::move(object));
  }
  return {};
}

/// Deep nesting would end the process in a recursion; no request has it.
bool too_deep(std::string_view text) {
  int depth = 0, most = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (quoted && text[i] == '\\')
      ++i;
    else if (text[i] == '"')
      quoted = !quoted;
    else if (!quoted)
      depth += (text[i] == '[' || text[i] == '{') - (text[i] == ']' || text[i] == '}');
    most = std::max(most, depth);
  }
  return most > 200;
}

}  // namespace

Value document(std::string_view kind, Value body) {
  Value::Object o = {{"schema", Value("lagoon." + std::string(kind))}, {"schema_version", Value(kSchemaVersion)}};
  auto& fields = std::get<Value::Object>(body.data);
  o.insert(o.end(), std::make_move_iterator(fields.begin()), std::make_move_iterator(fields.end()));
  return Value(std::move(o));
}

Value body_of(std::string_view kind, Value document) {
  const std::string wanted = "lagoon." + std::string(kind);
  auto* fields = std::get_if<Value::Object>(&document.data);
  const Value* schema = document.find("schema");
  const Value* version = document.find("schema_version");
  const auto* name = schema ? std::get_if<std::string>(&schema->data) : nullptr;
  const auto* number = version ? std::get_if<std::int64_t>(&version->data) : nullptr;
  if (!fields || !name || *name != wanted || !number)
    throw Error(Errc::invalid_argument, "this is no document of schema " + wanted);
  if (*number != kSchemaVersion)
    throw Error(Errc::invalid_argument, wanted + ": version " + std::to_string(*number) + "; this program knows " +
                                            std::to_string(kSchemaVersion));
  std::erase_if(*fields, [](const auto& f) { return f.first == "schema" || f.first == "schema_version"; });
  return document;
}

std::string pretty(const Value& value) {
  std::string out;
  print(to_json(value), out, 0);
  return out;
}

std::string compact(const Value& value) { return scalar(to_json(value)); }

std::string for_script(const Value& value) {
  std::string out;
  for (char c : compact(value)) {
    // "</script>" and "<!--" end or change a script element, whatever quotes they stand in.
    if (c == '<')
      out += "\\u003c";
    else
      out += c;
  }
  return out;
}

Value parse_json(std::string_view text, const std::string& where) {
  if (too_deep(text)) throw Error(Errc::invalid_argument, where + ": nested more than 200 levels deep");
  try {
    return from_json(Json::parse(text));
  } catch (const Json::parse_error& e) {
    const auto before = text.substr(0, e.byte ? e.byte - 1 : 0);
    const auto line = std::count(before.begin(), before.end(), '\n') + 1;
    const std::size_t column = before.size() - (before.rfind('\n') + 1) + 1;
    throw Error(Errc::invalid_argument,
                where + ":" + std::to_string(line) + ":" + std::to_string(column) + ": this is not JSON");
  } catch (const Json::exception& e) {
    throw Error(Errc::invalid_argument, where + ": " + e.what());
  }
}

bool try_parse_json(std::string_view text, Value& into) {
  if (too_deep(text)) return false;
  const Json json = Json::parse(text, nullptr, false);
  if (json.is_discarded()) return false;
  into = from_json(json);
  return true;
}

}  // namespace lagoon::json
