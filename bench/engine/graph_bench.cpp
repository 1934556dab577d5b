// SPDX-License-Identifier: Apache-2.0
// A call whose handler is a graph of ten nodes, built once: one behind the other, and side by side.
#include "rivals/rivals.hpp"
#include "rpc/echo.hpp"
#include "runner/timing.hpp"
#include "suites.hpp"

namespace lagoon::bench {
namespace {

using Run = Unary<"run", Number, Number>;
using Graphs = Contract<"bench.Graphs", Run>;

std::uint64_t step(const std::uint64_t& x) { return answer(x); }

Graph<Number, Number> chain(std::size_t nodes) {
  Graph<Number, Number> graph;
  auto last = graph.add(
      "first", [](const Number& n) { return answer(n.value); }, graph.input());
  for (std::size_t i = 2; i < nodes; ++i) last = graph.add("step " + std::to_string(i), step, last);
  graph.output(graph.add(
      "last", [](const std::uint64_t& x) { return Number{answer(x)}; }, last));
  return graph;
}

Graph<Number, Number> fan_of_eight() {
  Graph<Number, Number> graph;
  auto in = graph.add(
      "first", [](const Number& n) { return answer(n.value); }, graph.input());
  const auto branch = [&](std::size_t i) {
    return graph.add(
        "branch " + std::to_string(i), [i](const std::uint64_t& x) { return answer(x + i); }, in);
  };
  const auto sum = [](const auto&... parts) { return Number{(parts + ...)}; };
  graph.output(
      graph.add("sum", sum, branch(0), branch(1), branch(2), branch(3), branch(4), branch(5), branch(6), branch(7)));
  return graph;
}

struct GraphIsolate {
  explicit GraphIsolate(Graph<Number, Number> graph)
      : isolate(engine, {.name = "graphs"}),
        local(isolate, {serve<Graphs>(on<Run>(std::move(graph)))}),
        caller(local) {}
  Engine engine;
  Isolate isolate;
  Local local;
  Caller<Graphs> caller;
};

Side call_of(Graph<Number, Number> graph) {
  auto g = std::make_shared<GraphIsolate>(std::move(graph));
  return {"call of a graph", time_of(16, [g, question = std::uint64_t{0}]() mutable {
            benchmark::DoNotOptimize(g->caller.call<Run>({++question}));
          })};
}

}  // namespace

void add_graph_rows(Rows& rows) {
  rows.push_back({"graph.ten_nodes_reused", kNanoseconds, Better::lower, 1.2, [] {
                    return Pair{call_of(chain(10)), rivals::flow_graph_chain(10)};
                  }});
  rows.push_back({"graph.fan_of_eight_reused", kNanoseconds, Better::lower, {}, [] {
                    return Pair{call_of(fan_of_eight()), rivals::flow_graph_fan(8)};
                  }});
}

}  // namespace lagoon::bench
