// SPDX-License-Identifier: Apache-2.0
#include <lagoon/engine/per_thread.hpp>

#include <bit>

namespace lagoon::detail {

constinit thread_local std::uint32_t t_thread_slot = kSlotUnknown;

namespace {

constexpr std::uint32_t kWords = kThreadSlots / 64;
constinit std::atomic<std::uint64_t> g_taken[kWords] = {};

// Gives the slot back when the thread ends.
struct SlotOfThread {
  std::uint32_t slot = kThreadSlots;
  ~SlotOfThread() {
    if (slot < kThreadSlots) {
      // release: pairs with the acquire in take_thread_slot; the next owner sees all that this thread wrote
      g_taken[slot / 64].fetch_and(~(std::uint64_t{1} << (slot % 64)), std::memory_order_release);
    }
    t_thread_slot = kThreadSlots;  // destructors of other thread-locals may still count
  }
};

}  // namespace

std::uint32_t take_thread_slot() noexcept {
  thread_local SlotOfThread mine;
  for (std::uint32_t w = 0; w < kWords; ++w) {
    std::uint64_t taken = g_taken[w].load(std::memory_order_relaxed);
    while (~taken) {
      const int bit = std::countr_one(taken);
      if (g_taken[w].compare_exchange_weak(taken, taken | (std::uint64_t{1} << bit), std::memory_order_acquire,
                                           std::memory_order_relaxed)) {
        mine.slot = w * 64 + static_cast<std::uint32_t>(bit);
        t_thread_slot = mine.slot;
        return mine.slot;
      }
    }
  }
  t_thread_slot = kThreadSlots;
  return kThreadSlots;
}

}  // namespace lagoon::detail
