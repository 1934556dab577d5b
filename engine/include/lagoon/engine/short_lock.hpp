// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>

namespace lagoon::detail {

/// A mutex for a few dozen instructions, about which threads hardly ever meet: who finds it taken spins, then yields.
/// Letting go of it is a plain store. std::mutex has a locked instruction there, which waits until all that was written
/// has this core's cache line; for a line that another core looks at, as at the next message, that is its whole way.
class ShortLock {
 public:
  void lock() noexcept {
    while (taken_.exchange(true, std::memory_order_acquire)) wait();
  }
  void unlock() noexcept { taken_.store(false, std::memory_order_release); }

 private:
  void wait() const noexcept;
  std::atomic<bool> taken_{false};
};

}  // namespace lagoon::detail
