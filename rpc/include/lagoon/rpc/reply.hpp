// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <coroutine>
#include <lagoon/rpc/calls.hpp>
#include <lagoon/rpc/stream.hpp>

namespace lagoon {

namespace detail {

/// What every kind of reply offers.
template <class M>
class ReplyBase {
 public:
  ReplyBase() noexcept = default;
  explicit ReplyBase(CallHandle<CallOf<M>> call) noexcept : call_(std::move(call)) {}

  bool is_done() const noexcept { return call_->is_done(); }
  /// Ends the call for this side at once; the handler is asked to stop, its memory stays charged until it has.
  void cancel() { call_->cancel(); }
  /// How the call ended; sleeps until it has.
  Status status() {
    call_->wait();
    return call_->status();
  }
  /// Isolate, times, metadata and copies; sleeps until the call has ended.
  CallReport report() {
    call_->wait();
    CallReport report;
    call_->fill(report);
    return report;
  }

 protected:
  ~ReplyBase() = default;
  ReplyBase(ReplyBase&&) noexcept = default;
  ReplyBase& operator=(ReplyBase&&) noexcept = default;

  void throw_unless_ok() {
    call_->wait();
    if (!call_->status().ok()) throw Error(call_->status());
  }
  CallHandle<CallState> handle() const { return CallHandle<CallState>::sharing(call_.get()); }
  Result<typename M::Response> take_response() {
    call_->wait();
    if (!call_->status().ok()) return call_->status();
    return std::move(*call_->response);
  }

  CallHandle<CallOf<M>> call_;
};

/// Awaits the end of a call without a sleeping thread.
template <class Call>
struct AwaitDone : Resume {
  CallHandle<Call> call_state;
  std::coroutine_handle<> waiting;
  explicit AwaitDone(CallHandle<Call> c) : call_state(std::move(c)) {}
  bool await_ready() const noexcept { return call_state->is_done(); }
  void await_suspend(std::coroutine_handle<> h) {
    waiting = h;
    arm([](Resume* self) noexcept { static_cast<AwaitDone*>(self)->waiting.resume(); });
    call_state->watch_deadline();
    call_state->on_done(this);  // the last step: the coroutine, and the call with it, may be gone when it returns
  }
};

}  // namespace detail

/// The answer of a unary call, now or later. Dropping it lets the call run on unheard.
///
///   auto reply = stats.start<Summarize>(series);
///   Summary s = reply.get();              // throws lagoon::Error
///   Result<Summary> r = reply.try_get();
///   Summary s = co_await reply;           // in a coroutine
template <class M>
class [[nodiscard]] Reply : public detail::ReplyBase<M> {
 public:
  using Response = typename M::Response;
  using detail::ReplyBase<M>::ReplyBase;

  /// The response, once.  throws  Error with the call's status
  Response get() { return std::move(try_get()).value(); }
  Result<Response> try_get() { return this->take_response(); }

  auto operator co_await() && {
    static_assert(detail::kTemporaryMayBeAwaited<typename M::Request>,
                  "lagoon: g++ 12 would destroy the request twice; name the reply: "
                  "auto reply = caller.start<M>(...); co_await reply;");
    return awaiter();
  }
  auto operator co_await() & { return awaiter(); }

 private:
  auto awaiter() {
    struct Awaiter : detail::AwaitDone<detail::CallOf<M>> {
      Reply& reply;
      explicit Awaiter(Reply& r) : detail::AwaitDone<detail::CallOf<M>>(r.call_), reply(r) {}
      Response await_resume() { return reply.get(); }
    };
    return Awaiter(*this);
  }
};

/// The items of a server stream. Dropping it cancels what is left.
///
///   for (const Window& w : stats.start<Windows>(series)) ...
/// throws  Error with the call's status, after the items that came before it
template <class M>
class [[nodiscard]] StreamReply : public detail::ReplyBase<M> {
 public:
  using Response = typename M::Response;
  explicit StreamReply(detail::CallHandle<detail::CallOf<M>> call)
      : detail::ReplyBase<M>(std::move(call)), reader_(this->handle(), this->call_->out) {}
  StreamReply(StreamReply&&) noexcept = default;
  ~StreamReply() {
    reader_.stop();  // first: a handler that waits to write then hears false, always, and ends as it likes
    if (this->call_) this->call_->cancel();
  }

  std::optional<Response> read() {
    std::optional<Response> item;
    read_into(item);
    return item;
  }
  /// How the call ended; items that have not been read by then are given up, so that nobody waits for their reader.
  Status status() {
    reader_.stop();
    return detail::ReplyBase<M>::status();
  }
  CallReport report() {
    reader_.stop();
    return detail::ReplyBase<M>::report();
  }
  bool read_into(std::optional<Response>& item) {
    if (reader_.read_into(item)) [[likely]]
      return true;
    this->throw_unless_ok();
    return false;
  }
  /// In a coroutine; nothing at the end or after an error: look at status().
  auto next() { return reader_.next(); }

  struct Iterator {
    StreamReply* stream;
    mutable std::optional<Response> item;
    using value_type = Response;
    using difference_type = std::ptrdiff_t;
    Response& operator*() const { return *item; }
    Iterator& operator++() {
      stream->read_into(item);
      return *this;
    }
    void operator++(int) { ++*this; }
    bool operator==(std::default_sentinel_t) const { return !item; }
  };
  Iterator begin() { return {this, read()}; }
  std::default_sentinel_t end() const noexcept { return {}; }

 private:
  Reader<Response> reader_;
};

/// A client stream: items go up, one answer comes back. Dropping it cancels a call that has not ended.
///
///   auto fit = learner.start<Fit>();
///   for (auto& chunk : chunks) if (!fit.write(chunk)) break;     // false: the handler has seen enough
///   Model m = fit.get();
template <class M>
class [[nodiscard]] Upload : public detail::ReplyBase<M> {
 public:
  using Request = typename M::Request;
  using Response = typename M::Response;
  explicit Upload(detail::CallHandle<detail::CallOf<M>> call)
      : detail::ReplyBase<M>(std::move(call)), writer_(this->handle(), this->call_->in) {}
  Upload(Upload&&) noexcept = default;
  ~Upload() {
    if (this->call_) this->call_->cancel();
  }

  bool write(Request item) { return writer_.write(std::move(item)); }
  bool try_write(Request& item) { return writer_.try_write(item); }
  auto send(Request& item) { return writer_.send(item); }
  auto send(Request&& item) { return writer_.send(std::move(item)); }
  void close() noexcept { writer_.close(); }
  Status status() {
    close();
    return detail::ReplyBase<M>::status();
  }
  CallReport report() {
    close();
    return detail::ReplyBase<M>::report();
  }

  /// Closes the stream and waits for the answer.
  Response get() { return std::move(try_get()).value(); }
  Result<Response> try_get() {
    close();
    return this->take_response();
  }

 private:
  Writer<Request> writer_;
};

/// Both directions at once; each ends on its own. Dropping it cancels a call that has not ended.
template <class M>
class [[nodiscard]] Duplex : public detail::ReplyBase<M> {
 public:
  using Request = typename M::Request;
  using Response = typename M::Response;
  explicit Duplex(detail::CallHandle<detail::CallOf<M>> call)
      : detail::ReplyBase<M>(std::move(call)),
        writer_(this->handle(), this->call_->in),
        reader_(this->handle(), this->call_->out) {}
  Duplex(Duplex&&) noexcept = default;
  ~Duplex() {
    reader_.stop();
    if (this->call_) this->call_->cancel();
  }

  bool write(Request item) { return writer_.write(std::move(item)); }
  bool try_write(Request& item) { return writer_.try_write(item); }
  auto send(Request& item) { return writer_.send(item); }
  auto send(Request&& item) { return writer_.send(std::move(item)); }
  void close() noexcept { writer_.close(); }

  /// How the call ended; closes this side and gives up what has not been read.
  Status status() {
    close();
    reader_.stop();
    return detail::ReplyBase<M>::status();
  }
  CallReport report() {
    close();
    reader_.stop();
    return detail::ReplyBase<M>::report();
  }

  /// The next response; nothing after the last.  throws  Error with the call's status
  std::optional<Response> read() {
    std::optional<Response> item;
    if (!reader_.read_into(item)) this->throw_unless_ok();
    return item;
  }
  bool try_read(std::optional<Response>& into) { return reader_.try_read(into); }
  auto next() { return reader_.next(); }

 private:
  Writer<Request> writer_;
  Reader<Response> reader_;
};

}  // namespace lagoon
