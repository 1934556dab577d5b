// SPDX-License-Identifier: Apache-2.0
// How an isolate keeps answering: the host that serves its queue, spares that take over, workers that help.
#include <lagoon/engine/fence.hpp>

#include "isolate_state.hpp"
#include "isolate_threads.hpp"

namespace lagoon::detail {
namespace {

constexpr auto kNudgeAfter = std::chrono::microseconds(200);
constexpr auto kNudgeAgain = std::chrono::milliseconds(5);
constexpr std::uint32_t kUrgentInARow = 16;  // then a call from the queue has its turn

}  // namespace

// ---- queues

void UrgentQueue::push(Job* job) noexcept {
  job->next = nullptr;
  std::lock_guard lock(mutex_);
  (first_ ? last_->next : first_) = job;
  last_ = job;
  count_.fetch_add(1, std::memory_order_release);  // pairs with the acquire in empty
}

Job* UrgentQueue::pop() noexcept {
  if (empty()) return nullptr;
  std::lock_guard lock(mutex_);
  Job* job = first_;
  if (!job) return nullptr;
  first_ = job->next;
  count_.fetch_sub(1, std::memory_order_release);
  return job;
}

Job* IsolateState::take() noexcept {
  if (!urgent_.empty() && urgent_in_a_row_.fetch_add(1, std::memory_order_relaxed) < kUrgentInARow) {
    if (Job* job = take_urgent()) return job;
  }
  urgent_in_a_row_.store(0, std::memory_order_relaxed);
  if (!full() && (!ring_.empty() || may_take_from_source())) {
    // Slot first, then job: others may take the last slot between a look and a step.
    if (may_start(running_.fetch_add(1, std::memory_order_seq_cst))) {
      if (Job* job = ring_.pop()) return job;
      if (Job* job = take_from_source()) return job;
    }
    leave();
  }
  return take_urgent();
}

Job* IsolateState::take_from_source() noexcept {
  if (!may_take_from_source()) return nullptr;
  const std::uint64_t epoch = source_of_jobs_->epoch.load(std::memory_order_acquire);
  Job* job = source_of_jobs_->take(member_);
  // What came after the look at the epoch has raised it again.
  if (!job) declined_.store(epoch, std::memory_order_relaxed);
  return job;
}

Job* IsolateState::take_urgent() noexcept {
  Job* job = urgent_.pop();
  if (job) running_.fetch_add(1, std::memory_order_relaxed);
  return job;
}

void IsolateState::run(Job* job) noexcept {
  job->run(job);
  tell_pressure();
  running_.fetch_sub(1, std::memory_order_release);  // pairs with the acquire in quiescent
}

// ---- the host

void IsolateState::wake() noexcept {
  light_fence();  // pairs with heavy_fence where hosts go to sleep: we see them asleep, or they see the job
  std::uint32_t state = host_state_.load(std::memory_order_relaxed);
  if (state == serving) {
    // Whether the host is in a long job cannot be told without a full fence in each of its jobs; a timer looks later.
    if (!nudge_armed_.load(std::memory_order_relaxed)) arm_nudge(kNudgeAfter);
  } else if (state == waiting) {
    hand_over();
  } else if (host_state_.compare_exchange_strong(state, serving)) {
    futex_wake(host_state_);
  } else if (state == waiting) {
    hand_over();
  }
}

bool IsolateState::sleep_until_posted(HostThread& self) noexcept {
  host_state_.store(asleep, std::memory_order_relaxed);
  heavy_fence();  // pairs with light_fence in wake and leave
  const bool nothing = (!has_work() || (urgent_.empty() && full())) && !closing() &&
                       self.role.load(std::memory_order_acquire) != HostThread::stop;
  if (nothing) system_clock().wait(host_state_, asleep, kNever);
  std::uint32_t expected = asleep;
  host_state_.compare_exchange_strong(expected, serving);
  return nothing;
}

void IsolateState::serve(HostThread& self, bool in_arena) noexcept {
  t_host = &self;
  t_hosted = this;
  self.lost_role = false;
  auto idle_since = std::chrono::steady_clock::now();
  for (unsigned round = 0;;) {
    if (!in_arena && has_work()) break;
    if (Job* job = in_arena ? take() : nullptr) {
      in_job_.store(true, std::memory_order_relaxed);
      run(job);
      if (self.lost_role) {
        // The host of now may sleep because this call took the last slot.
        light_fence();
        if (has_work()) wake();
        break;
      }
      in_job_.store(false, std::memory_order_relaxed);
      // One host at a time writes it: no locked instruction needed.
      served_.store(served_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
      round = 0;
      continue;
    }
    if (self.role.load(std::memory_order_acquire) == HostThread::stop) break;
    if (closing()) {
      if (end_if_quiescent()) {
        stop_threads(self);
        break;
      }
      std::this_thread::sleep_for(std::chrono::microseconds(50));  // counts have no futex of their own
      continue;
    }
    if (round == 0) idle_since = std::chrono::steady_clock::now();
    spin_pause();
    // A look at the clock costs as much as eight looks at the queue.
    if (++round % 8) continue;
    // Who slept on this core and was woken by the last job's end may need it for the next call.
    const int core = ::sched_getcpu();
    const bool in_the_way = core >= 0 && sleepers_core_.load(std::memory_order_relaxed) == core;
    if (in_the_way) sleepers_core_.store(-1, std::memory_order_relaxed);
    if (host_core_.load(std::memory_order_relaxed) != core) host_core_.store(core, std::memory_order_relaxed);
    if (!in_the_way && std::chrono::steady_clock::now() - idle_since < options.poll) continue;
    sleep_until_posted(self);
    round = 0;
  }
  t_host = nullptr;
  t_hosted = nullptr;
}

void IsolateState::host_main(HostThread& self) noexcept {
  // oneTBB makes a good deal for a thread that enters an arena, which an isolate without work need not pay.
  if (self.role.load(std::memory_order_acquire) == HostThread::host) serve(self, false);
  if (self.role.load(std::memory_order_acquire) == HostThread::stop) return;
  arena_->execute([&] {
    const Identity identity(*this);
    for (;;) {
      const std::uint32_t role = self.role.load(std::memory_order_acquire);
      if (role == HostThread::stop) return;
      if (role == HostThread::host) {
        serve(self, true);
        std::uint32_t host = HostThread::host;
        if (!self.role.compare_exchange_strong(host, HostThread::reserve)) return;  // told to stop
        heavy_fence();
        // While this thread finished its call nobody may have been free to be appointed. Not by a look at host_state_:
        // who has just found nobody may be about to take back its step away from `waiting`.
        if (has_work()) hand_over();
      } else {
        system_clock().wait(self.role, HostThread::reserve, kNever);
      }
    }
  });
}

void IsolateState::hand_over() noexcept {
  std::lock_guard lock(threads_mutex_);
  std::uint32_t state = waiting;
  if (!host_state_.compare_exchange_strong(state, serving)) return;
  // Without a spare the sleeping host stays in charge, and whoever returns to reserve looks again.
  if (!appoint_spare()) host_state_.store(waiting);
}

bool IsolateState::appoint_spare() noexcept {  // threads_mutex_ is held
  for (auto& t : threads_) {
    std::uint32_t reserve = HostThread::reserve;
    if (t->role.compare_exchange_strong(reserve, HostThread::host)) {
      in_job_.store(false, std::memory_order_relaxed);
      futex_wake(t->role);
      return true;
    }
  }
  const WorkingFor nobody(nullptr);  // charging may have to wake somebody, which takes this mutex
  try {
    if (threads_.size() > options.waiting_limit) {
      fault_point(shared->faults, "isolate.no_spare");
      return false;
    }
    fault_point(shared->faults, "isolate.start_thread");
    threads_.reserve(threads_.size() + 1);
    auto t = std::make_unique<HostThread>();
    t->role = HostThread::host;
    t->thread = std::thread([this, self = t.get()] { host_main(*self); });
    threads_.push_back(std::move(t));
    in_job_.store(false, std::memory_order_relaxed);
    return true;
  } catch (...) {
    return false;
  }
}

HostThread* IsolateState::thread_at(std::size_t k) {
  std::lock_guard lock(threads_mutex_);
  return k < threads_.size() ? threads_[k].get() : nullptr;
}

void IsolateState::stop_threads(const HostThread& self) noexcept {
  std::lock_guard lock(threads_mutex_);
  for (auto& t : threads_) {
    t->role.store(HostThread::stop, std::memory_order_release);
    if (t.get() != &self) futex_wake(t->role);
  }
}

// ---- more than one core: workers of the arena take what queues up behind a long call

void IsolateState::nudge() noexcept {
  if (in_job_.load(std::memory_order_relaxed) && has_work()) add_drainer();
}

void IsolateState::add_drainer() noexcept {
  try {
    fault_point(shared->faults, "isolate.add_drainer");
  } catch (...) {
    return;  // the timer comes again
  }
  std::uint32_t now = drainers_.load(std::memory_order_relaxed);
  do {
    if (now + 1 >= concurrency) return;
  } while (!drainers_.compare_exchange_weak(now, now + 1, std::memory_order_seq_cst));
  // Count first, then look: an end that does not see the count is seen. A timer may come when the arena is gone.
  if (ended_.load(std::memory_order_seq_cst)) {
    drainers_.fetch_sub(1, std::memory_order_release);
    return;
  }
  if (!send(&IsolateState::drain)) drainers_.fetch_sub(1, std::memory_order_release);
}

bool IsolateState::send(void (IsolateState::*task)() noexcept) noexcept {
  struct Sent {
    std::shared_ptr<IsolateState> isolate;
    void (IsolateState::*task)() noexcept;
    void operator()() const noexcept { (isolate.get()->*task)(); }
  };
  // It may start a thread. Where that fails half-way, oneTBB (2021.8) never tries again with that one of its workers.
  const WorkingFor nobody(nullptr);
  Sent sent{shared_from_this(), task};
  try {
    arena_->enqueue(std::move(sent));
    return true;
  } catch (...) {
    return !sent.isolate;  // it has the task, and runs it when a worker comes by
  }
}

void IsolateState::drain() noexcept {
  // oneTBB may run this inside the wait of a handler's own parallel loop: a call taken here would sit on top of the
  // handler's stack and hold it up. Somebody else takes it.
  const bool on_top_of_a_call = t_identity != nullptr;
  if (!on_top_of_a_call) run_what_waits(true);
  drainers_.fetch_sub(1, std::memory_order_release);  // pairs with the acquire in quiescent
  light_fence();
  if (has_work()) arm_nudge(kNudgeAfter);
}

void IsolateState::serve_here() noexcept {
  if (has_work()) arena_->execute([this] { run_what_waits(false); });
}

void IsolateState::run_what_waits(bool with_help) noexcept {
  const Identity identity(*this);
  while (Job* job = take()) {
    if (with_help && has_work()) add_drainer();
    run(job);
    light_fence();
    if (has_work()) wake();  // a slot is free again
  }
}

void IsolateState::arm_nudge(std::chrono::nanoseconds after) noexcept {
  if (concurrency < 2 || nudge_armed_.exchange(true, std::memory_order_relaxed)) return;
  try {
    shared->timers.at(shared->clock.now() + after,
                      [weak = weak_from_this(), served = served_.load(std::memory_order_relaxed)] {
                        if (auto self = weak.lock()) self->nudge_due(served);
                      });
  } catch (...) {
    nudge_armed_.store(false, std::memory_order_relaxed);
  }
}

void IsolateState::nudge_due(std::uint64_t served_when_armed) noexcept {
  nudge_armed_.store(false, std::memory_order_seq_cst);
  if (!has_work()) return;  // the next poster arms it again
  const bool in_job = in_job_.load(std::memory_order_relaxed);
  const bool stands_still = served_.load(std::memory_order_relaxed) == served_when_armed;
  if (in_job && stands_still) nudge();
  // Short calls that get on, or a worker on its way, or no room for a call, the end of which somebody will tell:
  // looking again at once would cost more than it finds.
  arm_nudge(in_job || full() ? std::chrono::nanoseconds(kNudgeAgain) : kNudgeAfter);
}

// ---- sleeping for others

WaitingScope::WaitingScope() noexcept {
  // Every isolate whose slot this thread holds, up the stack: the call sleeps in all of them.
  for (auto* i = t_identity; i; i = i->below) {
    if (i->isolate.begin_sleep()) continue;
    for (auto* undo = t_identity; undo != i; undo = undo->below) undo->isolate.end_sleep();
    allowed_ = false;
    return;
  }
  if (!t_host) return;
  IsolateState& hosted = *t_hosted;
  hosted.host_state_.store(IsolateState::waiting, std::memory_order_relaxed);
  heavy_fence();  // pairs with light_fence in wake
  if (hosted.has_work()) hosted.hand_over();
}

WaitingScope::~WaitingScope() {
  if (!allowed_) return;
  for (auto* i = t_identity; i; i = i->below) i->isolate.end_sleep();
  if (!t_host) return;
  IsolateState& hosted = *t_hosted;
  std::uint32_t expected = IsolateState::waiting;
  if (hosted.host_state_.compare_exchange_strong(expected, IsolateState::serving)) return;
  {
    // Somebody may have tried to appoint a spare, found none, and be about to take the step back.
    std::lock_guard lock(hosted.threads_mutex_);
    const bool mine = t_host->role.load(std::memory_order_relaxed) == HostThread::host;
    expected = IsolateState::waiting;
    if (mine && !t_host->lost_role && hosted.host_state_.compare_exchange_strong(expected, IsolateState::serving))
      return;
  }
  // A spare serves the queue now; this thread finishes its call and then waits in reserve.
  t_host->lost_role = true;
  t_host = nullptr;
  t_hosted = nullptr;
}

}  // namespace lagoon::detail
