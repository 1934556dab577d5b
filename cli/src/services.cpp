// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <lagoon/rpc/dynamic.hpp>

#include <algorithm>

#include "commands.hpp"
#include "json.hpp"
#include "session.hpp"
#include "text.hpp"

namespace lagoon::cli {
namespace {

Value type_value(const TypeDescription& type) {
  Value::Object object = {{"type", Value(type.name)}};
  if (!type.fields.empty()) {
    Value::Object fields;
    for (const auto& f : type.fields) fields.emplace_back(f.name, type_value(f.type));
    object.emplace_back("fields", Value(std::move(fields)));
  }
  return Value(std::move(object));
}

std::string traits_text(const detail::MethodEntry& m) {
  std::string text(name(m.kind));
  if (m.traits.idempotent) text += ", idempotent";
  if (m.traits.exclusive) text += ", one at a time";
  return text;
}

Value method_value(const detail::MethodEntry& m) {
  std::string kind(name(m.kind));
  std::replace(kind.begin(), kind.end(), ' ', '_');
  return Value(Value::Object{{"name", Value(std::string(m.name))},
                             {"kind", Value(std::move(kind))},
                             {"idempotent", Value(m.traits.idempotent)},
                             {"exclusive", Value(m.traits.exclusive)},
                             {"callable_by_name", Value(m.dynamic != nullptr)},
                             {"doc", Value(std::string(m.traits.doc))},
                             {"request", type_value(m.describe_request())},
                             {"response", type_value(m.describe_response())}});
}

Value service_value(const Service& s) {
  Value::List methods;
  for (const detail::MethodEntry& m : s.methods()) methods.push_back(method_value(m));
  return Value(Value::Object{{"name", Value(std::string(s.name()))}, {"methods", Value(std::move(methods))}});
}

void add_fields(const TypeDescription& type, const std::string& indent, std::string& text) {
  std::size_t width = 0;
  for (const auto& f : type.fields) width = std::max(width, f.name.size());
  for (const auto& f : type.fields) {
    text += fmt::format("{}{:<{}}  {}\n", indent, f.name, width, f.type.name);
    add_fields(f.type, indent + "  ", text);
  }
}

std::string method_text(std::string_view service, const detail::MethodEntry& m) {
  std::string text = fmt::format("{}.{} ({})\n", service, m.name, traits_text(m));
  if (!m.traits.doc.empty()) text += fmt::format("{}\n", m.traits.doc);
  for (const auto& [word, type] :
       {std::pair("takes", m.describe_request()), std::pair("gives", m.describe_response())}) {
    text += fmt::format("{} {}\n", word, type.name);
    add_fields(type, "  ", text);
  }
  return text;
}

/// "Statistics" may stand for "lagoon.Statistics".
bool names(std::string_view full, std::string_view typed) {
  return full == typed ||
         (full.ends_with(typed) && full.size() > typed.size() && full[full.size() - typed.size() - 1] == '.');
}

}  // namespace

Exit services(const CommonOptions& common, Output& output) {
  const StopControl stop;
  Session session(common, stop);
  if (common.json) {
    Value::List list;
    for (const Service& s : session.endpoint().services()) list.push_back(service_value(s));
    output.result(pretty(document("services", Value(Value::Object{{"services", Value(std::move(list))}}))) + "\n");
    return Exit::ok;
  }
  std::string text;
  for (const Service& s : session.endpoint().services()) {
    text += fmt::format("{}{}\n", text.empty() ? "" : "\n", s.name());
    std::size_t width = 0;
    for (const detail::MethodEntry& m : s.methods()) width = std::max(width, m.name.size());
    for (const detail::MethodEntry& m : s.methods())
      text += fmt::format("  {:<{}}  {} -> {}{}\n", m.name, width, m.describe_request().name,
                          m.describe_response().name, m.traits.doc.empty() ? "" : fmt::format(": {}", m.traits.doc));
  }
  output.result(text);
  output.note("more: lagoon describe Service.method");
  return Exit::ok;
}

Exit describe(const DescribeCommand& command, const CommonOptions& common, Output& output) {
  const StopControl stop;
  Session session(common, stop);
  for (const Service& s : session.endpoint().services()) {
    if (!names(s.name(), command.name)) continue;
    if (common.json) {
      output.result(pretty(document("service", service_value(s))) + "\n");
    } else {
      std::string text;
      for (const detail::MethodEntry& m : s.methods()) text += (text.empty() ? "" : "\n") + method_text(s.name(), m);
      output.result(text);
    }
    return Exit::ok;
  }
  try {
    const auto [service, method] = find_method(session.endpoint(), command.name);
    output.result(common.json ? pretty(document("method", method_value(*method))) + "\n"
                              : method_text(service.name(), *method));
  } catch (const Error& e) {
    throw UsageError(e.status().message());
  }
  return Exit::ok;
}

}  // namespace lagoon::cli
