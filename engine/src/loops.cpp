// SPDX-License-Identifier: Apache-2.0
#include "loops.hpp"

#include <lagoon/engine/fence.hpp>

#include <algorithm>
#include <utility>

namespace lagoon::detail {
namespace {

constexpr std::chrono::microseconds kSlice{500};  // of one loop, that a worker stays before it may be sent elsewhere
constexpr std::chrono::microseconds kTake{5};     // taking parts moves a line between cores: so much at a time, about
constexpr std::chrono::microseconds kStay{20};    // of a worker that finds nothing to do; sending for it takes 2 to 5
constexpr int kSpins = 2000;                      // some 20 us: the last parts of a loop end at about the same time

}  // namespace

void Loops::work(Loop& loop, bool as_helper) noexcept {
  const std::uint64_t since = ticks_now();
  std::uint64_t before = since;
  for (std::ptrdiff_t some = 1;;) {
    const BothEnds::Some parts = loop.take(some, as_helper);
    if (parts.empty()) return;
    for (std::ptrdiff_t k = parts.first; k < parts.last; ++k) loop.part(loop.context, k);
    const std::uint64_t now = ticks_now();
    if (as_helper && duration_of(now - since) >= kSlice) return;
    const auto took = duration_of(now - std::exchange(before, now));
    if (took < kTake) {
      some = std::min(2 * some, std::max<std::ptrdiff_t>(loop.left() / (8 * (workers_ + 1)), 1));
    } else if (took > 4 * kTake) {
      some = (some + 1) / 2;
    }
  }
}

bool Loops::another_begins(std::uint32_t seen, std::uint64_t since) const noexcept {
  const std::uint64_t begin = ticks_now();
  if (duration_of(begin - since) >= kSlice) return false;
  for (;;) {
    for (int k = 0; k < 16; ++k) {
      if (begun_.load(std::memory_order_acquire) != seen) return true;
      spin_pause();
    }
    if (duration_of(ticks_now() - begin) >= kStay) return false;
  }
}

void Loops::leave(Loop& loop) noexcept {
  // release: what this thread wrote in its parts. The loop may be gone at the next instruction.
  if (loop.helpers.fetch_sub(1, std::memory_order_release) == (kSleeps | 1)) futex_wake(loop.helpers);
}

void Loops::end(Loop& loop) noexcept {
  {
    std::lock_guard lock(mutex_);
    (loop.before ? loop.before->after : first_) = loop.after;
    (loop.after ? loop.after->before : last_) = loop.before;
  }
  for (int k = 0; k < kSpins; ++k) {
    if (loop.helpers.load(std::memory_order_acquire) == 0) return;  // pairs with leave
    spin_pause();
  }
  std::uint32_t there = loop.helpers.fetch_or(kSleeps, std::memory_order_acquire) | kSleeps;
  while (there != kSleeps) {
    system_clock().wait(loop.helpers, there, kNever);
    there = loop.helpers.load(std::memory_order_acquire);
  }
}

}  // namespace lagoon::detail
