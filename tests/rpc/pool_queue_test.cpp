// SPDX-License-Identifier: Apache-2.0
// Calls that find no free worker wait in one place, and go to the first that is free and of use to them.
#include <lagoon/rpc/pool.hpp>

#include <algorithm>
#include <array>
#include <limits>
#include <set>

#include "pool_lab.hpp"

namespace lagoon::test {
namespace {

/// One worker whose calls note their order; the first of them is held.
struct Ordered {
  Engine engine;
  Held held;
  std::mutex mutex;
  std::vector<std::int64_t> order;
  Service service() {
    return serve_lab({.compute = [this](const Item& q, CallContext&) {
      if (q.x == 0) {
        held.hold();
        return q;
      }
      const std::lock_guard lock(mutex);
      order.push_back(q.x);
      return q;
    }});
  }
};

TEST(PoolQueues, KeepTheOrderOfCallsOfOnePriority) {
  Ordered o;
  Pool pool(o.engine, {o.service()}, {.workers = 1});
  const LabCaller caller(pool);
  std::vector<Reply<Compute>> replies;
  for (std::int64_t k = 0; k < 50; ++k) replies.push_back(caller.start<Compute>({k, {}}));
  EXPECT_EQ(pool.overview().queued, 49u);
  o.held.finish.open();
  for (auto& r : replies) EXPECT_TRUE(r.try_get().ok());
  for (std::size_t k = 0; k < 49; ++k) EXPECT_EQ(o.order[k], static_cast<std::int64_t>(k) + 1);
}

/// The order in which calls run that wait for one worker, made in the order given.
std::vector<std::int64_t> order_of(const std::vector<std::pair<std::int64_t, Priority>>& calls) {
  Ordered o;
  Pool pool(o.engine, {o.service()}, {.workers = 1});
  const LabCaller caller(pool);
  std::vector<Reply<Compute>> replies;
  replies.push_back(caller.start<Compute>());
  o.held.running.wait_for(1);
  for (const auto& [x, priority] : calls) replies.push_back(caller.start<Compute>({x, {}}, {.priority = priority}));
  o.held.finish.open();
  for (auto& r : replies) EXPECT_TRUE(r.try_get().ok());
  return o.order;
}

TEST(PoolQueues, LetUrgentCallsGoFirst) {
  std::vector<std::pair<std::int64_t, Priority>> calls;
  for (std::int64_t k = 1; k <= 3; ++k) calls.emplace_back(k, Priority::low);
  for (std::int64_t k = 4; k <= 6; ++k) calls.emplace_back(k, Priority::normal);
  for (std::int64_t k = 7; k <= 9; ++k) calls.emplace_back(k, Priority::high);
  EXPECT_EQ(order_of(calls), (std::vector<std::int64_t>{7, 8, 9, 4, 5, 6, 1, 2, 3}));
}

TEST(PoolQueues, DoNotStarveTheLeastUrgent) {
  std::vector<std::pair<std::int64_t, Priority>> calls{{1000, Priority::low}};
  for (std::int64_t k = 1; k <= 100; ++k) calls.emplace_back(k, Priority::high);
  const auto order = order_of(calls);
  EXPECT_LT(std::ranges::find(order, 1000) - order.begin(), 17);
}

TEST(PoolQueues, GiveWhatWaitsToWhoeverIsFreeFirst) {
  Engine engine;
  Gate first, second;
  Tally running;
  Pool pool(engine,
            {serve_lab({.compute =
                            [&](const Item& q, CallContext&) {
                              running.add();
                              if (q.x == 1) first.wait();
                              if (q.x == 2) second.wait();
                              return q;
                            }})},
            {.name = "crew", .workers = 2, .balancer = balance::round_robin});
  const LabCaller caller(pool);
  auto slow = caller.start<Compute>({1, {}});
  running.wait_for(1);
  auto quick = caller.start<Compute>({2, {}});
  running.wait_for(2);
  std::vector<Reply<Compute>> waiting;
  for (std::int64_t k = 3; k < 13; ++k) waiting.push_back(caller.start<Compute>({k, {}}));
  second.open();
  for (auto& r : waiting) EXPECT_TRUE(r.try_get().ok());
  for (auto& r : waiting) EXPECT_EQ(r.report().isolate, quick.report().isolate) << "no call waits for the slow one";
  EXPECT_FALSE(slow.is_done());
  first.open();
}

TEST(PoolQueues, RefuseOneCallMoreThanTheyHold) {
  Engine engine;
  Held held;
  Pool pool(engine, {held.service()}, {.name = "crew", .workers = 2, .queue_limit = 3});
  const LabCaller caller(pool);
  std::vector<Reply<Compute>> replies;
  for (int k = 0; k < 2; ++k) replies.push_back(caller.start<Compute>());
  held.running.wait_for(2);
  for (int k = 0; k < 3; ++k) replies.push_back(caller.start<Compute>());
  const Status refused = caller.start<Compute>().status();
  EXPECT_EQ(refused.code(), Errc::resource_exhausted);
  EXPECT_EQ(refused.executed(), Executed::no);
  EXPECT_GT(refused.retry_after().count(), 0);
  EXPECT_EQ(refused.isolate(), "crew");
  held.finish.open();
  for (auto& r : replies) EXPECT_TRUE(r.try_get().ok());
}

TEST(PoolQueues, DropCallsThatWereCancelledWhileTheyWaited) {
  Ordered o;
  Pool pool(o.engine, {o.service()}, {.workers = 1});
  const LabCaller caller(pool);
  auto blocker = caller.start<Compute>();
  o.held.running.wait_for(1);
  std::vector<Reply<Compute>> replies;
  for (std::int64_t k = 1; k <= 10; ++k) replies.push_back(caller.start<Compute>({k, {}}));
  for (std::size_t k = 0; k < 10; k += 2) replies[k].cancel();
  for (std::size_t k = 0; k < 10; k += 2) {
    EXPECT_EQ(replies[k].status().code(), Errc::cancelled);
    EXPECT_EQ(replies[k].status().executed(), Executed::no);
  }
  o.held.finish.open();
  for (std::size_t k = 1; k < 10; k += 2) EXPECT_TRUE(replies[k].try_get().ok());
  EXPECT_EQ(o.order, (std::vector<std::int64_t>{2, 4, 6, 8, 10}));
  EXPECT_EQ(calls_of(pool, "compute", Errc::cancelled), 5u) << "they count, though no worker had them";
}

TEST(PoolQueues, KeepAnExclusiveMethodToOneCallAtATimeOnEachWorker) {
  Engine engine;
  std::array<Crowd, 2> inside;
  std::atomic<int> done{0};
  Pool pool(engine, {serve_lab({.later_alone = [&](Item q, CallContext& context) -> Task<Result<Item>> {
              const Crowd::Inside in(inside[context.isolate() == "crew/1"]);
              burn(1000);
              ++done;
              co_return q;
            }})},
            {.name = "crew", .workers = 2, .worker = {.concurrency = 2}});
  const LabCaller caller(pool);
  std::vector<Reply<LaterAlone>> replies;
  for (std::int64_t k = 0; k < 200; ++k) replies.push_back(caller.start<LaterAlone>({k, {}}));
  for (auto& r : replies) EXPECT_TRUE(r.try_get().ok());
  EXPECT_EQ(done, 200);
  EXPECT_LE(inside[0].most(), 1);
  EXPECT_LE(inside[1].most(), 1);
}

TEST(PoolQueues, SendAnExclusiveCallOfAnExclusiveCallElsewhereOrSayThatItCannotBe) {
  for (const unsigned workers : {1u, 2u}) {
    Engine engine;
    const LabCaller* self = nullptr;
    Pool pool(engine, {serve_lab({.alone = [&](const Item& q, CallContext&) -> Result<Item> {
                if (q.x == 0) return Item{42, {}};
                return self->start<Alone>({q.x - 1, {}}).try_get();
              }})},
              {.workers = workers});
    const LabCaller caller(pool);
    self = &caller;
    const auto answer = caller.start<Alone>({1, {}}).try_get();
    if (workers == 1) {
      EXPECT_EQ(answer.status().code(), Errc::failed_precondition) << answer.status().to_string();
    } else {
      EXPECT_TRUE(answer.ok()) << answer.status().to_string();
    }
  }
}

TEST(PoolQueues, LetAPoolOfOneCallItself) {
  Engine engine;
  const LabCaller* self = nullptr;
  Pool pool(engine, {serve_lab({.compute = [&](const Item& q, CallContext&) -> Result<Item> {
              if (q.x == 0) return Item{42, {}};
              return q.x % 2 ? self->try_call<Compute>({q.x - 1, {}}) : self->start<Compute>({q.x - 1, {}}).try_get();
            }})},
            {.workers = 1});
  const LabCaller caller(pool);
  self = &caller;
  EXPECT_EQ(caller.try_call<Compute>({20, {}})->x, 42);
  EXPECT_EQ(caller.start<Compute>({20, {}}).try_get()->x, 42);
}

// ---- what balancers make of it

TEST(Placements, NeverGoWhereTheScoreIsInfiniteWhileOthersAreToBeHad) {
  Engine engine;
  Held held;
  const Balancer not_the_first = [](const WorkerLoad& w, const CallToPlace& call) {
    // A worker asked from the queue is told apart by what it has: this one starts with an array of its own.
    return call.workers > 1 && w.memory_held >= 1000 ? std::numeric_limits<double>::infinity() : w.load();
  };
  Pool pool(engine, {serve_lab({.compute = [&](const Item& q, CallContext&) -> Result<Item> {
              if (q.x == 1) return Item{1, filled(1 << 20)};
              held.hold();
              return q;
            }})},
            {.name = "crew", .workers = 2, .balancer = not_the_first});
  const LabCaller caller(pool);
  const auto kept = caller.try_call<Compute>({1, {}});  // its worker's memory is held from now on
  ASSERT_TRUE(kept.ok());
  std::vector<Reply<Compute>> replies;
  for (int k = 0; k < 4; ++k) replies.push_back(caller.start<Compute>());
  held.running.wait_for(1);
  EXPECT_EQ(pool.overview().queued, 3u) << "one worker has room, but is not wanted";
  held.finish.open();
  std::set<std::string> isolates;
  for (auto& r : replies) isolates.insert(r.report().isolate);
  EXPECT_EQ(isolates.size(), 1u);
}

TEST(Placements, RunWhatSuitsNobodyRatherThanNever) {
  Engine engine;
  const Balancer never = [](const WorkerLoad&, const CallToPlace&) { return std::numeric_limits<double>::infinity(); };
  Pool pool(engine, {serve_lab({})}, {.workers = 2, .balancer = never});
  const LabCaller caller(pool);
  EXPECT_TRUE(caller.try_call<Compute>().ok());
  EXPECT_TRUE(caller.start<Later>().try_get().ok());
}

TEST(Placements, CanBeFollowedWithAllScores) {
  Engine engine;
  Held held;
  std::mutex mutex;
  std::vector<std::pair<std::string, std::size_t>> seen;  // worker, how many scores
  Pool pool(engine, {held.service()}, {.name = "crew", .workers = 2, .on_placement = [&](const PlacementEvent& e) {
                                         EXPECT_EQ(e.method, "compute");
                                         const std::lock_guard lock(mutex);
                                         seen.emplace_back(e.worker, e.scores.size());
                                       }});
  const LabCaller caller(pool);
  std::vector<Reply<Compute>> replies;
  for (int k = 0; k < 3; ++k) {
    replies.push_back(caller.start<Compute>());
    held.running.wait_for(std::min(k + 1, 2));
  }
  held.finish.open();
  for (auto& r : replies) (void)r.status();
  const std::lock_guard lock(mutex);
  ASSERT_EQ(seen.size(), 3u);
  EXPECT_NE(seen[0].first, seen[1].first);
  EXPECT_EQ(seen[2], (std::pair<std::string, std::size_t>{"", 2})) << "it waits for the first that is free";
}

}  // namespace
}  // namespace lagoon::test
