// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <lagoon/core/status.hpp>
#include <memory>

namespace lagoon {
class IsolateMemory;
}

namespace lagoon::detail {

class IsolateState;

/// Something that an isolate runs once. Intrusive: posting allocates nothing.
struct Job {
  /// Exactly one of the two is called, once; the job may be gone afterwards. Neither throws.
  void (*run)(Job*) noexcept = nullptr;
  void (*refuse)(Job*, const Status&) noexcept = nullptr;
  Job* next = nullptr;
};

/// Jobs that wait for whichever of several isolates is free first. An isolate that has a free slot and nothing of its
/// own takes from it.
class JobSource {
 public:
  virtual ~JobSource() = default;
  /// A job for that member, which has a slot for it; null: none that it may have now.
  virtual Job* take(void* member) noexcept = 0;

  std::atomic<std::size_t> waiting{0};
  /// Raised when members that found nothing should look again: a new job, or a change in what they may have.
  std::atomic<std::uint64_t> epoch{1};
};
/// Before the isolate is given any work.
///   member   what take() is told; outlives the isolate's last job
void attach_source(IsolateState& isolate, std::shared_ptr<JobSource> source, void* member);
/// It takes no more from the source, but for a job that it is just taking.
void detach_source(IsolateState& isolate) noexcept;
/// Makes it look at its source if it has a free slot; false: it has none.
bool offer_source(IsolateState& isolate) noexcept;

/// Refuses what waits in the isolate's queue, which stays open.
void refuse_queued(IsolateState& isolate, const Status& why) noexcept;

/// What an isolate does now: counts that were true a moment ago.
struct IsolateLoad {
  std::size_t running = 0, queued = 0;            ///< calls
  std::size_t concurrency = 1;                    ///< calls that may run at once; 1 while memory is short
  std::size_t memory_held = 0, memory_limit = 0;  ///< bytes
};
IsolateLoad load_of(const IsolateState& isolate) noexcept;
/// `concurrency` of these.
std::size_t slots_of(const IsolateState& isolate) noexcept;
/// Running and queued ones of these.
std::size_t calls_of(const IsolateState& isolate) noexcept;
/// CPU time of its own threads, and what threads of the arena spent on its loops and graphs.
std::chrono::nanoseconds cpu_of(IsolateState& isolate) noexcept;
/// Time that a thread which is not the isolate's own, nor a caller's, worked for it.
void add_helper_ticks(IsolateState& isolate, std::uint64_t ticks) noexcept;
/// No call of it runs, waits, sleeps or is suspended.
bool is_idle(const IsolateState& isolate) noexcept;

/// Queues the job. Not ok: the job was not taken and none of its functions will be called.
///   returns  resource_exhausted with retry_after (queue full), unavailable (closing)
Status post(IsolateState& isolate, Job* job);

/// Queues what must never be refused nor wait behind requests: the continuation of a call that has started.
void post_urgent(IsolateState& isolate, Job* job) noexcept;

/// A slot for this thread, when there is one right now and nobody waits before it. Pair with leave().
bool try_enter(IsolateState& isolate) noexcept;
void leave(IsolateState& isolate) noexcept;

/// Runs body(context) in the isolate's arena on this thread, which has entered. Body does not throw.
void execute_entered(IsolateState& isolate, void (*body)(void*), void* context) noexcept;

/// Called by a thread that will sleep until some job of the isolate is done: lets workers take what is queued
/// behind a long job.
void nudge(IsolateState& isolate) noexcept;

/// For two that wait for each other on one core, where each that polls keeps the other one away: whether the host was
/// last on the core of this thread; and that this thread is about to sleep until a job is done.
bool host_shares_core(const IsolateState& isolate) noexcept;
void note_sleeper(IsolateState& isolate) noexcept;

/// Within a job: its slot stays taken when it has returned, until leave() gives it back, on whichever thread.
void keep_slot(IsolateState& isolate) noexcept;

/// Keeps the isolate open for a call that is suspended: neither queued nor running.
void hold(IsolateState& isolate) noexcept;
void unhold(IsolateState& isolate) noexcept;

bool is_closing(const IsolateState& isolate) noexcept;
/// Owned by the isolate until it has closed: what its calls use though their callers may be gone.
void keep_while_open(IsolateState& isolate, std::shared_ptr<void> thing);

std::size_t queue_limit_of(const IsolateState& isolate) noexcept;
std::shared_ptr<IsolateMemory> memory_of(IsolateState& isolate) noexcept;
std::size_t call_limit_of(const IsolateState& isolate) noexcept;

/// Whether this thread runs the work of any isolate.
IsolateState* current_isolate_state() noexcept;
const std::string& name_of(const IsolateState& isolate) noexcept;

/// While it lives this thread sleeps for somebody else: another isolate, a stream's peer. If it is the host of its
/// isolate, a spare takes over as soon as there is work.
/// Counts in every isolate whose slot this thread holds.
class WaitingScope {
 public:
  WaitingScope() noexcept;
  ~WaitingScope();
  WaitingScope(const WaitingScope&) = delete;
  WaitingScope& operator=(const WaitingScope&) = delete;
  /// False: as many calls of this isolate sleep as its waiting_limit allows, and this one must not.
  bool allowed() const noexcept { return allowed_; }

 private:
  bool allowed_ = true;
};

/// What a thread of an isolate is told when its WaitingScope is not allowed.
Status too_many_waiting();

}  // namespace lagoon::detail
