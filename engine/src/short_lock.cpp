// SPDX-License-Identifier: Apache-2.0
#include <lagoon/engine/short_lock.hpp>

#include <lagoon/engine/fence.hpp>

#include <thread>

namespace lagoon::detail {

void ShortLock::wait() const noexcept {
  constexpr unsigned kSpins = 64;  // then who has it may not be running
  for (unsigned round = 1; taken_.load(std::memory_order_relaxed); ++round)
    round % kSpins ? spin_pause() : std::this_thread::yield();
}

}  // namespace lagoon::detail
