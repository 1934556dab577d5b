// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdint>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace lagoon::bench {

inline void pause_core() noexcept {
#if defined(__x86_64__)
  _mm_pause();
#endif
}
inline void futex_sleep(std::atomic<std::uint32_t>& word, std::uint32_t while_equal) noexcept {
  syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, while_equal, nullptr, nullptr, 0);
}
inline void futex_wake_one(std::atomic<std::uint32_t>& word) noexcept {
  syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
}

/// Where a raw rival puts its answer: the waiter spins for a bounded time, then sleeps on a futex, and is woken by a
/// system call only when it sleeps. The quickest hand-made way to wait for another thread.
class Slot {
 public:
  void put(std::uint64_t value) noexcept {
    value_ = value;
    if (state_.exchange(kFull, std::memory_order_acq_rel) == kSleeping) futex_wake_one(state_);
  }
  std::uint64_t take() noexcept {
    for (unsigned spins = 0; state_.load(std::memory_order_acquire) != kFull; ++spins) {
      pause_core();
      if (spins % 64 != 63) continue;
      if (spins == 63) spin_until_ = std::chrono::steady_clock::now() + kSpin;
      if (std::chrono::steady_clock::now() < spin_until_) continue;
      std::uint32_t empty = kEmpty;
      state_.compare_exchange_strong(empty, kSleeping);
      while (state_.load(std::memory_order_acquire) == kSleeping) futex_sleep(state_, kSleeping);
      break;
    }
    state_.store(kEmpty, std::memory_order_relaxed);
    return value_;
  }

 private:
  static constexpr std::uint32_t kEmpty = 0, kFull = 1, kSleeping = 2;
  static constexpr std::chrono::microseconds kSpin{50};
  alignas(64) std::atomic<std::uint32_t> state_{kEmpty};
  std::uint64_t value_ = 0;
  std::chrono::steady_clock::time_point spin_until_{};
};

}  // namespace lagoon::bench
