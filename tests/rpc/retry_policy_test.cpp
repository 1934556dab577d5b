// SPDX-License-Identifier: Apache-2.0
// How long retries wait, and when there are to be none: what a policy and a throttle decide.
#include <lagoon/rpc/retry.hpp>

#include <thread>

#include "again.hpp"

namespace lagoon::test {
namespace {

// ---- pauses

TEST(RetryPauses, AreAShareOfABackoffThatGrowsToItsMost) {
  const RetryPolicy policy{.first = 10ms, .factor = 2, .most = 70ms};
  const std::uint64_t all = ~std::uint64_t{0};
  for (const auto& [attempt, most] : {std::pair{1u, 10ms}, {2u, 20ms}, {3u, 40ms}, {4u, 70ms}, {400u, 70ms}}) {
    EXPECT_EQ(policy.pause_after(attempt, 0), 0ms);
    EXPECT_EQ(policy.pause_after(attempt, all / 2 + 1), most / 2);
    EXPECT_LE(policy.pause_after(attempt, all), most);
    EXPECT_GE(policy.pause_after(attempt, all), most - 1us);
  }
}

TEST(RetryPauses, AreTheSameForTheSameSeed) {
  const auto pauses = [](std::uint64_t seed) {
    VirtualClock clock;
    Engine engine({.clock = &clock, .seed = seed});
    AgainGround ground(engine, Ground::local, [](const Item&, CallContext&) { return unavailable(); });
    std::vector<std::chrono::nanoseconds> seen;
    const auto note = [&](unsigned, const Status&, std::chrono::nanoseconds pause) {
      seen.push_back(pause);
      clock.advance(pause);
    };
    (void)retrying(ground.caller(), {.attempts = 6, .on_retry = note}).try_call<Ask>({});
    return seen;
  };
  EXPECT_EQ(pauses(7).size(), 5u);
  EXPECT_EQ(pauses(7), pauses(7));
  EXPECT_NE(pauses(7), pauses(8));
}

TEST(RetryPolicies, ThatMakeNoSenseAreRefused) {
  Engine engine;
  AgainGround ground(engine, Ground::local, [](const Item& q, CallContext&) { return q; });
  EXPECT_THROW(retrying(ground.caller(), {.attempts = 0}), Error);
  EXPECT_THROW(retrying(ground.caller(), {.factor = 0.5}), Error);
  EXPECT_THROW(retrying(ground.caller(), {.first = 2s, .most = 1s}), Error);
  EXPECT_THROW(RetryThrottle(0, 1), Error);
}

// ---- the throttle

TEST(RetryThrottles, StopAtHalfTheirTokensAndRecoverWithSuccesses) {
  RetryThrottle throttle;  // 10 tokens
  for (int k = 0; k < 4; ++k) EXPECT_TRUE(throttle.failed()) << k;
  EXPECT_FALSE(throttle.failed()) << "5 left are half";
  EXPECT_EQ(throttle.tokens(), 5);
  for (int k = 0; k < 11; ++k) throttle.succeeded();
  EXPECT_NEAR(throttle.tokens(), 6.1, 1e-9);
  EXPECT_TRUE(throttle.failed() || throttle.tokens() <= 5.1);
  for (int k = 0; k < 20; ++k) EXPECT_EQ(throttle.failed(), false);
  EXPECT_EQ(throttle.tokens(), 0);
  for (int k = 0; k < 1000; ++k) throttle.succeeded();
  EXPECT_EQ(throttle.tokens(), 10) << "no more than at the start";
}

TEST(RetryThrottles, CountExactlyFromManyThreads) {
  RetryThrottle throttle(1e6, 1);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (int k = 0; k < 20000; ++k) (void)throttle.failed();
      for (int k = 0; k < 5000 * t; ++k) throttle.succeeded();
    });
  for (auto& t : threads) t.join();
  EXPECT_EQ(throttle.tokens(), 1e6 - 80000 + 30000);
}

TEST(RetryThrottles, ArePartOfAllCallersThatShareThem) {
  VirtualClock clock;
  Engine engine({.clock = &clock});
  RetryThrottle throttle;
  Tally handled;
  AgainGround ground(engine, Ground::pool, [&](const Item&, CallContext&) -> Result<Item> {
    handled.add();
    return unavailable();
  });
  const RetryPolicy policy{.throttle = &throttle,
                           .on_retry = [&](unsigned, const Status&, std::chrono::nanoseconds p) { clock.advance(p); }};
  const auto first = retrying(ground.caller(), policy).try_call<Ask>({});
  EXPECT_EQ(detail_of(first.status(), "attempts"), "4");  // 6 tokens left
  const auto second = retrying(ground.caller(), policy).try_call<Ask>({});
  EXPECT_EQ(detail_of(second.status(), "attempts"), "1") << "5 tokens left";
  EXPECT_EQ(detail_of(second.status(), "retries"), "throttled");
  EXPECT_EQ(second.status().code(), Errc::unavailable);
  EXPECT_EQ(handled.value(), 5);
}

}  // namespace
}  // namespace lagoon::test
