// SPDX-License-Identifier: Apache-2.0
// With lagoon::charge_new linked, what handlers make by `new` counts like arrays do.
#include <lagoon/engine/parallel.hpp>

#include <array>
#include <list>
#include <thread>

#include "all_help.hpp"
#include "lab.hpp"
#include "pages.hpp"
#ifdef LAGOON_TEST_XTENSOR
#include <xtensor/xarray.hpp>
#include <xtensor/xbuilder.hpp>
#endif

namespace lagoon::test {
namespace {

constexpr std::size_t kKiB = 1 << 10, kMiB = 1 << 20;
constexpr std::size_t kThreadKeeps = 192 * kKiB;  // in advance, for its next blocks

struct alignas(256) Wide {
  char bytes[256];
};

/// Frees what a container has; assigning {} keeps it.
template <class T>
void drop(T& container) {
  T().swap(container);
}

/// As much as there is, and a thousand times more: the last words of a thread, too, are gone then.
template <class T>
void eat_all(std::list<T>& eaten) {
  for (int refusals = 0; refusals < 1000;) {
    try {
      eaten.emplace_back();
    } catch (const std::bad_alloc&) {
      ++refusals;
    }
  }
}

struct Room {
  Engine engine;
  Isolate isolate{engine, {.name = "lab", .memory_limit = 8 * kMiB}};
  std::size_t held() const { return isolate.memory()->use().held; }
};

TEST(ChargedNew, CountsContainersWhileTheyLive) {
  Room room;
  std::vector<double> numbers;
  room.isolate.run([&] { numbers.resize(kMiB / 8); });
  EXPECT_GE(room.held(), kMiB);
  EXPECT_LE(room.held(), kMiB + kThreadKeeps);
  std::string text;
  room.isolate.run([&] { text.assign(kMiB, 'x'); });
  EXPECT_GE(room.held(), 2 * kMiB);
  std::vector<Wide> wide;
  room.isolate.run([&] { wide.resize(kMiB / sizeof(Wide)); });
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(wide.data()) % 256, 0u);
  EXPECT_GE(room.held(), 3 * kMiB);
  drop(numbers);
  drop(text);
  drop(wide);
  EXPECT_LE(room.held(), kThreadKeeps) << "freed by a thread that does not work for the isolate";
}

TEST(ChargedNew, CountsForWhoMadeItWhereverItIsFreed) {
  Engine engine;
  Isolate a(engine, {.name = "a"}), b(engine, {.name = "b"});
  std::vector<char> data;
  a.run([&] { data.resize(kMiB); });
  b.run([&] { drop(data); });
  EXPECT_LE(a.memory()->use().held, kThreadKeeps);
  EXPECT_LE(b.memory()->use().held, kThreadKeeps);
  a.run([&] { data.resize(kMiB); });
  std::thread([&] { drop(data); }).join();
  EXPECT_LE(a.memory()->use().held, kThreadKeeps);
}

TEST(ChargedNew, OutlivesItsIsolateAndCountsForItsEngineUntilTheEnd) {
  Engine engine;
  std::vector<char> data;
  std::weak_ptr<IsolateMemory> memory;
  {
    Isolate isolate(engine, {.name = "lab"});
    memory = isolate.memory();
    std::thread([&] { isolate.run([&] { data.assign(kMiB, 'y'); }); }).join();  // which takes its credit along
  }
  EXPECT_EQ(data[kMiB / 2], 'y');
  EXPECT_GE(engine.memory().held(), kMiB);
  EXPECT_FALSE(memory.expired());
  drop(data);
  EXPECT_EQ(engine.memory().held(), 0u);
  EXPECT_TRUE(memory.expired()) << "nothing is left of isolates that are gone";
}

TEST(ChargedNew, LeavesNothingReservedBehindThreadsThatEnd) {
  Room room;
  for (int k = 0; k < 200; ++k)
    std::thread([&] {
      room.isolate.run([] { std::vector<char>(kKiB).swap(*std::make_unique<std::vector<char>>()); });
    }).join();
  EXPECT_LE(room.held(), kThreadKeeps) << "what the host keeps";
}

TEST(ChargedNew, CountsOnThreadsThatHelp) {
  Room room;
  std::vector<std::vector<char>> parts(8);
  room.isolate.run([&] {
    parallel_for(8, {1}, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
      for (auto k = begin; k < end; ++k) parts[static_cast<std::size_t>(k)].resize(256 * kKiB);
    });
  });
  EXPECT_GE(room.held(), 2 * kMiB);
}

TEST(ChargedNew, CountsInLoopsWithinLoops) {
  Room room;
  std::vector<std::vector<char>> parts(16);
  room.isolate.run([&] {
    parallel_for(4, {1}, [&](std::ptrdiff_t outer, std::ptrdiff_t) {
      parallel_for(4, {1}, [&](std::ptrdiff_t inner, std::ptrdiff_t) {
        test::burn(1'000'000);  // so that others come to help
        parts[static_cast<std::size_t>(4 * outer + inner)].resize(256 * kKiB);
      });
    });
  });
  EXPECT_GE(room.held(), 4 * kMiB);
}

TEST(ChargedNew, TellsPressureWhenNoLockCanBeHeld) {
  Engine engine;
  int told = 0;
  Isolate isolate(engine,
                  {.memory_limit = 4 * kMiB, .soft_mark = 0.5, .on_pressure = [&](const MemoryUse&) { ++told; }});
  std::vector<char> data;
  isolate.run([&] {
    data.resize(3 * kMiB);
    EXPECT_TRUE(isolate.memory()->over_soft_mark());
    EXPECT_EQ(told, 0) << "operator new is called under locks of anybody's";
  });
  EXPECT_EQ(told, 1);
  drop(data);
}

TEST(ChargedNew, LetsSlabsBeKeptThoughNothingIsLeft) {
  // To remember a freed slab takes a few bytes, which must not be charged: charging looks for slabs to give back.
  Engine engine;
  Isolate isolate(engine, {.memory_limit = 8 * kMiB, .soft_mark = 1});
  isolate.run([] {
    Tensor<double, 1> slab({100 * kKiB / 8});
    std::list<std::array<char, 16>> eaten;
    try {
      for (;;) eaten.emplace_back();
    } catch (const std::bad_alloc&) {
    }
    slab = {};
  });
  EXPECT_LE(isolate.memory()->use().held, kThreadKeeps);
}

TEST(ChargedNew, HoldsForAHandlerThatTriesAgain) {
  Room room;
  std::list<std::array<char, 64>> eaten;
  room.isolate.run([&] { eat_all(eaten); });
  EXPECT_LE(eaten.size() * 64, 8 * kMiB + 256 * kKiB);
  eaten.clear();
}

TEST(ChargedNew, StartsWorkersThoughNothingIsLeft) {
  // The first loop of the program starts oneTBB's workers, which takes a few bytes of operator new. Refused, they would
  // never be started again.
  Room room;
  room.isolate.run([] {
    std::list<std::array<char, 16>> eaten;
    eat_all(eaten);
    parallel_for(100, {1}, [](std::ptrdiff_t, std::ptrdiff_t) { burn(1000); });
  });
  EXPECT_TRUE(all_help(room.isolate));
}

TEST(ChargedNew, SaysWhoseBudgetIsFull) {
  Engine engine({.memory_limit = 6 * kMiB});
  Isolate a(engine, {.name = "a", .memory_limit = 4 * kMiB}), b(engine, {.name = "b"});
  const auto refusal = [](Isolate& isolate) -> std::string {
    try {
      isolate.run([] { std::list<std::vector<char>>().emplace_back(5 * kMiB); });
      return "none";
    } catch (const std::bad_alloc& e) {
      return e.what();
    }
  };
  EXPECT_NE(refusal(a).find("wanted, a holds"), std::string::npos) << refusal(a);
  EXPECT_EQ(refusal(b), "none");
  std::vector<char> data;
  a.run([&] { data.resize(3 * kMiB); });
  EXPECT_NE(refusal(b).find("wanted, engine holds"), std::string::npos) << refusal(b);
  drop(data);
}

TEST(ChargedNew, IsNobodysOutsideOfIsolates) {
  Room room;
  const std::vector<char> data(4 * kMiB);
  EXPECT_LE(room.held(), kThreadKeeps);
}

TEST(ChargedNew, OverTheLimitFailsItsCallAlone) {
  Engine engine;
  Lab lab(engine, {.memory_limit = 4 * kMiB, .concurrency = 2},
          {.compute = [](const Item& q, CallContext&) -> Result<Item> {
            const std::vector<char> data(static_cast<std::size_t>(q.x) * kKiB);
            return Item{static_cast<std::int64_t>(data.size() / kKiB), {}};
          }});
  for (int round = 0; round < 10; ++round) {
    EXPECT_EQ(lab->try_call<Compute>({5000, {}}).status().code(), Errc::resource_exhausted);
    EXPECT_EQ(lab->start<Compute>({5000, {}}).status().code(), Errc::resource_exhausted);
    EXPECT_TRUE(lab->try_call<Compute>({3000, {}}).ok());
    EXPECT_TRUE(lab->start<Compute>({3000, {}}).try_get().ok());
  }
}

#ifdef LAGOON_TEST_XTENSOR
TEST(ChargedNew, CountsArraysOfXtensor) {
  Room room;
  xt::xarray<double> array;
  room.isolate.run([&] { array = xt::zeros<double>({kMiB / 8}); });
  EXPECT_GE(room.held(), kMiB);
  EXPECT_THROW(room.isolate.run([&] { array = xt::zeros<double>({2 * kMiB}); }), std::bad_alloc);
  room.isolate.run([&] { array = xt::xarray<double>(); });
  EXPECT_LE(room.held(), kThreadKeeps);
}
#endif

TEST(ChargedNew, StopsAHandlerThatEatsInSmallBites) {
  Engine engine;
  Lab lab(engine, {.memory_limit = 4 * kMiB}, {.compute = [](const Item& q, CallContext&) -> Result<Item> {
            std::list<std::int64_t> eaten;
            for (std::int64_t k = 0; k < q.x; ++k) eaten.push_back(k);
            return q;
          }});
  EXPECT_TRUE(lab->start<Compute>({10'000, {}}).try_get().ok());
  EXPECT_EQ(lab->start<Compute>({10'000'000, {}}).status().code(), Errc::resource_exhausted);
  EXPECT_EQ(lab->try_call<Compute>({10'000'000, {}}).status().code(), Errc::resource_exhausted);
  EXPECT_TRUE(lab->start<Compute>({10'000, {}}).try_get().ok());
}

TEST(ChargedNew, TellsTheFailureThoughNothingIsLeft) {
  Engine engine;
  std::vector<std::vector<char>> kept;
  Lab lab(engine, {.memory_limit = 2 * kMiB}, {.compute = [&](const Item&, CallContext&) -> Result<Item> {
            for (;;) kept.emplace_back(8 * kKiB);  // kept when the call has failed
          }});
  EXPECT_EQ(lab->start<Compute>().status().code(), Errc::resource_exhausted);
  for (int k = 0; k < 100; ++k) EXPECT_EQ(lab->start<Compute>().status().code(), Errc::resource_exhausted) << k;
  kept.clear();
}

TEST(ChargedNew, FailsCleanlyWhicheverAllocationItIs) {
  // One KiB more room each time: the failure wanders through all that the handler allocates.
  for (std::size_t room = 0; room < 64; ++room) {
    Engine engine;
    Lab lab(engine, {.memory_limit = kMiB + room * 16 * kKiB, .soft_mark = 1},
            {.compute = [](const Item& q, CallContext&) -> Result<Item> {
              std::vector<std::string> lines;
              for (int k = 0; k < 100; ++k) lines.push_back(std::string(8 * kKiB, 'z'));
              std::vector<double> numbers(64 * kKiB / 8);
              return Item{q.x + static_cast<std::int64_t>(lines.size() + numbers.size()), filled(8 * kKiB)};
            }});
    const auto answer = lab->start<Compute>({1, {}}).try_get();
    if (!answer.ok()) {
      EXPECT_EQ(answer.status().code(), Errc::resource_exhausted) << answer.status().to_string();
    }
    EXPECT_LE(lab.isolate().memory()->use().held, answer.ok() ? 320 * kKiB : kThreadKeeps + 128 * kKiB);
  }
}

// Row 5 of the fault matrix, by operator new.
class PagesOfNew : public testing::TestWithParam<int> {};

TEST_P(PagesOfNew, AboveTheLimitFailTheirCallAloneAndAreGivenBack) {
  Engine engine;
  constexpr std::size_t kLimit = 4 * kMiB;
  Lab lab(engine, {.memory_limit = kLimit}, takers([](std::int64_t pages) {
            const std::vector<char> taken(static_cast<std::size_t>(pages) * 4096);
            volatile char touched = taken.back();  // or the compiler leaves the vector out
            (void)touched;
          }));
  constexpr std::int64_t kPages = kLimit / 4096;
  ASSERT_TRUE(call_of_kind(GetParam(), lab.caller(), 1).ok());
  // The call's own notes are charged, and threads have credit: 48 pages for both.
  for (const auto& [pages, code] : {std::pair{kPages - 48, Errc::ok}, std::pair{kPages, Errc::resource_exhausted},
                                    std::pair{kPages + 1, Errc::resource_exhausted}}) {
    const Status status = call_of_kind(GetParam(), lab.caller(), pages);
    EXPECT_EQ(status.code(), code) << pages << " pages: " << status.to_string();
    EXPECT_LE(lab.isolate().memory()->use().held, 2 * kThreadKeeps);
    EXPECT_TRUE(call_of_kind(GetParam(), lab.caller(), 1).ok());
  }
}
INSTANTIATE_TEST_SUITE_P(OfKind, PagesOfNew, testing::Range(0, 8), kind_name);

}  // namespace
}  // namespace lagoon::test
