// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sched.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <span>

namespace lagoon::detail {

/// A ring of messages from one process to another: the first page of a shared file, and the bytes behind it. Only the
/// writing process writes to that file, so what a reader has not taken, and that it sleeps, stands in the page of the
/// file that goes the other way. A message is a length (32 bits) and that many bytes, in whole cache lines; one that
/// would not fit before the end begins at the start, and kRingSkip stands where it would have begun.
///
/// Where the next message will begin stands 0 until it is there: its length is written last. So a reader that polls
/// gets a short message with the one line that it looks at, and the words of the page move between the cores only for
/// those who sleep. What an answer costs is mostly how many lines have to travel.
///
/// Neither side believes the other: an index is read once into a private copy, and checked against what can be.
inline constexpr std::size_t kRingPage = 4096;
inline constexpr std::uint32_t kRingSkip = 0xffffffff;
inline constexpr std::uint32_t kRingLine = 64;

/// The page at the beginning of a file of which one process is the writer.
struct RingPage {
  // Of the ring in this file.
  alignas(64) std::atomic<std::uint32_t> tail{0};  ///< bytes written until now, modulo 2^32; a futex word
  // Of the ring in the peer's file, which this process reads.
  alignas(64) std::atomic<std::uint32_t> head{0};       ///< bytes taken until now
  alignas(64) std::atomic<std::uint32_t> listening{0};  ///< see Listening
  std::atomic<std::uint32_t> core{0};                   ///< 1 + that of the thread that wrote last; 0: not known
};
static_assert(sizeof(RingPage) <= kRingPage && std::atomic<std::uint32_t>::is_always_lock_free);

/// What the reading process does, for the writer to know whether it must be woken.
enum class Listening : std::uint32_t {
  asleep = 0,          ///< wake a thread of its link's own
  polling = 1,         ///< it looks all the time, or within a millisecond
  busy_alone = 2,      ///< its reader runs a handler and nobody else looks: wake another thread
  asleep_in_call = 3,  ///< who waits for an answer reads it himself: wake him
};

/// Who sleeps until there is a message: the bits of a futex by which one of a kind is woken.
enum class Sleeper : std::uint32_t { thread = 1, caller = 2, any = 3 };

/// Asks for a line that is about to be written, without waiting for it.
inline void prefetch_to_write(const void* line) noexcept {
#if defined(__x86_64__)
  asm volatile("prefetchw %0" : : "m"(*static_cast<const char*>(line)));  // compilers emit it for newer targets alone
#else
  __builtin_prefetch(line, 1);
#endif
}

/// What a message takes in the ring.
constexpr std::uint32_t ring_bytes(std::uint32_t length) noexcept {
  return (length + 4 + (kRingLine - 1)) & ~(kRingLine - 1);
}

/// The writing end. One thread at a time.
class RingWriter {
 public:
  /// own    the page of the file that this process writes, `data` the bytes behind it: a power of two of them, from 256
  ///        to 2^31, aligned to 8. It goes on at the tail in the page; no message is under way there, and where the
  ///        next begins stands 0.
  /// peers  the page that the peer writes
  RingWriter(RingPage& own, std::span<std::byte> data, const RingPage& peers) noexcept;

  /// Room for a message of so many bytes, or null: none now. The peer does not see it before commit(); asked for
  /// again, the same place. Aligned to 4, not to 8.
  ///   throws  data_loss: the peer's index cannot be; invalid_argument: no bytes, or more than most()
  std::byte* try_reserve(std::size_t bytes) {
    if (bytes - 1 >= most_) refuse(bytes);
    const std::uint32_t takes = ring_bytes(static_cast<std::uint32_t>(bytes));
    const std::uint32_t at = tail_ & mask_;
    const std::uint32_t to_end = mask_ + 1 - at;
    const std::uint32_t skip = takes > to_end ? to_end : 0;
    const std::uint32_t all = skip + takes;  // at most half of the ring and a little
    // And the line behind it, where the next one will begin.
    if (all + kRingLine > mask_ + 1 - (tail_ - seen_head_)) {
      taken();
      if (all + kRingLine > mask_ + 1 - (tail_ - seen_head_)) return nullptr;
    }
    reserved_ = all;
    length_ = static_cast<std::uint32_t>(bytes);
    return data_ + (skip ? 0 : at) + 4;
  }

  /// Publishes what was reserved.  returns  true: the reader has to be woken (see wake_reader)
  bool commit() noexcept {
    if (reserved_ > 0) publish();
    // Both seq_cst, as both in RingReader::set_listening(): of two that write their own word and then read the other's,
    // one sees what the other wrote. So the reader sees the message, or this side sees that it goes to sleep.
    own_.tail.store(tail_, std::memory_order_seq_cst);
    const std::uint32_t listening = peers_.listening.load(std::memory_order_seq_cst);
    note_core();
    clear_ahead();
    return listening != static_cast<std::uint32_t>(Listening::polling);
  }
  /// From any thread: one of those that sleep, of the kind that the peer says.
  void wake_reader(int how_many = 1) const noexcept;

  /// The longest message: a quarter of the ring.
  std::size_t most() const noexcept { return most_; }
  /// What written() will be once the message that was reserved is committed.
  std::uint32_t reserved_until() const noexcept { return tail_ + reserved_; }
  /// Bytes written until now, to compare with taken().
  std::uint32_t written() const noexcept { return tail_; }
  /// Bytes that the peer has taken until now.  throws  data_loss: it cannot be
  std::uint32_t taken() {
    // Acquire: the partner of the release in RingReader::take(); what the peer has read may be written over.
    const std::uint32_t head = peers_.head.load(std::memory_order_acquire);
    if (head - seen_head_ > tail_ - seen_head_ || head % kRingLine != 0) [[unlikely]]
      refuse_head(head);
    seen_head_ = head;
    return head;
  }
  /// Whether the peer has taken all that was written.  throws  as taken()
  bool drained() { return taken() == tail_; }

 private:
  void note_core() noexcept {
    const auto core = static_cast<std::uint32_t>(::sched_getcpu() + 1);
    if (core != core_) own_.core.store(core_ = core, std::memory_order_relaxed);  // a hint
  }
  void publish() noexcept {
    const std::uint32_t at = tail_ & mask_;
    const bool skips = (at + reserved_ - 1) > mask_;
    tail_ += reserved_;
    reserved_ = 0;
    if (static_cast<std::int32_t>(clear_until_ - tail_) < 0) clear_until_ = tail_;  // it was a long message
    clear_until(tail_ + kRingLine);
    put(skips ? 0 : at, length_);
    if (skips) put(at, kRingSkip);
  }
  /// So that no message has to wait for the line behind it, which the reader has had a lap ago.
  void clear_ahead() noexcept {
    const std::uint32_t room = mask_ + 1 - (tail_ - seen_head_);
    clear_until(tail_ + (room < kClearAhead ? room : kClearAhead));
    // The peer had it a lap ago: it may come back while this side does something else.
    prefetch_to_write(data_ + (clear_until_ & mask_));
  }
  void clear_until(std::uint32_t end) noexcept {
    for (; static_cast<std::int32_t>(end - clear_until_) > 0; clear_until_ += kRingLine) put(clear_until_ & mask_, 0);
  }
  /// Release: the partner of the acquire in RingReader::get(); what was written before is there with it.
  void put(std::uint32_t at, std::uint32_t number) noexcept {
    __atomic_store_n(reinterpret_cast<std::uint32_t*>(data_ + at), number, __ATOMIC_RELEASE);
  }
  static constexpr std::uint32_t kClearAhead = 8 * kRingLine;
  [[noreturn]] void refuse(std::size_t bytes) const;
  [[noreturn]] void refuse_head(std::uint32_t head) const;

  RingPage& own_;
  const RingPage& peers_;
  std::byte* const data_;
  const std::uint32_t mask_, most_;
  std::uint32_t tail_, seen_head_, reserved_ = 0, length_ = 0, core_ = 0;
  std::uint32_t clear_until_;  // from the tail to there all lines begin with 0
};

/// How far a reader has read: what the writer's tail is compared with.
struct RingPosition {
  std::uint32_t read = 0;  ///< bytes
  std::uint32_t tail = 0;  ///< as it was seen last
  /// Whether the writer has written nothing more. Its tail comes after the messages, so it may be behind.
  bool is_all(std::uint32_t now) const noexcept { return now - tail <= read - tail; }
};

/// The reading end. One thread at a time, but for what says otherwise.
class RingReader {
 public:
  /// As for RingWriter, with `data` behind the peer's page; it goes on at the head in its own page.
  RingReader(RingPage& own, std::span<const std::byte> data, const RingPage& peers) noexcept;

  /// The next message, in place, or an empty span: none now. Until take() the same again. Its bytes may change while
  /// they are looked at: copy, then check. Aligned to 4, not to 8.
  ///   throws  data_loss: an index or a length that cannot be
  std::span<const std::byte> try_next() {
    std::uint32_t at = head_ & mask_;
    std::uint32_t length = get(at), skip = 0;
    if (length == 0) {
      if (told_) [[unlikely]]
        look_at_tail();
      return {};
    }
    std::uint32_t to_end = mask_ + 1 - at;
    if (length == kRingSkip) [[unlikely]] {
      skip = to_end;
      at = 0;
      to_end = mask_ + 1 - skip;
      length = get(0);
    }
    if (length - 1 >= most_) [[unlikely]]
      refuse_length(length);
    const std::uint32_t takes = ring_bytes(length);
    if (takes > to_end) [[unlikely]]
      refuse_length(length);
    next_ = skip + takes;
    return {data_ + at + 4, length};
  }
  /// Lets go of it: the writer may use its place again, and knows that it was taken. Nothing without a message.
  void take() noexcept {
    head_ += next_;
    next_ = 0;
    // The tail is behind by no more than the ring; what is compared with it must stay far below 2^32.
    if (head_ - seen_tail_ > mask_ + 1) seen_tail_ = head_ - (mask_ + 1);
    // Release: the partner of the acquire in RingWriter::taken(); what was read here was read before.
    own_.head.store(head_, std::memory_order_release);
  }
  /// Whether there is no message besides one that was looked at and not taken.
  bool empty() const noexcept { return get((head_ + next_) & mask_) == 0; }

  /// Publishes what this process does. Not `polling`: returns false when a message is there already besides one that
  /// was looked at and not taken; what was published stays.
  bool set_listening(Listening how) noexcept {
    if (how == Listening::polling) {
      // Relaxed, without a partner: a writer that still sees the old word wakes somebody for nothing. Not written again
      // where it stands already: that would take the line from the writer.
      if (!is_polling()) own_.listening.store(static_cast<std::uint32_t>(how), std::memory_order_relaxed);
      return true;
    }
    const std::uint32_t tail = publish(how);
    const bool nothing = read().is_all(tail);
    if (nothing) seen_tail_ = tail;
    told_ = !nothing;
    return nothing;
  }
  /// From any thread: what was published last.
  bool is_polling() const noexcept { return own_.listening.load() == static_cast<std::uint32_t>(Listening::polling); }
  /// From any thread: bytes that have been taken.
  std::uint32_t taken() const noexcept { return own_.head.load(std::memory_order_seq_cst); }
  /// From any thread: whether the peer says that there is more than has been taken, or what cannot be.
  bool behind(std::uint32_t tail) const noexcept { return tail != taken(); }
  /// How far it has read, with the message that was looked at.
  RingPosition read() const noexcept { return {head_ + next_, seen_tail_}; }
  /// By who has just stopped to be the reading thread, and had read so far: the writer is told to wake somebody.
  ///   returns  false: there is more, which the next reading thread is told of by expect()
  bool rest(RingPosition read_so_far) noexcept { return read_so_far.is_all(publish(Listening::asleep)); }
  /// Whether the peer last wrote on the core that this thread is on: while this one polls, that one may wait for it.
  bool shares_core() const noexcept {
    const auto core = static_cast<std::uint32_t>(::sched_getcpu() + 1);
    return core != 0 && peers_.core.load(std::memory_order_relaxed) == core;
  }
  /// There should be a message: try_next() does not believe a tail without one.
  void expect() noexcept { told_ = true; }
  /// Sleeps until a message is there, a wake-up, or so many nanoseconds have passed (negative: for ever). May return
  /// early for no reason. After set_listening() with asleep or asleep_in_call, as who sleeps is, or nobody wakes it.
  void sleep(std::int64_t nanoseconds, Sleeper who = Sleeper::thread) const noexcept {
    const std::uint32_t tail = peers_tail();
    if (read().is_all(tail)) sleep_while(tail, nanoseconds, who);
  }

  /// From any thread: bytes that the peer says to have written, unchecked, for sleep_while().
  std::uint32_t peers_tail() const noexcept { return peers_.tail.load(std::memory_order_seq_cst); }
  /// From any thread: as sleep(), until peers_tail() is another. For one that waits beside the reading thread.
  void sleep_while(std::uint32_t tail, std::int64_t nanoseconds, Sleeper who = Sleeper::thread) const noexcept;
  /// From any thread: ends sleeps, at least those that have begun. One that is about to begin is missed, since only the
  /// peer may change the word that is slept on: whoever waits for the end of this process sleeps for bounded times.
  void wake_sleepers(int how_many = std::numeric_limits<int>::max(), Sleeper who = Sleeper::any) const noexcept;

 private:
  /// The tail after that.
  std::uint32_t publish(Listening how) noexcept {
    // Both seq_cst: see RingWriter::commit().
    own_.listening.store(static_cast<std::uint32_t>(how), std::memory_order_seq_cst);
    return peers_.tail.load(std::memory_order_seq_cst);
  }
  /// The tail has moved, or was said to have, and no message is seen.
  void look_at_tail();
  /// Once, so that what is checked is what is used. Acquire: the partner of the release in RingWriter::put().
  std::uint32_t get(std::uint32_t at) const noexcept {
    return __atomic_load_n(reinterpret_cast<const std::uint32_t*>(data_ + at), __ATOMIC_ACQUIRE);
  }
  [[noreturn]] void refuse_length(std::uint32_t length) const;

  RingPage& own_;
  const RingPage& peers_;
  const std::byte* const data_;
  const std::uint32_t mask_, most_;
  std::uint32_t head_, next_ = 0, seen_tail_;
  bool told_ = false;
};

}  // namespace lagoon::detail
