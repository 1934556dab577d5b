// SPDX-License-Identifier: Apache-2.0
#include "pool_queue.hpp"

#include <limits>

#include "pool_worker.hpp"

namespace lagoon::detail {
namespace {

constexpr unsigned kTurnAbout = 16;  // so often the least urgent call has its turn
constexpr unsigned kLook = 32;       // calls deep for one that suits; the rest are most likely of the same kind

std::size_t line_of(const CallState& call) noexcept { return static_cast<std::size_t>(call.priority()); }
CallState* after(const CallState& call) noexcept { return static_cast<CallState*>(call.next); }

}  // namespace

Status PoolQueue::add(CallState& call, bool again) noexcept {
  {
    std::lock_guard lock(mutex_);
    if (!closed_.ok()) return closed_;
    if (!again && waiting.load(std::memory_order_relaxed) >= limit_) {
      return Status(Errc::resource_exhausted,
                    "the queue of " + pool_.options.name + " is full: " + std::to_string(limit_) + " calls wait")
          .with_executed(Executed::no)
          .with_isolate(pool_.options.name)
          .with_retry_after(std::chrono::milliseconds(1));
    }
    Line& line = lines_[line_of(call)];
    if (again) {
      call.next = line.first;
      line.first = &call;
      if (!line.last) line.last = &call;
    } else {
      call.next = nullptr;
      if (line.last) {
        line.last->next = &call;
      } else {
        line.first = &call;
      }
      line.last = &call;
    }
    waiting.fetch_add(1);
    epoch.fetch_add(1);
    if (again) pool_.moved.fetch_add(1, std::memory_order_relaxed);
  }
  offer(false);
  return {};
}

void PoolQueue::offer(bool all) noexcept {
  std::shared_ptr<const Workers> members;
  {
    std::lock_guard lock(mutex_);
    members = members_;
  }
  if (!members || members->empty()) return;
  const std::size_t first = turn_.fetch_add(1, std::memory_order_relaxed);
  for (std::size_t k = 0; k < members->size(); ++k)
    if (offer_source(*(*members)[(first + k) % members->size()]->state) && !all) return;
}

void PoolQueue::look_again() noexcept {
  if (waiting.load() == 0) return;
  epoch.fetch_add(1);
  offer(true);
}

void PoolQueue::serve(std::shared_ptr<const Workers> members) {
  {
    std::lock_guard lock(mutex_);
    members_.swap(members);
  }
  look_again();
}

Job* PoolQueue::take(void* member) noexcept {
  auto& worker = *static_cast<PoolWorker*>(member);
  for (;;) {
    // Its calls come back here before the pool's thread has heard of its death: they are for others.
    if (worker.process && !worker.process->takes_calls()) {
      if (waiting.load() != 0 && !pool_.declined.exchange(true)) pool_.wake();
      return nullptr;
    }
    const auto [call, fits] = pick(worker);
    if (!call) {
      if (waiting.load() != 0 && !pool_.declined.exchange(true)) pool_.wake();
      return nullptr;
    }
    if (fits == Fit::never) {
      call->refuse_queued(called_itself(call->bound()));  // which a call that is done does not hear
      continue;
    }
    call->rebind(*worker.methods[call->bound().number], worker.shared_from_this());
    worker.count_call(PoolWorker::kCall);
    if (waiting.load() != 0) offer(false);
    return call;
  }
}

std::pair<CallState*, PoolQueue::Fit> PoolQueue::pick(PoolWorker& worker) noexcept {
  std::lock_guard lock(mutex_);
  const bool turn_about = ++picks_ % kTurnAbout == 0;
  for (std::size_t k = 0; k < lines_.size(); ++k) {
    Line& line = lines_[turn_about ? lines_.size() - 1 - k : k];
    CallState* before = nullptr;
    unsigned looked = 0;
    for (CallState* call = line.first; call && looked < kLook; ++looked) {
      CallState* const next = after(*call);
      if (const Fit fits = fit(worker, *call); fits != Fit::no) {
        unlink(line, before, *call);
        return {call, fits};
      }
      before = call;
      call = next;
    }
  }
  return {nullptr, Fit::no};
}

PoolQueue::Fit PoolQueue::fit(PoolWorker& worker, CallState& call) {
  if (call.is_done()) return Fit::never;
  BoundMethod& asked = call.bound();
  BoundMethod& method = *worker.methods[asked.number];
  const std::size_t members = members_ ? members_->size() : 1;
  if (method.lane && call.holds_lane_of(method)) {
    // Its own caller has that lane: it may wait for another worker, if there is one.
    for (std::size_t i = 0; members_ && i < members; ++i)
      if (!call.holds_lane_of(*(*members_)[i]->methods[asked.number])) return Fit::no;
    return Fit::never;
  }
  CallToPlace place = pool_.call_to_place(asked, call.arrays().all(), members);
  place.waiting = waiting.load(std::memory_order_relaxed);
  place.waited = duration_of(ticks_now() - call.submitted_ticks());
  if (!is_welcome(worker.load(0, call.arrays()), place) && anybody_else_may(worker, call, place)) return Fit::no;
  try {
    return call.try_lane_of(method) ? Fit::yes : Fit::no;
  } catch (const std::bad_alloc&) {
    return Fit::no;
  }
}

bool PoolQueue::is_welcome(const WorkerLoad& worker, const CallToPlace& place) const {
  return pool_.options.balancer(worker, place) < std::numeric_limits<double>::infinity();
}

bool PoolQueue::anybody_else_may(const PoolWorker& worker, const CallState& call, const CallToPlace& place) const {
  if (!members_) return false;
  for (std::size_t i = 0; i < members_->size(); ++i) {
    const PoolWorker& other = *(*members_)[i];
    if (&other == &worker || call.holds_lane_of(*other.methods[call.bound().number])) continue;
    const WorkerLoad load = other.load(i, call.arrays());
    if (load.running > 0 || is_welcome(load, place)) return true;  // a busy one may like it when it is free
  }
  return false;
}

void PoolQueue::unlink(Line& line, CallState* before, CallState& call) noexcept {
  CallState* const next = after(call);
  if (before) {
    before->next = next;
  } else {
    line.first = next;
  }
  if (line.last == &call) line.last = before;
  call.next = nullptr;
  waiting.fetch_sub(1);
}

bool PoolQueue::close_if_empty(const Status& why) {
  std::lock_guard lock(mutex_);
  if (waiting.load() != 0) return false;
  closed_ = why.with_executed(Executed::no);
  return true;
}

void PoolQueue::refuse_all(const Status& why) {
  std::array<Line, 3> refused;
  {
    std::lock_guard lock(mutex_);
    closed_ = why.with_executed(Executed::no);
    refused = std::exchange(lines_, {});
    waiting.store(0);
  }
  for (const Line& line : refused) {
    for (CallState* call = line.first; call;) {
      CallState* const next = after(*call);
      call->refuse_queued(why.with_executed(Executed::no));
      call = next;
    }
  }
}

}  // namespace lagoon::detail
