// SPDX-License-Identifier: Apache-2.0
#include <lagoon/monitor/json.hpp>
#include <lagoon/monitor/page.hpp>

#include <map>

#include "page_assets.hpp"

namespace lagoon::page {

std::string escaped(std::string_view text) {
  std::string out;
  for (char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      default: out += c;
    }
  }
  return out;
}

std::string html_of(const Page& p) {
  const std::map<std::string_view, std::string> parts = {{"title", escaped(p.title)},
                                                         {"style", std::string(assets::style)},
                                                         {"sections", p.sections},
                                                         {"data", json::for_script(p.data)},
                                                         {"chart", std::string(assets::chart)},
                                                         {"common", std::string(assets::common)},
                                                         {"script", std::string(p.script)}};
  std::string html;
  std::string_view rest = assets::page;
  for (;;) {
    const auto open = rest.find("{{");
    if (open == std::string_view::npos) break;
    const auto close = rest.find("}}", open);
    html += rest.substr(0, open);
    html += parts.at(rest.substr(open + 2, close - open - 2));
    rest.remove_prefix(close + 2);
  }
  return html += rest;
}

}  // namespace lagoon::page
