// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lagoon/engine/graph.hpp>
#include <lagoon/rpc/serve.hpp>

namespace lagoon {

namespace detail {

/// A graph as the handler of a unary method. Each isolate gets a pool of instances, made inside its own arena, to
/// which oneTBB binds them.
template <class Req, class Res>
struct GraphHandler {
  explicit GraphHandler(const Graph<Req, Res>& graph) : pool(graph) {}
  Result<Res> operator()(const Req& request) { return pool.run(request); }
  GraphPool<Req, Res> pool;
};

}  // namespace detail

/// Binds a graph to a unary method: a call becomes one run of it.
///
///   lagoon::Graph<Series, Summary> g;
///   ...
///   lagoon::serve<Analytics>(lagoon::on<Summarize>(std::move(g)));
template <class M>
  requires(M::kind == MethodKind::unary)
auto on(Graph<typename M::Request, typename M::Response> graph) {
  using Handler = detail::GraphHandler<typename M::Request, typename M::Response>;
  auto shared = std::make_shared<const Graph<typename M::Request, typename M::Response>>(std::move(graph));
  return detail::Binding<M>{[shared]() -> std::shared_ptr<void> { return std::make_shared<Handler>(*shared); },
                            &detail::run_handler<M, Handler>, false};
}

}  // namespace lagoon
