// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <coroutine>
#include <iterator>
#include <lagoon/core/task.hpp>
#include <lagoon/rpc/channel.hpp>
#include <optional>
#include <utility>

namespace lagoon {

namespace detail {
/// A wait for the stream ended without it: the handler hears why, the caller hears how its call ended.
[[noreturn]] void throw_end_of_wait(CallState& call, const Status& why);

template <class T>
T copy_or_move(T& item) {
  if constexpr (std::is_copy_constructible_v<T>) {
    return item;
  } else {
    return std::move(item);
  }
}
}  // namespace detail

/// Takes items out of a stream, in order. One thread at a time.
///
///   while (std::optional<Point> p = in.read()) ...           // sleeps for the next item
///   while (auto p = co_await in.next()) ...                  // in a coroutine: no thread sleeps
///   for (const Point& p : in) ...
/// The bytes that an item refers to count against the stream's window until the next item is asked for.
template <class T>
class Reader {
 public:
  Reader() noexcept = default;
  Reader(detail::CallHandle<detail::CallState> call, detail::Channel<T>& channel) noexcept
      : call_(std::move(call)), channel_(&channel) {}
  Reader(Reader&& other) noexcept : call_(std::move(other.call_)), channel_(std::exchange(other.channel_, nullptr)) {}
  Reader& operator=(Reader&& other) noexcept {
    std::swap(call_, other.call_);
    std::swap(channel_, other.channel_);
    return *this;
  }
  /// Tells the writer that nobody reads any more.
  ~Reader() {
    if (channel_) channel_->close_reading();
  }

  /// The next item, or nothing at the end of the stream.
  ///   throws  cancelled, deadline_exceeded: the call has ended; resource_exhausted: too many calls sleep already
  std::optional<T> read() {
    std::optional<T> item;
    read_into(item);
    return item;
  }

  /// The same in place: false at the end, and then `item` is empty. Loops over many small items are twice as fast.
  bool read_into(std::optional<T>& item) {
    if (try_read(item)) [[likely]]
      return true;
    return wait_for(item);
  }

  /// Tells the writer that no more items will be read; those that are there already still can be.
  void stop() noexcept {
    if (channel_) channel_->close_reading();
  }

  /// Whether an item was there; the end of the stream looks like no item.
  bool try_read(std::optional<T>& into) {
    channel_->release_items();
    return channel_->try_pop(into);
  }

  auto next() {
    call_->watch_deadline();  // a coroutine looks at no clock while it is suspended
    struct Next : detail::RetryOnWake<Next> {
      Reader& reader;
      std::optional<T> item;
      explicit Next(Reader& r) : reader(r) {}
      bool try_once() { return reader.try_read(item) || reader.channel_->drained(); }
      auto may_try() const {
        return [c = reader.channel_] { return c->can_pop(); };
      }
      detail::WakeSlot& slot() const { return reader.channel_->reader_slot(); }
      auto keep_alive() const { return reader.call_; }
      std::optional<T> await_resume() {
        this->throw_if_failed();
        return std::move(item);
      }
    };
    return Next(*this);
  }

  class Iterator {
   public:
    using value_type = T;
    using difference_type = std::ptrdiff_t;
    explicit Iterator(Reader& r) : reader_(&r) { reader_->read_into(item_); }
    T& operator*() const { return *item_; }
    Iterator& operator++() {
      reader_->read_into(item_);
      return *this;
    }
    void operator++(int) { ++*this; }
    bool operator==(std::default_sentinel_t) const { return !item_; }

   private:
    Reader* reader_;
    mutable std::optional<T> item_;
  };
  Iterator begin() { return Iterator(*this); }
  std::default_sentinel_t end() const noexcept { return {}; }

 private:
  bool wait_for(std::optional<T>& item) {
    for (detail::SpinWait wait;;) {
      if (try_read(item)) return true;
      if (channel_->drained()) {
        item.reset();
        return false;
      }
      if (channel_->look()) continue;
      if (!wait.spin()) sleep();
    }
  }
  void sleep() {
    Status status = channel_->reader_slot().sleep(call_->stop(), [this] { return channel_->can_pop(); });
    if (!status.ok()) detail::throw_end_of_wait(*call_.get(), status);
  }
  detail::CallHandle<detail::CallState> call_;
  detail::Channel<T>* channel_ = nullptr;
};

/// Puts items into a stream, in order. One thread at a time.
template <class T>
class Writer {
 public:
  Writer() noexcept = default;
  Writer(detail::CallHandle<detail::CallState> call, detail::Channel<T>& channel) noexcept
      : call_(std::move(call)), channel_(&channel) {}
  Writer(Writer&& other) noexcept : call_(std::move(other.call_)), channel_(std::exchange(other.channel_, nullptr)) {}
  Writer& operator=(Writer&& other) noexcept {
    std::swap(call_, other.call_);
    std::swap(channel_, other.channel_);
    return *this;
  }
  /// The end of the stream.
  ~Writer() { close(); }

  /// Hands over an item; sleeps while the window is full.
  ///   returns  false: the reader has gone or the call has ended, and no item will be read any more
  ///   throws   cancelled, deadline_exceeded; resource_exhausted: too many calls sleep already
  bool write(T item) {
    for (detail::SpinWait wait;;) {
      if (!channel_ || channel_->reader_gone()) return false;
      if (channel_->try_push(item)) return true;
      if (channel_->look_for_credit() || wait.spin()) continue;
      Status status = channel_->writer_slot().sleep(call_->stop(),
                                                    [&] { return channel_->can_push(detail::referenced_bytes(item)); });
      if (!status.ok()) detail::throw_end_of_wait(*call_.get(), status);
    }
  }

  /// Hands over the item if the window has room now; leaves it in place otherwise.
  bool try_write(T& item) { return channel_ && !channel_->reader_gone() && channel_->try_push(item); }

  /// In a coroutine: `bool taken = co_await out.send(item)`. A named item is copied, or moved from if it cannot be.
  auto send(T& item) { return awaitable_send(detail::copy_or_move(item)); }
  auto send(T&& item) {
    static_assert(detail::kTemporaryMayBeAwaited<T>,
                  "lagoon: g++ 12 would destroy this temporary twice; name it: T item = ...; co_await out.send(item);");
    return awaitable_send(std::move(item));
  }

  /// No more items; also done by the destructor.
  void close() noexcept {
    if (auto* channel = std::exchange(channel_, nullptr)) channel->close_writing();
  }

 private:
  struct Send : detail::RetryOnWake<Send> {
    Writer& writer;
    T item;
    bool taken = false;
    Send(Writer& w, T&& i) : writer(w), item(std::move(i)) {}
    bool try_once() {
      auto* c = writer.channel_;
      return !c || c->reader_gone() || (taken = c->try_push(item));
    }
    auto may_try() const {
      return [c = writer.channel_, bytes = detail::referenced_bytes(item)] { return c->can_push(bytes); };
    }
    detail::WakeSlot& slot() const { return writer.channel_->writer_slot(); }
    auto keep_alive() const { return writer.call_; }
    bool await_resume() const {
      this->throw_if_failed();
      return taken;
    }
  };
  Send awaitable_send(T&& item) {
    call_->watch_deadline();
    return Send(*this, std::move(item));
  }

  detail::CallHandle<detail::CallState> call_;
  detail::Channel<T>* channel_ = nullptr;
};

/// What a streaming handler written as a coroutine returns: it yields items.
///
///   lagoon::Stream<Alarm> watch(lagoon::Reader<Point> in, lagoon::CallContext&) {
///     while (auto p = co_await in.next())
///       if (odd(*p)) co_yield Alarm{p->at};
///   }
template <class T>
class [[nodiscard]] Stream {
 public:
  using value_type = T;
  struct promise_type {
    detail::Channel<T>* channel = nullptr;
    std::coroutine_handle<> finished;
    std::exception_ptr error;
    Stream get_return_object() { return Stream(std::coroutine_handle<promise_type>::from_promise(*this)); }
    std::suspend_always initial_suspend() const noexcept { return {}; }
    struct Final {
      bool await_ready() const noexcept { return false; }
      std::coroutine_handle<> await_suspend(std::coroutine_handle<promise_type> self) const noexcept {
        return self.promise().finished;
      }
      void await_resume() const noexcept {}
    };
    Final final_suspend() const noexcept { return {}; }
    void return_void() const noexcept {}
    void unhandled_exception() noexcept { error = std::current_exception(); }

    struct Yield : detail::RetryOnWake<Yield> {
      detail::Channel<T>& channel;
      T item;
      Yield(detail::Channel<T>& c, T&& i) : channel(c), item(std::move(i)) {}
      bool try_once() { return channel.reader_gone() || channel.try_push(item); }
      auto may_try() const {
        return [c = &channel, bytes = detail::referenced_bytes(item)] { return c->can_push(bytes); };
      }
      detail::WakeSlot& slot() const { return channel.writer_slot(); }
      auto keep_alive() const { return detail::CallHandle<detail::CallState>::sharing(detail::current_call()); }
      void await_resume() const {
        this->throw_if_failed();
        lagoon::throw_if_stopped();
        if (channel.reader_gone()) throw Error(Errc::cancelled, "the reader of the stream has gone");
      }
    };
    /// A named item is copied, or moved from if it cannot be.
    Yield yield_value(T& item) { return Yield(*channel, detail::copy_or_move(item)); }
    Yield yield_value(T&& item) {
      static_assert(detail::kTemporaryMayBeAwaited<T>,
                    "lagoon: g++ 12 would destroy this temporary twice; name it: T item = ...; co_yield item;");
      return Yield(*channel, std::move(item));
    }
  };

  explicit Stream(std::coroutine_handle<promise_type> handle) noexcept : handle_(handle) {}
  Stream(Stream&& other) noexcept : handle_(std::exchange(other.handle_, {})) {}
  Stream& operator=(Stream&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~Stream() {
    if (handle_) handle_.destroy();
  }

  /// Awaiting runs the coroutine to its end, items going to `channel`.
  auto into(detail::Channel<T>& channel) noexcept {
    struct Run {
      std::coroutine_handle<promise_type> handle;
      bool await_ready() const noexcept { return false; }
      std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiting) noexcept {
        handle.promise().finished = awaiting;
        return handle;
      }
      void await_resume() {
        if (handle.promise().error) std::rethrow_exception(handle.promise().error);
      }
    };
    handle_.promise().channel = &channel;
    return Run{handle_};
  }

 private:
  std::coroutine_handle<promise_type> handle_;
};

namespace detail {
template <class T>
inline constexpr bool is_stream = false;
template <class T>
inline constexpr bool is_stream<Stream<T>> = true;
}  // namespace detail

}  // namespace lagoon
