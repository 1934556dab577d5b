// SPDX-License-Identifier: Apache-2.0
// A call on its isolate: lanes, the handler's start, coroutines, and what the handler may ask of its call.
#include <lagoon/engine/ticks.hpp>
#include <lagoon/rpc/endpoint.hpp>

#include "call_book.hpp"
#include "call_rare.hpp"

namespace lagoon::detail {
namespace {

/// Counters of two cores may differ by a little: what looks negative is nothing.
std::chrono::nanoseconds between(std::uint64_t begin, std::uint64_t end) {
  return duration_of(end > begin ? end - begin : 0);
}

}  // namespace

// ---- the isolate's side

bool CallState::holds_lane_of(const BoundMethod& method) const noexcept {
  const Rare* have = rare_.load(std::memory_order_acquire);
  for (const HeldLane* held = have ? have->lanes.get() : nullptr; held; held = held->below.get())
    if (held->lane == method.lane.get() && held->held.load(std::memory_order_acquire)) return true;
  return false;
}

Status called_itself(const BoundMethod& method) {
  return Status(Errc::failed_precondition,
                std::string(method.entry->name) + " is exclusive and called itself: it would wait for its own end")
      .with_executed(Executed::no);
}

bool CallState::note_lane() {
  BoundMethod& method = bound();
  if (holds_lane_of(method)) {
    refuse_now(called_itself(method));
    return false;
  }
  Rare& r = rare();
  r.lanes = r.lane = std::make_shared<HeldLane>(method.lane.get(), std::move(r.lanes));
  return true;
}

void CallState::forget_lane() noexcept {
  Rare& r = *rare_.load(std::memory_order_acquire);
  r.lanes = r.lane->below;
  r.lane.reset();
}

bool CallState::try_lane() { return note_lane() && bound().lane->enter(nullptr) == ExclusiveLane::Entry::granted; }

bool CallState::try_lane_of(BoundMethod& method) {
  if (!method.lane) return true;
  if (holds_lane_of(method)) return false;
  Rare& r = rare();
  auto held = std::make_shared<HeldLane>(method.lane.get(), r.lanes);
  if (method.lane->enter(nullptr) != ExclusiveLane::Entry::granted) return false;
  r.lanes = r.lane = std::move(held);
  return true;
}

bool CallState::line_up() noexcept {
  // On the caller's thread, so that calls keep the order in which they were made; each has a place in the isolate's
  // queue or in the lane's line, never both. In the line it may be another thread's at once.
  switch (bound().lane->enter(this)) {
    case ExclusiveLane::Entry::granted: return true;
    case ExclusiveLane::Entry::waits: return false;
    case ExclusiveLane::Entry::full: break;
  }
  end_early(Status(Errc::resource_exhausted,
                   std::string(bound().entry->name) + " is exclusive and as many calls wait for it as may")
                .with_executed(Executed::no)
                .with_retry_after(std::chrono::milliseconds(1)),
            1u << queued);
  unref();
  return false;
}

void CallState::run_on_isolate() noexcept {
  BoundMethod& method = bound();
  const auto lane = own_lane();
  bool released = false;
  released_ = &released;
  start();
  if (released) return release_lane(method, lane);
  if (!coroutine_) {
    if (booked_) leave_book(method, ticks_now());
    release_lane(method, lane);
  }
  unref();
}

void CallState::leave_book(BoundMethod& method, std::uint64_t now) noexcept {
  // Once per handler: with its last word, or when it ends though somebody else had that.
  if (booked_) method.book->end(*this);
  booked_ = false;
  const std::uint64_t started = started_ticks_.load(std::memory_order_relaxed);
  if (started == 0) return;
  method.book->count(now - started, inlined_);
  if (auto* handle = source_.handle.load(std::memory_order_acquire))
    method.book->count_memory(*method.pooled, static_cast<const CallMemory&>(**handle).budget().peak());
}

void CallState::start() noexcept {
  const Errc reason = stop_.reason();
  if (reason != Errc::ok) {
    end_early(Status(reason, reason == Errc::cancelled ? "cancelled before it started"
                                                       : "the deadline passed before the call could start"),
              1u << queued);
    return;
  }
  if (!step(1u << queued, running)) return;
  BoundMethod& method = bound();
  // On its caller's thread it has waited for nobody.
  if (!method.from_afar) started_ticks_.store(inlined_ ? submitted_ticks_ : ticks_now(), std::memory_order_relaxed);
  if (method.book && !inlined_) [[unlikely]] {
    method.book->begin(*this);
    booked_ = true;
  }
  try {
    fault_point(method.engine->faults(), "call.before_handler");
  } catch (...) {
    keep_after_settling();
    finish(status_of_current_exception());
    abort_streams();
    return;
  }
  if (method.trace && method.trace->on()) [[unlikely]] {
    invoke_traced();
  } else {
    invoke();
  }
}

void CallState::invoke_traced() noexcept {
  const BoundMethod& method = bound();
  const TraceContext context{method.trace, trace_id_, name_of(*method.isolate), false};
  const TraceScope scope(context);
  const TraceSpan span(context, method.entry->name, "call", depth_ ? TraceFlow::automatic : TraceFlow::begins);
  invoke();
}

std::shared_ptr<HeldLane> CallState::own_lane() const noexcept {
  const Rare* have = bound().lane ? rare_.load(std::memory_order_acquire) : nullptr;
  return have ? have->lane : nullptr;
}

void CallState::release_lane(BoundMethod& bound, const std::shared_ptr<HeldLane>& held) noexcept {
  if (!bound.lane) return;
  held->held.store(false, std::memory_order_release);  // pairs with the acquire in holds_lane
  while (Job* next = bound.lane->release()) {
    if (!is_closing(*bound.isolate)) return post_urgent(*bound.isolate, next);
    auto* call = static_cast<CallState*>(next);
    if (!call->give_back())
      call->refuse_queued(Status(Errc::unavailable, "the isolate is closing").with_executed(Executed::no));
  }
}

void CallState::leave_lane(BoundMethod& method, const std::shared_ptr<HeldLane>& held) noexcept {
  if (!method.lane) return;
  hold(*method.isolate);  // it must not close between a look at whether it does and a post to it
  release_lane(method, held);
  unhold(*method.isolate);
}

void CallState::coroutine_begins() {
  watch_deadline();                    // may throw: before anything that has to be undone
  if (!coroutine_) coroutine_ = true;  // who ran it in a process that is gone may still look
  keep_after_settling();
  hold(*bound().isolate);
}

void CallState::coroutine_ended() noexcept {
  BoundMethod& method = bound();
  if (booked_) leave_book(method, ticks_now());
  release_lane(method, own_lane());
  if (method.lane && method.backlog) method.backlog->look_again();
  unhold(*method.isolate);
}

void Resume::arm(void (*then)(Resume*) noexcept) noexcept {
  isolate = current_isolate_state();
  call = current_call();
  if (FarEnd* far = call ? call->far() : nullptr) far->sleeps(true);
  resume = then;
  fire = [](Continuation* self) noexcept {
    auto* r = static_cast<Resume*>(self);
    if (r->isolate) return post_urgent(*r->isolate, r);
    // A coroutine of no isolate goes on here, on the thread of the call it waited for, but not as a part of that call.
    CallState* const call = std::exchange(t_call, nullptr);
    {
      const StopScope no_stop(nullptr);
      const MemoryScope process_memory(nullptr);
      r->resume(r);
    }
    t_call = call;
  };
  run = [](Job* self) noexcept {
    auto* r = static_cast<Resume*>(self);
    if (!r->call) return r->resume(r);
    const auto keep = CallHandle<CallState>::sharing(r->call);
    if (FarEnd* far = keep->far()) far->sleeps(false);
    const CallState::Scope scope(*keep.get());
    r->resume(r);
  };
}

MemoryHandle CallState::Source::memory() {
  if (auto* have = handle.load(std::memory_order_acquire)) return *have;
  auto isolate = memory_of(*owner.bound().isolate);
  const std::size_t most = limit ? limit : kUnlimited;
  auto made = std::make_unique<MemoryHandle>(
      std::make_shared<CallMemory>(std::move(isolate), "a call of " + std::string(owner.bound().entry->name), most));
  MemoryHandle* none = nullptr;
  if (handle.compare_exchange_strong(none, made.get())) return *made.release();
  return *none;
}

void CallState::book_copies(const CopyReport& part) {
  Rare& r = rare();
  std::lock_guard lock(r.mutex);
  r.copies += part;
}

const Metadata& CallState::request_metadata() const noexcept {
  static const Metadata kNone;
  const Rare* r = rare_.load(std::memory_order_acquire);
  return r ? r->request : kNone;
}

void CallState::add_metadata(bool initial, std::string key, std::string value) {
  Rare& r = rare();
  std::lock_guard lock(r.mutex);
  (initial ? r.initial : r.trailing).add(std::move(key), std::move(value));
}

void CallState::fill(CallReport& report) const {
  if (const auto& isolate = bound().isolate) report.isolate = name_of(*isolate);
  report.trace_id = trace_id_;
  const std::uint64_t started = started_ticks_.load(std::memory_order_relaxed);
  report.queued = between(submitted_ticks_, started ? started : done_ticks_);
  if (started) report.processing = between(started, done_ticks_);
  if (Rare* r = rare_.load(std::memory_order_acquire)) {
    std::lock_guard lock(r->mutex);
    report.copies = r->copies;
    report.initial = r->initial;
    report.trailing = r->trailing;
  }
}

}  // namespace lagoon::detail

namespace lagoon {

bool CallContext::stop_requested() const noexcept { return call_.stop().reason() != Errc::ok; }
void CallContext::throw_if_stopped() const {
  const Errc reason = call_.stop().reason();
  if (reason != Errc::ok) throw Error(reason, "the call is to end");
}
TimePoint CallContext::deadline() const noexcept { return call_.stop().deadline(); }
const Metadata& CallContext::metadata() const noexcept { return call_.request_metadata(); }
void CallContext::add_initial_metadata(std::string key, std::string value) {
  call_.add_metadata(true, std::move(key), std::move(value));
}
void CallContext::add_trailing_metadata(std::string key, std::string value) {
  call_.add_metadata(false, std::move(key), std::move(value));
}
MemoryHandle CallContext::memory() const { return call_.memory(); }
std::string_view CallContext::method() const noexcept { return call_.bound().entry->name; }
std::string_view CallContext::isolate() const noexcept { return detail::name_of(*call_.bound().isolate); }
std::uint64_t CallContext::trace_id() const noexcept { return call_.trace_id(); }
unsigned CallContext::depth() const noexcept { return call_.depth(); }

}  // namespace lagoon
