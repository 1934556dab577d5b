// SPDX-License-Identifier: Apache-2.0
// Calls when memory is short: they wait, they are refused with a time to come back, and only who takes too much fails.
#include <lagoon/rpc/pool.hpp>

#include "lab.hpp"
#include "pages.hpp"

namespace lagoon::test {
namespace {

constexpr std::size_t kMiB = 1 << 20;
constexpr std::ptrdiff_t kMiBOfDoubles = kMiB / 8;

/// Handlers that make x MiB, tell, and hold them until they may go; the answer takes them along when x is odd.
struct Hoarders {
  Tally begun;
  Gate finish;
  Handlers handlers() {
    return {.compute = [this](const Item& q, CallContext&) -> Result<Item> {
      begun.add();
      const auto data = filled(q.x * kMiBOfDoubles);
      finish.wait();
      return Item{q.x, q.x % 2 ? data : Frozen<double, 1>()};
    }};
  }
};

TEST(MemoryLadder, LetsNoCallStartWhileMemoryIsShortAndOneRuns) {
  Engine engine;
  Hoarders hoarders;
  Lab lab(engine, {.memory_limit = 16 * kMiB, .soft_mark = 0.5, .concurrency = 4}, hoarders.handlers());
  auto large = lab->start<Compute>({10, {}});
  hoarders.begun.wait_for(1);
  while (!lab.isolate().memory()->over_soft_mark()) std::this_thread::yield();
  auto waits = lab->start<Compute>({0, {}});
  auto inline_call = std::thread([&] { EXPECT_TRUE(lab->try_call<Compute>({0, {}}).ok()); });
  for (int k = 0; k < 200; ++k) std::this_thread::yield();
  EXPECT_EQ(hoarders.begun.value(), 1);
  hoarders.finish.open();
  EXPECT_TRUE(large.try_get().ok());
  EXPECT_TRUE(waits.try_get().ok());
  inline_call.join();
}

TEST(MemoryLadder, SendsCallsOfAPoolToWorkersThatHaveMemory) {
  Engine engine;
  Tally begun;
  Gate finish;
  Pool pool(engine, {serve_lab({.compute = [&](const Item& q, CallContext&) -> Result<Item> {
              const auto data = filled(q.x * kMiBOfDoubles);
              begun.add();
              if (q.x) finish.wait();
              return q;
            }})},
            {.name = "crew",
             .workers = 2,
             .worker = {.memory_limit = 16 * kMiB, .soft_mark = 0.5, .concurrency = 2},
             .balancer = balance::round_robin});
  const LabCaller caller(pool);
  auto large = caller.start<Compute>({10, {}});
  begun.wait_for(1);
  for (int k = 0; k < 4; ++k) {  // each other one is the turn of the worker that has a slot but may start nothing
    auto small = caller.start<Compute>();
    EXPECT_TRUE(small.try_get().ok());
    EXPECT_FALSE(large.is_done());
  }
  finish.open();
  EXPECT_TRUE(large.try_get().ok());
}

TEST(MemoryLadder, LetsACallStartWhenNoneRunsThoughMemoryIsShort) {
  Engine engine;
  Hoarders hoarders;
  hoarders.finish.open();
  Lab lab(engine, {.memory_limit = 16 * kMiB, .soft_mark = 0.5, .concurrency = 2}, hoarders.handlers());
  const auto kept = lab->try_call<Compute>({11, {}});  // its arrays outlive the call
  ASSERT_TRUE(kept.ok());
  EXPECT_TRUE(lab.isolate().memory()->over_soft_mark());
  EXPECT_TRUE(lab->try_call<Compute>({0, {}}).ok());
  EXPECT_TRUE(lab->start<Compute>({0, {}}).try_get().ok());
  EXPECT_EQ(lab->try_call<Compute>({10, {}}).status().code(), Errc::resource_exhausted);
}

TEST(MemoryLadder, StartsWhatWaitsWhenSomebodyElseFreesWhatWasHeld) {
  Engine engine;
  Hoarders hoarders;
  Gate idle;
  Handlers handlers = hoarders.handlers();
  handlers.quick = [&](const Item& q, CallContext&) -> Result<Item> {
    hoarders.begun.add();
    idle.wait();
    return q;
  };
  Lab lab(engine, {.memory_limit = 16 * kMiB, .soft_mark = 0.5, .concurrency = 4}, std::move(handlers));
  hoarders.finish.open();
  auto kept = lab->try_call<Compute>({11, {}});
  ASSERT_TRUE(kept.ok());
  auto runs = lab->start<Quick>();  // holds nothing, but runs: no other call may start
  hoarders.begun.wait_for(2);
  auto waits = lab->start<Compute>({0, {}});
  for (int k = 0; k < 200; ++k) std::this_thread::yield();
  EXPECT_FALSE(waits.is_done());
  *kept = {};  // this thread gives the arrays back
  EXPECT_TRUE(waits.try_get().ok()) << "though the other call still runs";
  EXPECT_FALSE(runs.is_done());
  idle.open();
}

TEST(MemoryLadder, RefusesWithATimeToComeBackWhenTheQueueIsFullToo) {
  Engine engine;
  Hoarders hoarders;
  Lab lab(engine, {.memory_limit = 16 * kMiB, .soft_mark = 0.5, .concurrency = 4, .queue_limit = 2},
          hoarders.handlers());
  auto large = lab->start<Compute>({10, {}});
  hoarders.begun.wait_for(1);
  while (!lab.isolate().memory()->over_soft_mark()) std::this_thread::yield();
  std::vector<Reply<Compute>> waiting;
  for (int k = 0; k < 2; ++k) waiting.push_back(lab->start<Compute>());
  const Status refused = lab->start<Compute>().status();
  EXPECT_EQ(refused.code(), Errc::resource_exhausted);
  EXPECT_EQ(refused.executed(), Executed::no);
  EXPECT_GT(refused.retry_after().count(), 0);
  hoarders.finish.open();
  for (auto& w : waiting) EXPECT_TRUE(w.try_get().ok());
}

TEST(MemoryLadder, FailsOnlyTheCallThatTakesTooMuch) {
  Engine engine;
  Hoarders hoarders;
  hoarders.finish.open();
  Pool pool(engine, {serve_lab(hoarders.handlers())},
            {.workers = 2, .worker = {.memory_limit = 32 * kMiB, .call_limit = 12 * kMiB, .concurrency = 4}});
  const LabCaller caller(pool);
  std::vector<Reply<Compute>> replies;
  for (int k = 0; k < 8; ++k) replies.push_back(caller.start<Compute>({k == 3 ? 20 : 2, {}}));
  for (std::size_t k = 0; k < 8; ++k) {
    const Status status = replies[k].status();
    EXPECT_EQ(status.code(), k == 3 ? Errc::resource_exhausted : Errc::ok) << k << ' ' << status.to_string();
  }
}

// ---- row 5 of the fault matrix: one page below the limit, at it, above it, in each kind of method

constexpr std::size_t kLimit = 4 * kMiB;

class PagesOfMemory : public testing::TestWithParam<int> {};

TEST_P(PagesOfMemory, AboveTheLimitFailTheirCallAloneAndAreGivenBack) {
  Engine engine;
  Lab lab(engine, {.memory_limit = kLimit}, takers([](std::int64_t pages) { (void)filled(pages * 4096 / 8); }));
  constexpr std::int64_t kPages = kLimit / 4096;
  const std::size_t base = lab.isolate().memory()->use().held;
  // An array has a header of its own: the last whole page goes to it.
  for (const auto& [pages, code] : {std::pair{kPages - 128, Errc::ok}, std::pair{kPages, Errc::resource_exhausted},
                                    std::pair{kPages + 1, Errc::resource_exhausted}}) {
    const Status status = call_of_kind(GetParam(), lab.caller(), pages);
    EXPECT_EQ(status.code(), code) << pages << " pages: " << status.to_string();
    EXPECT_LE(lab.isolate().memory()->use().held, base + 128 * 1024) << "but for what a thread keeps in advance";
    EXPECT_TRUE(call_of_kind(GetParam(), lab.caller(), 1).ok());
  }
}

INSTANTIATE_TEST_SUITE_P(OfKind, PagesOfMemory, testing::Range(0, 8), kind_name);

}  // namespace
}  // namespace lagoon::test
