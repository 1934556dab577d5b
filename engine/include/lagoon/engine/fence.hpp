// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>

namespace lagoon::detail {

/// Whether the kernel can make other threads run a full fence on request (membarrier, Linux 4.14).
extern const bool kAsymmetricFences;

// The two halves of "publish, then look whether the other side sleeps". The side that runs a million times a second
// takes the light half, which costs nothing; the side about to sleep takes the heavy one, a system call that makes
// every running thread of the process pass a full fence. Without kernel help both are full fences.
inline void light_fence() noexcept {
  if (kAsymmetricFences) [[likely]] {
    std::atomic_signal_fence(std::memory_order_seq_cst);
  } else {
    std::atomic_thread_fence(std::memory_order_seq_cst);
  }
}
void heavy_fence() noexcept;

/// Tells the core that this thread is in a short spin.
inline void spin_pause() noexcept {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

}  // namespace lagoon::detail
