// SPDX-License-Identifier: Apache-2.0
// Balancers are pure: each test says what is known of the workers, and who gets the call.
#include <gtest/gtest.h>
#include <lagoon/rpc/balancer.hpp>

#include <cmath>
#include <limits>
#include <set>

namespace lagoon {
namespace {

using namespace std::chrono_literals;

std::vector<WorkerLoad> workers(std::size_t n) {
  std::vector<WorkerLoad> all(n);
  for (std::size_t i = 0; i < n; ++i) all[i].index = i;
  return all;
}

std::size_t chosen(const Balancer& balancer, const std::vector<WorkerLoad>& all, CallToPlace call = {}) {
  const auto placement = place(balancer, all, call);
  EXPECT_TRUE(placement.has_value());
  return placement ? placement->index : all.size();
}

TEST(Balancers, FindNobodyAmongNobody) { EXPECT_FALSE(place(balance::least_loaded, {}, {}).has_value()); }

TEST(Balancers, RoundRobinGoesRoundWhateverWorkersDo) {
  auto all = workers(3);
  all[1].queued = 100;
  for (std::uint64_t k = 0; k < 9; ++k) EXPECT_EQ(chosen(balance::round_robin, all, {.number = k}), k % 3);
}

TEST(Balancers, LeastLoadedCountsWhatRunsAndWaitsForWhatMayRun) {
  auto all = workers(3);
  all[0] = {.index = 0, .running = 1, .queued = 1, .concurrency = 1};
  all[1] = {.index = 1, .running = 3, .queued = 0, .concurrency = 4};
  all[2] = {.index = 2, .running = 1, .queued = 0, .concurrency = 1};
  for (std::uint64_t k = 0; k < 3; ++k) EXPECT_EQ(chosen(balance::least_loaded, all, {.number = k}), 1u);
}

TEST(Balancers, OfEqualsTakeTurns) {
  const auto all = workers(4);
  for (const Balancer& balancer :
       {Balancer(balance::least_loaded), Balancer(balance::by_memory), Balancer(balance::balanced)}) {
    std::set<std::size_t> seen;
    for (std::uint64_t k = 0; k < 4; ++k) seen.insert(chosen(balancer, all, {.number = k}));
    EXPECT_EQ(seen.size(), 4u);
  }
}

TEST(Balancers, ByMemoryNeverChoosesWhereArraysDoNotFitIfTheyFitElsewhere) {
  auto all = workers(2);
  all[0] = {.index = 0, .memory_held = 100, .memory_limit = 1000};
  all[1] = {.index = 1, .running = 1, .memory_held = 5000, .memory_limit = 10000};
  EXPECT_EQ(chosen(balance::by_memory, all, {.bytes = 10}), 0u);
  EXPECT_EQ(chosen(balance::by_memory, all, {.bytes = 950}), 1u);
  all[0].memory_limit = all[1].memory_limit = kUnlimited;
  EXPECT_EQ(chosen(balance::by_memory, all, {.bytes = std::numeric_limits<std::size_t>::max()}), 0u);
}

TEST(Balancers, BalancedGoesByWhatTheMethodWorksOn) {
  auto all = workers(2);
  all[0] = {.index = 0, .memory_held = 90, .memory_limit = 100};
  all[1] = {.index = 1, .running = 1, .memory_held = 10, .memory_limit = 100};
  EXPECT_EQ(chosen(balance::balanced, all, {.work = WorkType::cpu}), 0u);
  EXPECT_EQ(chosen(balance::balanced, all, {.work = WorkType::memory}), 1u);
}

TEST(Balancers, AdaptiveMultipliesTimeByWhatIsShort) {
  auto all = workers(2);
  const CallToPlace call{.bytes = 50'000'000, .waited = 1s, .fastest = 2ms};
  all[0].typical = 4ms;
  all[1].typical = 2ms;
  EXPECT_EQ(chosen(balance::adaptive, all, call), 1u);
  all[1].running = 2;  // three turns of 2 ms
  EXPECT_EQ(chosen(balance::adaptive, all, call), 0u);
  all[1].running = 0;
  all[1].memory_limit = 1'000'000'000;
  all[1].memory_held = 600'000'000;  // 2 ms over 0.4
  EXPECT_EQ(chosen(balance::adaptive, all, call), 0u);
}

TEST(Balancers, AdaptiveGoesWhereTheDataIsAlready) {
  auto all = workers(2);
  all[0].bytes_to_bring = 50'000'000;  // 5 ms
  EXPECT_EQ(chosen(balance::adaptive, all, {.bytes = 50'000'000}), 1u) << "nothing is known of the time";
  all[0].typical = all[1].typical = 2ms;
  all[1].running = 2;  // done after 6 ms rather than 7
  EXPECT_EQ(chosen(balance::adaptive, all, {.bytes = 50'000'000, .fastest = 2ms}), 1u);
  all[1].running = 3;
  EXPECT_EQ(chosen(balance::adaptive, all, {.bytes = 50'000'000, .fastest = 2ms}), 0u);
}

TEST(Balancers, AScoreThatIsNoNumberMeansNever) {
  const auto all = workers(2);
  const Balancer odd = [](const WorkerLoad& w, const CallToPlace&) { return w.index == 0 ? std::nan("") : 1e300; };
  for (std::uint64_t k = 0; k < 2; ++k) EXPECT_EQ(chosen(odd, all, {.number = k}), 1u);
}

TEST(Balancers, TellTheScoresOfAll) {
  auto all = workers(2);
  all[1].running = 2;
  const auto placement = place(balance::least_loaded, all, {});
  EXPECT_EQ(placement->scores, (std::vector<double>{0, 2}));
}

}  // namespace
}  // namespace lagoon
