// SPDX-License-Identifier: Apache-2.0
#include <lagoon/core/error.hpp>
#include <lagoon/monitor/page.hpp>
#include <lagoon/monitor/run_report.hpp>

#include <algorithm>
#include <charconv>
#include <map>

namespace lagoon {
namespace {

constexpr int kWide = 150, kHigh = 44, kBetween = 56, kBelow = 18, kEdge = 8;  // pixels
constexpr std::size_t kLetters = 22;                                           // of a name in a box

std::string shortened(std::string_view text) {
  if (text.size() <= kLetters) return std::string(text);
  std::size_t cut = kLetters - 1;
  while (cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xC0) == 0x80) --cut;  // not within a letter
  return std::string(text.substr(0, cut)) + "\u2026";
}

std::string attribute(const char* name, int value) {
  return ' ' + std::string(name) + "=\"" + std::to_string(value) + '"';
}

std::string label(const char* kind, std::string_view text, int x, int y) {
  return "<text class=\"" + std::string(kind) + '"' + attribute("x", x) + attribute("y", y) + '>' +
         page::escaped(shortened(text)) + "</text>";
}

/// The number behind an "n", which is taken off the text.
bool take_node(std::string_view& text, std::uint32_t& number) {
  if (!text.starts_with('n')) return false;
  const auto answer = std::from_chars(text.data() + 1, text.data() + text.size(), number);
  if (answer.ec != std::errc()) return false;
  text.remove_prefix(static_cast<std::size_t>(answer.ptr - text.data()));
  return true;
}

/// What stands between the quotes that the text begins with.
std::string unquoted(std::string_view text) {
  std::string out;
  for (std::size_t i = 1; i < text.size() && text[i] != '"'; ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) {
      ++i;
      out += text[i] == 'n' ? '\n' : text[i];
    } else {
      out += text[i];
    }
  }
  return out;
}

}  // namespace

MethodGraph graph_of_dump(std::string method, std::string_view dump) {
  const auto refuse = [&](std::string_view line) {
    throw Error(Errc::invalid_argument,
                "graph of " + method + ": '" + std::string(line) + "' is not what dump() writes");
  };
  if (!dump.starts_with("digraph")) refuse(dump.substr(0, dump.find('\n')));
  std::map<std::uint32_t, MethodGraph::Node> nodes;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> arrows;
  while (!dump.empty()) {
    const auto end = std::min(dump.find('\n'), dump.size());
    std::string_view line = dump.substr(0, end);
    dump.remove_prefix(std::min(end + 1, dump.size()));
    line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
    std::string_view rest = line;
    std::uint32_t from = 0, to = 0;
    if (!take_node(rest, from)) continue;  // of the drawing, not of the graph
    constexpr std::string_view kLabel = " [label=", kArrow = " -> ";
    if (rest.starts_with(kLabel)) {
      const std::string text = unquoted(rest.substr(kLabel.size()));
      const auto cut = std::min(text.find('\n'), text.size());
      nodes[from] = {text.substr(0, cut), text.substr(std::min(cut + 1, text.size())), {}};
    } else if (rest.starts_with(kArrow)) {
      rest.remove_prefix(kArrow.size());
      if (!take_node(rest, to)) refuse(line);
      arrows.emplace_back(from, to);
    } else {
      refuse(line);
    }
  }
  MethodGraph graph;
  graph.method = std::move(method);
  std::map<std::uint32_t, std::uint32_t> place;  // a graph without a request has no node 0
  for (auto& [number, node] : nodes) {
    place[number] = static_cast<std::uint32_t>(graph.nodes.size());
    graph.nodes.push_back(std::move(node));
  }
  for (const auto& [from, to] : arrows)
    if (place.contains(from) && place.contains(to)) graph.nodes[place[to]].inputs.push_back(place[from]);
  return graph;
}

std::string svg_of(const MethodGraph& graph) {
  struct Box {
    int x = 0, y = 0;
  };
  std::vector<Box> boxes;
  std::vector<std::size_t> columns, filled;  // by node; by column
  for (std::size_t k = 0; k < graph.nodes.size(); ++k) {
    std::size_t column = 0;
    for (std::uint32_t input : graph.nodes[k].inputs) {
      if (input >= k)
        throw Error(Errc::invalid_argument, "graph of " + graph.method + ": node " + std::to_string(k) +
                                                " reads node " + std::to_string(input) +
                                                ", which does not come before it");
      column = std::max(column, columns[input] + 1);
    }
    columns.push_back(column);
    filled.resize(std::max(filled.size(), column + 1));
    boxes.push_back({kEdge + static_cast<int>(column) * (kWide + kBetween),
                     kEdge + static_cast<int>(filled[column]++) * (kHigh + kBelow)});
  }
  const std::size_t most = filled.empty() ? 0 : *std::max_element(filled.begin(), filled.end());
  // Short columns stand in the middle.
  for (std::size_t k = 0; k < boxes.size(); ++k)
    boxes[k].y += static_cast<int>(most - filled[columns[k]]) * (kHigh + kBelow) / 2;
  const int width = 2 * kEdge + static_cast<int>(filled.size()) * (kWide + kBetween) - kBetween;
  const int height = 2 * kEdge + static_cast<int>(most) * (kHigh + kBelow) - kBelow;
  std::string svg = "<svg class=\"graph\" role=\"img\"" + attribute("width", std::max(width, 1)) +
                    attribute("height", std::max(height, 1)) + " aria-label=\"graph of " + page::escaped(graph.method) +
                    "\">";
  for (std::size_t k = 0; k < boxes.size(); ++k) {
    for (std::uint32_t input : graph.nodes[k].inputs) {
      const int x = boxes[input].x + kWide, y = boxes[input].y + kHigh / 2, to_x = boxes[k].x,
                to_y = boxes[k].y + kHigh / 2;
      const int middle = (x + to_x) / 2;
      const auto point = [](int a, int b) { return std::to_string(a) + ' ' + std::to_string(b); };
      svg += "<path d=\"M" + point(x, y) + " C" + point(middle, y) + ", " + point(middle, to_y) + ", " +
             point(to_x, to_y) + "\"/>";
    }
  }
  for (std::size_t k = 0; k < boxes.size(); ++k) {
    const auto& [name, type, inputs] = graph.nodes[k];
    const auto [x, y] = boxes[k];
    svg += "<g><title>" + page::escaped(name + ": " + type) + "</title><rect rx=\"6\"" + attribute("x", x) +
           attribute("y", y) + attribute("width", kWide) + attribute("height", kHigh) + "/>" +
           label("name", name, x + kWide / 2, y + 18) + label("type", type, x + kWide / 2, y + 34) + "</g>";
  }
  return svg + "</svg>";
}

}  // namespace lagoon
