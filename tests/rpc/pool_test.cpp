// SPDX-License-Identifier: Apache-2.0
// Many isolates behind one endpoint: no call is lost, whoever comes and goes.
#include <lagoon/rpc/pool.hpp>

#include <set>

#include "pool_lab.hpp"

namespace lagoon::test {
namespace {

TEST(Pools, AnswerEveryKindOfMethod) {
  Engine engine;
  Pool pool(engine,
            {serve_lab({.down =
                            [](const Item& q, Writer<Item> out, CallContext&) {
                              for (int k = 0; k < 3; ++k) out.write(q);
                              return Status();
                            },
                        .up = [](Reader<Item> in, CallContext&) -> Result<Item> {
                          Item sum;
                          for (const Item& i : in) sum.x += i.x;
                          return sum;
                        }})},
            {.workers = 3});
  const LabCaller caller(pool);
  EXPECT_EQ(caller.try_call<Compute>({7, {}})->x, 7);
  EXPECT_EQ(caller.try_call<Later>({8, {}})->x, 8);
  EXPECT_EQ(caller.start<Compute>({9, {}}).try_get()->x, 9);
  int items = 0;
  for (auto stream = caller.read<Down>({1, {}}); stream.read();) ++items;
  EXPECT_EQ(items, 3);
  auto up = caller.write<Up>();
  for (int k = 1; k <= 4; ++k) EXPECT_TRUE(up.write({k, {}}));
  EXPECT_EQ(up.try_get()->x, 10);
  auto both = caller.both<Both>();
  both.close();
  EXPECT_TRUE(both.status().ok());
}

TEST(Pools, PassArraysByReference) {
  Engine engine;
  const double* seen = nullptr;
  Pool pool(engine,
            {serve_lab({.compute =
                            [&](const Item& q, CallContext&) {
                              seen = q.data.data();
                              return q;
                            }})},
            {.workers = 2});
  const LabCaller caller(pool);
  const auto data = filled(1000);
  const auto back = caller.try_call<Compute>({0, data}, {.require_zero_copy = true});
  EXPECT_EQ(seen, data.data());
  EXPECT_EQ(back->data.data(), data.data());
}

TEST(Pools, RunCallsSideBySideOnSeveralWorkers) {
  Engine engine;
  Held held;
  Pool pool(engine, {held.service()}, {.name = "crew", .workers = 3});
  const LabCaller caller(pool);
  std::vector<Reply<Compute>> replies;
  for (int k = 0; k < 3; ++k) replies.push_back(caller.start<Compute>());
  held.running.wait_for(3);  // hangs if two of them went to one worker
  held.finish.open();
  std::set<std::string> isolates;
  for (auto& r : replies) isolates.insert(r.report().isolate);
  EXPECT_EQ(isolates, (std::set<std::string>{"crew/0", "crew/1", "crew/2"}));
}

TEST(Pools, SayWhatIsWrongWithABinding) {
  Engine engine;
  Pool pool(engine, {serve_lab({})}, {.workers = 1});
  using Other = Contract<"other.Service", Compute>;
  EXPECT_EQ(Caller<Other>(pool).try_call<Compute>({}).status().code(), Errc::unimplemented);
}

TEST(Pools, ReplaceWorkersThatHaveServedWithoutLosingACall) {
  Engine engine;
  Diary diary;
  constexpr int kThreads = 4, kCalls = 300;
  std::atomic<int> ok{0};
  {
    Pool pool(engine, {serve_lab({})}, {.workers = 2, .recycle_after = 25, .on_event = diary.writer()});
    const LabCaller caller(pool);
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t)
      threads.emplace_back([&, t] {
        for (int k = 0; k < kCalls; ++k) {
          const bool inline_call = (k + t) % 2 == 0;
          const auto r = inline_call ? caller.try_call<Compute>({k, {}}) : caller.start<Later>({k, {}}).try_get();
          EXPECT_TRUE(r.ok()) << r.status().to_string();
          ok += r.ok() && r->x == k;
        }
      });
    for (auto& t : threads) t.join();
    EXPECT_EQ(ok, kThreads * kCalls);
    EXPECT_EQ(calls_of(pool, "compute") + calls_of(pool, "later"), static_cast<std::uint64_t>(kThreads * kCalls));
    EXPECT_GE(pool.size(), 2u);        // a replacement comes before the old one goes
    diary.wait_for(What::created, 3);  // hangs if nobody is replaced
  }
  EXPECT_EQ(diary.count(What::created), diary.count(What::terminated));
}

TEST(Pools, SurviveOneAnotherAndTheirCallersInAnyOrder) {
  for (int round = 0; round < 20 / kSlowness + 1; ++round) {
    Engine engine;
    std::vector<Reply<Later>> replies;
    {
      Pool pool(engine, {serve_lab({})}, {.workers = 2, .recycle_after = 3});
      const LabCaller caller(pool);
      for (int k = 0; k < 20; ++k) replies.push_back(caller.start<Later>({k, filled(100)}));
    }
    for (auto& r : replies) EXPECT_TRUE(r.try_get().ok());
  }
}

}  // namespace
}  // namespace lagoon::test
