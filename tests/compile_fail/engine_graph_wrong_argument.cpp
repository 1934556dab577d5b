// expect: the node.s function cannot be called with the values of its inputs
// SPDX-License-Identifier: Apache-2.0
#include <lagoon/engine/graph.hpp>
#include <string>

void build(lagoon::Graph<int, int>& g) {
  auto text = g.add(
      "text", [](int x) { return std::to_string(x); }, g.input());
  g.add(
      "twice", [](int x) { return 2 * x; }, text);
}
