// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <lagoon/core/result.hpp>
#include <lagoon/engine/job.hpp>
#include <lagoon/engine/stop.hpp>
#include <lagoon/rpc/bytes.hpp>
#include <lagoon/rpc/context.hpp>
#include <lagoon/rpc/contract.hpp>
#include <lagoon/rpc/options.hpp>
#include <memory>
#include <mutex>
#include <vector>

// The state that a call and its handler share. Users meet it as Reply, Caller and CallContext.
namespace lagoon::detail {

struct BoundMethod;
class CallState;
class FarEnd;

/// Called once when what it waits for has happened, on the thread that made it happen. Does not throw.
struct Continuation {
  void (*fire)(Continuation*) noexcept = nullptr;
};

/// Resumes something inside the isolate and call that it was suspended in.
struct Resume : Job, Continuation {
  IsolateState* isolate = nullptr;
  CallState* call = nullptr;
  void (*resume)(Resume*) noexcept = nullptr;
  /// To be called on the thread that suspends.
  void arm(void (*then)(Resume*) noexcept) noexcept;
};

/// A stop that outlives the call it belongs to, for children that may outlive it as well. Asking it to stop also ends
/// the children: a suspended one looks at no flag.
class StopNode {
 public:
  StopNode(const Clock& clock, TimePoint deadline, std::shared_ptr<StopNode> up, const StopControl* outside)
      : parent_(std::move(up)), control_(clock, deadline, parent_ ? &parent_->control_ : outside) {}
  StopControl& control() noexcept { return control_; }
  void add(CallState* child);
  void remove(CallState* child) noexcept;
  void request_stop() noexcept;

 private:
  std::shared_ptr<StopNode> parent_;
  StopControl control_;
  std::mutex mutex_;
  std::vector<CallState*> children_;  // not done yet; each removes itself with its end
};

/// An exclusive lane that a call holds, and those that its callers hold.
struct HeldLane {
  HeldLane(const void* of, std::shared_ptr<const HeldLane> callers) : lane(of), below(std::move(callers)) {}
  const void* const lane;
  const std::shared_ptr<const HeldLane> below;
  std::atomic<bool> held{true};  // a child may outlive the call whose lane it was
};

/// One call from its making to its end. The phase is one atomic word; the step to `settling` is a compare-and-swap,
/// whoever makes it delivers the one status, and nobody else can.
class alignas(64) CallState : public Job {
 public:
  enum Phase : std::uint32_t { created = 0, queued = 1, running = 2, settling = 3, done = 4 };
  /// A call that kills every process that takes it must not cost a pool all of them.
  static constexpr std::uint8_t kMostMoves = 2;

  CallState(BoundMethod& bound, const CallOptions& options, bool inlined);
  virtual ~CallState();
  CallState(const CallState&) = delete;
  CallState& operator=(const CallState&) = delete;

  // Blocks of dead calls are kept by the thread that freed them, which is mostly the one that makes the next.
  static void* operator new(std::size_t bytes, std::align_val_t);
  static void operator delete(void* p, std::size_t bytes, std::align_val_t) noexcept;
  static void* operator new(std::size_t, void* at) noexcept { return at; }

  void ref() noexcept { word_.fetch_add(kReference, std::memory_order_relaxed); }
  void unref() noexcept {
    // acq_rel: pairs with the decrements of the other holders before the deletion
    if (word_.fetch_sub(kReference, std::memory_order_acq_rel) / kReference == 1) delete this;
  }

  // ---- the caller's side

  /// Keeps what `bound` belongs to, for a call that may outlive it.
  void keep(std::shared_ptr<const void> owner) noexcept { kept_ = std::move(owner); }
  /// Of the request, for those who choose a worker.
  void note_arrays(const ByteCount& arrays) noexcept { arrays_ = arrays; }
  /// Hands the call to its isolate; on refusal the call is done with that status.
  void submit();
  /// Runs the call on this thread if the isolate grants a slot now; false: not started.
  bool try_run_inline();
  /// Sleeps until done, or until the deadline, which then ends the call.
  void wait();
  /// Ends the call now for the caller; the handler is asked to stop and its answer is dropped.
  void cancel(Errc why = Errc::cancelled);
  /// The same with a reason of the caller's own; returns when the call has ended, by this or otherwise.
  void fail(Status why);
  /// Fires `then` once when done; at once when it is.
  void on_done(Continuation* then);
  /// The call is to end early by itself at its deadline, though nobody waits for it.
  void watch_deadline();

  Phase phase() const noexcept { return static_cast<Phase>(word_.load(std::memory_order_acquire) & kPhase); }
  bool is_done() const noexcept { return phase() == done; }
  // ---- for a pool, while the call is queued and nobody else has it

  /// The call is that method's from now on.
  void rebind(BoundMethod& to, std::shared_ptr<const void> keeper) noexcept;
  /// Takes the exclusive lane of a method that the call may be bound to; false: not now, or the call's own callers hold
  /// it. True for methods without one.
  bool try_lane_of(BoundMethod& method);
  bool holds_lane_of(const BoundMethod& method) const noexcept;
  Priority priority() const noexcept { return priority_; }
  const ByteCount& arrays() const noexcept { return arrays_; }
  std::uint64_t submitted_ticks() const noexcept { return submitted_ticks_; }
  /// Ends a queued call.
  void refuse_queued(const Status& why) noexcept;
  /// A worker will not run it: another one shall, or it ends with `otherwise`.
  void move_on(const Status& otherwise) noexcept {
    if (!give_back()) refuse_queued(otherwise);
  }

  // ---- for a call that is served in another process

  /// Its handler is there from now on; call before the handler can end. The slot on this call's isolate stays taken.
  void go_afar(FarEnd& far);
  /// What go_afar did is undone: the handler there has ended, after the call has.
  void back_from_afar() noexcept;
  /// The process that had it is gone: another worker of its pool shall run it, at most kMostMoves times. One on its
  /// caller's stack is made anew by him.
  ///   why      that it ends with if nobody will; its `executed` says whether the handler may have begun
  ///   returns  false: the call has ended, or is to end with that here
  bool go_elsewhere(const Status& why) noexcept;
  /// This call is another attempt at that one.
  void carry_on_for(const CallState& lost) noexcept;
  /// Runs on its caller's stack: nobody else knows it.
  bool inlined() const noexcept { return inlined_; }
  bool may_copy() const noexcept { return may_copy_; }
  std::size_t memory_limit() const noexcept { return source_.limit; }
  /// Carries on a call of another process: its identity, and who is told when the handler sleeps.
  void carry_on(FarEnd& of, std::uint64_t trace, std::uint32_t depth) noexcept;
  /// By who hears of its end first: its handler may run on.
  bool ended_early() const noexcept { return early_; }
  /// Whether it may have metadata or copies to report.
  bool has_rare() const noexcept { return rare_.load(std::memory_order_acquire) != nullptr; }
  FarEnd* far() const noexcept { return far_.load(std::memory_order_acquire); }
  /// From any thread: the handler is asked to stop, and nothing else.
  void ask_to_stop() noexcept;

  /// Ends a call that was not submitted.
  void refuse_now(Status why) noexcept;
  /// Valid once done.
  const Status& status() const noexcept { return status_; }
  void fill(CallReport& report) const;

  // ---- the handler's side

  /// The right to deliver the end of a running call; false when it has been ended meanwhile.
  bool begin_settle() noexcept { return step(1u << running, settling); }
  /// After begin_settle and after the response is in place. The call may be gone when it returns.
  void settle(Status status) noexcept;
  /// The handler's thread still needs the call after it has settled.
  void keep_after_settling() noexcept { released_ = nullptr; }
  /// begin_settle and settle in one.
  void finish(Status status) noexcept;

  /// Around a handler that is a coroutine, and may end on another thread later.
  void coroutine_begins();
  void coroutine_ended() noexcept;

  /// Sets thread state for a piece of the handler, and restores it.
  class Scope;

  CallContext& context() noexcept { return context_; }
  StopControl& stop() noexcept { return stop_; }
  void add_metadata(bool initial, std::string key, std::string value);
  MemoryHandle memory() { return source_.memory(); }
  std::shared_ptr<StopNode> stop_node();

  const Metadata& request_metadata() const noexcept;
  void book_copies(const CopyReport& part);
  std::uint64_t trace_id() const noexcept { return trace_id_; }
  std::uint32_t depth() const noexcept { return depth_; }
  bool zero_copy() const noexcept { return zero_copy_; }
  /// Copies are to be reported.
  bool counted() const noexcept { return counted_; }

 protected:
  /// Runs the handler; called once, on the isolate. Ends the call, or leaves it to a coroutine.
  virtual void invoke() noexcept = 0;
  /// The call has ended without its handler's word: wakes the peers of its streams.
  virtual void abort_streams() noexcept {}

 private:
  friend struct Resume;
  static constexpr std::uint32_t kPhase = 7, kSleeper = 8, kContinuation = 16, kReference = 32;
  struct Source final : MemorySource {
    explicit Source(CallState& call) : owner(call) {}
    MemoryHandle memory() override;
    CallState& owner;
    std::atomic<std::shared_ptr<std::pmr::memory_resource>*> handle{nullptr};
    std::size_t limit = 0;
  };
  struct Rare;  // what most calls do not have

  /// What a call takes over from the call whose handler makes it.
  struct Inherited {
    Inherited(const CallOptions& options, bool inlined);
    CallState* parent = nullptr;
    const StopControl* stop = nullptr;
    std::unique_ptr<Rare> rare;
    ~Inherited();
  };
  CallState(BoundMethod& bound, const CallOptions& options, bool inlined, Inherited inherited);

  bool step(std::uint32_t from_phases, Phase to, Phase* from = nullptr) noexcept;
  bool end_early(Status status, std::uint32_t from_phases) noexcept;
  void publish(Status status, bool* released) noexcept;
  void run_on_isolate() noexcept;
  /// To the pool's backlog, with a lane that it holds or without; false: it is no pool's, or done, or there is no room.
  bool give_back() noexcept;
  struct Kept;
  /// What return_to_pool() needs; null: no memory.
  std::shared_ptr<Kept> keep_worker() const noexcept;
  /// The call is the pool's own again, for whichever worker.
  void return_to_pool(std::shared_ptr<Kept> worker) noexcept;
  /// The handler has ended, at the latest now.
  void leave_book(BoundMethod& method, std::uint64_t now) noexcept;
  /// What children need to know of the lane that this call is about to enter; false: it has ended, one of its callers
  /// holds that lane.
  bool note_lane();
  bool try_lane();
  void forget_lane() noexcept;
  /// True: this call has its exclusive lane. False: it waits in line for it and will be posted, or has ended.
  bool line_up() noexcept;
  static void leave_lane(BoundMethod& method, const std::shared_ptr<HeldLane>& held) noexcept;
  void forget_deadline() noexcept;
  void start() noexcept;
  void invoke_traced() noexcept;
  bool admissible() noexcept;
  static void release_lane(BoundMethod& bound, const std::shared_ptr<HeldLane>& held) noexcept;
  std::shared_ptr<HeldLane> own_lane() const noexcept;
  void wait_for_settled() noexcept;
  Rare& rare();

  // The order is by cache line: what the isolate's thread touches in every call comes first, since each line costs it
  // a transfer from the caller's cache.
 public:
  /// Of the isolate that has the call; of the pool while none has.
  BoundMethod& bound() const noexcept { return *bound_.load(std::memory_order_acquire); }  // pairs with rebind

 private:
  friend class CallBook;
  std::atomic<BoundMethod*> bound_;
  // One word for the phase, who waits, and the number of holders: the last step of a handler publishes the end and
  // lets go of the call at once, so that the caller, who made the block, is the one to free it.
  std::atomic<std::uint32_t> word_{created | kReference};
  std::uint32_t depth_ = 0;
  const bool inlined_;
  bool coroutine_ = false;
  bool zero_copy_ = true;
  bool counted_ = false;
  bool may_copy_ = true;
  bool early_ = false;
  bool booked_ = false;                    // the handler's side only
  bool elsewhere_ = false;                 // its caller is to make it anew
  std::uint8_t moves_ = 0;                 // from processes that are gone
  std::atomic<bool> begun_before_{false};  // one of those may have begun it
  Priority priority_ = Priority::normal;
  std::uint64_t trace_id_ = 0;
  // second line
  StopControl stop_;
  std::uint64_t submitted_ticks_ = 0, done_ticks_ = 0;
  std::atomic<std::uint64_t> started_ticks_{0};  // set while a caller that gave up may look
  bool* released_ = nullptr;  // of the thread that runs the handler: set when settling let go of the call for it
  // rarely touched
  Status status_;
  CallState* parent_call_ = nullptr;  // of a call that runs on its caller's stack
  std::atomic<Rare*> rare_{nullptr};
  std::atomic<FarEnd*> far_{nullptr};
  CallContext context_;
  Source source_;
  Continuation* continuation_ = nullptr;
  std::shared_ptr<const void> kept_;
  ByteCount arrays_;
  CallState* booked_before_ = nullptr;  // with `next`: its place in the book of a worker
  // Of a call that a worker gave back. Who cancels it may still use that worker's method: it is kept as well.
  struct Kept {
    Kept(std::shared_ptr<const void> of_worker, std::shared_ptr<const void> of_next)
        : before(std::move(of_worker)), now(std::move(of_next)) {}
    std::shared_ptr<const void> before, now;
  };
  Kept* moved_ = nullptr;  // in kept_
};

/// Whether a waiting call may run on its caller's own thread, as far as method and options go.
bool may_run_inline(const BoundMethod& bound, const CallOptions& options) noexcept;

/// What a call of an exclusive method is told whose own caller has the lane.
Status called_itself(const BoundMethod& method);

/// The call whose handler runs on this thread, or null.
CallState* current_call() noexcept;

class CallState::Scope {
 public:
  explicit Scope(CallState& call) noexcept;
  ~Scope();
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;

 private:
  CallState* previous_;
  StopScope stop_;
  MemoryScope memory_;
};

/// Shared handle of a CallState.
template <class S>
class CallHandle {
 public:
  CallHandle() noexcept = default;
  explicit CallHandle(S* owned) noexcept : state_(owned) {}
  CallHandle(const CallHandle& other) noexcept : state_(other.state_) {
    if (state_) state_->ref();
  }
  CallHandle(CallHandle&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}
  CallHandle& operator=(CallHandle other) noexcept {
    std::swap(state_, other.state_);
    return *this;
  }
  ~CallHandle() {
    if (state_) state_->unref();
  }
  static CallHandle sharing(S* state) noexcept {
    if (state) state->ref();
    return CallHandle(state);
  }
  S* operator->() const noexcept { return state_; }
  S* get() const noexcept { return state_; }
  explicit operator bool() const noexcept { return state_ != nullptr; }

 private:
  S* state_ = nullptr;
};

}  // namespace lagoon::detail
