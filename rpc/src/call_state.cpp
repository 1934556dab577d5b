// SPDX-License-Identifier: Apache-2.0
#include <lagoon/rpc/call_state.hpp>

#include <lagoon/engine/fence.hpp>
#include <lagoon/engine/ticks.hpp>
#include <lagoon/rpc/endpoint.hpp>

#include <array>
#include <climits>
#include <mutex>
#include <random>

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

/// Different at each call of each thread; the odds that two of 2^20 ids collide are 1 in 2^25.
std::uint64_t new_trace_id() {
  static std::atomic<std::uint64_t> threads{std::random_device{}()};
  thread_local std::uint64_t x = threads.fetch_add(1, std::memory_order_relaxed) * 0x2545f4914f6cdd1dULL + 1;
  std::uint64_t z = x += 0x9e3779b97f4a7c15ULL;  // splitmix64
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return (z ^ (z >> 31)) | 1;
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

namespace {

/// Blocks of one size that this thread freed and may hand out again.
struct BlockCache {
  static constexpr std::size_t kStep = 64, kSizes = 12, kKeep = 64;
  struct Free {
    Free* next;
  };
  std::array<Free*, kSizes> first{};
  std::array<std::size_t, kSizes> count{};
  ~BlockCache() {
    for (Free*& list : first)
      while (list) ::operator delete(std::exchange(list, list->next), std::align_val_t{kStep});
  }
};
thread_local BlockCache t_blocks;

}  // namespace

void* CallState::operator new(std::size_t bytes, std::align_val_t) {
  const std::size_t at = (bytes - 1) / BlockCache::kStep;
  BlockCache& cache = t_blocks;
  if (at < BlockCache::kSizes && cache.first[at]) {
    --cache.count[at];
    return std::exchange(cache.first[at], cache.first[at]->next);
  }
  return ::operator new((at + 1) * BlockCache::kStep, std::align_val_t{BlockCache::kStep});
}

void CallState::operator delete(void* p, std::size_t bytes, std::align_val_t) noexcept {
  const std::size_t at = (bytes - 1) / BlockCache::kStep;
  BlockCache& cache = t_blocks;
  if (at >= BlockCache::kSizes || cache.count[at] == BlockCache::kKeep)
    return ::operator delete(p, std::align_val_t{BlockCache::kStep});
  cache.first[at] = ::new (p) BlockCache::Free{cache.first[at]};
  ++cache.count[at];
}

struct CallState::Rare {
  std::mutex mutex;
  std::shared_ptr<StopNode> parent_node;  // the parent call's, when this call may outlive it
  std::shared_ptr<StopNode> node;         // this call's own, for its children
  const StopControl* outside = nullptr;   // given by the caller instead of the parent's
  std::shared_ptr<const HeldLane> lanes;  // exclusive lanes that this call and its callers hold
  Metadata request, initial, trailing;
  CopyReport copies;
  std::atomic<std::uint64_t> deadline_timer{0};
};

CallState::Inherited::Inherited(const CallOptions& options, bool inlined) : stop(options.stop) {
  parent = options.detached ? nullptr : t_call;
  if (options.stop) {
    rare = std::make_unique<Rare>();
    rare->outside = options.stop;
  }
  if (!parent) return;
  const Rare* theirs = parent->rare_.load(std::memory_order_acquire);
  if (theirs && theirs->lanes) {
    if (!rare) rare = std::make_unique<Rare>();
    rare->lanes = theirs->lanes;
  }
  if (stop) return;
  if (inlined) {  // ends before its parent does, on the parent's stack
    stop = &parent->stop_;
  } else {
    if (!rare) rare = std::make_unique<Rare>();
    rare->parent_node = parent->stop_node();
    stop = &rare->parent_node->control();
  }
}
CallState::Inherited::~Inherited() = default;

void StopNode::add(CallState* child) {
  std::lock_guard lock(mutex_);
  children_.push_back(child);
}

void StopNode::remove(CallState* child) noexcept {
  std::lock_guard lock(mutex_);
  std::erase(children_, child);
}

void StopNode::request_stop() noexcept {
  control_.request_stop();
  std::vector<CallHandle<CallState>> ending;
  {
    std::lock_guard lock(mutex_);
    // A child that is still listed is not done, so somebody else still holds it too.
    for (CallState* child : children_) ending.push_back(CallHandle<CallState>::sharing(child));
  }
  for (const auto& child : ending) child->cancel();
}

CallState::CallState(BoundMethod& bound_method, const CallOptions& options, bool inlined)
    : CallState(bound_method, options, inlined, Inherited(options, inlined)) {}

CallState::CallState(BoundMethod& bound_method, const CallOptions& options, bool inlined, Inherited inherited)
    : bound(bound_method),
      inlined_(inlined),
      stop_(clock_of(bound_method), deadline_of(clock_of(bound_method), options), inherited.stop),
      rare_(inherited.rare.release()),
      context_(*this),
      source_(*this) {
  run = [](Job* job) noexcept { static_cast<CallState*>(job)->run_on_isolate(); };
  refuse = [](Job* job, const Status& why) noexcept {
    auto* call = static_cast<CallState*>(job);
    call->end_early(why, 1u << queued);
    call->unref();
  };
  zero_copy_ = options.zero_copy;
  counted_ = options.report != nullptr || options.count_copies;
  source_.limit = options.memory_limit ? options.memory_limit : bound.call_limit;
  if (t_call) depth_ = t_call->depth_ + 1;  // detached or not: what is bounded is this thread's stack
  if (CallState* parent = inherited.parent) {
    if (inlined) parent_call_ = parent;
    trace_id_ = parent->trace_id_;
    if (Rare* r = rare_.load(std::memory_order_relaxed); r && r->parent_node) r->parent_node->add(this);
  } else {
    trace_id_ = new_trace_id();
  }
  submitted_ticks_ = ticks_now();
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
    r.node = std::make_shared<StopNode>(stop_.clock(), stop_.deadline(), up ? up : r.parent_node, r.outside);
    std::atomic_thread_fence(std::memory_order_seq_cst);  // pairs with the one in ask_to_stop
    if (stop_.reason() == Errc::cancelled) r.node->request_stop();
  }
  return r.node;
}

void CallState::ask_to_stop() noexcept {
  stop_.request_stop();
  std::atomic_thread_fence(std::memory_order_seq_cst);  // pairs with the one in stop_node
  std::shared_ptr<StopNode> node;
  if (Rare* r = rare_.load(std::memory_order_acquire)) {
    std::lock_guard lock(r->mutex);
    node = r->node;
  }
  if (node) node->request_stop();
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
  publish(std::move(status), released_);
}

void CallState::publish(Status status, bool* released) noexcept {
  if (!status.ok() && status.isolate().empty() && bound.isolate) {
    try {
      status = status.with_isolate(name_of(*bound.isolate));
    } catch (const std::bad_alloc&) {  // the status without the name is still the truth
    }
  }
  if (!status.ok()) status_ = std::move(status);  // ok is what it was made with, on a line of the caller's
  done_ticks_ = ticks_now();
  if (Rare* r = rare_.load(std::memory_order_acquire)) {
    if (r->parent_node) r->parent_node->remove(this);
    forget_deadline();
  }
  if (bound.entry) bound.metrics.record(done_ticks_ - submitted_ticks_, status_.code());
  if (inlined_) return word_.store((word_.load(std::memory_order_relaxed) & ~kPhase) | done, std::memory_order_relaxed);
  std::uint32_t word = word_.load(std::memory_order_relaxed);
  bool let_go = false;
  std::uint32_t next = 0;
  do {
    // Somebody who sleeps or continues must be woken after the step, and the call must live until then.
    let_go = released && !(word & (kSleeper | kContinuation));
    next = (word & ~kPhase) | done;
    if (let_go) next -= kReference;
  } while (!word_.compare_exchange_weak(word, next, std::memory_order_acq_rel));  // pairs with looks at the phase
  if (let_go) {
    *released = true;
    if (next / kReference == 0) delete this;
    return;
  }
  if (word & kSleeper) futex_wake(word_, INT_MAX);
  if (word & kContinuation) continuation_->fire(continuation_);
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
  publish(std::move(status), nullptr);
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
  if (depth_ > kMaxDepth) {
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
  if (bound.lane && !enter_lane(false)) {
    if (!inside) leave(isolate);
    return false;
  }
  word_.store(queued | kReference, std::memory_order_relaxed);  // nobody else sees the call yet
  if (inside) {
    start();
  } else {
    execute_entered(isolate, [](void* self) { static_cast<CallState*>(self)->start(); }, this);
    leave(isolate);
  }
  release_lane(bound);
  return true;
}

void CallState::submit() {
  if (!admissible()) return;
  word_.store(queued | 2 * kReference, std::memory_order_relaxed);  // the queue's and ours; published by the post
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
    nudge(*bound.isolate);  // a long call before this one, and idle cores?
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
  Rare& r = rare();
  if (r.deadline_timer.load(std::memory_order_relaxed)) return;
  r.deadline_timer = bound.engine->at(stop_.deadline(), [call = CallHandle<CallState>::sharing(this)] {
    call->cancel(Errc::deadline_exceeded);
  });
  if (is_done()) forget_deadline();  // it ended meanwhile, perhaps before the number was there
}

void CallState::forget_deadline() noexcept {
  // The timer holds the call: a call that has ended must not live until a deadline an hour away.
  Rare* r = rare_.load(std::memory_order_acquire);
  if (const std::uint64_t timer = r ? r->deadline_timer.exchange(0) : 0) bound.engine->forget(timer);
}

// ---- the isolate's side

bool CallState::enter_lane(bool may_wait) {
  // True: this call has the lane. False with may_wait: it has been posted for later, or has ended.
  const Rare* have = rare_.load(std::memory_order_acquire);
  for (const HeldLane* held = have ? have->lanes.get() : nullptr; held; held = held->below.get()) {
    if (held->lane != bound.lane.get()) continue;
    end_early(Status(Errc::failed_precondition, std::string(bound.entry->name) +
                                                    " is exclusive and called itself: it would wait for its own end")
                  .with_executed(Executed::no),
              1u << created | 1u << queued);
    if (may_wait) unref();
    return false;
  }
  switch (bound.lane->enter(may_wait ? this : nullptr)) {
    case ExclusiveLane::Entry::granted: break;
    case ExclusiveLane::Entry::waits: return false;
    case ExclusiveLane::Entry::full:
      if (!may_wait) return false;
      end_early(Status(Errc::resource_exhausted,
                       std::string(bound.entry->name) + " is exclusive and as many calls wait for it as may")
                    .with_executed(Executed::no)
                    .with_retry_after(std::chrono::milliseconds(1)),
                1u << queued);
      unref();
      return false;
  }
  Rare& r = rare();
  r.lanes = std::make_shared<const HeldLane>(HeldLane{bound.lane.get(), std::move(r.lanes)});
  if (may_wait && is_closing(*bound.isolate)) {
    end_early(Status(Errc::unavailable, "the isolate is closing").with_executed(Executed::no), 1u << queued);
  }
  return true;
}

void CallState::run_on_isolate() noexcept {
  if (bound.lane && !enter_lane(true)) return;
  BoundMethod& method = bound;
  bool released = false;
  released_ = &released;
  start();
  if (released) return release_lane(method);
  if (!coroutine_) release_lane(method);
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
    keep_after_settling();
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
  const TraceContext context{bound.trace, trace_id_, name_of(*bound.isolate), false};
  const TraceScope scope(context);
  const TraceSpan span(context, bound.entry->name, "call", depth_ ? TraceFlow::automatic : TraceFlow::begins);
  invoke();
}

void CallState::release_lane(BoundMethod& bound) noexcept {
  if (!bound.lane) return;
  if (Job* next = bound.lane->release()) post_urgent(*bound.isolate, next);
}

void CallState::coroutine_begins() {
  watch_deadline();  // may throw: before anything that has to be undone
  coroutine_ = true;
  keep_after_settling();
  hold(*bound.isolate);
}

void CallState::coroutine_ended() noexcept {
  release_lane(bound);
  unhold(*bound.isolate);
}

void Resume::arm(void (*then)(Resume*) noexcept) noexcept {
  isolate = current_isolate_state();
  call = current_call();
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

void CallState::book_copies(const CopyReport& part) {
  Rare& r = rare();
  std::lock_guard lock(r.mutex);
  r.copies.shared_bytes += part.shared_bytes;
  r.copies.moved_bytes += part.moved_bytes;
  r.copies.copied_bytes += part.copied_bytes;
  if (!part.why.empty()) r.copies.why = part.why;
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
  report.trace_id = trace_id_;
  if (started_ticks_) {
    report.queued = between(submitted_ticks_, started_ticks_);
    report.processing = between(started_ticks_, done_ticks_);
  }
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
std::string_view CallContext::method() const noexcept { return call_.bound.entry->name; }
std::string_view CallContext::isolate() const noexcept { return detail::name_of(*call_.bound.isolate); }
std::uint64_t CallContext::trace_id() const noexcept { return call_.trace_id(); }
unsigned CallContext::depth() const noexcept { return call_.depth(); }

}  // namespace lagoon
