// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lagoon/rpc/pool.hpp>

#include "lab.hpp"

// What tests of calls that are made more than once stand on: a method that may be repeated and one that may not, on an
// isolate or on a pool.
namespace lagoon::test {

using namespace std::chrono_literals;

using Ask = Unary<"ask", Item, Item, Idempotent>;
using LaterAsk = Unary<"laterAsk", Item, Item, Idempotent>;  ///< a coroutine
using Act = Unary<"act", Item, Item>;
using Twice = Contract<"test.Twice", Ask, LaterAsk, Act>;

inline Status unavailable(Executed executed = Executed::maybe) {
  return Status(Errc::unavailable, "not now").with_executed(executed);
}

enum class Ground { local, pool };
inline std::string ground_name(const testing::TestParamInfo<Ground>& info) {
  return info.param == Ground::local ? "Local" : "Pool";
}

class AgainGround {
 public:
  AgainGround(Engine& engine, Ground ground, Handlers::Function handler, Handlers::Coroutine later = {})
      : isolate_(std::make_unique<Isolate>(engine, IsolateOptions{.name = "lab", .concurrency = 2})) {
    if (!later) later = [](Item q, CallContext&) -> Task<Result<Item>> { co_return q; };
    Service service = serve<Twice>(on<Ask>(handler), on<LaterAsk>(std::move(later)), on<Act>(handler));
    if (ground == Ground::local) {
      local_.emplace(*isolate_, std::vector{std::move(service)});
    } else {
      pool_ = std::make_unique<Pool>(engine, std::vector{std::move(service)}, PoolOptions{.workers = 2});
    }
  }
  ~AgainGround() { close(); }
  void close() {
    pool_.reset();
    isolate_.reset();
  }
  Endpoint& endpoint() { return local_ ? static_cast<Endpoint&>(*local_) : *pool_; }
  Caller<Twice> caller() { return Caller<Twice>(endpoint()); }
  /// Handlers whose threads have not yet told all who wait for the end of their calls.
  std::size_t running() const {
    if (local_) return isolate_->running();
    std::size_t all = 0;
    for (const WorkerReport& worker : pool_->overview().workers) all += worker.load.running;
    return all;
  }

 private:
  std::unique_ptr<Isolate> isolate_;
  std::optional<Local> local_;
  std::unique_ptr<Pool> pool_;
};

inline std::string detail_of(const Status& status, std::string_view key) {
  for (const auto& [k, v] : status.details())
    if (k == key) return v;
  return {};
}

/// A task of the test's own, on no isolate: its outcome, once it has one.
template <class T>
struct Awaited {
  std::optional<T> outcome;
  Gate done;
  void run(Task<T> task) {
    [](Awaited& self, Task<T> t) -> Launched {
      self.outcome.emplace(co_await t);
      self.done.open();
    }(*this, std::move(task));
  }
  T& wait() {
    done.wait();
    return *outcome;
  }
};

}  // namespace lagoon::test
