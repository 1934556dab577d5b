// SPDX-License-Identifier: Apache-2.0
// A call from its making to its end, on the side of its caller.
#include <lagoon/rpc/call_state.hpp>

#include <lagoon/engine/fence.hpp>
#include <lagoon/engine/foreign_thread.hpp>
#include <lagoon/engine/ticks.hpp>
#include <lagoon/rpc/channel.hpp>
#include <lagoon/rpc/endpoint.hpp>

#include <climits>
#include <random>

#include "call_book.hpp"
#include "call_rare.hpp"

namespace lagoon::detail {
namespace {

constexpr std::uint32_t kMaxDepth = 64;                // calls within calls, each on its caller's stack
constexpr auto kSpin = std::chrono::microseconds(50);  // hot answers take 0.2 us, one wake-up 5 to 35 us

/// Different at each call of each thread; the odds that two of 2^20 ids collide are 1 in 2^25.
std::uint64_t new_trace_id() {
  static std::atomic<std::uint64_t> threads{std::random_device{}()};
  thread_local std::uint64_t x = threads.fetch_add(1, std::memory_order_relaxed) * 0x2545f4914f6cdd1dULL + 1;
  std::uint64_t z = x += 0x9e3779b97f4a7c15ULL;  // splitmix64
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return (z ^ (z >> 31)) | 1;
}

const Clock& clock_of(const BoundMethod& bound) { return bound.engine ? bound.engine->clock() : system_clock(); }

}  // namespace

TimePoint deadline_of(const Clock& clock, const CallOptions& options) {
  if (options.timeout.count() <= 0) return options.deadline;
  const TimePoint now = clock.now();
  const TimePoint at = options.timeout > kNever - now ? kNever : now + options.timeout;
  return std::min(options.deadline, at);
}

CallState::CallState(BoundMethod& bound_method, const CallOptions& options, bool inlined)
    : CallState(bound_method, options, inlined, Inherited(options, inlined)) {}

CallState::CallState(BoundMethod& bound_method, const CallOptions& options, bool inlined, Inherited inherited)
    : bound_(&bound_method),
      inlined_(inlined),
      stop_(clock_of(bound_method), deadline_of(clock_of(bound_method), options), inherited.stop, bound_method.stop),
      rare_(inherited.rare.release()),
      context_(*this),
      source_(*this) {
  run = [](Job* job) noexcept { static_cast<CallState*>(job)->run_on_isolate(); };
  refuse = [](Job* job, const Status& why) noexcept {
    auto* call = static_cast<CallState*>(job);
    BoundMethod& method = call->bound();
    const auto kept = call->kept_;
    const auto lane = call->own_lane();
    if (!call->give_back()) call->refuse_queued(why);
    leave_lane(method, lane);
  };
  priority_ = options.priority;
  zero_copy_ = options.zero_copy;
  counted_ = options.report != nullptr || options.count_copies;
  may_copy_ = !options.require_zero_copy;
  source_.limit = options.memory_limit ? options.memory_limit : bound_method.call_limit;
  if (t_call) depth_ = t_call->depth_ + 1;  // detached or not: what is bounded is this thread's stack
  if (CallState* parent = inherited.parent) {
    if (inlined) parent_call_ = parent;
    trace_id_ = parent->trace_id_;
  } else if (!bound_method.from_afar) {
    trace_id_ = new_trace_id();
  }
  if (!bound_method.from_afar) submitted_ticks_ = ticks_now();
  if (!options.metadata.empty()) rare().request = options.metadata;
  if (options.require_zero_copy && !options.zero_copy) {
    refuse_now(Status(Errc::invalid_argument, "require_zero_copy: arrays would be copied, because zero_copy is off")
                   .with_executed(Executed::no));
  }
}

CallState::~CallState() {
  if (FarEnd* far = far_.load(std::memory_order_acquire); far && !inlined_) far->unref();
  if (const Rare* r = rare_.load(std::memory_order_acquire); r && moves_) {
    for (FarEnd* before : r->far_before)
      if (before) before->unref();
  }
  delete rare_.load(std::memory_order_acquire);
  delete source_.handle.load(std::memory_order_acquire);
}

CallState::Rare& CallState::rare() {
  Rare* have = rare_.load(std::memory_order_acquire);
  if (have) return *have;
  auto made = std::make_unique<Rare>();
  if (rare_.compare_exchange_strong(have, made.get())) return *made.release();
  return *have;
}

// ---- phases

bool CallState::step(std::uint32_t from_phases, Phase to, Phase* from) noexcept {
  std::uint32_t word = word_.load(std::memory_order_acquire);
  if (inlined_) {  // one thread alone knows this call
    if (!((1u << (word & kPhase)) & from_phases)) return false;
    if (from) *from = static_cast<Phase>(word & kPhase);
    word_.store((word & ~kPhase) | to, std::memory_order_relaxed);
    return true;
  }
  do {
    if (!((1u << (word & kPhase)) & from_phases)) return false;
    if (from) *from = static_cast<Phase>(word & kPhase);
  } while (!word_.compare_exchange_weak(word, (word & ~kPhase) | to, std::memory_order_acq_rel));
  return true;
}

void CallState::settle(Status status) noexcept {
  // A handler that failed because it was told to stop may say so in its own words; the caller hears the reason.
  if (const Errc reason = status.ok() ? Errc::ok : stop_.reason(); reason != Errc::ok && status.code() != reason) {
    try {
      status = Status(reason, reason == Errc::cancelled ? "the call was cancelled" : "the deadline of the call passed")
                   .with_executed(Executed::maybe)
                   .with_cause(status);
    } catch (const std::bad_alloc&) {
    }
  }
  if (bound().book) [[unlikely]] {
    done_ticks_ = ticks_now();
    leave_book(bound(), done_ticks_);
  }
  publish(std::move(status), released_);
}

void CallState::publish(Status status, bool* released) noexcept {
  BoundMethod& method = bound();
  // Relaxed: set before the step to `queued` that made this end possible.
  if (!status.ok() && status.executed() == Executed::no && begun_before_.load(std::memory_order_relaxed)) [[unlikely]] {
    try {
      status = status.with_executed(Executed::maybe);
    } catch (const std::bad_alloc&) {
    }
  }
  if (!status.ok() && status.isolate().empty() && method.isolate) {
    try {
      status = status.with_isolate(name_of(*method.isolate));
    } catch (const std::bad_alloc&) {  // the status without the name is still the truth
    }
  }
  if (!status.ok()) status_ = std::move(status);  // ok is what it was made with, on a line of the caller's
  if (done_ticks_ == 0 && !method.from_afar) done_ticks_ = ticks_now();
  if (Rare* r = rare_.load(std::memory_order_acquire)) {
    if (r->parent_node) r->parent_node->remove(this);
    forget_deadline();
  }
  if (method.entry && !method.from_afar) {
    const std::uint64_t started = started_ticks_.load(std::memory_order_relaxed);
    method.metrics.record(done_ticks_ - submitted_ticks_, status_.code(), started ? done_ticks_ - started : 0);
  }
  if (inlined_) return word_.store((word_.load(std::memory_order_relaxed) & ~kPhase) | done, std::memory_order_relaxed);
  std::uint32_t word = word_.load(std::memory_order_acquire);  // pairs with on_done
  std::uint32_t next = 0;
  Continuation* then = nullptr;
  do {
    then = word & kContinuation ? continuation_ : nullptr;
    next = (word & ~kPhase) | done;
    if (released != nullptr) next -= kReference;
  } while (!word_.compare_exchange_weak(word, next, std::memory_order_acq_rel));  // pairs with looks at the phase
  // With `released` the call may be gone from here on: who sleeps looks at the phase before he sleeps again, a wake-up
  // uses no more than the address, and a continuation lives until it has been fired.
  if (released != nullptr) *released = true;
  if (next / kReference == 0) return delete this;
  if (word & kSleeper) futex_wake(word_, INT_MAX);
  if (then) then->fire(then);
}

void CallState::finish(Status status) noexcept {
  if (begin_settle()) settle(std::move(status));
}

bool CallState::end_early(Status status, std::uint32_t from_phases) noexcept {
  Phase from{};
  if (!step(from_phases, settling, &from)) return false;
  try {
    if (status.executed() == Executed::yes)
      status = status.with_executed(from == running ? Executed::maybe : Executed::no);
  } catch (const std::bad_alloc&) {
  }
  ask_to_stop();
  early_ = true;
  publish(std::move(status), nullptr);
  abort_streams();
  return true;
}

void CallState::refuse_now(Status why) noexcept { end_early(std::move(why), 1u << created); }

void CallState::cancel(Errc why) {
  if (is_done()) return;
  end_early(Status(why, why == Errc::cancelled ? "the caller cancelled the call" : "the deadline of the call passed"),
            1u << created | 1u << queued | 1u << running);
}

void CallState::fail(Status why) {
  end_early(std::move(why), 1u << created | 1u << queued | 1u << running);
  wait_for_settled();
}

// ---- the caller's side

bool may_run_inline(const BoundMethod& bound, const CallOptions& options) noexcept {
  if (!bound.entry || bound.entry->may_suspend) return false;
  // On its own thread a caller hears of its deadline only when the handler looks. A nested call may do that, since
  // its own caller waits elsewhere; an outer one may if the method promises to be brief.
  return (options.timeout.count() <= 0 && options.deadline == kNever) || t_call || bound.entry->traits.brief;
}

bool CallState::admissible() noexcept {
  if (is_done()) return false;
  if (!bound().entry) {
    refuse_now(bound().unknown);
    return false;
  }
  if (depth_ > kMaxDepth) {
    refuse_now(Status(Errc::resource_exhausted,
                      "calls nest deeper than " + std::to_string(kMaxDepth) + ": do they call each other without end?")
                   .with_executed(Executed::no));
    return false;
  }
  return true;
}

bool CallState::try_run_inline() {
  if (!admissible()) return false;
  BoundMethod& method = bound();
  IsolateState& isolate = *method.isolate;
  const bool inside = current_isolate_state() == &isolate;  // a call to oneself needs no second slot
  if (!inside && !try_enter(isolate)) return false;
  if (method.lane && !try_lane()) {
    if (!inside) leave(isolate);
    return false;
  }
  word_.store(queued | kReference, std::memory_order_relaxed);  // nobody else sees the call yet
  if (inside) {
    start();
  } else {
    const auto run = [](void* self) { static_cast<CallState*>(self)->start(); };
    if (method.entry->forwards) [[unlikely]] {
      act_for(isolate, run, this);
    } else {
      execute_entered(isolate, run, this);
    }
    leave(isolate);
  }
  release_lane(method, own_lane());
  return !elsewhere_;
}

void CallState::submit() {
  if (!admissible()) return abort_streams();  // it may have been refused before its streams were there
  BoundMethod& method = bound();
  if (method.lane && !note_lane()) return;
  word_.store(queued | 2 * kReference, std::memory_order_relaxed);  // the queue's and ours; published by the post
  // Listed only now that the call is whole and queued: from here on its parent's end may end it from another thread.
  if (Rare* r = rare_.load(std::memory_order_relaxed); r && r->parent_node) r->parent_node->add(this);
  if (method.router) [[unlikely]] {
    if (Status status = method.backlog->add(*this, false); !status.ok()) refuse_queued(status);
    return;
  }
  if (method.lane && !line_up()) return;
  if (method.entry->forwards && !method.lane && try_enter(*method.isolate)) {
    run_on_isolate();  // it sends the call on its way, which is quicker than to hand it over
    return leave(*method.isolate);
  }
  if (Status status = post(*method.isolate, this); !status.ok()) refuse(this, status);
}

void CallState::refuse_queued(const Status& why) noexcept {
  end_early(why, 1u << queued);
  unref();
}

void CallState::rebind(BoundMethod& to, std::shared_ptr<const void> keeper) noexcept {
  (moved_ ? moved_->now : kept_) = std::move(keeper);  // a worker keeps its pool's methods as well
  bound_.store(&to, std::memory_order_release);        // pairs with bound()
}

bool CallState::give_back() noexcept {
  BoundMethod& of_worker = bound();
  if (!of_worker.pooled || is_done()) return false;
  auto worker = keep_worker();
  if (!worker) return false;
  return_to_pool(std::move(worker));
  if (of_worker.lane) forget_lane();
  return of_worker.backlog->add(*this, true).ok();
}

std::shared_ptr<CallState::Kept> CallState::keep_worker() const noexcept {
  try {
    return std::make_shared<Kept>(kept_, nullptr);
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}

void CallState::return_to_pool(std::shared_ptr<Kept> worker) noexcept {
  moved_ = worker.get();
  kept_ = std::move(worker);
  bound_.store(bound().pooled, std::memory_order_release);  // pairs with bound()
}

void CallState::wait() {
  const std::uint32_t start_word = word_.load(std::memory_order_acquire);
  if ((start_word & kPhase) == done) return;
  const auto spin_until = std::chrono::steady_clock::now() + kSpin;
  for (unsigned round = 1;; ++round) {
    FarEnd* const far = far_.load(std::memory_order_acquire);
    if (far) far->look();
    spin_pause();
    if (is_done()) return;
    if (far && far->shares_core()) break;
    if (round % 16 != 0) continue;
    const IsolateState* const isolate = bound().isolate.get();
    if (!far && isolate && host_shares_core(*isolate)) break;
    if (std::chrono::steady_clock::now() > spin_until) break;
  }
  const SleepingCall waiting;
  if (!waiting.allowed()) {
    end_early(too_many_waiting().with_executed(Executed::yes), 1u << queued | 1u << running);
    return wait_for_settled();
  }
  for (;;) {
    const std::uint32_t word = word_.fetch_or(kSleeper, std::memory_order_acq_rel) | kSleeper;
    if ((word & kPhase) == done) return;
    const Errc reason = stop_.reason();
    if (reason != Errc::ok) {
      cancel(reason);
      return wait_for_settled();
    }
    if (IsolateState* isolate = bound().isolate.get()) {
      nudge(*isolate);  // a long call before this one, and idle cores?
      note_sleeper(*isolate);
    }
    stop_.clock().wait(word_, word, std::min(stop_.deadline(), stop_.clock().now() + kLookUp));
  }
}

void CallState::wait_for_settled() noexcept {
  while (!is_done()) spin_pause();  // whoever won the step is about to store the phase
}

void CallState::on_done(Continuation* then) {
  continuation_ = then;
  std::uint32_t word = word_.load(std::memory_order_acquire);
  do {
    if ((word & kPhase) == done) return then->fire(then);
  } while (!word_.compare_exchange_weak(word, word | kContinuation, std::memory_order_acq_rel));
}

void CallState::watch_deadline() {
  Engine* const engine = bound().engine;
  if (stop_.deadline() == kNever || is_done() || !engine) return;
  Rare& r = rare();
  if (r.deadline_timer.load(std::memory_order_relaxed)) return;
  const std::uint64_t timer = engine->at(
      stop_.deadline(), [call = CallHandle<CallState>::sharing(this)] { call->cancel(Errc::deadline_exceeded); });
  // Who waits for the call and who runs it may both be here.
  std::uint64_t none = 0;
  if (!r.deadline_timer.compare_exchange_strong(none, timer)) return engine->forget(timer);
  std::atomic_thread_fence(std::memory_order_seq_cst);  // pairs with the one in forget_deadline
  if (phase() >= settling) forget_deadline();           // its end may have looked before the number was there
}

void CallState::forget_deadline() noexcept {
  // The timer holds the call: a call that has ended must not live until a deadline an hour away.
  Rare* r = rare_.load(std::memory_order_acquire);
  std::atomic_thread_fence(std::memory_order_seq_cst);  // pairs with the one in watch_deadline
  if (const std::uint64_t timer = r ? r->deadline_timer.exchange(0) : 0) bound().engine->forget(timer);
}

// ---- in another process

void CallState::go_afar(FarEnd& far) {
  auto* const far_before = moves_ ? &rare().far_before : nullptr;
  coroutine_begins();
  keep_slot(*bound().isolate);
  far.ref();
  // Who waits for the call or ends it may still use the far end that it had in a process that is gone.
  if (FarEnd* before = far_.exchange(&far)) far_before->at(moves_ - 1u) = before;
  std::atomic_thread_fence(std::memory_order_seq_cst);  // pairs with the one in ask_to_stop
  if (stop_.reason() != Errc::ok) far.stopped();
}

void CallState::back_from_afar() noexcept {
  leave(*bound().isolate);  // before it may close
  coroutine_ended();
}

bool CallState::go_elsewhere(const Status& why) noexcept {
  BoundMethod& of_worker = bound();
  // A lane is held by who runs the handler, and that is nobody here.
  if (!of_worker.pooled || of_worker.lane || moves_ >= kMostMoves) return false;
  const bool begun = why.executed() != Executed::no;
  if (inlined_) {
    ++moves_;
    if (begun) begun_before_.store(true, std::memory_order_relaxed);
    return elsewhere_ = true;
  }
  auto worker = keep_worker();
  if (!worker) return false;
  if (begun) begun_before_.store(true, std::memory_order_relaxed);
  if (!step(1u << running, queued)) return false;
  // Its caller may end it from here on; nobody runs it before it is in the queue.
  ++moves_;
  return_to_pool(std::move(worker));
  leave(*of_worker.isolate);
  if (booked_) leave_book(of_worker, ticks_now());
  ref();  // the queue's
  if (!of_worker.backlog->add(*this, true).ok()) refuse_queued(why);
  unhold(*of_worker.isolate);
  return true;
}

void CallState::carry_on_for(const CallState& lost) noexcept {
  moves_ = lost.moves_;
  begun_before_.store(lost.begun_before_.load(std::memory_order_relaxed), std::memory_order_relaxed);
}

void CallState::carry_on(FarEnd& of, std::uint64_t trace, std::uint32_t depth) noexcept {
  trace_id_ = trace;
  depth_ = depth;
  if (!inlined_) of.ref();  // on its caller's stack it is gone before that
  far_.store(&of, std::memory_order_release);
}

}  // namespace lagoon::detail
