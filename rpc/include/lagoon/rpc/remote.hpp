// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <lagoon/engine/lent_pointer.hpp>
#include <lagoon/engine/short_lock.hpp>
#include <lagoon/rpc/calls.hpp>
#include <lagoon/rpc/endpoint.hpp>
#include <lagoon/rpc/wire_types.hpp>
#include <memory>
#include <optional>

// A call whose handler is in another process: here it is forwarded, there it is served. What depends on no type is in
// rpc/src/process.
namespace lagoon::detail {

class Link;
class LinkLooking;
struct DoneFacts;

constexpr bool takes_stream(MethodKind kind) noexcept {
  return kind == MethodKind::client_stream || kind == MethodKind::bidirectional;
}
constexpr bool gives_stream(MethodKind kind) noexcept {
  return kind == MethodKind::server_stream || kind == MethodKind::bidirectional;
}

/// What stands in for a method's handler here: the method of a peer.
struct FarMethod {
  std::shared_ptr<Link> link;
  std::uint16_t number = 0;
};

/// What a call tells its peer beside request and metadata.
struct CallFacts {
  std::int64_t left_ns = -1;  ///< until the deadline; -1: there is none
  std::uint64_t trace = 0;
  std::uint64_t memory_limit = 0;  ///< of the call; 0: that of its isolate
  std::uint64_t window_items = 1, window_bytes = 1;
  std::uint32_t depth = 0;
  bool has_metadata = false, counted = false, zero_copy = true, may_copy = true;
};

/// A FarEnd that is held by the call, its channels and the link.
class SharedFarEnd : public FarEnd {
 public:
  /// Whether the link is going to call try_send_waiting().
  std::atomic<bool> waits{false};

  // As calls: the thread that frees one makes the next.
  static void* operator new(std::size_t bytes) { return CallState::operator new(bytes, std::align_val_t{64}); }
  static void operator delete(void* p, std::size_t bytes) noexcept {
    CallState::operator delete(p, bytes, std::align_val_t{64});
  }

  void ref() noexcept final { holders_.fetch_add(1, std::memory_order_relaxed); }
  void unref() noexcept final {
    // acq_rel: as any reference count. A last holder is alone: nobody is left to share with.
    if (holders_.load(std::memory_order_acquire) == 1 || holders_.fetch_sub(1, std::memory_order_acq_rel) == 1)
      delete this;
  }
  /// The same by a thread that knows of another reference of its own, and that nobody else has any.
  void unref_alone() noexcept { holders_.store(1, std::memory_order_relaxed); }

 protected:
  /// Its first holders are who makes it and the link's table.
  SharedFarEnd() noexcept = default;
  virtual ~SharedFarEnd() = default;

 private:
  std::atomic<std::uint32_t> holders_{2};
};

// ---- on the caller's side

/// A call that has been sent to a peer, until the peer says that its handler has ended.
class ForwardedCall : public SharedFarEnd {
 public:
  /// call   on the heap, or on the stack of a caller who waits for it in run()
  ForwardedCall(const FarMethod& method, CallState& call) noexcept;

  /// Sends the call. One that runs on its caller's stack has ended when it returns.
  void run() noexcept;

  // The link calls these, one at a time. They throw data_loss when the peer says what cannot be.
  void on_done(Decoder& in, const DoneFacts& facts);
  void on_items(Decoder& in, std::uint32_t count);
  void on_credit(std::uint64_t items, std::uint64_t bytes);
  void on_reader_gone() noexcept;
  void on_sleeps(bool asleep) noexcept;
  /// There will be no more of that.
  void on_lost(const Status& why) noexcept;
  /// By who reads: whether that is its caller, whose stack it is on. Then no other thread knows of it.
  bool is_read_by_its_caller() const noexcept { return reads_; }

  /// Bytes of the ring that the peer has to have taken to know of the call, and a bit above them; 0: not sent.
  std::atomic<std::uint64_t>& sent() noexcept { return sent_; }
  static constexpr std::uint64_t kSent = std::uint64_t{1} << 32;

  void send_items(const void* first, std::size_t count, bool patient) final;
  bool may_wait(CallState& call) noexcept final;
  void end_items() noexcept final;
  void give_credit(std::size_t items, std::size_t bytes) noexcept final;
  void reader_gone() noexcept final;
  void stopped() noexcept final;
  void sleeps(bool) noexcept final {}
  void fail(Status why) noexcept final;
  bool look() noexcept final;
  bool shares_core() const noexcept final;

 protected:
  virtual void note_windows(CallFacts&) const noexcept {}
  virtual void write_request(Encoder&) {}
  virtual void write_items(Encoder&, const void*, std::size_t) {}
  virtual void read_response(Decoder&) {}
  virtual void read_items(Decoder&, std::uint32_t) {}
  virtual bool add_credit(std::uint64_t, std::uint64_t) noexcept { return false; }
  virtual void close_requests() noexcept {}
  /// Before the call is sent, and after.
  virtual void connect_responses() noexcept {}
  virtual void connect_requests() {}
  /// Whether another worker may run it, though this one may have begun it.
  virtual bool may_go_elsewhere(bool begun) const noexcept = 0;
  /// Ends the call with its response or status.
  virtual void deliver(Status status) noexcept = 0;

 private:
  enum State : std::uint32_t { waiting, ending, ended, abandoned };
  void send_call();
  /// Until it has ended, looking for the answer itself where no other thread does.
  void wait_here(std::optional<LinkLooking>& looking) noexcept;
  /// Why it is to end without its answer, or ok: it has ended.
  Status sleep_until_over(std::optional<LinkLooking>& looking) noexcept;
  void leave_reading(std::optional<LinkLooking>& looking) noexcept;
  bool is_over() const noexcept { return state_.load(std::memory_order_acquire) >= ended; }
  /// lost   because the peer is gone
  void end(Status status, bool lost = false) noexcept;
  bool goes_elsewhere(const Status& why) noexcept;
  /// The slot is held again, and stays so.
  void close_slot() noexcept;

  Link* const link_;
  const std::uint16_t method_;
  const bool on_stack_;
  bool reads_ = false;                // changed by the caller while he has the link's role, looked at by who has it
  const std::shared_ptr<Link> keep_;  // for channels that outlive their endpoint; on a stack it does without
  bool lost_ = false;
  // Of this side's isolate: free while the handler there sleeps, `busy` while the reader changes that, not its own
  // any more once the call ends here.
  enum Slot : std::uint8_t { held, busy, free, closed };
  std::atomic<std::uint8_t> slot_{held};
  CallState* call_;
  Status status_;
  std::atomic<std::uint32_t> state_{waiting};
  std::atomic<bool> told_to_stop_{false}, sleeps_{false};
  std::atomic<std::uint64_t> id_{0};  // with the link
  std::atomic<std::uint64_t> sent_{0};
};

template <class M>
class ForwardedCallOf final : public ForwardedCall {
  static constexpr bool kTakesStream = takes_stream(M::kind), kGivesStream = gives_stream(M::kind);
  using Q = typename M::Request;
  using S = typename M::Response;

 public:
  ForwardedCallOf(const FarMethod& method, CallOf<M>& call) noexcept : ForwardedCall(method, call), typed_(call) {}

 private:
  void note_windows(CallFacts& facts) const noexcept override {
    if constexpr (kTakesStream) typed_.in.tell_window(facts.window_items, facts.window_bytes);
    if constexpr (kGivesStream) typed_.out.tell_window(facts.window_items, facts.window_bytes);
  }
  void write_request(Encoder& out) override {
    if constexpr (!kTakesStream) encode(out, typed_.request);
  }
  void write_items(Encoder& out, const void* first, std::size_t count) override {
    if constexpr (kTakesStream) encode_items(out, static_cast<const Q*>(first), count);
  }
  bool try_send_waiting() noexcept override {
    if constexpr (kTakesStream) return typed_.in.try_send_waiting();
    return true;
  }
  void read_response(Decoder& in) override {
    if constexpr (!kGivesStream) decode(in, response_.emplace());
  }
  void read_items(Decoder& in, std::uint32_t count) override {
    if constexpr (kGivesStream) {
      receive_items(in, count, typed_.out);
    } else {
      in.fail("an item of a call without a stream of responses");
    }
  }
  bool add_credit(std::uint64_t items, std::uint64_t bytes) noexcept override {
    if constexpr (kTakesStream) return typed_.in.try_credit(items, bytes);
    return false;
  }
  void close_requests() noexcept override {
    if constexpr (kTakesStream) typed_.in.close_reading();
  }
  void connect_responses() noexcept override {
    if constexpr (kGivesStream) typed_.out.write_from_afar(*this);
  }
  void connect_requests() override {
    if constexpr (kTakesStream) typed_.in.read_from_afar(*this);
  }
  bool may_go_elsewhere(bool begun) const noexcept override {
    // The items of a stream are gone, and a tensor may have been written to.
    return M::kind == MethodKind::unary && (!begun || (M::traits.idempotent && !has_tensor<Q>()));
  }
  void deliver(Status status) noexcept override {
    if constexpr (kGivesStream) {
      typed_.finish(std::move(status));
      typed_.out.close_writing();
    } else if (!status.ok()) {
      typed_.finish(std::move(status));
    } else if (typed_.begin_settle()) {
      typed_.response = std::move(response_);
      typed_.settle({});
    }
    close_requests();
  }

  CallOf<M>& typed_;
  std::optional<S> response_;
};

/// What a method runs here whose handler is in another process.
template <class M>
void forward(CallState& base, void* far_method) noexcept {
  try {
    (new ForwardedCallOf<M>(*static_cast<const FarMethod*>(far_method), static_cast<CallOf<M>&>(base)))->run();
  } catch (...) {
    base.finish(status_of_current_exception().with_executed(Executed::no));
  }
}

// ---- on the handler's side

/// A call that has come from a peer. The peer hears of its end when the handler has ended, which may be long after the
/// call was cancelled.
class ServedCall : public SharedFarEnd, public Continuation {
 public:
  ServedCall(const std::shared_ptr<Link>& link, std::uint64_t id, BoundMethod& method, const CallFacts& facts,
             Decoder& in);

  /// Hands a call with streams to its isolate, before anybody else can hear of it.
  virtual void start() noexcept = 0;
  /// Runs the handler, or lets it be run, and sends what it answers. Another thread reads the link meanwhile.
  virtual void run() noexcept = 0;
  /// The caller wants no answer any more.
  void cancel() noexcept;

  // The link calls these, one at a time.
  virtual void on_items(Decoder&, std::uint32_t count);
  virtual void on_items_ended() noexcept {}
  virtual bool on_credit(std::uint64_t, std::uint64_t) noexcept { return false; }
  virtual void on_reader_gone() noexcept {}

  void send_items(const void* first, std::size_t count, bool patient) final;
  bool may_wait(CallState& call) noexcept final;
  void end_items() noexcept final {}  // the end of the call tells
  void give_credit(std::size_t items, std::size_t bytes) noexcept final;
  void reader_gone() noexcept final;
  void stopped() noexcept final {}
  void sleeps(bool asleep) noexcept final;
  void fail(Status why) noexcept final;
  bool look() noexcept final;
  bool shares_core() const noexcept final;

 protected:
  CallOptions options() const;
  /// Its options are the default ones, as of most calls.
  bool asks_for_nothing() const noexcept;
  /// Before it may outlive the thread of the link that has read it.
  void keep_link();
  /// Makes it the call that cancel() ends. Not before it is submitted if another thread may cancel it meanwhile.
  void begin(CallState& call) noexcept;
  /// The same for one on this thread's stack, until end_here().
  void begin_here(CallState& call) noexcept;
  void end_here() noexcept { here_.take_away(); }
  /// Submits it, and waits for nobody.
  void submit(CallState& call);
  /// Sends the end of the call.
  void reply(CallState& call) noexcept;
  /// The same, of one that has not begun.
  void refuse(const Status& why) noexcept;
  virtual void write_items(Encoder&, const void*, std::size_t) {}
  /// Both before the peer is told: once it knows, it counts on the memory of their arrays.
  virtual void drop_request() noexcept {}
  virtual void write_and_drop_answer(Encoder&) {}
  /// Drops its handle of the call, which has ended.
  virtual void let_go() noexcept = 0;
  bool may_run_here() const noexcept;
  /// Whatever call is next at the isolate.
  void serve_here() noexcept;
  ~ServedCall() override;

  BoundMethod& method_;
  mutable ShortLock mutex_;

 private:
  void tell_failure(const Status& why) noexcept;

  Link* const link_;
  std::shared_ptr<Link> keep_;
  const std::uint64_t id_;
  const CallFacts facts_;
  Metadata metadata_;
  LentPointer<CallState> here_;
  std::atomic<bool> cancelled_{false};
  // with mutex_
  CallState* running_ = nullptr;
  CopyReport sent_;                   // items
  std::optional<Status> still_owed_;  // what the peer is told when the handler has ended
};

template <class M>
class ServedCallOf final : public ServedCall {
  static constexpr bool kTakesStream = takes_stream(M::kind), kGivesStream = gives_stream(M::kind);
  using Q = typename M::Request;
  using S = typename M::Response;

 public:
  ServedCallOf(const std::shared_ptr<Link>& link, std::uint64_t id, BoundMethod& method, const CallFacts& facts,
               Decoder& in)
      : ServedCall(link, id, method, facts, in) {
    if constexpr (!kTakesStream) decode(in, request_.emplace());
    in.end();
    if constexpr (kTakesStream || kGivesStream) make();
  }

  void start() noexcept override {
    if constexpr (M::kind != MethodKind::unary) hand_over();
  }
  void run() noexcept override {
    if constexpr (M::kind == MethodKind::unary) {
      if (may_run_here() && ran_here()) return;
      hand_over();
    }
    serve_here();
  }
  void on_items(Decoder& in, std::uint32_t count) override {
    if constexpr (kTakesStream) {
      if (const auto call = this->call()) receive_items(in, count, call->in);
    } else {
      ServedCall::on_items(in, count);
    }
  }
  bool try_send_waiting() noexcept override {
    if constexpr (kGivesStream)
      if (const auto call = this->call()) return call->out.try_send_waiting();
    return true;
  }
  void on_items_ended() noexcept override {
    if constexpr (kTakesStream)
      if (const auto call = this->call()) call->in.close_writing();
  }
  bool on_credit(std::uint64_t items, std::uint64_t bytes) noexcept override {
    if constexpr (kGivesStream) {
      const auto call = this->call();
      return !call || call->out.try_credit(items, bytes);
    }
    return false;
  }
  void on_reader_gone() noexcept override {
    if constexpr (kGivesStream)
      if (const auto call = this->call()) call->out.close_reading();
  }

 private:
  void hand_over() noexcept {
    try {
      if constexpr (M::kind == MethodKind::unary) make();
      if constexpr (!kTakesStream) {
        admit_request(*call_.get());  // one that is too large has ended, which submitting it tells
      }
      submit(*call_.get());
    } catch (...) {
      refuse(status_of_current_exception());
    }
  }
  CallHandle<CallOf<M>> call() const {
    std::lock_guard lock(mutex_);
    return call_;
  }
  void let_go() noexcept override {
    CallHandle<CallOf<M>> dropped;
    std::lock_guard lock(mutex_);
    std::swap(dropped, call_);
  }
  void make() {
    keep_link();
    if constexpr (M::kind == MethodKind::unary) {
      call_ = make_call<CallOf<M>>(method_, options(), false, std::move(*request_));
    } else if constexpr (kTakesStream) {
      call_ = make_call<CallOf<M>>(method_, options());
      call_->in.write_from_afar(*this);
    } else {
      call_ = make_call<CallOf<M>>(method_, options(), std::move(*request_));
    }
    request_.reset();
    if constexpr (M::kind != MethodKind::unary) begin(*call_.get());
    if constexpr (kGivesStream) call_->out.read_from_afar(*this);
  }
  /// On this thread, in the isolate's arena, if it has a slot right now.
  bool ran_here() noexcept {
    if constexpr (M::kind == MethodKind::unary) {
      static const CallOptions kNothing;
      std::optional<CallOptions> asked;
      if (!asks_for_nothing()) asked.emplace(options());
      CallOf<M> call(method_, asked ? *asked : kNothing, true, std::move(*request_));
      begin_here(call);
      const bool ended = (admit_request(call) && call.try_run_inline()) || call.is_done();
      end_here();
      if (ended) {
        on_stack_ = &call;
        reply(call);
        return true;
      }
      request_ = std::move(call.request);
    }
    return false;
  }
  void write_items(Encoder& out, const void* first, std::size_t count) override {
    if constexpr (kGivesStream) encode_items(out, static_cast<const S*>(first), count);
  }
  void drop_request() noexcept override {
    if constexpr (!kTakesStream) ended().request = Q();
  }
  void write_and_drop_answer(Encoder& out) override {
    if constexpr (!kGivesStream) {
      encode(out, *ended().response);
      ended().response.reset();
    }
  }
  CallOf<M>& ended() noexcept { return on_stack_ ? *on_stack_ : *call_.get(); }

  std::optional<Q> request_;
  CallHandle<CallOf<M>> call_;
  CallOf<M>* on_stack_ = nullptr;
};

template <class T>
void encode_items(Encoder& out, const T* first, std::size_t count) {
  for (std::size_t k = 0; k < count; ++k) encode(out, first[k]);
}

/// Items from afar, into the channel whose writing side is there.
template <class T>
void receive_items(Decoder& in, std::uint32_t count, Channel<T>& channel) {
  for (std::uint32_t k = 0; k < count; ++k) {
    T item{};
    decode(in, item);
    if (channel.reader_gone()) continue;
    bool taken = true;
    try {
      taken = channel.try_push(item);
    } catch (const Error&) {  // larger than this side takes: its call has been ended with that
    }
    if (!taken && !channel.reader_gone()) in.fail("an item for which there is no room");
  }
  in.end();
}

struct RemoteMethod {
  void (*forward)(CallState&, void*) noexcept;
  ServedCall* (*serve)(const std::shared_ptr<Link>&, std::uint64_t id, BoundMethod&, const CallFacts&, Decoder&);
};

/// Null where a message has no wire form.
template <class M>
const RemoteMethod* remote_method() {
  using Q = typename M::Request;
  using S = typename M::Response;
  if constexpr (has_wire_form<Q>() && has_wire_form<S>() && std::is_default_constructible_v<Q> &&
                std::is_default_constructible_v<S>) {
    static constexpr RemoteMethod kMethod{
        &forward<M>,
        [](const std::shared_ptr<Link>& link, std::uint64_t id, BoundMethod& method, const CallFacts& facts,
           Decoder& in) -> ServedCall* { return new ServedCallOf<M>(link, id, method, facts, in); }};
    return &kMethod;
  } else {
    return nullptr;
  }
}

}  // namespace lagoon::detail
