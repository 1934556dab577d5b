// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lagoon/engine/ticks.hpp>
#include <lagoon/rpc/call_state.hpp>
#include <lagoon/rpc/endpoint.hpp>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <vector>

namespace lagoon::detail {

/// What a worker of a pool does: the calls that its own threads run now, and what handlers have cost it.
class CallBook {
 public:
  /// fastest   of all workers of the pool: ticks that a call takes where it takes least
  explicit CallBook(std::atomic<std::uint64_t>& fastest) noexcept : fastest_(fastest) {}
  void begin(CallState& call) noexcept;
  void end(CallState& call) noexcept;
  /// A handler has ended after so many ticks, on its caller's thread or on the worker's.
  void count(std::uint64_t ticks, bool on_callers_thread) noexcept {
    // Not one locked instruction: of two handlers that end at once one may go uncounted, in figures that are for
    // balancing and for the eye.
    add(busy_, ticks);
    if (on_callers_thread) add(guest_, ticks);
    const std::uint64_t before = typical_.load(std::memory_order_relaxed);
    const std::uint64_t now = before ? before - before / 8 + ticks / 8 : ticks;
    typical_.store(now, std::memory_order_relaxed);
    const std::uint64_t fastest = fastest_.load(std::memory_order_relaxed);
    if (fastest == 0 || now < fastest) fastest_.store(now, std::memory_order_relaxed);  // the pool's thread raises it
  }
  /// What one call held at most; the method's figure follows the largest of late.
  static void count_memory(BoundMethod& pooled, std::size_t bytes) noexcept {
    const std::size_t before = pooled.call_memory.load(std::memory_order_relaxed);
    pooled.call_memory.store(std::max(bytes, before - before / 16), std::memory_order_relaxed);
  }

  /// Handlers that run on the worker's own threads.
  std::vector<CallHandle<CallState>> running() const;
  /// Those of them whose calls have been ended for their callers, and that should have stopped, by submitted_ticks().
  std::vector<std::uint64_t> overdue() const;

  std::uint64_t busy_ticks() const noexcept { return busy_.load(std::memory_order_relaxed); }
  std::uint64_t guest_ticks() const noexcept { return guest_.load(std::memory_order_relaxed); }
  /// Ticks that a handler takes of late; 0: not known yet.
  std::uint64_t typical_ticks() const noexcept { return typical_.load(std::memory_order_relaxed); }

 private:
  static void add(std::atomic<std::uint64_t>& sum, std::uint64_t n) noexcept {
    sum.store(sum.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }

  std::atomic<std::uint64_t>& fastest_;
  mutable std::mutex mutex_;
  CallState* last_ = nullptr;
  alignas(64) std::atomic<std::uint64_t> busy_{0}, guest_{0}, typical_{0};
};

}  // namespace lagoon::detail
