// SPDX-License-Identifier: Apache-2.0
// oneTBB's flow graph, built once and reused: a message in, wait for all.
#include <tbb/flow_graph.h>

#include <atomic>
#include <deque>
#include <memory>

#include "rivals/rivals.hpp"
#include "runner/timing.hpp"
#include "runner/work.hpp"

namespace lagoon::bench::rivals {
namespace {

namespace flow = tbb::flow;

struct Chain {
  flow::graph graph;
  std::deque<flow::function_node<std::uint64_t, std::uint64_t>> nodes;
  std::uint64_t last = 0;
  explicit Chain(std::size_t length) {
    for (std::size_t i = 0; i < length; ++i) {
      nodes.emplace_back(graph, flow::unlimited, [this, end = i + 1 == length](std::uint64_t x) {
        const std::uint64_t y = answer(x);
        if (end) last = y;
        return y;
      });
      if (i) flow::make_edge(nodes[i - 1], nodes[i]);
    }
  }
  ~Chain() { graph.wait_for_all(); }
};

/// One node, then branches side by side, then one that needs them all: dependencies without data, oneTBB's cheapest.
struct Fan {
  flow::graph graph;
  std::uint64_t question = 0;
  std::deque<std::uint64_t> parts;
  std::uint64_t sum = 0;
  using Step = flow::continue_node<flow::continue_msg>;
  std::unique_ptr<Step> first, last;
  std::deque<Step> branches;
  explicit Fan(std::size_t width) : parts(width) {
    first = std::make_unique<Step>(graph, [this](flow::continue_msg m) {
      question = answer(question);
      return m;
    });
    last = std::make_unique<Step>(graph, [this](flow::continue_msg m) {
      sum = 0;
      for (std::uint64_t part : parts) sum += part;
      return m;
    });
    for (std::size_t i = 0; i < width; ++i) {
      branches.emplace_back(graph, [this, i](flow::continue_msg m) {
        parts[i] = answer(question + i);
        return m;
      });
      flow::make_edge(*first, branches[i]);
      flow::make_edge(branches[i], *last);
    }
  }
  ~Fan() { graph.wait_for_all(); }
};

}  // namespace

Side flow_graph_chain(std::size_t nodes) {
  auto chain = std::make_shared<Chain>(nodes);
  return {"flow::function_node chain, reused", time_of(16, [chain, i = std::uint64_t{0}]() mutable {
            chain->nodes.front().try_put(++i);
            chain->graph.wait_for_all();
            benchmark::DoNotOptimize(chain->last);
          })};
}

Side flow_graph_fan(std::size_t branches) {
  auto fan = std::make_shared<Fan>(branches);
  return {"flow::continue_node fan, reused", time_of(16, [fan] {
            fan->first->try_put({});
            fan->graph.wait_for_all();
            benchmark::DoNotOptimize(fan->sum);
          })};
}

}  // namespace lagoon::bench::rivals
