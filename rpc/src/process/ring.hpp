// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <span>

namespace lagoon::detail {

/// A ring of messages from one process to another: the first page of a shared file, and the bytes behind it. Only the
/// writing process writes to that file, so what a reader has not taken, and that it sleeps, stands in the page of the
/// file that goes the other way. A message is a length (32 bits) and that many bytes, padded to 8; one that would not
/// fit before the end begins at the start, and kRingSkip stands where it would have begun.
///
/// Neither side believes the other: an index is read once into a private copy, and checked against what can be.
inline constexpr std::size_t kRingPage = 4096;
inline constexpr std::uint32_t kRingSkip = 0xffffffff;

/// The page at the beginning of a file of which one process is the writer.
struct RingPage {
  // Of the ring in this file.
  alignas(64) std::atomic<std::uint32_t> tail{0};  ///< bytes written until now, modulo 2^32; a futex word
  // Of the ring in the peer's file, which this process reads.
  alignas(64) std::atomic<std::uint32_t> head{0};       ///< bytes taken until now
  alignas(64) std::atomic<std::uint32_t> listening{0};  ///< see Listening
};
static_assert(sizeof(RingPage) <= kRingPage && std::atomic<std::uint32_t>::is_always_lock_free);

/// What the reading process does, for the writer to know whether it must be woken.
enum class Listening : std::uint32_t {
  asleep = 0,        ///< wake it
  polling = 1,       ///< it looks all the time
  busy_watched = 2,  ///< its reader runs a handler; another thread will look within a millisecond
  busy_alone = 3,    ///< its reader runs a handler and nobody else looks: wake another thread
};

/// What a message takes in the ring.
constexpr std::uint32_t ring_bytes(std::uint32_t length) noexcept { return (length + 4 + 7) & ~std::uint32_t{7}; }

/// The writing end. One thread at a time.
class RingWriter {
 public:
  /// own    the page of the file that this process writes, `data` the bytes behind it: a power of two of them, from 64
  ///        to 2^31, aligned to 8. It goes on at the tail in the page; no message is under way there.
  /// peers  the page that the peer writes
  RingWriter(RingPage& own, std::span<std::byte> data, const RingPage& peers) noexcept;

  /// Room for a message of so many bytes, or null: none now. The peer does not see it before commit(); asked for
  /// again, the same place. Aligned to 4, not to 8.
  ///   throws  data_loss: the peer's index cannot be; invalid_argument: no bytes, or more than most()
  std::byte* try_reserve(std::size_t bytes) {
    if (bytes - 1 >= most_) refuse(bytes);
    const std::uint32_t takes = ring_bytes(static_cast<std::uint32_t>(bytes));
    std::uint32_t at = tail_ & mask_;
    const std::uint32_t to_end = mask_ + 1 - at;
    const std::uint32_t skip = takes > to_end ? to_end : 0;
    const std::uint32_t all = skip + takes;  // at most half of the ring and a little
    if (all > mask_ + 1 - (tail_ - seen_head_)) {
      taken();
      if (all > mask_ + 1 - (tail_ - seen_head_)) return nullptr;
    }
    if (skip) [[unlikely]] {
      put(at, kRingSkip);
      at = 0;
    }
    put(at, static_cast<std::uint32_t>(bytes));
    reserved_ = all;
    return data_ + at + 4;
  }

  /// Publishes what was reserved.  returns  true: the reader has to be woken (see wake_reader)
  bool commit() noexcept {
    tail_ += reserved_;
    reserved_ = 0;
    // Both seq_cst, as both in RingReader::set_listening(): of two that write their own word and then read the other's,
    // one sees what the other wrote. So the reader sees the message, or this side sees that it goes to sleep.
    own_.tail.store(tail_, std::memory_order_seq_cst);
    const std::uint32_t listening = peers_.listening.load(std::memory_order_seq_cst);
    return listening != static_cast<std::uint32_t>(Listening::polling) &&
           listening != static_cast<std::uint32_t>(Listening::busy_watched);
  }
  /// From any thread.
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
    if (head - seen_head_ > tail_ - seen_head_ || head % 8 != 0) [[unlikely]]
      refuse_head(head);
    seen_head_ = head;
    return head;
  }
  /// Whether the peer has taken all that was written.  throws  as taken()
  bool drained() { return taken() == tail_; }

 private:
  void put(std::uint32_t at, std::uint32_t number) noexcept { std::memcpy(data_ + at, &number, sizeof number); }
  [[noreturn]] void refuse(std::size_t bytes) const;
  [[noreturn]] void refuse_head(std::uint32_t head) const;

  RingPage& own_;
  const RingPage& peers_;
  std::byte* const data_;
  const std::uint32_t mask_, most_;
  std::uint32_t tail_, seen_head_, reserved_ = 0;
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
    if (seen_tail_ == head_ && !look()) return {};
    std::uint32_t at = head_ & mask_;
    const std::uint32_t to_end = mask_ + 1 - at;
    std::uint32_t room = seen_tail_ - head_, skip = 0;
    std::uint32_t length = get(at);
    if (length == kRingSkip) [[unlikely]] {
      if (to_end >= room) refuse_skip(room);
      skip = to_end;
      room -= skip;
      at = 0;
      length = get(0);
    }
    if (length - 1 >= most_) [[unlikely]]
      refuse_length(length, room);
    const std::uint32_t takes = ring_bytes(length);
    // Behind a skip there is the whole ring before the end, so `to_end` matters only without one.
    if (takes > room || (takes > to_end && skip == 0)) [[unlikely]]
      refuse_length(length, room);
    next_ = skip + takes;
    return {data_ + at + 4, length};
  }
  /// Lets go of it: the writer may use its place again, and knows that it was taken. Nothing without a message.
  void take() noexcept {
    head_ += next_;
    next_ = 0;
    // Release: the partner of the acquire in RingWriter::taken(); what was read here was read before.
    own_.head.store(head_, std::memory_order_release);
  }
  /// Whether there is no message besides one that was looked at and not taken.
  bool empty() const noexcept {
    // Relaxed: try_next() looks again, with the acquire that what follows needs.
    return peers_.tail.load(std::memory_order_relaxed) == head_ + next_;
  }

  /// Publishes what this process does. Not `polling`: returns false when a message is there already besides one that
  /// was looked at and not taken; what was published stays.
  bool set_listening(Listening how) noexcept {
    if (how == Listening::polling) {
      // Relaxed, without a partner: a writer that still sees the old word wakes somebody for nothing.
      own_.listening.store(static_cast<std::uint32_t>(how), std::memory_order_relaxed);
      return true;
    }
    // Both seq_cst: see RingWriter::commit().
    own_.listening.store(static_cast<std::uint32_t>(how), std::memory_order_seq_cst);
    return peers_.tail.load(std::memory_order_seq_cst) == head_ + next_;
  }
  /// From any thread: bytes that have been taken.
  std::uint32_t published() const noexcept { return own_.head.load(std::memory_order_seq_cst); }
  /// Bytes read until now, with the message that was looked at.
  std::uint32_t read() const noexcept { return head_ + next_; }
  /// By who has just stopped to be the reading thread, and had read so far: the writer is told to wake somebody.
  ///   returns  false: there is more
  bool rest(std::uint32_t read_so_far) noexcept {
    // Both seq_cst: see RingWriter::commit().
    own_.listening.store(static_cast<std::uint32_t>(Listening::asleep), std::memory_order_seq_cst);
    return peers_.tail.load(std::memory_order_seq_cst) == read_so_far;
  }
  /// Sleeps until a message is there, a wake-up, or so many nanoseconds have passed (negative: for ever). May return
  /// early for no reason. After set_listening() with asleep, or nobody wakes it.
  void sleep(std::int64_t nanoseconds) const noexcept { sleep_while(head_ + next_, nanoseconds); }

  /// From any thread: bytes that the peer says to have written, unchecked, for sleep_while().
  std::uint32_t peers_tail() const noexcept { return peers_.tail.load(std::memory_order_seq_cst); }
  /// From any thread: as sleep(), until peers_tail() is another. For one that waits beside the reading thread.
  void sleep_while(std::uint32_t tail, std::int64_t nanoseconds) const noexcept;
  /// From any thread: ends sleeps, at least those that have begun. One that is about to begin is missed, since only the
  /// peer may change the word that is slept on: whoever waits for the end of this process sleeps for bounded times.
  void wake_sleepers(int how_many = std::numeric_limits<int>::max()) const noexcept;

 private:
  /// Looks how far the peer has written.  returns  whether there is something
  bool look() {
    // Acquire: the partner of the store in RingWriter::commit(); the bytes before the tail are there.
    const std::uint32_t tail = peers_.tail.load(std::memory_order_acquire);
    if (tail == head_) return false;
    if (tail - head_ > mask_ + 1 || tail % 8 != 0) [[unlikely]]
      refuse_tail(tail);
    seen_tail_ = tail;
    return true;
  }
  /// Once, so that what is checked is what is used. Relaxed: look() has acquired it.
  std::uint32_t get(std::uint32_t at) const noexcept {
    return __atomic_load_n(reinterpret_cast<const std::uint32_t*>(data_ + at), __ATOMIC_RELAXED);
  }
  [[noreturn]] void refuse_tail(std::uint32_t tail) const;
  [[noreturn]] void refuse_skip(std::uint32_t room) const;
  [[noreturn]] void refuse_length(std::uint32_t length, std::uint32_t room) const;

  RingPage& own_;
  const RingPage& peers_;
  const std::byte* const data_;
  const std::uint32_t mask_, most_;
  std::uint32_t head_, seen_tail_, next_ = 0;
};

}  // namespace lagoon::detail
