// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>
#include <lagoon/engine/clock.hpp>
#include <lagoon/engine/stop.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <limits>

#include "expect.hpp"

// Calls that end in the middle, without waiting for a moment to come.
namespace lagoon::test {

/// A clock on which an hour has passed after so many looks at it.
class LooksClock final : public Clock {
 public:
  static constexpr TimePoint kDeadline = TimePoint{} + std::chrono::hours(1);

  explicit LooksClock(std::int64_t looks) : looks_(looks) {}
  TimePoint now() const noexcept override {
    return TimePoint{} + std::chrono::hours(seen_.fetch_add(1) < looks_ ? 0 : 2);
  }
  void wait(const std::atomic<std::uint32_t>&, std::uint32_t, TimePoint) const override {}
  std::int64_t seen() const { return seen_.load(); }

 private:
  const std::int64_t looks_;
  mutable std::atomic<std::int64_t> seen_{0};
};

/// Runs f until the clock has been looked at so often.  returns  how often it was
template <class F>
std::int64_t run_for_looks(std::int64_t looks, F&& f) {
  const LooksClock clock(looks);
  const StopControl stop(clock, LooksClock::kDeadline);
  const StopScope scope(&stop);
  f();
  return clock.seen();
}

/// f looks at its stop `least` times or more, and ends with deadline_exceeded at whichever look the time has passed.
template <class F>
void expect_stops(std::int64_t least, F f) {
  const std::int64_t all = run_for_looks(std::numeric_limits<std::int64_t>::max(), f);
  EXPECT_GE(all, least);
  for (std::int64_t at : {std::int64_t{0}, std::int64_t{1}, all / 8, all / 4, 3 * all / 8, all / 2, 5 * all / 8,
                          3 * all / 4, 7 * all / 8, all - 1}) {
    SCOPED_TRACE(testing::Message() << "at look " << at << " of " << all);
    error_of(Errc::deadline_exceeded, [&] { run_for_looks(at, f); });
  }
}

}  // namespace lagoon::test
