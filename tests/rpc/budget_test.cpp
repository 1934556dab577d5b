// SPDX-License-Identifier: Apache-2.0
// What calls may hold: charged before it is taken, named when it is refused, given back when the last handle goes.
#include <lagoon/engine/parallel.hpp>

#include "lab.hpp"

namespace lagoon::test {
namespace {

constexpr std::size_t kMiB = 1 << 20;

Frozen<double, 1> mebibytes(std::size_t n) { return filled(static_cast<std::ptrdiff_t>(n * kMiB / sizeof(double))); }

class CallBudgets : public testing::Test {
 protected:
  Engine engine_;
  Handlers allocating() {
    return {.compute =
                [](const Item& q, CallContext&) {
                  return Item{q.x, mebibytes(static_cast<std::size_t>(q.x))};
                },
            .later = [](Item q, CallContext&) -> Task<Result<Item>> {
              co_return Item{q.x, mebibytes(static_cast<std::size_t>(q.x))};
            }};
  }
};

TEST_F(CallBudgets, AHandlerOverItsIsolatesLimitFailsAloneAndSaysWhy) {
  Lab lab(engine_, {.name = "lab", .memory_limit = 8 * kMiB}, allocating());
  for (int k = 0; k < 3; ++k) {
    for (const Status& status : {lab->try_call<Compute>({9, {}}).status(), lab->try_call<Later>({9, {}}).status()}) {
      EXPECT_EQ(status.code(), Errc::resource_exhausted) << status.to_string();
      EXPECT_EQ(status.executed(), Executed::yes);
      for (const char* part : {"lab", "8388608"})
        EXPECT_NE(status.message().find(part), std::string::npos) << part << " in " << status.message();
    }
    EXPECT_TRUE(lab->try_call<Compute>({4, {}}).ok());
  }
}

TEST_F(CallBudgets, ACallsOwnLimitIsLower) {
  Lab lab(engine_, {.name = "lab", .memory_limit = 64 * kMiB, .call_limit = 4 * kMiB}, allocating());
  EXPECT_TRUE(lab->try_call<Compute>({3, {}}).ok());
  const Status status = lab->try_call<Compute>({5, {}}).status();
  EXPECT_EQ(status.code(), Errc::resource_exhausted);
  EXPECT_NE(status.message().find("a call of compute"), std::string::npos) << status.message();
  EXPECT_NE(status.message().find(std::to_string(4 * kMiB)), std::string::npos) << status.message();
  EXPECT_TRUE(lab->try_call<Compute>({5, {}}, {.memory_limit = 6 * kMiB}).ok()) << "the call asked for more";
  EXPECT_FALSE(lab->try_call<Compute>({3, {}}, {.memory_limit = 2 * kMiB}).ok()) << "the call asked for less";
}

TEST_F(CallBudgets, AnAnswerIsChargedUntilItsLastHandleGoes) {
  Lab lab(engine_, {.name = "lab", .memory_limit = 8 * kMiB, .keep_warm = 0}, allocating());
  auto first = lab->try_call<Compute>({5, {}});
  ASSERT_TRUE(first.ok());
  EXPECT_GE(lab.isolate().memory()->use().held, 5 * kMiB);
  EXPECT_FALSE(lab->try_call<Compute>({5, {}}).ok());
  auto second_handle = first->data;
  first = Item{};
  EXPECT_FALSE(lab->try_call<Compute>({5, {}}).ok());
  second_handle = {};
  EXPECT_LT(lab.isolate().memory()->use().held, kMiB);
  EXPECT_TRUE(lab->try_call<Compute>({5, {}}).ok());
}

TEST_F(CallBudgets, ArraysOutliveCallIsolateAndEngine) {
  Frozen<double, 1> kept;
  std::shared_ptr<IsolateMemory> memory;
  {
    Engine engine;
    Lab lab(engine, {.name = "lab"}, allocating());
    kept = lab->try_call<Compute>({2, {}})->data;
    memory = lab.isolate().memory();
  }
  EXPECT_EQ(kept[kept.size() - 1], 1);
  EXPECT_GE(memory->use().held, 2 * kMiB);
  kept = {};
  EXPECT_LT(memory->use().held, kMiB);
}

TEST_F(CallBudgets, WarmMemoryIsUsedAgainAndGivenBackBeforeACallIsRefused) {
  Lab lab(engine_, {.name = "lab", .memory_limit = 16 * kMiB}, allocating());
  const double* before = nullptr;
  for (int k = 0; k < 3; ++k) {
    const auto r = lab->try_call<Compute>({6, {}});
    EXPECT_TRUE(!before || r->data.data() == before) << "the slab was warm";
    before = r->data.data();
  }
  EXPECT_GE(lab.isolate().memory()->use().warm, 6 * kMiB);
  EXPECT_TRUE(lab->try_call<Compute>({13, {}}).ok()) << "6 MiB warm, 13 wanted, 16 allowed";
}

TEST_F(CallBudgets, WarmMemoryOfANeighbourIsGivenBackBeforeACallIsRefused) {
  Engine engine({.memory_limit = 16 * kMiB});
  Lab a(engine, {.name = "a"}, allocating()), b(engine, {.name = "b"}, allocating());
  ASSERT_TRUE(a->try_call<Compute>({12, {}}).ok());
  EXPECT_GE(a.isolate().memory()->use().warm, 12 * kMiB);
  const auto r = b->try_call<Compute>({12, {}});
  EXPECT_TRUE(r.ok()) << r.status().to_string();
}

TEST_F(CallBudgets, OfTheEngineHoldForAllIsolatesTogether) {
  Engine engine({.memory_limit = 16 * kMiB});
  Lab a(engine, {.name = "a", .memory_limit = 12 * kMiB, .keep_warm = 0}, allocating());
  Lab b(engine, {.name = "b", .memory_limit = 12 * kMiB, .keep_warm = 0}, allocating());
  auto held = a->try_call<Compute>({10, {}});
  ASSERT_TRUE(held.ok());
  const Status status = b->try_call<Compute>({10, {}}).status();
  EXPECT_EQ(status.code(), Errc::resource_exhausted);
  EXPECT_NE(status.message().find("engine"), std::string::npos) << status.message();
  held = Item{};
  EXPECT_TRUE(b->try_call<Compute>({10, {}}).ok());
}

// A thread that works for two isolates in turn must not lose credit with each change.
TEST_F(CallBudgets, AreNotUsedUpByAThreadThatServesTwoIsolatesInTurn) {
  Handlers small{.compute = [](const Item& q, CallContext&) { return Item{q.x, filled(100)}; }};
  Lab a(engine_, {.name = "a", .memory_limit = 16 * kMiB}, small);
  Lab b(engine_, {.name = "b", .memory_limit = 16 * kMiB}, small);
  for (int k = 0; k < 2000; ++k) {
    const auto in_a = a->try_call<Compute>(), in_b = b->try_call<Compute>();
    ASSERT_TRUE(in_a.ok()) << k << ": " << in_a.status().to_string();
    ASSERT_TRUE(in_b.ok()) << k << ": " << in_b.status().to_string();
  }
  EXPECT_LT(a.isolate().memory()->use().held, kMiB);
}

TEST_F(CallBudgets, AreNotUsedUpByThreadsThatComeAndGo) {
  Lab lab(engine_, {.name = "lab", .memory_limit = 16 * kMiB}, {.compute = [](const Item& q, CallContext&) {
            return Item{q.x, filled(100)};
          }});
  for (int k = 0; k < 600; ++k) std::thread([&] { EXPECT_TRUE(lab->try_call<Compute>().ok()); }).join();
  EXPECT_LT(lab.isolate().memory()->use().held, kMiB);
}

TEST_F(CallBudgets, AreChargedForWhatParallelLoopsAllocate) {
  Lab lab(engine_, {.name = "lab", .memory_limit = 16 * kMiB}, {.compute = [](const Item& q, CallContext&) {
            std::vector<Frozen<double, 1>> parts(32);
            parallel_for(32, {1}, [&](std::ptrdiff_t begin, std::ptrdiff_t) {
              parts[static_cast<std::size_t>(begin)] = mebibytes(1);
            });
            return q;
          }});
  for (int k = 0; k < 5; ++k) {
    const Status status = lab->start<Compute>().status();
    EXPECT_EQ(status.code(), Errc::resource_exhausted) << status.to_string();
  }
  EXPECT_LT(lab.isolate().memory()->use().held, kMiB);
}

TEST_F(CallBudgets, ComeBackToNothingWhenAllCallsHaveEnded) {
  Lab lab(engine_, {.name = "lab", .memory_limit = 32 * kMiB, .keep_warm = 0},
          {.compute = [](const Item& q, CallContext&) -> Result<Item> {
            const auto scratch = mebibytes(1);
            if (q.x % 3 == 0) return Status(Errc::aborted, "as asked");
            return Item{q.x, filled(50000)};
          }});
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (std::int64_t k = 0; k < 300; ++k) {
        auto reply = lab->start<Compute>({k, {}});
        if (k % 5 == 0) reply.cancel();
        if (k % 2) (void)reply.try_get();
      }
    });
  for (auto& t : threads) t.join();
  const auto memory = lab.isolate().memory();
  lab.close();
  EXPECT_EQ(memory->use().held, 0u);
  EXPECT_LE(memory->use().peak, 32 * kMiB);
}

}  // namespace
}  // namespace lagoon::test
