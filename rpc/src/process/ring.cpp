// SPDX-License-Identifier: Apache-2.0
#include "ring.hpp"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <lagoon/core/error.hpp>

#include <bit>
#include <cassert>
#include <climits>
#include <ctime>
#include <string>

namespace lagoon::detail {
namespace {

// The shared futex, without FUTEX_PRIVATE_FLAG: the kernel then knows the word by its file and offset. Both operations
// only read it, so a mapping without the right to write is enough.
void futex_wait(const std::atomic<std::uint32_t>& word, std::uint32_t value, const timespec* until,
                Sleeper who) noexcept {
  syscall(SYS_futex, &word, FUTEX_WAIT_BITSET, value, until, nullptr, static_cast<std::uint32_t>(who));
}

void futex_wake(const std::atomic<std::uint32_t>& word, int how_many, Sleeper who) noexcept {
  syscall(SYS_futex, &word, FUTEX_WAKE_BITSET, how_many, nullptr, nullptr, static_cast<std::uint32_t>(who));
}

std::uint32_t mask_of(std::size_t bytes) noexcept {
  assert(std::has_single_bit(bytes) && bytes >= 4 * kRingLine && bytes <= std::size_t{1} << 31);
  return static_cast<std::uint32_t>(bytes - 1);
}

[[noreturn]] void lost(const std::string& what) { throw Error(Errc::data_loss, "ring: the peer's " + what); }

}  // namespace

RingWriter::RingWriter(RingPage& own, std::span<std::byte> data, const RingPage& peers) noexcept
    : own_(own),
      peers_(peers),
      data_(data.data()),
      mask_(mask_of(data.size())),
      most_(static_cast<std::uint32_t>(data.size() / 4)),
      tail_(own.tail.load()),
      seen_head_(tail_),
      clear_until_(tail_ + kRingLine) {}

void RingWriter::wake_reader(int how_many) const noexcept {
  // It may have changed since commit(). Then whoever changed it has looked for messages after that.
  const auto listening = static_cast<Listening>(peers_.listening.load(std::memory_order_relaxed));
  futex_wake(own_.tail, how_many, listening == Listening::asleep_in_call ? Sleeper::caller : Sleeper::thread);
}

void RingWriter::refuse(std::size_t bytes) const {
  throw Error(Errc::invalid_argument,
              "ring: a message of " + std::to_string(bytes) + " bytes, not 1 to " + std::to_string(most_));
}

void RingWriter::refuse_head(std::uint32_t head) const {
  lost("head is at " + std::to_string(head) + ", not at a multiple of 64 from " + std::to_string(seen_head_) + " to " +
       std::to_string(tail_));
}

RingReader::RingReader(RingPage& own, std::span<const std::byte> data, const RingPage& peers) noexcept
    : own_(own),
      peers_(peers),
      data_(data.data()),
      mask_(mask_of(data.size())),
      most_(static_cast<std::uint32_t>(data.size() / 4)),
      head_(own.head.load()),
      seen_tail_(head_) {}

void RingReader::sleep_while(std::uint32_t tail, std::int64_t nanoseconds, Sleeper who) const noexcept {
  if (nanoseconds < 0) return futex_wait(peers_.tail, tail, nullptr, who);
  constexpr std::int64_t kSecond = 1'000'000'000;
  timespec until{};  // with bits it is a time, not a duration
  ::clock_gettime(CLOCK_MONOTONIC, &until);
  until.tv_sec += static_cast<time_t>(nanoseconds / kSecond);
  until.tv_nsec += static_cast<long>(nanoseconds % kSecond);
  if (until.tv_nsec >= kSecond) {
    until.tv_nsec -= kSecond;
    ++until.tv_sec;
  }
  futex_wait(peers_.tail, tail, &until, who);
}

void RingReader::wake_sleepers(int how_many, Sleeper who) const noexcept { futex_wake(peers_.tail, how_many, who); }

void RingReader::look_at_tail() {
  // Acquire: the partner of the store in RingWriter::commit(); a message before the tail is there.
  const std::uint32_t tail = peers_.tail.load(std::memory_order_acquire);
  if (!empty()) return;
  if (!read().is_all(tail))
    lost("tail is at " + std::to_string(tail) + ", and there is no message at " + std::to_string(read().read));
  seen_tail_ = tail;
  told_ = false;
}

void RingReader::refuse_length(std::uint32_t length) const {
  lost("message has a length of " + std::to_string(length) + " bytes where 1 to " + std::to_string(most_) +
       " can be, at " + std::to_string(head_));
}

}  // namespace lagoon::detail
