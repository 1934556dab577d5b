// SPDX-License-Identifier: Apache-2.0
// How a pool and its workers end: in peace, at a deadline, or without the handlers that do not stop.
#include <algorithm>
#include <climits>
#include <thread>

#include "pool_state.hpp"

namespace lagoon::detail {
namespace {

constexpr auto kLookAgain = std::chrono::milliseconds(1);     // at workers that finish their last calls
constexpr auto kLastNotice = std::chrono::milliseconds(100);  // for handlers that were told to stop

}  // namespace

PoolState::~PoolState() {
  (void)drain(kNever);
  stopping_.store(true, std::memory_order_release);
  pool_->wake();
  thread_.join();
  end_spares();
  pool_->queue->serve(nullptr);
  (void)forget_views(id_, version_.load() + 1);
}

bool PoolState::called_from_within() const {
  IsolateState* const here = current_isolate_state();
  const auto inside = [&](const std::shared_ptr<PoolWorker>& worker) { return worker->state.get() == here; };
  std::lock_guard lock(mutex_);
  return here && (std::ranges::any_of(*workers(), inside) || std::ranges::any_of(retiring_, inside));
}

std::size_t PoolState::calls_left() const {
  std::size_t calls = pool_->queue->waiting.load();
  const auto count = [&](const Workers& some) {
    for (const auto& worker : some) calls += calls_of(*worker->state);
  };
  std::lock_guard lock(mutex_);
  count(*workers());
  count(retiring_);
  return calls;
}

Status PoolState::drain(TimePoint deadline) {
  if (called_from_within())
    return Status(Errc::failed_precondition, "a call of " + options_.name + " would wait for its own end");
  closing_.store(true, std::memory_order_release);
  pool_->wake();
  for (;;) {
    const std::uint32_t seen = buried_.load(std::memory_order_acquire);
    {
      std::lock_guard lock(mutex_);
      if (workers()->empty() && retiring_.empty() && pool_->queue->waiting.load() == 0) return {};
    }
    if (engine_.clock().now() >= deadline)
      return Status(Errc::deadline_exceeded,
                    std::to_string(calls_left()) + " calls of " + options_.name + " have not ended by the deadline");
    engine_.clock().wait(buried_, seen, deadline);
  }
}

Status PoolState::shutdown(TimePoint deadline) {
  {
    std::lock_guard lock(mutex_);
    end_at_ = std::min(end_at_, deadline);
  }
  closing_.store(true, std::memory_order_release);
  pool_->wake();
  if (called_from_within())
    return Status(Errc::failed_precondition,
                  options_.name + " shuts down, but a call of its own cannot wait for the end of that");
  (void)drain(kNever);  // the pool's thread sees to it that this has an end
  std::lock_guard lock(mutex_);
  if (ended_ == 0 && left_behind_ == 0) return {};
  return Status(Errc::deadline_exceeded, std::to_string(ended_) + " calls of " + options_.name +
                                             " were ended at the deadline; " + std::to_string(left_behind_) +
                                             " workers were left behind with handlers that did not stop");
}

TimePoint PoolState::end() {
  const TimePoint now = engine_.clock().now();
  TimePoint at = kNever;
  {
    std::lock_guard lock(mutex_);
    at = end_at_;
  }
  if (at != kNever && now >= at) {
    end_calls();  // again and again: a worker may just have taken one
    gave_notice_ = std::min(gave_notice_, now);
  }
  if (pool_->queue->close_if_empty(Status(Errc::unavailable, options_.name + " is draining"))) {
    const auto table = this->workers();
    for (const auto& worker : *table) retire(worker, "the pool ends");
  }
  if (gave_notice_ == kNever) return std::min(at, now + kLookAgain);
  if (now >= gave_notice_ + kLastNotice) leave_behind();
  return now + kLookAgain;
}

void PoolState::end_calls() {
  const std::size_t waited = pool_->queue->waiting.load();
  const Status why(Errc::unavailable, options_.name + " was shut down");
  pool_->queue->refuse_all(why);
  std::vector<CallHandle<CallState>> running;
  Workers all = *this->workers();
  {
    std::lock_guard lock(mutex_);
    all.insert(all.end(), retiring_.begin(), retiring_.end());
  }
  for (const auto& worker : all) {
    refuse_queued(*worker->state, why.with_executed(Executed::no));
    for (auto& call : worker->book.running())
      if (!call->is_done()) running.push_back(std::move(call));
  }
  // Callers first: a handler that hears of the stop has its own words for it.
  for (const auto& call : running) call->fail(why.with_executed(Executed::yes));  // which becomes maybe: it runs
  pool_->stop.request_stop();
  std::lock_guard lock(mutex_);
  ended_ += waited + running.size();
}

void PoolState::leave_behind() {
  Workers stuck;
  {
    std::lock_guard lock(mutex_);
    std::ranges::copy_if(retiring_, std::back_inserter(stuck), [](const auto& worker) { return !worker->at_rest(); });
    left_behind_ += stuck.size();
    counts_.hung += stuck.size();
  }
  for (const auto& worker : stuck) {
    worker->hung.store(true);
    send_on(*worker);
    tell(WorkerEvent::What::hung, worker->name, "a handler did not stop when the pool was shut down");
    // Whoever waits for it holds all that it needs; it is gone when its handler ends, or with the process.
    if (worker->process) worker->process->kill("the pool was shut down");
    std::thread([worker] {
      while (!worker->at_rest()) std::this_thread::sleep_for(std::chrono::milliseconds(10));
      worker->isolate.reset();
      if (worker->process) worker->process->close();
    }).detach();
    bury(worker);
  }
}

TimePoint PoolState::bury() {
  TimePoint next = kNever;
  Workers leaving;
  {
    std::lock_guard lock(mutex_);
    leaving = retiring_;
  }
  for (const auto& worker : leaving) {
    if (!closing_.load(std::memory_order_acquire)) send_on(*worker);  // what was just being posted when it retired
    if (!worker->at_rest()) {
      next = engine_.clock().now() + kLookAgain;
      continue;
    }
    worker->isolate.reset();
    // Here: the last handle may be that of a call, dropped on a thread that this would wait for.
    if (worker->process) worker->process->close();
    bury(worker);
    tell(WorkerEvent::What::terminated, worker->name, worker->why);
  }
  return next;
}

void PoolState::bury(const std::shared_ptr<PoolWorker>& worker) {
  {
    std::lock_guard lock(mutex_);
    for (std::size_t i = 0; i < pool_->methods.size(); ++i)
      totals_of_the_dead_[i].merge(worker->methods[i]->metrics.totals());
    std::erase(retiring_, worker);
    ++counts_.terminated;
  }
  buried_.fetch_add(1, std::memory_order_release);
  futex_wake(buried_, INT_MAX);
}

TimePoint PoolState::forget() {
  const std::uint64_t version = version_.load();
  if (forgotten_ == version) return kNever;
  if (!forget_views(id_, version)) return engine_.clock().now() + kLookAgain;
  forgotten_ = version;
  return kNever;
}

}  // namespace lagoon::detail
