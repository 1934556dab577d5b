// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <exception>
#include <functional>
#include <lagoon/core/result.hpp>
#include <lagoon/engine/engine.hpp>
#include <lagoon/engine/job.hpp>
#include <lagoon/engine/stop.hpp>
#include <memory>
#include <optional>
#include <string>

namespace lagoon {

struct IsolateOptions {
  std::string name = "isolate";
  std::size_t memory_limit = 0;        ///< bytes; 0: the engine's whole limit
  std::size_t call_limit = 0;          ///< bytes that one call may hold; 0: the isolate's limit
  std::size_t keep_warm = kUnlimited;  ///< bytes of freed arrays kept for reuse, within the limit
  double soft_mark = 0.8;  ///< share of the limit: while arrays hold more and a call runs, no other call starts
  MemoryStrategy strategy = MemoryStrategy::throughput;
  bool huge_pages = true;  ///< where the system has them
  std::function<void(const MemoryUse&)>
      on_pressure{};                    ///< when the soft mark is passed, from the thread that allocates
  std::shared_ptr<SlabSource> slabs{};  ///< where arrays of 64 KiB and more get their memory; null: the system
  unsigned concurrency = 0;             ///< calls that start while so many run wait; 0: as many as cores
  std::size_t queue_limit = 1024;       ///< calls that wait to start; one more is refused with retry_after
  unsigned waiting_limit = 32;          ///< calls that may sleep at once for other isolates or streams
  std::chrono::microseconds poll{50};   ///< how long the idle host looks for work before it sleeps
};

namespace detail {
class IsolateState;
}

/// A unit of execution with its own arena, memory budget and fate. It contains exceptions, budgets and deadlines of
/// what runs in it; it does not contain crashes (a process isolate does).
///
/// A host thread serves its queue from the arena's reserved slot: it polls a short while, then sleeps. Calls that
/// queue up behind a long one are taken by the arena's workers. A host about to sleep for somebody else passes its
/// role to a spare thread, so that an isolate whose calls wait for one another still answers.
class Isolate {
 public:
  explicit Isolate(Engine& engine, IsolateOptions options = {});
  /// Refuses new work, waits for what runs, fails what waits to start with `unavailable, executed: no`.
  ~Isolate();
  Isolate(const Isolate&) = delete;
  Isolate& operator=(const Isolate&) = delete;

  const std::string& name() const noexcept;
  Engine& engine() const noexcept;
  std::shared_ptr<IsolateMemory> memory() const noexcept;
  /// Calls that run, and calls that wait to start.
  std::size_t running() const noexcept;
  std::size_t queued() const noexcept;

  /// Runs f on this isolate's arena and waits: on this thread when a slot is free, by its host otherwise.
  ///   returns  what f returns
  ///   throws   what f throws; resource_exhausted (queue full), unavailable (closing)
  template <std::invocable F>
  auto run(F&& f) {
    using R = std::invoke_result_t<F&>;
    std::exception_ptr error;
    if constexpr (std::is_void_v<R>) {
      run_erased([&] { f(); }, error);
      if (error) std::rethrow_exception(error);
    } else {
      std::optional<R> value;
      run_erased([&] { value.emplace(f()); }, error);
      if (error) std::rethrow_exception(error);
      return std::move(*value);
    }
  }

  const std::shared_ptr<detail::IsolateState>& state() const noexcept { return state_; }

 private:
  template <class F>
  void run_erased(F&& f, std::exception_ptr& error) {
    auto guarded = [&] {
      try {
        f();
      } catch (...) {
        error = std::current_exception();
      }
    };
    run_and_wait([](void* p) { (*static_cast<decltype(guarded)*>(p))(); }, &guarded);
  }
  void run_and_wait(void (*body)(void*), void* context);

  std::shared_ptr<detail::IsolateState> state_;
};

/// Name of the isolate that runs this thread's work, or "" outside isolates.
std::string_view current_isolate() noexcept;

}  // namespace lagoon
