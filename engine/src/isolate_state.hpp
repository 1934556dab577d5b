// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <lagoon/engine/isolate.hpp>
#include <lagoon/engine/job.hpp>
#include <mutex>
#include <thread>
#include <vector>

#include <tbb/task_arena.h>

#include "call_ring.hpp"
#include "engine_state.hpp"

namespace lagoon::detail {

/// A thread that serves an isolate's queue, or waits in reserve to do so.
struct HostThread {
  enum Role : std::uint32_t { reserve, host, stop };
  std::atomic<std::uint32_t> role{reserve};
  bool lost_role = false;  // this thread only: a spare took over while it slept for somebody else
  std::thread thread;
};

/// What stands behind an Isolate. Callers hold it shared, so that a call after the isolate's end gets an answer.
class IsolateState final : public std::enable_shared_from_this<IsolateState> {
 public:
  IsolateState(std::shared_ptr<EngineState> engine_state, Engine& engine, IsolateOptions options);
  ~IsolateState();

  void start();
  void close();

  Status post(Job* job);
  void post_urgent(Job* job) noexcept;
  bool try_enter() noexcept;
  void leave() noexcept;
  void execute(void (*body)(void*), void* context) noexcept;
  void nudge() noexcept;

  /// Marks this thread as running this isolate's work: identity, and default memory.
  class Identity {
   public:
    explicit Identity(IsolateState& isolate) noexcept;
    ~Identity();
    Identity(const Identity&) = delete;
    Identity& operator=(const Identity&) = delete;

   private:
    IsolateState* previous_;
    MemoryScope memory_;
  };

  bool begin_wait() noexcept;
  void end_wait() noexcept;

  Engine& engine;
  const std::shared_ptr<EngineState> shared;
  const IsolateOptions options;
  const unsigned concurrency;
  const std::shared_ptr<IsolateMemory> memory;

  alignas(64) std::atomic<std::uint32_t> running{0};
  std::atomic<std::uint32_t> held{0};  // calls that are suspended
  std::size_t queued() const noexcept { return ring_.size(); }

 private:
  friend class ::lagoon::detail::WaitingScope;
  // Who looks after the queue. A poster that finds somebody asleep or waiting takes the state to `serving` and
  // wakes the host or appoints a spare; there is one such taker because the step is a compare-and-swap.
  enum HostState : std::uint32_t { serving, asleep, waiting };

  unsigned reserved_slots() const;
  Job* take() noexcept;
  void run(Job* job) noexcept;
  void serve(HostThread& self) noexcept;
  void host_main(HostThread& self) noexcept;
  bool appoint_spare() noexcept;
  void wake() noexcept;
  void arm_nudge() noexcept;
  void nudge_due(std::uint64_t served_when_armed) noexcept;
  void add_drainer() noexcept;
  void drain() noexcept;
  void refuse_all() noexcept;
  bool has_work() const noexcept { return urgent_.load(std::memory_order_acquire) || !ring_.empty(); }

  struct Source final : MemorySource {
    explicit Source(const std::shared_ptr<IsolateMemory>& from) : handle(from) {}
    MemoryHandle memory() override { return handle; }
    const std::shared_ptr<IsolateMemory>& handle;
  };

  Source source_{memory};
  tbb::task_arena arena_;
  CallRing ring_;
  // By who writes how often: what a poster reads for every call must not share a line with what the host writes for
  // every call (16 calls in flight cost 100 ns each when it did).
  alignas(64) std::atomic<std::uint32_t> host_state_{serving};
  std::atomic<bool> nudge_armed_{false};
  std::atomic<bool> closing_{false};
  std::atomic<Job*> urgent_{nullptr};
  alignas(64) std::atomic<bool> in_job_{false};
  std::atomic<std::uint64_t> served_{0};
  alignas(64) std::atomic<std::uint32_t> drainers_{0};
  std::atomic<std::uint32_t> sleepers_{0};

  std::mutex threads_mutex_;
  std::vector<std::unique_ptr<HostThread>> threads_;
};

}  // namespace lagoon::detail
