// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <lagoon/engine/graph_plan.hpp>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

namespace lagoon {

template <class Req, class Res>
class GraphInstance;
template <class Req, class Res>
class GraphPool;

/// A step of a graph, as the input of others. T is the type of its value, void when it has none and only comes first.
template <class T>
struct Node {
  const detail::GraphDraft* graph = nullptr;
  std::uint32_t number = 0;
};

namespace detail {

// What a node hands to those that read it: nothing for void, a const reference else.
template <class T>
auto argument_of(const void* value) {
  if constexpr (std::is_void_v<T>) {
    return std::tuple<>();
  } else {
    return std::tuple<const T&>(*static_cast<const T*>(value));
  }
}

template <class... In>
using ArgumentsOf = decltype(std::tuple_cat(argument_of<In>(nullptr)...));

template <class F, class Arguments>
inline constexpr bool takes = false;
template <class F, class... A>
inline constexpr bool takes<F, std::tuple<A...>> = std::is_invocable_v<F, A...>;

template <class F, class Arguments>
struct Gives;
template <class F, class... A>
struct Gives<F, std::tuple<A...>> {
  using type = std::decay_t<std::invoke_result_t<F, A...>>;
};

template <class T>
struct ValueOf {
  using type = T;
};
template <class T>
struct ValueOf<Result<T>> {
  using type = T;
};

template <class T>
constexpr std::string_view type_name() {
  std::string_view text = __PRETTY_FUNCTION__;  // "... type_name() [with T = double; ..." or "... [T = double]"
  text.remove_prefix(text.find("T = ") + 4);
  return text.substr(0, std::min(text.rfind(']'), text.find("; std::string_view")));
}

// Calls the function of a node with the values of its inputs; false, and why, when there is no value.
template <class F, class... In>
bool run_node(const void* function, const void* const* values, const std::uint32_t* inputs, void* out,
              Status& failure) {
  using Returned = typename Gives<const F&, ArgumentsOf<In...>>::type;
  using Value = typename ValueOf<Returned>::type;
  const F& f = *static_cast<const F*>(function);
  const auto call = [&]<std::size_t... I>(std::index_sequence<I...>) -> decltype(auto) {
    return std::apply(f, std::tuple_cat(argument_of<In>(values[inputs[I]])...));
  };
  using Indices = std::index_sequence_for<In...>;
  if constexpr (std::is_void_v<Returned>) {
    call(Indices{});
  } else if constexpr (is_result<Returned>) {
    Returned result = call(Indices{});
    if (!result.ok()) {
      failure = result.status();
      return false;
    }
    if constexpr (!std::is_void_v<Value>) ::new (out) Value(std::move(*result));
  } else {
    ::new (out) Value(call(Indices{}));
  }
  return true;
}

template <class Value>
void describe_value(NodeSpec& node) {
  node.type = type_name<Value>();
  if constexpr (!std::is_void_v<Value>) {
    node.size = sizeof(Value);
    node.alignment = alignof(Value);
    if constexpr (!std::is_trivially_destructible_v<Value>)
      node.destroy = [](void* value) noexcept { static_cast<Value*>(value)->~Value(); };
  }
}

}  // namespace detail

/// Steps from a request to a response, with typed edges; steps that do not wait for one another run side by side.
///
///   Graph<Series, Summary> g;
///   auto in = g.input();
///   auto mean = g.add("mean", [](const Series& s) { ... }, in);    // beside "peak"
///   auto peak = g.add("peak", maximum, in);
///   g.output(g.add("ratio", [](double m, double p) { return Summary{p / m}; }, mean, peak));
///
///   GraphPool pool(g);
///   Result<Summary> s = pool.run(series);                          // from any thread
///
/// A node is called with a const reference to the value of each of its inputs and returns T, Result<T>, or nothing.
/// Calls share its function, so that has to be const. Graph<void, Res> begins with nodes that read nothing,
/// Graph<Req, void> ends with one that returns nothing. output() completes the graph; from then on it is constant.
template <class Req, class Res>
class Graph {
 public:
  /// The request, as the input of nodes.
  Node<Req> input() const noexcept
    requires(!std::is_void_v<Req>)
  {
    return {draft_.get(), 0};
  }

  /// A step that runs when its inputs are there.
  ///   name     not empty, and no other node's: errors, traces and drawings show it
  ///   throws   invalid_argument (name, node of another graph), failed_precondition (after output)
  template <class F, class... In>
  auto add(std::string name, F function, Node<In>... inputs) {
    using Arguments = detail::ArgumentsOf<In...>;
    if constexpr (!detail::takes<const F&, Arguments>) {
      static_assert(!detail::takes<F&, Arguments>,
                    "lagoon: calls of a graph share a node's function, so it must be const: no `mutable` lambda");
      static_assert(detail::takes<F&, Arguments>,
                    "lagoon: the node's function cannot be called with the values of its inputs: "
                    "one const reference for each, in the order of the inputs");
      return Node<void>{};
    } else {
      using Value = typename detail::ValueOf<typename detail::Gives<const F&, Arguments>::type>::type;
      detail::NodeSpec node;
      detail::describe_value<Value>(node);
      node.name = std::move(name);
      node.inputs = {draft_->check(inputs.graph, inputs.number)...};
      node.function = std::make_shared<const F>(std::move(function));
      node.run = &detail::run_node<F, In...>;
      return Node<Value>{draft_.get(), draft_->add(std::move(node))};
    }
  }

  /// Completes the graph: the value of this node is the response.
  ///   throws   failed_precondition (a second time), invalid_argument (the input itself, node of another graph)
  template <class T>
  void output(Node<T> node) {
    static_assert(std::is_same_v<T, Res>, "lagoon: the output node's value must have the graph's response type");
    draft_->complete(draft_->check(node.graph, node.number));
  }

  /// A drawing for Graphviz (`dot -Tsvg`). Nodes in one box run one after another as one task.
  std::string dump() const { return draft_->dump(detail::type_name<Req>()); }

  /// Runs one call on an instance made for it; who calls more than once keeps a GraphPool or a GraphInstance.
  Result<Res> run(const detail::RequestOf<Req>& request) const
    requires(!std::is_void_v<Req>)
  {
    return instance().run(request);
  }
  Result<Res> run() const
    requires(std::is_void_v<Req>)
  {
    return instance().run();
  }

  /// What one call at a time runs on, any number of times.
  ///   throws   failed_precondition (no output yet)
  GraphInstance<Req, Res> instance() const { return GraphInstance<Req, Res>(*this); }

 private:
  friend class GraphInstance<Req, Res>;
  friend class GraphPool<Req, Res>;
  std::unique_ptr<detail::GraphDraft> draft_ = std::make_unique<detail::GraphDraft>();
};

/// Room for the values of one call of a graph. Reused by the next call, which finds it clean however the last ended.
///   run      ok, or the status of the failed node that was added first, with its name; never throws. Nodes after the
///            failed one are skipped. Stop, deadline, memory and trace of the call reach every node; stop is polled
///            before each. While it waits, this thread runs nodes of this call only.
///   values   are destroyed before run returns; the response is moved out
/// One call at a time: a second one meanwhile gets failed_precondition. Independent of the graph's lifetime.
template <class Req, class Res>
class GraphInstance {
 public:
  explicit GraphInstance(const Graph<Req, Res>& graph)
      : call_(std::make_unique<detail::GraphCall>(graph.draft_->plan())) {}

  Result<Res> run(const detail::RequestOf<Req>& request)
    requires(!std::is_void_v<Req>)
  {
    return detail::run_call<Res>(*call_, &request);
  }
  Result<Res> run()
    requires(std::is_void_v<Req>)
  {
    return detail::run_call<Res>(*call_, nullptr);
  }

 private:
  std::unique_ptr<detail::GraphCall> call_;
};

/// Instances of one graph for many callers: each call takes one, runs on it, and gives it back.
///   keep   most idle instances kept for later calls
template <class Req, class Res>
class GraphPool {
 public:
  explicit GraphPool(const Graph<Req, Res>& graph, std::size_t keep = 16) : calls_(graph.draft_->plan(), keep) {}

  /// As GraphInstance::run; from any thread, in the arena of that thread.
  Result<Res> run(const detail::RequestOf<Req>& request) const
    requires(!std::is_void_v<Req>)
  {
    return run_erased(&request);
  }
  Result<Res> run() const
    requires(std::is_void_v<Req>)
  {
    return run_erased(nullptr);
  }

  /// Instances made until now; many more than calls at once means that `keep` is too small.
  std::uint64_t instances_made() const noexcept { return calls_.made(); }

 private:
  Result<Res> run_erased(const void* request) const {
    Status failure;
    std::unique_ptr<detail::GraphCall> call = calls_.take(failure);
    if (!call) return failure;
    Result<Res> result = detail::run_call<Res>(*call, request);
    calls_.give(std::move(call));
    return result;
  }

  mutable detail::GraphCallPool calls_;
};

}  // namespace lagoon
