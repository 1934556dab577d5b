// SPDX-License-Identifier: Apache-2.0
// Memory that runs short: what is warm goes first, then somebody is told, then calls wait; only then is refused.
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <lagoon/engine/isolate.hpp>

#include <algorithm>
#include <barrier>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <random>
#include <thread>
#include <vector>

#include "rpc/gate.hpp"
#include "rpc/watchdog.hpp"

namespace lagoon {
namespace {

constexpr std::size_t kKiB = 1 << 10, kMiB = 1 << 20;

struct Told {
  std::vector<MemoryUse> uses;
  std::function<void(const MemoryUse&)> note() {
    return [this](const MemoryUse& use) { uses.push_back(use); };
  }
};

/// Arrays of one MiB from a memory of ten, freed at the end.
struct Arrays {
  explicit Arrays(MemoryRules rules)
      : memory(std::make_shared<IsolateMemory>("lab", 10 * kMiB, nullptr, std::move(rules))) {}
  ~Arrays() {
    while (!all.empty()) free();
  }
  void make() { all.push_back(memory->allocate(kMiB)); }
  void free() {
    memory->deallocate(all.back(), kMiB);
    all.pop_back();
  }
  std::shared_ptr<IsolateMemory> memory;
  std::vector<void*> all;
};

TEST(SoftMarks, AreToldOncePerCrossing) {
  Told told;
  Arrays arrays({.soft_mark = 0.5, .on_pressure = told.note()});
  while (arrays.all.size() < 5) arrays.make();
  EXPECT_TRUE(told.uses.empty());
  EXPECT_FALSE(arrays.memory->over_soft_mark());
  while (arrays.all.size() < 9) arrays.make();
  ASSERT_EQ(told.uses.size(), 1u);
  EXPECT_GE(told.uses[0].held, 5 * kMiB);
  EXPECT_EQ(told.uses[0].limit, 10 * kMiB);
  while (arrays.all.size() > 5) arrays.free();
  EXPECT_TRUE(arrays.memory->over_soft_mark()) << "a little below is still too near";
  arrays.make();
  EXPECT_EQ(told.uses.size(), 1u);
  while (arrays.all.size() > 4) arrays.free();
  EXPECT_FALSE(arrays.memory->over_soft_mark());
  while (arrays.all.size() < 6) arrays.make();
  EXPECT_EQ(told.uses.size(), 2u);
}

TEST(SoftMarks, GiveWarmSlabsBack) {
  Arrays arrays({.soft_mark = 0.6});
  while (arrays.all.size() < 3) arrays.make();
  void* other = arrays.memory->allocate(2 * kMiB);
  arrays.memory->deallocate(other, 2 * kMiB);
  while (arrays.all.size() < 6) arrays.make();
  EXPECT_EQ(arrays.memory->use().warm, 2 * kMiB);
  arrays.make();
  EXPECT_TRUE(arrays.memory->over_soft_mark());
  EXPECT_EQ(arrays.memory->use().warm, 0u);
  arrays.free();
  EXPECT_EQ(arrays.memory->use().warm, 0u) << "while memory is short nothing is kept";
}

TEST(SoftMarks, DoNotCountWhatIsWarm) {
  Told told;
  Arrays arrays({.soft_mark = 0.5, .on_pressure = told.note()});
  void* large = arrays.memory->allocate(4 * kMiB);
  arrays.memory->deallocate(large, 4 * kMiB);
  while (arrays.all.size() < 4) arrays.make();
  EXPECT_TRUE(told.uses.empty());
}

TEST(SoftMarks, TellWhenTheyAreBelowAgain) {
  int relieved = 0;
  Arrays arrays({.soft_mark = 0.5});
  arrays.memory->on_relief([&] { ++relieved; });
  while (arrays.all.size() < 8) arrays.make();
  while (arrays.all.size() > 5) arrays.free();
  EXPECT_EQ(relieved, 0);
  while (!arrays.all.empty()) arrays.free();
  EXPECT_EQ(relieved, 1);
}

// One allocates and finds too much while another frees, before the mark is set: nobody is left to take it away.
TEST(SoftMarks, AreNotSetWhenAllWasFreedMeanwhile) {
  IsolateMemory memory("lab", 640 * kKiB, nullptr, {.soft_mark = 0.5, .strategy = MemoryStrategy::low_latency});
  std::barrier meeting(2);
  int left_behind = 0;
  const auto work = [&](unsigned seed, bool allocates) {
    std::minstd_rand random(seed);
    void* p = nullptr;
    for (int round = 0; round < 20000 / test::kSlowness; ++round) {
      if (!allocates) p = memory.allocate(3 * 64 * kKiB);
      meeting.arrive_and_wait();
      test::burn(static_cast<int>(random() % 200));
      if (allocates) {
        p = memory.allocate(3 * 64 * kKiB);
      } else {
        memory.deallocate(p, 3 * 64 * kKiB);
      }
      meeting.arrive_and_wait();
      if (allocates) {
        left_behind += memory.over_soft_mark();
        memory.deallocate(p, 3 * 64 * kKiB);
      }
      meeting.arrive_and_wait();
    }
  };
  std::thread other(work, 1, false);
  work(2, true);
  other.join();
  EXPECT_EQ(left_behind, 0);
}

TEST(SoftMarks, LookAtWhatAThreadGivesBackWhenItTurnsAway) {
  // Small blocks that are freed stay the thread's, until it turns to another memory or ends.
  const auto a = std::make_shared<IsolateMemory>("a", 400 << 10, nullptr, MemoryRules{.soft_mark = 0.3});
  const auto b = std::make_shared<IsolateMemory>("b", kUnlimited, nullptr);
  const auto fill_and_free = [&] {
    void* blocks[4];
    for (void*& p : blocks) p = a->allocate(32 << 10);
    for (void* p : blocks) a->deallocate(p, 32 << 10);
  };
  int relieved = 0;
  a->on_relief([&] { ++relieved; });
  fill_and_free();
  ASSERT_TRUE(a->over_soft_mark());
  b->deallocate(b->allocate(100), 100);
  EXPECT_FALSE(a->over_soft_mark());
  EXPECT_EQ(relieved, 1);
  std::thread(fill_and_free).join();
  EXPECT_FALSE(a->over_soft_mark());
  EXPECT_EQ(relieved, 2);
}

TEST(SoftMarks, LetWhoIsToldDoWhatItLikes) {
  std::shared_ptr<IsolateMemory> memory;
  int told = 0;
  Arrays arrays({.soft_mark = 0.5, .on_pressure = [&](const MemoryUse&) {
                   ++told;
                   memory->trim();
                   memory->deallocate(memory->allocate(kMiB), kMiB);
                   throw std::runtime_error("which the allocation must not suffer from");
                 }});
  memory = arrays.memory;
  while (arrays.all.size() < 7) arrays.make();
  EXPECT_EQ(told, 1);
  while (!arrays.all.empty()) arrays.free();
  memory->trim();
  EXPECT_EQ(memory->use().held, 0u);
  EXPECT_EQ(memory->budget().held(), 0u);
}

TEST(SoftMarks, LetOneCallRunAtATimeWhileMemoryIsShort) {
  Engine engine;
  Isolate isolate(engine, {.memory_limit = 10 * kMiB, .soft_mark = 0.5, .concurrency = 4});
  const auto memory = isolate.memory();
  void* held = memory->allocate(6 * kMiB);
  EXPECT_EQ(detail::load_of(*isolate.state()).concurrency, 1u) << "balancers send calls elsewhere";
  test::Crowd crowd;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int k = 0; k < 1000 / test::kSlowness; ++k)
        isolate.run([&] {
          const test::Crowd::Inside inside(crowd);
          test::burn(500);
        });
    });
  for (auto& t : threads) t.join();
  EXPECT_EQ(crowd.most(), 1);
  memory->deallocate(held, 6 * kMiB);
  EXPECT_EQ(detail::load_of(*isolate.state()).concurrency, 4u);
}

TEST(SoftMarks, OfOneOrWithoutALimitAreNone) {
  Told told;
  Arrays arrays({.soft_mark = 1, .on_pressure = told.note()});
  while (arrays.all.size() < 10) arrays.make();
  EXPECT_TRUE(told.uses.empty());
  auto endless = std::make_shared<IsolateMemory>("lab", kUnlimited, nullptr, MemoryRules{.on_pressure = told.note()});
  endless->deallocate(endless->allocate(64 * kMiB), 64 * kMiB);
  EXPECT_TRUE(told.uses.empty());
}

TEST(Strategies, OfLowLatencyKeepWhatIsFreedUntilSomethingWouldBeRefused) {
  Arrays arrays({.soft_mark = 0.5, .strategy = MemoryStrategy::low_latency});
  while (arrays.all.size() < 8) arrays.make();
  while (arrays.all.size() > 6) arrays.free();
  EXPECT_TRUE(arrays.memory->over_soft_mark());
  EXPECT_EQ(arrays.memory->use().warm, 2 * kMiB);
  void* large = arrays.memory->allocate(3 * kMiB);
  EXPECT_EQ(arrays.memory->use().warm, 0u);
  arrays.memory->deallocate(large, 3 * kMiB);
}

/// How many pages of a slab are in memory.
std::size_t resident_pages(void* slab, std::size_t bytes) {
  std::vector<unsigned char> pages(bytes / 4096);
  EXPECT_EQ(mincore(slab, bytes, pages.data()), 0) << std::strerror(errno);
  return static_cast<std::size_t>(std::ranges::count_if(pages, [](unsigned char p) { return p & 1; }));
}

TEST(Strategies, OfLowLatencyTouchPagesWhenASlabIsMapped) {
  constexpr std::size_t kBytes = 16 * kMiB;
  for (const auto strategy : {MemoryStrategy::low_latency, MemoryStrategy::throughput})
    for (const bool huge_pages : {true, false}) {
      auto memory = std::make_shared<IsolateMemory>("lab", kUnlimited, nullptr,
                                                    MemoryRules{.strategy = strategy, .huge_pages = huge_pages});
      void* slab = memory->allocate(kBytes);
      const std::size_t all = strategy == MemoryStrategy::low_latency ? kBytes / 4096 : 0;
      EXPECT_EQ(resident_pages(slab, kBytes), all);
      memory->deallocate(slab, kBytes);
    }
}

/// What the kernel says of the mapping that an address lies in, or "".
std::string flags_of_mapping(const void* p) {
  std::ifstream maps("/proc/self/smaps");
  std::string line;
  bool inside = false;
  while (std::getline(maps, line)) {
    unsigned long from = 0, to = 0;
    if (std::sscanf(line.c_str(), "%lx-%lx ", &from, &to) == 2)
      inside = from <= reinterpret_cast<unsigned long>(p) && reinterpret_cast<unsigned long>(p) < to;
    if (inside && line.starts_with("VmFlags:")) return line + ' ';
  }
  return {};
}

TEST(HugePages, AreAskedForUnlessToldNotTo) {
  for (const bool wanted : {true, false}) {
    const auto memory = std::make_shared<IsolateMemory>("lab", kUnlimited, nullptr, MemoryRules{.huge_pages = wanted});
    void* p = memory->allocate(4 * kMiB);
    const std::string flags = flags_of_mapping(p);
    memory->deallocate(p, 4 * kMiB);
    if (flags.empty() || !std::ifstream("/sys/kernel/mm/transparent_hugepage/enabled"))
      GTEST_SKIP() << "a kernel without huge pages, or one that does not tell of mappings";
    EXPECT_EQ(flags.find(" hg ") != std::string::npos, wanted) << flags;
  }
}

}  // namespace
}  // namespace lagoon
