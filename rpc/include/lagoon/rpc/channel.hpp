// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <bit>
#include <coroutine>
#include <cstdint>
#include <exception>
#include <lagoon/engine/clock.hpp>
#include <lagoon/engine/fence.hpp>
#include <lagoon/engine/stop.hpp>
#include <lagoon/engine/ticks.hpp>
#include <lagoon/rpc/bytes.hpp>
#include <lagoon/rpc/call_state.hpp>
#include <memory>
#include <mutex>
#include <new>
#include <optional>

namespace lagoon::detail {

/// What a call has in another process, as the channels and the caller's side of it see it.
class FarEnd {
 public:
  virtual void ref() noexcept = 0;
  virtual void unref() noexcept = 0;
  /// Items of the channel's type, one behind the other, go to the far reader in one message.
  ///   patient   where there is no room it waits, as the writer itself may; else they wait elsewhere until there is
  virtual void send_items(const void* first, std::size_t count, bool patient) = 0;
  /// Whether what has just been written to `call` may wait for more to go with it: then try_send_waiting() is called
  /// within about a millisecond, from any thread.
  virtual bool may_wait(CallState& call) noexcept = 0;
  /// Sends what waits in the channel that the far reader reads. False: another thread is about to.
  virtual bool try_send_waiting() noexcept = 0;
  /// No more items will.
  virtual void end_items() noexcept = 0;
  /// So many items, and bytes that they refer to, have been taken from the channel that the far writer fills.
  virtual void give_credit(std::size_t items, std::size_t bytes) noexcept = 0;
  /// Nobody reads that channel any more.
  virtual void reader_gone() noexcept = 0;
  /// The call is to end.
  virtual void stopped() noexcept = 0;
  /// The handler sleeps for somebody else, or has woken up: its slot is free meanwhile.
  virtual void sleeps(bool asleep) noexcept = 0;
  /// Items could not be sent.
  virtual void fail(Status why) noexcept = 0;
  /// By a thread that waits for the far end: looks itself for what has come, for some microseconds. True: something
  /// had.
  virtual bool look() noexcept = 0;
  /// Whether it was last on the core of this thread, which is in its way while it polls.
  virtual bool shares_core() const noexcept = 0;

 protected:
  ~FarEnd() = default;
};

/// Lets one side of a channel sleep until the other has done something: a thread on a futex, or a coroutine.
class WakeSlot {
 public:
  /// Called by the side that did something. Costs one load when nobody sleeps.
  void wake() noexcept {
    light_fence();  // pairs with heavy_fence in sleep and await: they see our work, or we see them
    if (sleeper_.load(std::memory_order_relaxed)) wake_slow();
  }

  /// Sleeps until woken, the stop or deadline of `stop`, or at once when ready() holds after announcing the sleep.
  ///   returns  ok (look again), or why this thread must not sleep
  template <class Ready>
  Status sleep(const StopControl& stop, Ready ready) {
    signal_.store(0, std::memory_order_relaxed);
    sleeper_.store(kThread, std::memory_order_relaxed);
    heavy_fence();
    if (ready()) {
      withdraw();
      return {};
    }
    return sleep_slow(stop);
  }

  /// Registers a continuation; false when ready() holds already (then it will not be fired).
  template <class Ready>
  bool await(Continuation* then, Ready ready) noexcept {
    sleeper_.store(reinterpret_cast<std::uintptr_t>(then), std::memory_order_release);
    heavy_fence();
    return !ready() || !withdraw();
  }

 private:
  static constexpr std::uintptr_t kThread = 1;
  void wake_slow() noexcept;
  Status sleep_slow(const StopControl& stop);
  /// True when the other side had not taken the sleeper to wake it.
  bool withdraw() noexcept { return sleeper_.exchange(0, std::memory_order_acq_rel) != 0; }

  std::atomic<std::uintptr_t> sleeper_{0};
  std::atomic<std::uint32_t> signal_{0};
};

/// Suspends a coroutine until try_once() holds. Being woken is only a reason to look again: credit for an item's place
/// and credit for its bytes come back separately.
///   Derived  has  bool try_once();  bool may_try() const;  WakeSlot& slot();  copies of what these need; its
///            await_resume() begins with throw_if_failed()
template <class Derived>
struct RetryOnWake : Resume {
  std::coroutine_handle<> waiting;

  bool await_ready() { return self().try_once(); }
  bool await_suspend(std::coroutine_handle<> h) {
    waiting = h;
    arm([](Resume* resumed) noexcept {
      auto* me = static_cast<Derived*>(resumed);
      if (me->suspend_again()) return;
      me->waiting.resume();
    });
    return suspend_again();
  }

 protected:
  /// Throws what try_once() threw after the coroutine had been suspended.
  void throw_if_failed() const {
    if (error_) std::rethrow_exception(error_);
  }

 private:
  Derived& self() noexcept { return static_cast<Derived&>(*this); }
  /// False: try_once() held. True: suspended, and perhaps resumed and gone already.
  bool suspend_again() noexcept {
    const auto keep = self().keep_alive();  // once registered, another thread may resume and end what owns the slot
    for (;;) {
      if (self().slot().await(this, self().may_try())) return true;
      try {
        if (self().try_once()) return false;
      } catch (...) {
        error_ = std::current_exception();
        return false;
      }
    }
  }

  std::exception_ptr error_;
};

/// Looks ever more rarely while it waits for the other side, so that the other side can work: a line that is polled
/// without a break has to be fetched back for each write (a full stream moved 16 M items/s that way, 60 M this way).
class SpinWait {
 public:
  /// False after about 30 us: time to sleep.
  bool spin() noexcept {
    for (unsigned i = 0; i < pauses_; ++i) spin_pause();
    if (pauses_ < 64) pauses_ *= 2;
    return ++rounds_ < 50;
  }

 private:
  unsigned pauses_ = 1, rounds_ = 0;
};

/// A stream of items from one writing to one reading side, bounded in items and in the bytes that they refer to.
/// Credit for bytes returns when the reader lets go of an item, not when it arrives.
template <class T>
class Channel {
 public:
  static constexpr bool kCountsBytes = !is_flat<T>;
  /// Items that go to a far reader in one message.
  static constexpr std::size_t kMostTogether = kCountsBytes ? 1 : std::clamp<std::size_t>(1024 / sizeof(T), 1, 64);

  /// prepare   looks at each item before it is handed over (limits, copies); null: nothing to do. May throw
  Channel(std::size_t window_items, std::size_t window_bytes, void (*prepare)(CallState&, T&) = nullptr,
          CallState* call = nullptr)
      : window_bytes_(window_bytes),
        prepare_(prepare),
        call_(call),
        window_items_(std::clamp<std::size_t>(std::min(window_items, window_bytes / sizeof(T)), 1, 1 << 20)),
        mask_(std::bit_ceil(window_items_) - 1),
        cells_(std::make_unique<Cell[]>(mask_ + 1)) {}
  ~Channel() {
    FarEnd* const reader = far_reader_.load(std::memory_order_acquire);
    for (std::size_t i = reader ? sent_.load() : head_.load(); i != tail_.load(); ++i)
      std::destroy_at(cells_[i & mask_].item());
    if (reader) reader->unref();
    if (FarEnd* writer = far_writer_.load(std::memory_order_acquire)) writer->unref();
  }
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  // ---- writing side, one thread at a time

  /// Takes the item when there is credit; leaves it alone otherwise. Check writable() for the reason.
  bool try_push(T& item) {
    const std::size_t at = tail_.load(std::memory_order_relaxed);
    if (at - seen_head_ >= window_items_) {
      seen_head_ = head_.load(std::memory_order_acquire);  // pairs with the release in try_pop
      if (at - seen_head_ >= window_items_) {
        if constexpr (kMostTogether > 1) send_waiting();
        return false;
      }
    }
    if constexpr (kCountsBytes) {
      const std::size_t bytes = referenced_bytes(item);
      if (!fits(bytes)) return false;
      if (prepare_) [[unlikely]]
        prepare_(*call_, item);
      pushed_.store(pushed_.load(std::memory_order_relaxed) + bytes, std::memory_order_relaxed);
      cells_[at & mask_].bytes = bytes;
    } else if (prepare_) [[unlikely]] {
      prepare_(*call_, item);
    }
    FarEnd* const far = far_reader_.load(std::memory_order_acquire);  // pairs with read_from_afar
    if (kMostTogether == 1 && far) [[unlikely]] {
      push_afar(item, at);
      return true;
    }
    ::new (static_cast<void*>(cells_[at & mask_].storage)) T(std::move(item));
    tail_.store(at + 1, std::memory_order_release);  // pairs with the acquire in try_pop
    if (far) [[unlikely]] {
      light_fence();  // pairs with heavy_fence in Link::send_all_waiting
      if (!is_quick() || at + 1 - sent_.load(std::memory_order_relaxed) >= kMostTogether || !call_ ||
          !far->may_wait(*call_))
        send_patiently();
      return true;
    }
    reader_.wake();
    return true;
  }
  bool reader_gone() const noexcept { return reader_gone_.load(std::memory_order_acquire); }
  void close_writing() noexcept {
    closed_.store(true, std::memory_order_release);
    reader_.wake();
    send_waiting();
  }
  bool can_push(std::size_t bytes) const noexcept {
    if (reader_gone()) return true;  // wakes up to learn it
    if (tail_.load(std::memory_order_relaxed) - head_.load(std::memory_order_acquire) >= window_items_) return false;
    return fits_beside(bytes, let_go_.load(std::memory_order_acquire));
  }
  WakeSlot& writer_slot() noexcept { return writer_; }

  // ---- reading side, one thread at a time

  bool try_pop(std::optional<T>& into) {
    const std::size_t at = head_.load(std::memory_order_relaxed);
    if (at == seen_tail_) {
      seen_tail_ = tail_.load(std::memory_order_acquire);  // pairs with the release in try_push
      if (at == seen_tail_) {
        if (taken_ || released_) give_credit();  // the far writer may wait for the last of it
        return false;
      }
    }
    Cell& cell = cells_[at & mask_];
    if constexpr (kCountsBytes) held_ += cell.bytes;
    into.emplace(std::move(*cell.item()));
    std::destroy_at(cell.item());
    head_.store(at + 1, std::memory_order_release);  // pairs with the acquire in try_push
    writer_.wake();
    if (far_writer_.load(std::memory_order_relaxed) && ++taken_ >= (window_items_ + 3) / 4) [[unlikely]]
      give_credit();
    return true;
  }
  /// The reader is done with the items it has taken: their bytes may be used again.
  void release_items() noexcept {
    if constexpr (kCountsBytes) {
      if (!held_) return;
      let_go_of(held_);
      if (far_writer_.load(std::memory_order_relaxed)) [[unlikely]] {
        released_ += held_;
        if (released_ >= window_bytes_ / 4) give_credit();
      }
      held_ = 0;
      writer_.wake();
    }
  }
  /// No item is left and none will come.
  bool drained() const noexcept {
    return closed_.load(std::memory_order_acquire) &&
           tail_.load(std::memory_order_acquire) == head_.load(std::memory_order_relaxed);
  }
  bool can_pop() const noexcept {
    return closed_.load(std::memory_order_acquire) ||
           tail_.load(std::memory_order_acquire) != head_.load(std::memory_order_relaxed);
  }
  void close_reading() noexcept {
    reader_gone_.store(true);
    if (FarEnd* far = far_writer_.load()) [[unlikely]]  // seq_cst, as in write_from_afar: one of the two tells
      far->reader_gone();
    writer_.wake();
  }
  WakeSlot& reader_slot() noexcept { return reader_; }

  /// From any side: nobody writes any more, nobody needs to.
  void abort() noexcept {
    close_writing();
    close_reading();
  }

  // ---- when one of the sides is in another process

  /// By who stands for the far reader, once: what is written goes to it, beginning with what waits here already.
  void read_from_afar(FarEnd& far) {
    far.ref();
    far_reader_.store(&far);
    leftovers_.channel = this;
    leftovers_.fire = [](Continuation* self) noexcept { static_cast<Leftovers*>(self)->channel->send_waiting(); };
    // A writer that has not seen it yet wakes who waits for its item, as it wakes any reader.
    while (!reader_.await(&leftovers_, [this] { return !all_sent(); })) send_waiting();
  }
  /// The same: it may write so much more. False: more than it was ever short of.
  bool try_credit(std::size_t items, std::size_t bytes) noexcept {
    const std::size_t at = head_.load(std::memory_order_relaxed);
    if (items > sent_.load(std::memory_order_acquire) - at) return false;
    if (bytes > pushed_.load(std::memory_order_relaxed) - let_go_.load(std::memory_order_relaxed)) return false;
    if constexpr (kCountsBytes) let_go_of(bytes);
    head_.store(at + items, std::memory_order_release);  // pairs with the acquire in try_push
    writer_.wake();
    return true;
  }
  void tell_window(std::uint64_t& items, std::uint64_t& bytes) const noexcept {
    items = window_items_;
    bytes = window_bytes_;
  }
  /// By who stands for the far writer and pushes its items: it gets their credit back.
  void write_from_afar(FarEnd& far) noexcept {
    far.ref();
    far_writer_.store(&far);
    if (reader_gone_.load()) far.reader_gone();
  }
  /// By a reader that waits: looks for items itself.
  bool look() noexcept {
    FarEnd* const far = far_writer_.load(std::memory_order_acquire);
    return far && far->look();
  }
  /// By a writer that waits: looks for credit itself.
  bool look_for_credit() noexcept {
    FarEnd* const far = far_reader_.load(std::memory_order_acquire);
    return far && far->look();
  }
  /// From any thread: what was written and not sent goes to the far reader, and so does the end.
  ///   returns  false: another thread sends, and perhaps waits for room; who reads the link must not wait for it
  bool try_send_waiting() noexcept {
    if (!far_reader_.load(std::memory_order_acquire) || nothing_waits()) return true;
    const std::unique_lock lock(far_mutex_, std::try_to_lock);
    if (lock) send_rest_locked();
    return lock.owns_lock();
  }
  /// By the writer, or when all ends.
  void send_waiting() noexcept {
    if (!far_reader_.load(std::memory_order_acquire) || nothing_waits()) [[likely]]
      return;
    const std::lock_guard lock(far_mutex_);
    send_rest_locked();
  }

 private:
  bool nothing_waits() const noexcept {
    return sent_.load(std::memory_order_relaxed) == tail_.load(std::memory_order_acquire) &&
           !closed_.load(std::memory_order_acquire);
  }
  void send_rest_locked() noexcept {
    try {
      send_waiting_locked(false);
    } catch (...) {
      far_reader_.load(std::memory_order_relaxed)->fail(status_of_lost_items());
    }
    if (!closed_.load(std::memory_order_acquire) || ended_) return;
    ended_ = true;
    far_reader_.load(std::memory_order_relaxed)->end_items();
  }

  struct FlatCell {
    alignas(T) std::byte storage[sizeof(T)];
    T* item() noexcept { return std::launder(reinterpret_cast<T*>(storage)); }
  };
  struct CountedCell : FlatCell {
    std::size_t bytes = 0;
  };
  using Cell = std::conditional_t<kCountsBytes, CountedCell, FlatCell>;

  /// An item larger than the whole window still passes, alone.
  bool fits_beside(std::size_t bytes, std::size_t let_go) const noexcept {
    const std::size_t held = pushed_.load(std::memory_order_relaxed) - let_go;
    return !held || held + bytes <= window_bytes_;
  }
  bool fits(std::size_t bytes) noexcept {
    if (fits_beside(bytes, seen_let_go_)) return true;
    seen_let_go_ = let_go_.load(std::memory_order_acquire);  // pairs with the release in let_go_of
    return fits_beside(bytes, seen_let_go_);
  }
  /// By one reader at a time.
  void let_go_of(std::size_t bytes) noexcept {
    let_go_.store(let_go_.load(std::memory_order_relaxed) + bytes, std::memory_order_release);
  }

  struct Leftovers : Continuation {
    Channel* channel = nullptr;
  };
  /// By the writer, with each item: whether they have come so fast for a while that most likely the next one is near.
  bool is_quick() noexcept {
    const std::uint64_t now = ticks_now();
    quick_ = now - pushed_at_ < kQuick ? quick_ + 1 : 0;
    pushed_at_ = now;
    return quick_ >= kQuickOnes;
  }
  void push_afar(T& item, std::size_t at) {
    std::lock_guard lock(far_mutex_);
    send_waiting_locked(true);
    // First counted, then sent: its credit may be back before this thread goes on.
    tail_.store(at + 1, std::memory_order_release);
    sent_.store(at + 1, std::memory_order_release);
    try {
      far_reader_.load(std::memory_order_relaxed)->send_items(&item, 1, true);
    } catch (...) {
      sent_.store(at, std::memory_order_release);
      tail_.store(at, std::memory_order_release);
      if constexpr (kCountsBytes)
        pushed_.store(pushed_.load(std::memory_order_relaxed) - cells_[at & mask_].bytes, std::memory_order_relaxed);
      throw;
    }
  }
  bool all_sent() noexcept {
    std::lock_guard lock(far_mutex_);
    return sent_.load() == tail_.load(std::memory_order_acquire) &&
           (ended_ || !closed_.load(std::memory_order_acquire));
  }
  struct Destroy {
    void operator()(T* item) const noexcept { std::destroy_at(item); }
  };
  /// By the writer.
  void send_patiently() {
    std::lock_guard lock(far_mutex_);
    try {
      send_waiting_locked(true);
    } catch (...) {
      far_reader_.load(std::memory_order_relaxed)->fail(status_of_lost_items());
      throw;
    }
  }
  void send_waiting_locked(bool patient) {
    FarEnd& far = *far_reader_.load(std::memory_order_relaxed);
    for (std::size_t at = sent_.load(std::memory_order_relaxed);;) {
      const std::size_t waiting = tail_.load(std::memory_order_acquire) - at, to_end = mask_ + 1 - (at & mask_);
      if (waiting == 0) return;
      const std::size_t count = std::min({waiting, to_end, kMostTogether});
      T* const first = cells_[at & mask_].item();
      const std::unique_ptr<T, Destroy> gone(first);  // there are several only of those that need no end
      // First counted, then sent: as in push_afar.
      at += count;
      sent_.store(at, std::memory_order_release);
      far.send_items(first, count, patient);
    }
  }
  /// Within a catch block: they are gone, and the handler had begun.
  static Status status_of_lost_items() { return status_of_current_exception().with_executed(Executed::maybe); }
  void give_credit() noexcept {
    far_writer_.load(std::memory_order_relaxed)->give_credit(std::exchange(taken_, 0), std::exchange(released_, 0));
  }

  static constexpr std::uint64_t kQuick = 4000;    // ticks, one to two microseconds
  static constexpr std::uint32_t kQuickOnes = 16;  // items in a row

  const std::size_t window_bytes_;
  void (*const prepare_)(CallState&, T&);
  CallState* const call_;
  const std::size_t window_items_;
  const std::size_t mask_;
  std::unique_ptr<Cell[]> cells_;
  // Each side writes its own line and keeps a private copy of the other's index, so that an item costs one line.
  alignas(64) std::atomic<std::size_t> tail_{0};
  std::size_t seen_head_ = 0;
  std::atomic<std::size_t> pushed_{0};  // bytes
  std::size_t seen_let_go_ = 0;
  std::uint64_t pushed_at_ = 0;  // ticks
  std::uint32_t quick_ = 0;      // items, one behind the other
  alignas(64) std::atomic<std::size_t> head_{0};
  std::atomic<std::size_t> let_go_{0};  // bytes
  std::size_t seen_tail_ = 0;
  std::size_t held_ = 0;
  std::size_t taken_ = 0, released_ = 0;  // not told to the far writer yet
  alignas(64) WakeSlot reader_;
  std::atomic<bool> closed_{false};
  alignas(64) WakeSlot writer_;
  std::atomic<bool> reader_gone_{false};
  std::atomic<FarEnd*> far_reader_{nullptr}, far_writer_{nullptr};
  Leftovers leftovers_;
  std::mutex far_mutex_;              // what follows
  std::atomic<std::size_t> sent_{0};  // items; read without it too
  bool ended_ = false;
};

}  // namespace lagoon::detail
