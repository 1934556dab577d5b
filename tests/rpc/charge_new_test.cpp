// SPDX-License-Identifier: Apache-2.0
// With lagoon::charge_new linked, what handlers make by `new` counts like arrays do.
#include <lagoon/engine/parallel.hpp>

#include <list>
#include <thread>

#include "lab.hpp"

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

TEST(ChargedNew, OutlivesItsIsolate) {
  std::vector<char> data;
  {
    Room room;
    room.isolate.run([&] { data.assign(kMiB, 'y'); });
  }
  EXPECT_EQ(data[kMiB / 2], 'y');
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

}  // namespace
}  // namespace lagoon::test
