// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <lagoon/engine/budget.hpp>
#include <lagoon/engine/clock.hpp>
#include <lagoon/engine/faults.hpp>
#include <lagoon/engine/trace.hpp>
#include <memory>
#include <string_view>

namespace lagoon {

struct EngineOptions {
  unsigned cores = 0;            ///< 0: what affinity, cgroup and oneTBB's limit leave to this process
  std::size_t memory_limit = 0;  ///< bytes for all isolates; 0: 70 % of the memory this process may use
  const Clock* clock = nullptr;  ///< null: the machine's; outlives the engine
  FaultPlan* faults = nullptr;   ///< null: nothing breaks on purpose; outlives the engine
  Trace* trace = nullptr;        ///< null: nothing is traced; outlives the engine
  std::uint64_t seed = 0;        ///< of trace ids and jitter; 0: from the system's entropy
};

namespace detail {
class EngineState;
class IsolateState;
}  // namespace detail

/// What isolates of one process share: cores, clock, memory limit, timers. `main` makes one and passes it down.
///
///   lagoon::Engine engine;
///   lagoon::Isolate isolate(engine, {.name = "statistics"});
class Engine {
 public:
  explicit Engine(EngineOptions options = {});
  /// All isolates are gone by then; timers that have not fired are dropped.
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  unsigned cores() const noexcept;
  const Clock& clock() const noexcept;
  FaultPlan* faults() const noexcept;
  Trace* trace() const noexcept;
  const Budget& memory() const noexcept;
  /// A fresh 64-bit number, different at each call; not for cryptography.
  std::uint64_t random() noexcept;

  /// Runs a short function on the engine's timer thread at that time of the engine's clock.
  ///   returns  a number for forget()
  std::uint64_t at(TimePoint when, std::function<void()> action);
  /// Takes a timer back that has not fired yet.
  void forget(std::uint64_t timer) noexcept;

  detail::EngineState& state() noexcept { return *state_; }

 private:
  friend class detail::IsolateState;
  /// The same engine once more, for what may outlive the first handle: a handler that does not end.
  explicit Engine(std::shared_ptr<detail::EngineState> state) noexcept : state_(std::move(state)), owner_(false) {}

  std::shared_ptr<detail::EngineState> state_;
  bool owner_ = true;
};

namespace detail {
/// Memory that belongs to no isolate, charged to the engine; neighbours ask for its warm slabs.
std::shared_ptr<IsolateMemory> make_memory(Engine& engine, std::string holder, std::size_t limit, MemoryRules rules);
}  // namespace detail

/// Cores that this process may use: the smaller of affinity mask and quota of its control groups, at least 1.
///   root   the folder that /proc and /sys are in
unsigned usable_cores(std::string_view root = "/");
/// Bytes that this process may use: the smaller of RAM and the limit of its control groups.
std::size_t usable_memory(std::string_view root = "/");

}  // namespace lagoon
