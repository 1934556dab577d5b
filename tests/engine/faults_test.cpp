// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <lagoon/core/error.hpp>
#include <lagoon/engine/faults.hpp>

#include <atomic>
#include <new>
#include <thread>

namespace lagoon {
namespace {

TEST(FaultPlan, WithoutAPlanNothingBreaks) { EXPECT_NO_THROW(fault_point(nullptr, "anywhere")); }

TEST(FaultPlan, BreaksTheVisitItWasToldTo) {
  FaultPlan plan;
  plan.at("here", 3, Fault::fail);
  fault_point(&plan, "here");
  fault_point(&plan, "here");
  try {
    fault_point(&plan, "here");
    FAIL() << "the third visit passed";
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), Errc::aborted);
    EXPECT_NE(e.status().message().find("here"), std::string::npos);
  }
  EXPECT_NO_THROW(fault_point(&plan, "here"));
  EXPECT_NO_THROW(fault_point(&plan, "elsewhere"));
}

TEST(FaultPlan, BreaksInTheWayItWasToldTo) {
  FaultPlan plan;
  int called = 0;
  plan.at("x", 1, Fault::foreign);
  plan.at("x", 2, Fault::no_memory);
  plan.at("x", 3, Fault::call, [&] { ++called; });
  plan.at("x", 4, Fault::call);
  plan.at("x", 5, Fault::none);
  EXPECT_THROW(plan.visit("x"), int);
  EXPECT_THROW(plan.visit("x"), std::bad_alloc);
  EXPECT_NO_THROW(plan.visit("x"));
  EXPECT_EQ(called, 1);
  EXPECT_NO_THROW(plan.visit("x"));
  EXPECT_NO_THROW(plan.visit("x"));
}

TEST(FaultPlan, CountsEveryPointThatWasVisited) {
  FaultPlan plan;
  plan.at("never", 1, Fault::fail);
  for (int k = 0; k < 3; ++k) plan.visit("a");
  plan.visit("b");
  const std::vector<std::pair<std::string, std::uint64_t>> expected{{"a", 3}, {"b", 1}, {"never", 0}};
  EXPECT_EQ(plan.visits(), expected);
}

TEST(FaultPlan, CountsVisitsOverAllThreads) {
  FaultPlan plan;
  plan.at("x", 500, Fault::fail);
  std::atomic<int> broken{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int k = 0; k < 250; ++k) {
        try {
          plan.visit("x");
        } catch (const Error&) {
          ++broken;
        }
      }
    });
  for (auto& t : threads) t.join();
  EXPECT_EQ(broken, 1);
  EXPECT_EQ(plan.visits().front().second, 1000u);
}

TEST(FaultPlan, DecidesByChanceTheSameForTheSameSeed) {
  auto decisions = [](std::uint64_t seed) {
    FaultPlan plan;
    plan.randomly("x", 0.25, Fault::fail, seed);
    std::vector<bool> broke;
    for (int k = 0; k < 2000; ++k) {
      try {
        plan.visit("x");
        broke.push_back(false);
      } catch (const Error&) {
        broke.push_back(true);
      }
    }
    return broke;
  };
  const auto a = decisions(1);
  EXPECT_EQ(a, decisions(1));
  EXPECT_NE(a, decisions(2));
  // 2000 draws of chance 0.25: mean 500, deviation 19.4; five deviations.
  EXPECT_NEAR(static_cast<double>(std::count(a.begin(), a.end(), true)), 500, 97);
}

}  // namespace
}  // namespace lagoon
