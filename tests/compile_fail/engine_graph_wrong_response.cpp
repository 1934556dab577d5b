// expect: the output node.s value must have the graph.s response type
// SPDX-License-Identifier: Apache-2.0
#include <lagoon/engine/graph.hpp>
#include <string>

void build(lagoon::Graph<int, std::string>& g) {
  g.output(g.add(
      "twice", [](int x) { return 2 * x; }, g.input()));
}
