// expect: calls of a graph share a node.s function
// SPDX-License-Identifier: Apache-2.0
#include <lagoon/engine/graph.hpp>

void build(lagoon::Graph<int, int>& g) {
  g.add(
      "count", [n = 0](int) mutable { return ++n; }, g.input());
}
