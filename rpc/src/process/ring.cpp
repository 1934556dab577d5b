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
void futex_wait(const std::atomic<std::uint32_t>& word, std::uint32_t value, const timespec* most) noexcept {
  syscall(SYS_futex, &word, FUTEX_WAIT, value, most, nullptr, 0);
}

void futex_wake(const std::atomic<std::uint32_t>& word, int how_many) noexcept {
  syscall(SYS_futex, &word, FUTEX_WAKE, how_many, nullptr, nullptr, 0);
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

void RingWriter::wake_reader(int how_many) const noexcept { futex_wake(own_.tail, how_many); }

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

void RingReader::sleep_while(std::uint32_t tail, std::int64_t nanoseconds) const noexcept {
  constexpr std::int64_t kSecond = 1'000'000'000;
  const timespec most{static_cast<time_t>(nanoseconds / kSecond), static_cast<long>(nanoseconds % kSecond)};
  futex_wait(peers_.tail, tail, nanoseconds < 0 ? nullptr : &most);
}

void RingReader::wake_sleepers(int how_many) const noexcept { futex_wake(peers_.tail, how_many); }

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
