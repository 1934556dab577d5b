// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lagoon/rpc/pool.hpp>

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "call_book.hpp"
#include "pool_queue.hpp"
#include "process/worker_process.hpp"

namespace lagoon::detail {

/// What outlives a pool for the sake of calls that are still looked at.
struct PoolShared {
  PoolShared(Engine& engine, std::vector<Service> served, PoolOptions given);

  const std::vector<Service> services;
  const PoolOptions options;
  const std::unique_ptr<const WorkerKind> processes;  // what workers are, if they are processes
  const Clock& clock;
  StopControl stop;                                   // all calls look at it
  std::vector<std::shared_ptr<BoundMethod>> methods;  // the pool's own: what callers bind to
  std::shared_ptr<PoolQueue> queue;
  std::atomic<std::uint32_t> signal{0};         // futex word of the pool's thread
  std::atomic<bool> wanted{false};              // a worker more would have work
  std::atomic<std::uint64_t> fastest_ticks{0};  // of all workers' typical calls
  std::atomic<bool> declined{false};            // a free worker had no use for any call that waits
  std::atomic<std::uint64_t> moved{0};          // calls that came back from a worker

  void wake() noexcept;
  /// What balancers are told of a call of that method, whether it waits or not.
  CallToPlace call_to_place(const BoundMethod& asked, std::size_t bytes, std::size_t workers) const noexcept;
};

/// One isolate of a pool. Calls that outlive it keep what it leaves behind.
struct PoolWorker : std::enable_shared_from_this<PoolWorker> {
  /// Makes one, and lets it warm up.
  ///   throws  what that threw; deadline_exceeded when it has not come to an end in time
  ///   process   that it is to be, if it is to be one
  static std::shared_ptr<PoolWorker> start(Engine& engine, const std::shared_ptr<PoolShared>& pool,
                                           const std::string& name, std::shared_ptr<WorkerProcess> process);
  PoolWorker(Engine& engine, std::shared_ptr<PoolShared> of_pool, std::string worker_name,
             std::shared_ptr<WorkerProcess> worker_process);

  const std::string name;
  const std::shared_ptr<PoolShared> pool;
  const std::shared_ptr<WorkerProcess> process;
  CallBook book{pool->fastest_ticks};
  std::unique_ptr<Isolate> isolate;     // the pool's thread's; gone once it has been closed
  std::shared_ptr<IsolateState> state;  // for who still looks at it
  std::unique_ptr<Local> local;
  std::vector<std::shared_ptr<BoundMethod>> methods;  // as the pool numbers them
  // Calls that are being made, for which it stays open, and above them those that it was given: one locked instruction
  // for both.
  static constexpr std::uint64_t kCall = std::uint64_t{1} << 24;
  std::atomic<std::uint64_t> entering{0};
  std::atomic<bool> retired{false};
  std::atomic<float> cpu{0};                   // cores of late
  std::atomic<std::size_t> process_memory{0};  // bytes of its arrays, of late
  std::atomic<std::size_t> process_peak{0};

  /// arrays   of a call that looks for a worker
  WorkerLoad load(std::size_t index, const ByteCount& arrays = {}) const noexcept;
  /// Nobody is about to call it and no call is left.
  bool at_rest() const;
  std::uint64_t calls() const noexcept { return entering.load(std::memory_order_relaxed) / kCall; }
  /// Of the last call it was given there were so many before; tells the pool when that is enough.
  void note_call(std::uint64_t before) noexcept {
    if (before + 1 == pool->options.recycle_after) pool->wake();
  }
  /// A call that it takes in any case: `added` is kCall, and one more if it is still being made.
  void count_call(std::uint64_t added) noexcept {
    note_call(entering.fetch_add(added, std::memory_order_seq_cst) / kCall);
  }
  /// Of its own threads, of those that helped, and of callers in its handlers; of a process, its own.
  std::chrono::nanoseconds cpu_time() const noexcept;
  /// Notes what a process holds; returns the bytes held at most.
  std::size_t look_at_memory() noexcept;

  // the pool's thread's notes
  const TimePoint started;
  std::string why;  // it retired
  std::atomic<bool> hung{false};
  bool attached = false;  // to the pool's queue
  std::uint64_t calls_seen = 0;
  TimePoint idle_since;
  std::vector<std::pair<std::uint64_t, TimePoint>> overdue;  // calls that should have stopped, and since when
  std::chrono::nanoseconds cpu_seen{0};
  TimePoint cpu_seen_at;
  struct Probe;
  std::shared_ptr<Probe> probe;  // a health check that has not been answered
};

}  // namespace lagoon::detail
