// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace lagoon {

using TimePoint = std::chrono::steady_clock::time_point;
inline constexpr TimePoint kNever = TimePoint::max();

/// Where deadlines, timers and backoff read the time. Tests pass a VirtualClock and advance it by hand.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual TimePoint now() const noexcept = 0;

  /// Sleeps while `word` is `expected`, until notified (futex_wake) or until the deadline; may return early.
  virtual void wait(const std::atomic<std::uint32_t>& word, std::uint32_t expected, TimePoint deadline) const = 0;
};

/// The monotonic clock of the machine.
const Clock& system_clock() noexcept;

/// Stands still until told to move, so that a test of a ten-minute timeout takes no time and never flickers.
class VirtualClock final : public Clock {
 public:
  TimePoint now() const noexcept override;
  void wait(const std::atomic<std::uint32_t>& word, std::uint32_t expected, TimePoint deadline) const override;
  void advance(std::chrono::nanoseconds by) noexcept;

 private:
  std::atomic<std::int64_t> nanoseconds_{1};
};

/// Wakes threads that sleep on `word` in Clock::wait.
void futex_wake(const std::atomic<std::uint32_t>& word, int how_many = 1) noexcept;

}  // namespace lagoon
