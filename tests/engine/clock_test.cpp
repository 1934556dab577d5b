// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <lagoon/engine/clock.hpp>
#include <lagoon/engine/stop.hpp>
#include <lagoon/engine/ticks.hpp>

#include <thread>

namespace lagoon {
namespace {

using namespace std::chrono_literals;

TEST(SystemClock, RunsForward) {
  const TimePoint a = system_clock().now();
  EXPECT_LE(a, system_clock().now());
}

TEST(SystemClock, WakesASleeperWhenTheWordChanges) {
  std::atomic<std::uint32_t> word{0};
  std::thread sleeper([&] {
    while (word.load() == 0) system_clock().wait(word, 0, kNever);
  });
  word.store(1);
  futex_wake(word);
  sleeper.join();
}

TEST(SystemClock, DoesNotSleepOnAWordThatHasChangedOrPastTheDeadline) {
  std::atomic<std::uint32_t> word{1};
  system_clock().wait(word, 0, kNever);  // returns, or this test hangs
  system_clock().wait(word, 1, system_clock().now());
  system_clock().wait(word, 1, system_clock().now() - 1h);
}

TEST(SystemClock, EndsASleepAtTheDeadline) {
  std::atomic<std::uint32_t> word{0};
  const TimePoint deadline = system_clock().now() + 2ms;
  while (system_clock().now() < deadline) system_clock().wait(word, 0, deadline);
  EXPECT_GE(system_clock().now(), deadline);
}

TEST(VirtualClock, StandsStillUntilToldToMove) {
  VirtualClock clock;
  const TimePoint start = clock.now();
  EXPECT_EQ(clock.now(), start);
  clock.advance(10min);
  EXPECT_EQ(clock.now() - start, 10min);
}

TEST(VirtualClock, EndsASleepWhenAnotherThreadMovesIt) {
  VirtualClock clock;
  std::atomic<std::uint32_t> word{0};
  const TimePoint deadline = clock.now() + 10min;
  std::thread mover([&] { clock.advance(10min); });
  while (clock.now() < deadline) clock.wait(word, 0, deadline);
  mover.join();
}

TEST(Stop, SaysWhyTheCallIsToEnd) {
  VirtualClock clock;
  StopControl stop(clock, clock.now() + 1s);
  EXPECT_EQ(stop.reason(), Errc::ok);
  clock.advance(999ms);
  EXPECT_EQ(stop.reason(), Errc::ok);
  clock.advance(1ms);
  EXPECT_EQ(stop.reason(), Errc::deadline_exceeded);
  stop.request_stop();
  EXPECT_EQ(stop.reason(), Errc::cancelled) << "what the caller said comes first";
}

TEST(Stop, ObeysTheParentsRequestAndTheEarlierDeadline) {
  VirtualClock clock;
  StopControl parent(clock, clock.now() + 1s);
  StopControl later(clock, clock.now() + 2s, &parent), sooner(clock, clock.now() + 500ms, &parent);
  EXPECT_EQ(later.deadline(), parent.deadline());
  EXPECT_LT(sooner.deadline(), parent.deadline());
  parent.request_stop();
  EXPECT_EQ(later.reason(), Errc::cancelled);
  EXPECT_EQ(sooner.reason(), Errc::cancelled);
  StopControl child(clock, kNever, &later);
  EXPECT_EQ(child.reason(), Errc::cancelled) << "from the grandparent";
}

TEST(Stop, OfAChildLeavesTheParentAlone) {
  StopControl parent;
  StopControl child(system_clock(), kNever, &parent);
  child.request_stop();
  EXPECT_EQ(parent.reason(), Errc::ok);
}

TEST(StopScope, NestsAndEnds) {
  EXPECT_EQ(current_stop(), nullptr);
  EXPECT_FALSE(stop_requested());
  EXPECT_NO_THROW(throw_if_stopped());
  StopControl outer, inner;
  {
    const StopScope a(&outer);
    {
      const StopScope b(&inner);
      EXPECT_EQ(current_stop(), &inner);
      inner.request_stop();
      EXPECT_TRUE(stop_requested());
      EXPECT_THROW(throw_if_stopped(), Error);
      const StopScope none(nullptr);
      EXPECT_FALSE(stop_requested());
    }
    EXPECT_EQ(current_stop(), &outer);
    EXPECT_FALSE(stop_requested());
  }
  EXPECT_EQ(current_stop(), nullptr);
}

TEST(Ticks, RunForwardAndKeepTimeWithTheSystemClock) {
  ticks_to_ns(0);
  // Long enough that one part in a thousand is more than the time of reading both clocks once.
  const auto begin = std::chrono::steady_clock::now();
  const std::uint64_t first = ticks_now();
  std::uint64_t last = first;
  std::chrono::nanoseconds passed{0};
  while (passed < 20ms) {
    const std::uint64_t now = ticks_now();
    ASSERT_GE(now, last);
    last = now;
    passed = std::chrono::steady_clock::now() - begin;
  }
  // Between the last two readings this thread may have been off its core: both bounds are real, the upper one loose.
  const double ns = static_cast<double>(ticks_to_ns(last - first));
  EXPECT_LE(ns, 1.001 * static_cast<double>(passed.count()));
  EXPECT_GT(ns, 0);
}

TEST(Ticks, ConvertWithoutOverflow) {
  EXPECT_EQ(ticks_to_ns(0), 0u);
  const double one = static_cast<double>(ticks_to_ns(1'000'000)) / 1e6;  // ns per tick
  const double year = 1e9 * 365 * 86400 / one;
  EXPECT_NEAR(static_cast<double>(ticks_to_ns(static_cast<std::uint64_t>(year))), 1e9 * 365 * 86400, 1e13);
}

}  // namespace
}  // namespace lagoon
