// SPDX-License-Identifier: Apache-2.0
#include <lagoon/rpc/dynamic.hpp>

#include "nearest.hpp"

namespace lagoon {
namespace {

/// "Statistics" stands for "lagoon.Statistics" as long as that is the only one.
bool names_service(std::string_view full, std::string_view typed) {
  if (full == typed) return true;
  return full.size() > typed.size() && full.ends_with(typed) && full[full.size() - typed.size() - 1] == '.';
}

}  // namespace

std::pair<Service, const detail::MethodEntry*> find_method(Endpoint& endpoint, std::string_view method) {
  const std::size_t dot = method.rfind('.');
  if (dot == std::string_view::npos)
    throw Error(Errc::invalid_argument, std::string(method) + " is not Service.method, such as Statistics.summarize");
  const std::string_view service = method.substr(0, dot), wanted = method.substr(dot + 1);
  std::vector<std::string_view> services, methods;
  for (const Service& s : endpoint.services()) {
    services.push_back(s.name().substr(s.name().rfind('.') + 1));
    if (!names_service(s.name(), service)) continue;
    for (const detail::MethodEntry& m : s.methods()) {
      if (m.name == wanted) return {s, &m};
      methods.push_back(m.name);
    }
  }
  const bool known = !methods.empty();
  std::string text = known ? std::string(service) + " has no method " + std::string(wanted)
                           : "there is no service " + std::string(service);
  const auto near = detail::nearest(known ? wanted : service, known ? methods : services);
  if (!near.empty()) text += "; did you mean " + std::string(near) + "?";
  throw Error(Errc::not_found, text);
}

Value call_by_name(Endpoint& endpoint, std::string_view method, const Value& request, const ByNameOptions& options) {
  const auto [service, entry] = find_method(endpoint, method);
  if (!entry->dynamic)
    throw Error(Errc::unimplemented, std::string(method) + ": its messages have no LAGOON_FIELDS to be named by");
  const auto bound = endpoint.bind(service.name(), entry->name, entry->kind, *entry->request, *entry->response);
  return entry->dynamic->call(*bound, request, options);
}

}  // namespace lagoon
