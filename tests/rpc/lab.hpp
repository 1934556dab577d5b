// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <lagoon/rpc.hpp>

#include "gate.hpp"
#include "watchdog.hpp"

// An isolate with a service of every kind of method, whose handlers each test fills in. The handlers are std::function,
// so that the templates behind them are compiled once, in lab.cpp.
namespace lagoon::test {

struct Item {
  std::int64_t x = 0;
  Frozen<double, 1> data;
  LAGOON_FIELDS(Item, x, data)
};

/// Without anything that bytes would have to be counted of.
struct Number {
  std::int64_t x = 0;
  LAGOON_FIELDS(Number, x)
};

using Compute = Unary<"compute", Item, Item>;
using Later = Unary<"later", Item, Item>;  ///< a coroutine, like all that follow it in each pair
using Alone = Unary<"alone", Item, Item, Exclusive>;
using LaterAlone = Unary<"laterAlone", Item, Item, Exclusive>;
using Quick = Unary<"quick", Item, Item, Brief>;
using Down = ServerStream<"down", Item, Item>;
using LaterDown = ServerStream<"laterDown", Item, Item>;
using Up = ClientStream<"up", Item, Item>;
using LaterUp = ClientStream<"laterUp", Item, Item>;
using Both = Bidirectional<"both", Item, Item>;
using LaterBoth = Bidirectional<"laterBoth", Item, Item>;
using Numbers = ServerStream<"numbers", Number, Number>;
using LaterNumbers = ServerStream<"laterNumbers", Number, Number>;

using LabContract = Contract<"test.Lab", Compute, Later, Alone, LaterAlone, Quick, Down, LaterDown, Up, LaterUp, Both,
                             LaterBoth, Numbers, LaterNumbers>;

/// All defaults answer what they were asked, or end a stream at once.
struct Handlers {
  using Function = std::function<Result<Item>(const Item&, CallContext&)>;
  using Coroutine = std::function<Task<Result<Item>>(Item, CallContext&)>;
  Function compute{}, alone{}, quick{};
  Coroutine later{}, later_alone{};
  std::function<Status(Item, Writer<Item>, CallContext&)> down{};
  std::function<Stream<Item>(Item, CallContext&)> later_down{};
  std::function<Result<Item>(Reader<Item>, CallContext&)> up{};
  std::function<Task<Result<Item>>(Reader<Item>, CallContext&)> later_up{};
  std::function<Status(Reader<Item>, Writer<Item>, CallContext&)> both{};
  std::function<Task<Status>(Reader<Item>, Writer<Item>, CallContext&)> later_both{};
  std::function<Status(Number, Writer<Number>, CallContext&)> numbers{};
  std::function<Stream<Number>(Number, CallContext&)> later_numbers{};
};

Service serve_lab(Handlers handlers);

/// Calls of a Lab, compiled once: what Caller<LabContract> offers, under one name per kind.
class LabCaller {
 public:
  explicit LabCaller(Endpoint& endpoint) : caller_(endpoint) {}
  template <class M>
  Result<Item> try_call(Item q = {}, const CallOptions& options = {}) const;
  template <class M>
  Reply<M> start(Item q = {}, const CallOptions& options = {}) const;
  template <class M>
  StreamReply<M> read(Item q = {}, const CallOptions& options = {}) const;
  template <class M>
  Upload<M> write(const CallOptions& options = {}) const;
  template <class M>
  Duplex<M> both(const CallOptions& options = {}) const;
  StreamReply<Numbers> numbers(std::int64_t n, const CallOptions& options = {}) const;
  StreamReply<LaterNumbers> later_numbers(std::int64_t n, const CallOptions& options = {}) const;

 private:
  Caller<LabContract> caller_;
};

/// Isolate, endpoint and caller in the order in which they must go.
class Lab {
 public:
  Lab(Engine& engine, IsolateOptions options, Handlers handlers, LocalOptions local = {})
      : isolate_(std::make_unique<Isolate>(engine, std::move(options))),
        local_(*isolate_, {serve_lab(std::move(handlers))}, local),
        caller_(local_) {}
  /// The isolate first: it waits for handlers that use what the test still has.
  ~Lab() { close(); }
  void close() { isolate_.reset(); }

  Isolate& isolate() const { return *isolate_; }
  Local& local() { return local_; }
  const LabCaller* operator->() const { return &caller_; }
  const LabCaller& caller() const { return caller_; }

 private:
  std::unique_ptr<Isolate> isolate_;
  Local local_;
  LabCaller caller_;
};

/// Names of tests that run once for each kind of method, by its number; from 4 on handlers are coroutines.
inline std::string kind_name(const testing::TestParamInfo<int>& kind) {
  constexpr const char* kNames[] = {"unary", "serverStream", "clientStream", "bidirectional"};
  return std::string(kNames[kind.param % 4]) + (kind.param < 4 ? "" : "Coroutine");
}

/// n doubles, all of that value, from the memory of the call that asks (or the heap).
Frozen<double, 1> filled(std::ptrdiff_t n, double value = 1);

/// A coroutine of the test's own, on no isolate: runs at once, and opens the gate at its end.
struct Launched {
  struct promise_type {
    Launched get_return_object() const noexcept { return {}; }
    std::suspend_never initial_suspend() const noexcept { return {}; }
    std::suspend_never final_suspend() const noexcept { return {}; }
    void return_void() const noexcept {}
    void unhandled_exception() const noexcept { std::terminate(); }
  };
};

}  // namespace lagoon::test
