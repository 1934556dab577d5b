// SPDX-License-Identifier: Apache-2.0
#include <lagoon/rpc/call_state.hpp>

#include <lagoon/engine/fence.hpp>
#include <lagoon/engine/ticks.hpp>
#include <lagoon/rpc/endpoint.hpp>

#include <climits>
#include <mutex>

namespace lagoon::detail {
namespace {

thread_local CallState* t_call = nullptr;

constexpr std::uint32_t kMaxDepth = 64;                         // calls within calls, each on its caller's stack
constexpr auto kSpin = std::chrono::microseconds(30);           // hot answers take 0.2 us, a wake-up 5 to 25 us
constexpr auto kLookUp = std::chrono::milliseconds(20);         // how soon a stop from outside is noticed

TimePoint deadline_of(const Clock& clock, const CallOptions& options) {
  if (options.timeout.count() <= 0) return options.deadline;
  const TimePoint now = clock.now();
  const TimePoint at = options.timeout > kNever - now ? kNever : now + options.timeout;
  return std::min(options.deadline, at);
}

/// Counters of two cores may differ by a little: what looks negative is nothing.
std::chrono::nanoseconds between(std::uint64_t begin, std::uint64_t end) {
  return std::chrono::nanoseconds(end > begin ? static_cast<std::int64_t>(ticks_to_ns(end - begin)) : 0);
}

const Clock& clock_of(const BoundMethod& bound) { return bound.engine ? bound.engine->clock() : system_clock(); }

}  // namespace

CallState* current_call() noexcept { return t_call; }

CallState::Scope::Scope(CallState& call) noexcept
    : previous_(t_call), stop_(&call.stop()), memory_(&call.source_) {
  t_call = &call;
}
CallState::Scope::~Scope() { t_call = previous_; }

struct CallState::Rare {
  std::mutex mutex;
  std::shared_ptr<StopNode> parent_node;  // the parent call's, when this call may outlive it
  std::shared_ptr<StopNode> node;         // this call's own, for its children
  Metadata request, initial, trailing;
  std::uint64_t deadline_timer = 0;
};

CallState::CallState(BoundMethod& bound_method, const CallOptions& options, bool inlined)
    : bound(bound_method),
      stop_(clock_of(bound_method), deadline_of(clock_of(bound_method), options),
            options.stop ? options.stop : (inlined && t_call && !options.detached ? &t_call->stop() : nullptr)),
      context_(*this),
      source_(*this) {
  run = [](Job* job) noexcept { static_cast<CallState*>(job)->run_on_isolate(); };
  refuse = [](Job* job, const Status& why) noexcept {
    auto* call = static_cast<CallState*>(job);
    call->end_early(why, 1u << queued);
    call->unref();
  };
  zero_copy = options.zero_copy;
  counted = options.report != nullptr;
  source_.limit = options.memory_limit ? options.memory_limit : bound.call_limit;
  submitted_ticks_ = ticks_now();
  if (CallState* parent = options.detached ? nullptr : t_call) {
    depth = parent->depth + 1;
    trace_id = parent->trace_id;
    if (inlined) {
      parent_call_ = parent;
    } else if (!options.stop) {
      rare().parent_node = parent->stop_node();
      stop_.~StopControl();
      new (&stop_) StopControl(clock_of(bound), deadline_of(clock_of(bound), options), &rare().parent_node->control);
    }
  } else if (bound.engine) {
    trace_id = bound.engine->random();
  }
  if (!options.metadata.empty()) rare().request = options.metadata;
  if (options.require_zero_copy && !options.zero_copy) {
    refuse_now(Status(Errc::invalid_argument, "require_zero_copy: arrays would be copied, because zero_copy is off")
                   .with_executed(Executed::no));
  }
}

CallState::~CallState() {
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

std::shared_ptr<StopNode> CallState::stop_node() {
  std::shared_ptr<StopNode> up = parent_call_ ? parent_call_->stop_node() : nullptr;
  Rare& r = rare();
  std::lock_guard lock(r.mutex);
  if (!r.node) {
    r.node = std::make_shared<StopNode>(stop_.clock(), stop_.deadline(), up ? up : r.parent_node);
    std::atomic_thread_fence(std::memory_order_seq_cst);  // pairs with the one in ask_to_stop
    if (stop_.reason() == Errc::cancelled) r.node->control.request_stop();
  }
  return r.node;
}

void CallState::ask_to_stop() noexcept {
  stop_.request_stop();
  std::atomic_thread_fence(std::memory_order_seq_cst);  // pairs with the one in stop_node
  if (Rare* r = rare_.load(std::memory_order_acquire)) {
    std::lock_guard lock(r->mutex);
    if (r->node) r->node->control.request_stop();
  }
}

// ---- phases

bool CallState::step(std::uint32_t from_phases, Phase to, Phase* from) noexcept {
  std::uint32_t word = word_.load(std::memory_order_acquire);
  do {
    if (!((1u << (word & kPhase)) & from_phases)) return false;
    if (from) *from = static_cast<Phase>(word & kPhase);
  } while (!word_.compare_exchange_weak(word, (word & ~kPhase) | to, std::memory_order_acq_rel));
  return true;
}

void CallState::settle(Status status) noexcept {
  if (!status.ok() && status.isolate().empty() && bound.isolate) {
    try {
      status = status.with_isolate(name_of(*bound.isolate));
    } catch (const std::bad_alloc&) {  // the status without the name is still the truth
    }
  }
  status_ = std::move(status);
  done_ticks_ = ticks_now();
  if (bound.entry) bound.metrics.record(done_ticks_ - submitted_ticks_, status_.code());
  const std::uint32_t before = word_.exchange(done, std::memory_order_acq_rel);  // pairs with every look at the phase
  if (before & kSleeper) futex_wake(word_, INT_MAX);
  if (before & kContinuation) continuation_->fire(continuation_);
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
  settle(std::move(status));
  ended_early();
  return true;
}

void CallState::refuse_now(Status why) noexcept { end_early(std::move(why), 1u << created); }

void CallState::cancel(Errc why) {
  if (is_done()) return;
  end_early(Status(why, why == Errc::cancelled ? "the caller cancelled the call" : "the deadline of the call passed"),
            1u << created | 1u << queued | 1u << running);
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
  if (!bound.entry) {
    refuse_now(bound.unknown);
    return false;
  }
  if (depth > kMaxDepth) {
    refuse_now(Status(Errc::resource_exhausted, "calls nest deeper than " + std::to_string(kMaxDepth) +
                                                    ": do they call each other without end?")
                   .with_executed(Executed::no));
    return false;
  }
  return true;
}

bool CallState::try_run_inline() {
  if (!admissible()) return false;
  IsolateState& isolate = *bound.isolate;
  const bool inside = current_isolate_state() == &isolate;  // a call to oneself needs no second slot
  if (!inside && !try_enter(isolate)) return false;
  if (bound.lane && !bound.lane->acquire(nullptr)) {
    if (!inside) leave(isolate);
    return false;
  }
  word_.store(queued, std::memory_order_relaxed);  // nobody else sees the call yet
  if (inside) {
    start();
  } else {
    execute_entered(isolate, [](void* self) { static_cast<CallState*>(self)->start(); }, this);
    leave(isolate);
  }
  release_lane();
  return true;
}

void CallState::submit() {
  if (!admissible()) return;
  word_.store(queued, std::memory_order_release);
  ref();  // the queue's
  if (Status status = post(*bound.isolate, this); !status.ok()) {
    end_early(std::move(status), 1u << queued);
    unref();
  }
}

void CallState::wait() {
  const std::uint32_t start_word = word_.load(std::memory_order_acquire);
  if ((start_word & kPhase) == done) return;
  const auto spin_until = std::chrono::steady_clock::now() + kSpin;
  for (unsigned round = 1;; ++round) {
    spin_pause();
    if (is_done()) return;
    if (round % 16 == 0 && std::chrono::steady_clock::now() > spin_until) break;
  }
  nudge(*bound.isolate);
  const WaitingScope waiting;
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
  if (stop_.deadline() == kNever || is_done() || !bound.engine) return;
  bound.engine->at(stop_.deadline(), [call = CallHandle<CallState>::sharing(this)] {
    call->cancel(Errc::deadline_exceeded);
  });
}

// ---- the isolate's side

void CallState::run_on_isolate() noexcept {
  if (bound.lane && !bound.lane->acquire(this)) return;  // posted again when it is its turn
  start();
  if (!coroutine_) release_lane();
  unref();
}

void CallState::start() noexcept {
  started_ticks_ = ticks_now();
  const Errc reason = stop_.reason();
  if (reason != Errc::ok) {
    end_early(Status(reason, reason == Errc::cancelled ? "cancelled before it started"
                                                       : "the deadline passed before the call could start"),
              1u << queued);
    return;
  }
  if (!step(1u << queued, running)) return;
  try {
    fault_point(bound.engine->faults(), "call.before_handler");
  } catch (...) {
    finish(status_of_current_exception());
    ended_early();
    return;
  }
  if (bound.trace && bound.trace->on()) [[unlikely]] {
    invoke_traced();
  } else {
    invoke();
  }
}

void CallState::invoke_traced() noexcept {
  const TraceContext context{bound.trace, trace_id, name_of(*bound.isolate), false};
  const TraceScope scope(context);
  const TraceSpan span(context, bound.entry->name, "call", depth ? TraceFlow::automatic : TraceFlow::begins);
  invoke();
}

void CallState::release_lane() noexcept {
  if (!bound.lane) return;
  if (Job* next = bound.lane->release()) post_urgent(*bound.isolate, next);
}

void CallState::coroutine_begins() {
  coroutine_ = true;
  hold(*bound.isolate);
  watch_deadline();
}

void CallState::coroutine_ended() noexcept {
  release_lane();
  unhold(*bound.isolate);
}

void Resume::arm(void (*then)(Resume*) noexcept) noexcept {
  isolate = current_isolate_state();
  call = current_call();
  resume = then;
  fire = [](Continuation* self) noexcept {
    auto* r = static_cast<Resume*>(self);
    if (r->isolate) {
      post_urgent(*r->isolate, r);
    } else {
      r->resume(r);
    }
  };
  run = [](Job* self) noexcept {
    auto* r = static_cast<Resume*>(self);
    if (!r->call) return r->resume(r);
    const auto keep = CallHandle<CallState>::sharing(r->call);
    const CallState::Scope scope(*keep.get());
    r->resume(r);
  };
}

MemoryHandle CallState::Source::memory() {
  if (auto* have = handle.load(std::memory_order_acquire)) return *have;
  auto isolate = memory_of(*owner.bound.isolate);
  const std::size_t most = limit ? limit : kUnlimited;
  auto made = std::make_unique<MemoryHandle>(
      std::make_shared<CallMemory>(std::move(isolate), "a call of " + std::string(owner.bound.entry->name), most));
  MemoryHandle* none = nullptr;
  if (handle.compare_exchange_strong(none, made.get())) return *made.release();
  return *none;
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
  if (bound.isolate) report.isolate = name_of(*bound.isolate);
  report.trace_id = trace_id;
  report.copies = copies;
  if (started_ticks_) {
    report.queued = between(submitted_ticks_, started_ticks_);
    report.processing = between(started_ticks_, done_ticks_);
  }
  if (Rare* r = rare_.load(std::memory_order_acquire)) {
    std::lock_guard lock(r->mutex);
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
std::string_view CallContext::method() const noexcept { return call_.bound.entry->name; }
std::string_view CallContext::isolate() const noexcept { return detail::name_of(*call_.bound.isolate); }
std::uint64_t CallContext::trace_id() const noexcept { return call_.trace_id; }
unsigned CallContext::depth() const noexcept { return call_.depth; }

}  // namespace lagoon
