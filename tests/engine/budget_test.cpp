// SPDX-License-Identifier: Apache-2.0
// Bytes are reserved before they are taken, at every level or at none; what is warm goes before anything is refused.
#include <gtest/gtest.h>

#include <barrier>
#include <cstring>
#include <lagoon/core/tensor.hpp>
#include <lagoon/engine/budget.hpp>
#include <lagoon/engine/engine.hpp>
#include <lagoon/engine/isolate.hpp>
#include <random>
#include <thread>
#include <vector>

#include "rpc/gate.hpp"
#include "rpc/watchdog.hpp"

namespace lagoon {
namespace {

constexpr std::size_t kKiB = 1 << 10, kMiB = 1 << 20;

std::shared_ptr<IsolateMemory> memory_of(std::size_t limit, std::size_t keep_warm = kUnlimited,
                                         std::shared_ptr<Budget> parent = nullptr) {
  return std::make_shared<IsolateMemory>("lab", limit, std::move(parent), MemoryRules{.keep_warm = keep_warm});
}

Status refusal(std::pmr::memory_resource& memory, std::size_t bytes) {
  try {
    memory.deallocate(memory.allocate(bytes, kAlignment), bytes, kAlignment);
    return {};
  } catch (const Error& e) {
    return e.status();
  }
}

TEST(Budgets, CountAtEveryLevelOrAtNone) {
  Budget engine("engine", 100), isolate("isolate", 80, &engine), call("call", 60, &isolate);
  EXPECT_TRUE(call.try_reserve(50).ok());
  EXPECT_EQ(engine.held(), 50u);
  EXPECT_EQ(isolate.try_reserve(31).code(), Errc::resource_exhausted);
  EXPECT_EQ(engine.held(), 50u) << "what is refused was never taken";
  EXPECT_TRUE(engine.try_reserve(40).ok());
  EXPECT_EQ(call.try_reserve(10 + 1).details()[0].second, "call");
  const Status status = call.try_reserve(10 + 0);
  EXPECT_TRUE(status.ok());
  EXPECT_EQ(isolate.try_reserve(1).details()[0].second, "engine");
  EXPECT_EQ(call.held(), 60u);
  EXPECT_EQ(isolate.held(), 60u);
  call.release(60);
  EXPECT_EQ(engine.held(), 40u);
  EXPECT_EQ(engine.peak(), 100u);
}

TEST(Budgets, NameSizeHolderAndLimitWhenTheyRefuse) {
  Budget budget("the isolate lab", 1000);
  ASSERT_TRUE(budget.try_reserve(400).ok());
  const Status status = budget.try_reserve(601);
  EXPECT_EQ(status.message(), "601 bytes wanted, the isolate lab holds 400 of its limit of 1000");
  EXPECT_EQ(status.details(),
            (Status::Details{{"holder", "the isolate lab"}, {"wanted", "601"}, {"held", "400"}, {"limit", "1000"}}));
}

TEST(Budgets, GiveBackToTheirParentWhatTheyHoldAtTheirEnd) {
  Budget engine("engine", 100);
  {
    Budget call("call", 50, &engine);
    ASSERT_TRUE(call.try_reserve(30).ok());
  }
  EXPECT_EQ(engine.held(), 0u);
}

TEST(Budgets, RefuseWhatWouldOverflow) {
  Budget budget("lab", kUnlimited);
  ASSERT_TRUE(budget.try_reserve(100).ok());
  EXPECT_FALSE(budget.try_reserve(kUnlimited - 50).ok());
  EXPECT_EQ(budget.held(), 100u);
}

TEST(Budgets, NeverGrantMoreThanTheirLimitToManyThreads) {
  constexpr std::size_t kLimit = 1000;
  Budget engine("engine", kLimit), a("a", 800, &engine), b("b", 800, &engine);
  std::atomic<std::size_t> granted{0}, most{0};
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      std::minstd_rand random(t + 1);
      Budget& mine = t % 2 ? a : b;
      for (int k = 0; k < 20000; ++k) {
        const std::size_t bytes = random() % 400;
        if (!mine.try_reserve(bytes).ok()) continue;
        const std::size_t now = granted.fetch_add(bytes) + bytes;
        std::size_t seen = most.load();
        while (seen < now && !most.compare_exchange_weak(seen, now)) {
        }
        granted.fetch_sub(bytes);
        mine.release(bytes);
      }
    });
  for (auto& t : threads) t.join();
  EXPECT_LE(most, kLimit);
  EXPECT_LE(engine.peak(), kLimit);
  EXPECT_EQ(engine.held() + a.held() + b.held(), 0u);
}

// What is refused must not be taken for a moment: somebody else's small reservation would be refused with it.
TEST(Budgets, RefuseNobodyForTheSakeOfWhatTheyRefuse) {
  Budget engine("engine", 1000), isolate("isolate", 900, &engine), wide("wide", 2000, &engine);
  std::atomic<bool> done{false};
  std::atomic<int> tried{0};
  std::thread greedy([&] {
    while (!done.load()) {
      EXPECT_FALSE(isolate.try_reserve(901).ok());  // more than its own limit
      EXPECT_FALSE(wide.try_reserve(1001).ok());    // within its own, more than the engine's
      tried.fetch_add(1);
    }
  });
  int refused = 0;
  while (tried.load() < 20000) {
    for (Budget* budget : {&isolate, &wide}) {
      if (!budget->try_reserve(100).ok()) {
        ++refused;
      } else {
        budget->release(100);
      }
    }
  }
  done.store(true);
  greedy.join();
  EXPECT_EQ(refused, 0);
  EXPECT_EQ(engine.held(), 0u);
}

TEST(IsolatesMemory, IsAlignedAndWritableAtEverySize) {
  const auto memory = memory_of(kUnlimited);
  for (const std::size_t bytes : {std::size_t{0}, std::size_t{1}, 64 * kKiB - 1, 64 * kKiB, 64 * kKiB + 1, 2 * kMiB - 1,
                                  2 * kMiB, 3 * kMiB + 1, 33 * kMiB}) {
    void* p = memory->allocate(bytes, kAlignment);
    ASSERT_EQ(reinterpret_cast<std::uintptr_t>(p) % kAlignment, 0u) << bytes;
    if (bytes) static_cast<char*>(p)[0] = static_cast<char*>(p)[bytes - 1] = 1;
    memory->deallocate(p, bytes, kAlignment);
  }
  EXPECT_LE(memory->use().held, 128 * kKiB) << "what this thread keeps for its next small blocks";
}

TEST(IsolatesMemory, KeepsFreedSlabsWarmAndUsesThemAgain) {
  const auto memory = memory_of(64 * kMiB);
  void* first = memory->allocate(5 * kMiB, kAlignment);
  EXPECT_GE(memory->use().held, 5 * kMiB);
  EXPECT_EQ(memory->use().warm, 0u);
  memory->deallocate(first, 5 * kMiB, kAlignment);
  EXPECT_EQ(memory->use().held, 0u);
  EXPECT_GE(memory->use().warm, 5 * kMiB);
  EXPECT_EQ(memory->allocate(5 * kMiB - 100, kAlignment), first) << "sizes of one class share slabs";
  memory->deallocate(first, 5 * kMiB - 100, kAlignment);
  EXPECT_GE(memory->trim(), 5 * kMiB);
  EXPECT_EQ(memory->use().warm, 0u);
  EXPECT_EQ(memory->budget().held(), 0u);
}

TEST(IsolatesMemory, GivesWarmSlabsBackBeforeItRefuses) {
  const auto memory = memory_of(10 * kMiB);
  EXPECT_TRUE(refusal(*memory, 6 * kMiB).ok());
  EXPECT_GE(memory->use().warm, 6 * kMiB);
  EXPECT_TRUE(refusal(*memory, 8 * kMiB).ok()) << "6 MiB are warm, and nobody's";
  const Status status = refusal(*memory, 11 * kMiB);
  EXPECT_EQ(status.code(), Errc::resource_exhausted);
  EXPECT_NE(status.message().find("lab holds"), std::string::npos) << status.message();
}

TEST(IsolatesMemory, AsksItsNeighboursBeforeItRefuses) {
  Engine engine({.memory_limit = 16 * kMiB});
  Isolate a(engine, {.name = "a"}), b(engine, {.name = "b"});
  EXPECT_TRUE(refusal(*a.memory(), 12 * kMiB).ok());
  EXPECT_GE(a.memory()->use().warm, 12 * kMiB);
  EXPECT_TRUE(refusal(*b.memory(), 12 * kMiB).ok());
  void* held = a.memory()->allocate(8 * kMiB, kAlignment);
  const Status status = refusal(*b.memory(), 12 * kMiB);
  EXPECT_EQ(status.code(), Errc::resource_exhausted);
  EXPECT_NE(status.message().find("engine holds"), std::string::npos) << status.message();
  a.memory()->deallocate(held, 8 * kMiB, kAlignment);
}

TEST(IsolatesMemory, AsksItsNeighboursNothingWhenItIsItsOwnLimitThatIsReached) {
  Engine engine({.memory_limit = 16 * kMiB});
  Isolate a(engine, {.name = "a"}), b(engine, {.name = "b", .memory_limit = 4 * kMiB});
  EXPECT_TRUE(refusal(*a.memory(), 8 * kMiB).ok());
  EXPECT_FALSE(refusal(*b.memory(), 5 * kMiB).ok());
  EXPECT_GE(a.memory()->use().warm, 8 * kMiB);
}

// Two that find the budget full at once: the second to trim finds nothing warm left, but what the first gave back.
TEST(IsolatesMemory, RefusesNothingWhileWarmSlabsAreOnTheirWayBack) {
  const auto memory =
      std::make_shared<IsolateMemory>("lab", 16 * kMiB, nullptr, MemoryRules{.soft_mark = 1, .huge_pages = false});
  int refused = 0;
  for (int round = 0; round < 50; ++round) {
    void* large = memory->allocate(15 * kMiB, kAlignment);
    std::memset(large, 1, 15 * kMiB);  // pages that take their time to go
    memory->deallocate(large, 15 * kMiB, kAlignment);
    std::barrier start(2);
    const auto work = [&] {
      start.arrive_and_wait();
      return refusal(*memory, 5 * kMiB).ok() ? 0 : 1;
    };
    int refused_other = 0;
    std::thread other([&] { refused_other = work(); });
    refused += work();
    other.join();
    refused += refused_other;
  }
  EXPECT_EQ(refused, 0);
}

TEST(IsolatesMemory, KeepsNoMoreWarmThanItMay) {
  const auto memory = memory_of(kUnlimited, 4 * kMiB);
  std::vector<std::thread> threads;
  std::atomic<std::size_t> most{0};
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int k = 0; k < 300; ++k) {
        void* p[3];
        for (auto& each : p) each = memory->allocate(kMiB, kAlignment);
        for (auto& each : p) memory->deallocate(each, kMiB, kAlignment);
        const std::size_t now = memory->use().warm;
        std::size_t seen = most.load();
        while (seen < now && !most.compare_exchange_weak(seen, now)) {
        }
      }
    });
  for (auto& t : threads) t.join();
  EXPECT_LE(most, 4 * kMiB);
}

TEST(IsolatesMemory, LosesLittleToRounding) {
  // Half of a budget must be usable by arrays of any size: 6 % is what the slabs' classes promise.
  const auto memory = memory_of(kUnlimited, 0);
  for (std::size_t bytes = 64 * kKiB; bytes < 200 * kMiB; bytes += bytes / 7 + 1) {
    void* p = memory->allocate(bytes, kAlignment);
    EXPECT_LE(static_cast<double>(memory->use().held), static_cast<double>(bytes) * 1.07) << bytes;
    memory->deallocate(p, bytes, kAlignment);
  }
}

TEST(SmallBlocks, AreChargedInBatchesPerThread) {
  const auto memory = memory_of(kMiB);
  void* p = memory->allocate(100, kAlignment);
  EXPECT_LE(memory->use().held, 64 * kKiB + 100);
  EXPECT_GE(memory->use().held, 100u);
  memory->deallocate(p, 100, kAlignment);
  EXPECT_LE(memory->use().held, 128 * kKiB) << "what this thread keeps for its next blocks";
}

TEST(SmallBlocks, FitUpToTheLastByte) {
  // When a batch does not fit any more, the block itself may.
  const auto memory = memory_of(100 * kKiB);
  std::vector<void*> blocks;
  for (int k = 0; k < 99; ++k) {
    try {
      blocks.push_back(memory->allocate(kKiB, kAlignment));
    } catch (const Error& e) {
      ADD_FAILURE() << "block " << k << ": " << e.what();
      break;
    }
  }
  EXPECT_EQ(refusal(*memory, 2 * kKiB).code(), Errc::resource_exhausted);
  for (void* p : blocks) memory->deallocate(p, kKiB, kAlignment);
}

TEST(SmallBlocks, LeaveNothingReservedBehindAThreadThatTurnsToAnotherMemory) {
  const auto a = memory_of(kMiB), b = memory_of(kMiB);
  for (int k = 0; k < 1000; ++k) {
    ASSERT_TRUE(refusal(*a, 1000).ok()) << k;
    ASSERT_TRUE(refusal(*b, 1000).ok()) << k;
  }
  EXPECT_EQ(a->use().held, 0u);
  EXPECT_LE(b->use().held, 128 * kKiB);
}

TEST(SmallBlocks, LeaveNothingReservedBehindAThreadThatEnds) {
  const auto memory = memory_of(kMiB);
  for (int k = 0; k < 200; ++k) std::thread([&] { EXPECT_TRUE(refusal(*memory, 1000).ok()); }).join();
  EXPECT_EQ(memory->use().held, 0u);
}

TEST(SmallBlocks, MayBeFreedByAnotherThread) {
  const auto memory = memory_of(16 * kMiB);
  for (int round = 0; round < 20; ++round) {
    std::vector<void*> blocks(1000);
    std::thread([&] {
      for (void*& p : blocks) p = memory->allocate(1000, kAlignment);
    }).join();
    EXPECT_GE(memory->use().held, 1000 * 1000u);
    std::thread([&] {
      for (void* p : blocks) memory->deallocate(p, 1000, kAlignment);
    }).join();
    EXPECT_EQ(memory->use().held, 0u);
  }
}

TEST(SmallBlocks, OutliveTheirMemorysLastOwner) {
  Tensor<double, 1> kept;
  {
    auto memory = memory_of(kMiB);
    kept = Tensor<double, 1>({100}, memory);
  }
  kept[99] = 1;
  EXPECT_EQ(kept[99], 1);
}

TEST(CallsMemory, HasALimitOfItsOwn) {
  const auto isolate = memory_of(100 * kMiB);
  CallMemory call(isolate, "a call of fit", 3 * kMiB);
  void* p = call.allocate(2 * kMiB, kAlignment);
  EXPECT_EQ(call.budget().held(), 2 * kMiB);
  const Status status = refusal(call, 2 * kMiB);
  EXPECT_NE(status.message().find("a call of fit holds 2097152 of its limit of 3145728"), std::string::npos)
      << status.message();
  call.deallocate(p, 2 * kMiB, kAlignment);
  EXPECT_EQ(call.budget().held(), 0u);
}

TEST(CallsMemory, IsNotChargedForWhatTheIsolateRefused) {
  const auto isolate = memory_of(4 * kMiB);
  CallMemory call(isolate, "a call", kUnlimited);
  EXPECT_FALSE(refusal(call, 5 * kMiB).ok());
  EXPECT_EQ(call.budget().held(), 0u);
  EXPECT_EQ(isolate->use().held, 0u);
}

TEST(CallsMemory, OfArraysOutlivesCallIsolateAndEngine) {
  Frozen<double, 1> kept;
  {
    Engine engine({.memory_limit = 64 * kMiB});
    Isolate isolate(engine, {.name = "lab"});
    auto call = std::make_shared<CallMemory>(isolate.memory(), "a call", kUnlimited);
    Tensor<double, 1> t({1 << 18}, call);
    t[7] = 7;
    kept = std::move(t).freeze();
  }
  EXPECT_EQ(kept[7], 7);
}

TEST(Memories, ReturnToNothingAfterManyThreadsUsedThemAtTheirLimit) {
  const auto engine = std::make_shared<Budget>("engine", 24 * kMiB);
  const auto a = memory_of(16 * kMiB, kUnlimited, engine), b = memory_of(16 * kMiB, 2 * kMiB, engine);
  std::atomic<int> granted{0}, refused{0};
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      std::minstd_rand random(t + 1);
      std::vector<std::tuple<std::pmr::memory_resource*, void*, std::size_t>> mine;
      for (int k = 0; k < 2000; ++k) {
        std::pmr::memory_resource* memory = random() % 2 ? a.get() : b.get();
        const std::size_t bytes = random() % 3 ? random() % (3 * kMiB) : random() % (64 * kKiB);
        try {
          mine.emplace_back(memory, memory->allocate(bytes, kAlignment), bytes);
          ++granted;
        } catch (const Error&) {
          ++refused;
        }
        if (mine.size() > 4 || (refused && !mine.empty() && random() % 2)) {
          auto& [from, p, size] = mine.front();
          from->deallocate(p, size, kAlignment);
          mine.erase(mine.begin());
        }
      }
      for (auto& [from, p, size] : mine) from->deallocate(p, size, kAlignment);
    });
  for (auto& t : threads) t.join();
  EXPECT_GT(granted, 0);
  EXPECT_GT(refused, 0);
  EXPECT_LE(engine->peak(), 24 * kMiB);
  a->trim();
  b->trim();
  EXPECT_EQ(engine->held(), 0u);
}

}  // namespace
}  // namespace lagoon
