// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lagoon/rpc.hpp>

#include <memory>

#include "runner/cores.hpp"
#include "runner/work.hpp"

namespace lagoon::bench {

struct Number {
  std::uint64_t value = 0;
  LAGOON_FIELDS(Number, value)
};
struct Series {
  Frozen<double, 1> values;
  LAGOON_FIELDS(Series, values)
};

using Answer = Unary<"answer", Number, Number>;
using Ends = Unary<"ends", Series, Number>;
using Bind = Unary<"bind", Number, Number>;
using Count = ServerStream<"count", Number, Number>;
using Echo = Contract<"bench.Echo", Answer, Ends, Bind, Count>;

inline Service echo_service() {
  return serve<Echo>(on<Answer>([](const Number& n) { return Number{answer(n.value)}; }), on<Ends>([](const Series& s) {
                       return Number{answer(static_cast<std::uint64_t>(s.values[0] + s.values[s.values.size() - 1]))};
                     }),
                     on<Bind>([](const Number& core) {
                       bind_this_thread(static_cast<Core>(core.value));
                       return core;
                     }),
                     on<Count>([](const Number& n, Writer<Number> out) {
                       for (std::uint64_t i = 0; i < n.value; ++i)
                         if (!out.write({i})) return;
                     }));
}

/// An isolate with its service and caller, all options as they come.
struct EchoIsolate {
  explicit EchoIsolate(Engine& engine, std::string name = "echo")
      : isolate(engine, {.name = std::move(name)}), local(isolate, {echo_service()}), caller(local) {}
  Isolate isolate;
  Local local;
  Caller<Echo> caller;
};
struct EchoEngine {
  Engine engine;
  EchoIsolate echo{engine};
  Caller<Echo>& caller = echo.caller;
};

/// The same through a pool of eight workers.
struct PooledEcho {
  Engine engine;
  Pool pool{engine, {echo_service()}, {.workers = 8}};
  Caller<Echo> caller{pool};
};

/// The same with caller and host on a core each, or both on one.
struct BoundEcho : EchoEngine {
  BoundCaller bound;
  explicit BoundEcho(Core host = Core::callee) { caller.start<Bind>({static_cast<std::uint64_t>(host)}).get(); }
};

}  // namespace lagoon::bench
