// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sched.h>

#include <lagoon/engine/isolate.hpp>
#include <lagoon/engine/job.hpp>
#include <mutex>
#include <thread>
#include <vector>

#include <tbb/task_arena.h>

#include "call_ring.hpp"
#include "charge.hpp"
#include "engine_state.hpp"
#include "loops.hpp"

namespace lagoon::detail {

/// A thread that serves an isolate's queue, or waits in reserve to do so.
struct HostThread {
  enum Role : std::uint32_t { reserve, host, stop };
  std::atomic<std::uint32_t> role{reserve};
  bool lost_role = false;  // this thread only: a spare took over while it slept for somebody else
  bool leaving = false;    // under threads_mutex_: about to be joined
  std::thread thread;
};

/// Continuations of calls that have started: any number, first in first out.
class UrgentQueue {
 public:
  void push(Job* job) noexcept;
  Job* pop() noexcept;
  bool empty() const noexcept { return count_.load(std::memory_order_acquire) == 0; }

 private:
  std::mutex mutex_;
  Job* first_ = nullptr;
  Job* last_ = nullptr;
  std::atomic<std::size_t> count_{0};
};

/// What stands behind an Isolate. Callers hold it shared, so that a call after the isolate's end gets an answer.
class IsolateState final : public std::enable_shared_from_this<IsolateState> {
 public:
  IsolateState(std::shared_ptr<EngineState> engine_state, IsolateOptions options);

  void start();
  void close();

  Status post(Job* job);
  void post_urgent(Job* job) noexcept;
  bool try_enter() noexcept;
  void leave() noexcept;
  void execute(void (*body)(void*), void* context) noexcept;
  void act(void (*body)(void*), void* context) noexcept;
  void stay(void (*body)(void*), void* context) noexcept;
  void nudge() noexcept;
  bool host_shares_core() const noexcept {
    const int core = ::sched_getcpu();
    return core >= 0 && host_core_.load(std::memory_order_relaxed) == core;
  }
  void note_sleeper() noexcept { sleepers_core_.store(::sched_getcpu(), std::memory_order_relaxed); }
  bool closing() const noexcept { return closing_.load(std::memory_order_acquire); }
  void keep(std::shared_ptr<void> thing);

  void attach(std::shared_ptr<JobSource> source, void* member);
  void detach() noexcept { on_source_.store(false, std::memory_order_release); }  // pairs with may_take_from_source
  bool offer() noexcept;
  void refuse_queued(const Status& why) noexcept;
  std::chrono::nanoseconds cpu() noexcept;
  void add_helper_ticks(std::uint64_t ticks) noexcept { helper_ticks_.fetch_add(ticks, std::memory_order_relaxed); }

  /// A loop of a call that runs, on this thread and on workers. part does not throw.
  void run_loop(std::ptrdiff_t count, void (*part)(void*, std::ptrdiff_t), void* context);

  void keep_slot() noexcept;
  void serve_here() noexcept;
  void hold() noexcept;
  void unhold() noexcept;
  /// A running call goes to sleep for somebody else, and comes back. False: too many sleep already.
  bool begin_sleep() noexcept;
  void end_sleep() noexcept;

  /// Marks this thread as running this isolate's work: identity, and default memory. They stack.
  class Identity {
   public:
    explicit Identity(IsolateState& isolate) noexcept;
    ~Identity();
    Identity(const Identity&) = delete;
    Identity& operator=(const Identity&) = delete;
    IsolateState& isolate;
    Identity* const below;

   private:
    MemoryScope memory_;
    WorkingFor working_;
  };

  Engine engine;  // a handle of its own: the isolate may outlive its maker's
  const std::shared_ptr<EngineState> shared;
  const IsolateOptions options;
  const unsigned concurrency;
  const std::shared_ptr<IsolateMemory> memory;
  ChargeAccount::Handle account;  // see account_of
  Loops loops;

  std::size_t running() const noexcept { return running_.load(std::memory_order_acquire); }
  std::size_t queued() const noexcept { return ring_.size(); }
  bool quiescent() const noexcept;
  /// From then on no worker of the arena comes to help.
  bool end_if_quiescent() noexcept;

 private:
  friend class ::lagoon::detail::WaitingScope;
  // Who looks after the queue. `waiting`: the host sleeps for somebody else. A poster that finds `asleep` takes the
  // state to `serving` and wakes the host. A step away from `waiting` that may have to be taken back (no spare) is
  // made under threads_mutex_, so that a returning host that finds the state gone looks again under that mutex.
  enum HostState : std::uint32_t { serving, asleep, waiting };

  unsigned reserved_slots() const;
  int slots() const { return static_cast<int>(std::max(1u, shared->cores - 1) + reserved_slots()); }
  /// The next job, with a slot for it; null when there is none, or no slot.
  Job* take() noexcept;
  Job* take_urgent() noexcept;
  /// Runs a job that was taken, and gives its slot back.
  void run(Job* job) noexcept;
  /// Runs what is posted until another thread has the role, or the isolate is closed. Outside of the arena: until there
  /// is something to run.
  void serve(HostThread& self, bool in_arena) noexcept;
  void host_main(HostThread& self) noexcept;
  bool sleep_until_posted(HostThread& self) noexcept;
  void hand_over() noexcept;
  bool appoint_spare() noexcept;
  HostThread* thread_at(std::size_t k);
  void stop_threads(const HostThread& self) noexcept;
  void wake() noexcept;
  void arm_nudge(std::chrono::nanoseconds after) noexcept;
  void nudge_due(std::uint64_t served_when_armed) noexcept;
  void add_drainer() noexcept;
  bool ask_for_help() noexcept;
  /// Has the arena run it once, on a worker. False: it will not.
  bool send(void (IsolateState::*task)() noexcept) noexcept;
  void drain() noexcept;
  void help_in_loops() noexcept;
  /// Within the arena, on a thread that was in no isolate. with_help: workers take what is more than one call.
  void run_what_waits(bool with_help) noexcept;
  void refuse_all() noexcept;
  /// What only this isolate can do.
  bool has_own_work() const noexcept { return !urgent_.empty() || !ring_.empty(); }
  bool has_work() const noexcept { return has_own_work() || may_take_from_source(); }
  bool may_take_from_source() const noexcept {
    // acquire: pairs with detach, and with the source's own steps before it offers
    return on_source_.load(std::memory_order_acquire) &&
           source_of_jobs_->waiting.load(std::memory_order_acquire) != 0 &&
           source_of_jobs_->epoch.load(std::memory_order_acquire) != declined_.load(std::memory_order_relaxed);
  }
  Job* take_from_source() noexcept;
  /// Whether a call may start beside so many: there is a slot, and memory is not short or none runs that might free
  /// some.
  bool may_start(std::uint32_t beside) const noexcept {
    return beside < concurrency && (beside == 0 || !memory->over_soft_mark());
  }
  bool full() const noexcept { return !may_start(running_.load(std::memory_order_relaxed)); }

  /// What operator new found out and could not tell, since whoever makes something may hold any lock.
  void tell_pressure() noexcept {
    if (account.made()) memory->tell_pressure();
  }

  struct Source final : MemorySource {
    explicit Source(const std::shared_ptr<IsolateMemory>& from) : handle(from) {}
    MemoryHandle memory() override { return handle; }
    const std::shared_ptr<IsolateMemory>& handle;
  };

  Source source_{memory};
  std::unique_ptr<tbb::task_arena> arena_;
  CallRing ring_;
  std::shared_ptr<JobSource> source_of_jobs_;  // kept until the end: who looks may be late
  void* member_ = nullptr;
  UrgentQueue urgent_;
  // By who writes how often: what a poster reads for every call must not share a line with what the host writes for
  // every call (16 calls in flight cost 100 ns each when it did).
  alignas(64) std::atomic<std::uint32_t> running_{0};
  alignas(64) std::atomic<std::uint32_t> host_state_{serving};
  std::atomic<bool> nudge_armed_{false};
  std::atomic<bool> closing_{false};
  std::atomic<bool> ended_{false};  // closing, and nothing was left; the arena may be gone
  std::atomic<bool> on_source_{false};
  std::atomic<std::uint64_t> declined_{0};  // epoch of the source in which it had nothing for this isolate
  std::atomic<std::uint64_t> helper_ticks_{0};
  alignas(64) std::atomic<bool> in_job_{false};
  std::atomic<std::uint64_t> served_{0};
  // Hints, for two that wait for each other on one core: where the host runs, and where somebody fell asleep.
  std::atomic<int> host_core_{-1}, sleepers_core_{-1};
  std::atomic<std::uint32_t> urgent_in_a_row_{0};
  alignas(64) std::atomic<std::uint32_t> drainers_{0};
  std::atomic<std::uint32_t> sleepers_{0};
  std::atomic<std::uint32_t> held_{0};   // calls that are suspended
  std::atomic<std::uint64_t> moves_{0};  // steps of calls between running, sleeping and suspended

  std::mutex threads_mutex_;
  std::vector<std::unique_ptr<HostThread>> threads_;
  std::mutex kept_mutex_;
  std::vector<std::shared_ptr<void>> kept_;
};

}  // namespace lagoon::detail
