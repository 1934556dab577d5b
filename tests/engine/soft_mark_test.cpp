// SPDX-License-Identifier: Apache-2.0
// Memory that runs short: what is warm goes first, then somebody is told, then calls wait; only then is refused.
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <lagoon/engine/isolate.hpp>

#include <vector>

namespace lagoon {
namespace {

constexpr std::size_t kMiB = 1 << 20;

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

/// Pages of the process that were made at first touch until now.
long faults() {
  struct rusage use {};
  getrusage(RUSAGE_SELF, &use);
  return use.ru_minflt;
}

TEST(Strategies, OfLowLatencyTouchPagesWhenASlabIsMapped) {
  for (const bool huge_pages : {true, false}) {
    auto memory = std::make_shared<IsolateMemory>(
        "lab", kUnlimited, nullptr, MemoryRules{.strategy = MemoryStrategy::low_latency, .huge_pages = huge_pages});
    constexpr std::size_t kBytes = 16 * kMiB;
    auto* p = static_cast<volatile char*>(memory->allocate(kBytes));
    const long before = faults();
    for (std::size_t i = 0; i < kBytes; i += 4096) p[i] = 1;
    EXPECT_LE(faults() - before, 8) << "of " << kBytes / 4096 << " pages";
    memory->deallocate(const_cast<char*>(p), kBytes);
  }
}

}  // namespace
}  // namespace lagoon
