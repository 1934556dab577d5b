// SPDX-License-Identifier: Apache-2.0
// Workers start when they are needed, end when they are not, and what goes wrong with that is told.
#include <lagoon/rpc/pool.hpp>

#include <optional>
#include <set>

#include "pool_lab.hpp"

namespace lagoon::test {
namespace {

TEST(Pools, GrowWhenAllAreBusyAndShrinkWhenIdle) {
  WatchedClock clock;
  Engine engine({.clock = &clock});
  Diary diary;
  Held held;
  Pool pool(engine, {held.service()},
            {.workers = 3, .least_workers = 1, .idle_timeout = 10s, .on_event = diary.writer()});
  const LabCaller caller(pool);
  EXPECT_EQ(pool.size(), 1u);
  std::vector<Reply<Compute>> replies;
  for (std::size_t k = 1; k <= 3; ++k) {
    replies.push_back(caller.start<Compute>());
    held.running.wait_for(static_cast<int>(k));
    if (k < 3) {  // the next call finds all busy, and asks for one more
      replies.push_back(caller.start<Compute>());
      diary.wait_for(What::created, k + 1);
      replies.back().cancel();
    }
  }
  EXPECT_EQ(pool.size(), 3u);
  held.finish.open();
  for (auto& r : replies) (void)r.status();
  clock.let_look(diary.writer_thread());  // it sees that they are idle
  clock.advance(1s);
  clock.let_look(diary.writer_thread());
  EXPECT_EQ(pool.size(), 3u) << "idle for a second only";
  while (diary.count(What::terminated) < 2) {
    clock.advance(5s);
    clock.let_look(diary.writer_thread());
  }
  EXPECT_EQ(pool.size(), 1u);
  EXPECT_EQ(diary.last_reason(), "it had no call for its idle timeout");
  EXPECT_TRUE(caller.try_call<Compute>().ok());
}

TEST(Pools, GrowForACallThatComesWhileTheyGrow) {
  Engine engine;
  Held held;
  Tally created;
  std::vector<Reply<Compute>> replies, replies_of_pools_thread;
  std::optional<LabCaller> caller;
  Pool pool(engine, {held.service()}, {.workers = 3, .least_workers = 1, .on_event = [&](const WorkerEvent& e) {
                                         if (e.what != What::created) return;
                                         created.add();
                                         if (!caller || !replies_of_pools_thread.empty()) return;
                                         for (int k = 0; k < 2; ++k)  // the second finds all busy
                                           replies_of_pools_thread.push_back(caller->start<Compute>());
                                       }});
  caller.emplace(pool);
  replies.push_back(caller->start<Compute>());
  held.running.wait_for(1);
  replies.push_back(caller->start<Compute>());
  created.wait_for(3);
  held.finish.open();
  for (auto& r : replies) EXPECT_TRUE(r.status().ok());
  for (auto& r : replies_of_pools_thread) EXPECT_TRUE(r.status().ok());
}

TEST(Pools, ThatCannotStartSaySo) {
  FaultPlan faults;
  faults.at("pool.start_worker", 2, Fault::fail);
  Engine engine({.faults = &faults});
  EXPECT_THROW(Pool(engine, {serve_lab({})}, {.workers = 2}), Error);
}

TEST(Pools, GiveUpWhenWorkersDoNotStartAndTellEveryCall) {
  WatchedClock clock;
  FaultPlan faults;
  for (std::uint64_t n = 2; n < 50; ++n) faults.at("pool.start_worker", n, Fault::foreign);
  Engine engine({.clock = &clock, .faults = &faults});
  Diary diary;
  Pool pool(engine, {serve_lab({})},
            {.name = "crew", .workers = 1, .recycle_after = 3, .restart = {.most = 2}, .on_event = diary.writer()});
  const LabCaller caller(pool);
  for (int k = 0; k < 10; ++k) EXPECT_TRUE(caller.try_call<Compute>().ok()) << "the old worker serves on";
  diary.wait_for(What::failed, 1);
  while (diary.count(What::failed) < 3) {
    clock.advance(100ms);
    EXPECT_TRUE(caller.try_call<Compute>().ok());
    clock.let_look(diary.writer_thread());
  }
  clock.advance(10s);
  clock.let_look(diary.writer_thread());
  EXPECT_EQ(diary.count(What::failed), 3u) << "it has given up";
  EXPECT_NE(diary.last_reason().find("unknown"), std::string::npos) << diary.last_reason();
}

TEST(Pools, LiveOnWhenTheSystemHasNoThreadLeft) {
  for (const Fault fault : {Fault::fail, Fault::foreign, Fault::no_memory}) {
    WatchedClock clock;
    FaultPlan faults;
    for (std::uint64_t n = 2; n < 5; ++n) faults.at("isolate.start_thread", n, fault);
    Engine engine({.clock = &clock, .faults = &faults});
    Diary diary;
    Pool pool(engine, {serve_lab({})}, {.workers = 1, .recycle_after = 3, .on_event = diary.writer()});
    const LabCaller caller(pool);
    while (diary.count(What::created) < 2) {
      EXPECT_TRUE(caller.start<Compute>().try_get().ok()) << "the old worker serves until there is a new one";
      clock.advance(50ms);
      clock.let_threads_look();
    }
    EXPECT_EQ(diary.count(What::failed), 3u);
    EXPECT_TRUE(caller.start<Compute>().try_get().ok());
  }
}

TEST(Pools, ReplaceWorkersThatLeak) {
  Watched w;
  std::mutex mutex;
  std::vector<Frozen<double, 1>> leaked;  // and freed by nobody until the end
  {
    Pool pool(w.engine,
              {serve_lab({.compute =
                              [&](const Item& q, CallContext&) {
                                auto data = filled(1 << 17);  // 1 MiB
                                const std::lock_guard lock(mutex);
                                leaked.push_back(std::move(data));
                                return q;
                              }})},
              {.workers = 1, .recycle_over = 5 << 20, .on_event = w.diary.writer()});
    const LabCaller caller(pool);
    for (std::size_t round = 1; round <= 3; ++round) {
      for (int k = 0; k < 5; ++k) EXPECT_TRUE(caller.try_call<Compute>().ok());
      EXPECT_EQ(w.diary.count(What::created), round) << "five fit";
      EXPECT_TRUE(caller.try_call<Compute>().ok());
      w.advance_until([&] { return w.diary.count(What::terminated) == round; });
      EXPECT_NE(w.diary.last_reason().find("though it rests"), std::string::npos) << w.diary.last_reason();
    }
  }
  EXPECT_EQ(w.diary.count(What::created), 4u);
}

TEST(Pools, HaveNoMoreWorkersPerCoreThanTheyMay) {
  Engine engine({.cores = 2});
  EXPECT_EQ(Pool(engine, {serve_lab({})}, {.workers = 16, .most_per_core = 3}).size(), 6u);
  EXPECT_EQ(Pool(engine, {serve_lab({})}, {.workers = 5}).size(), 5u) << "more workers than cores";
}

TEST(WarmUps, RunOnEveryWorkerBeforeItsFirstCall) {
  Engine engine;
  std::mutex mutex;
  std::set<std::string> warm;
  Pool pool(engine, {serve_lab({.compute = [&](const Item& q, CallContext& context) -> Result<Item> {
              const std::lock_guard lock(mutex);
              if (!warm.contains(std::string(context.isolate()))) return Status(Errc::internal, "cold");
              return q;
            }})},
            {.name = "crew", .workers = 3, .recycle_after = 2, .warm_up = [&] {
               const std::lock_guard lock(mutex);
               warm.insert(std::string(current_isolate()));
               return Status();
             }});
  const LabCaller caller(pool);
  for (int k = 0; k < 50; ++k) EXPECT_TRUE(caller.start<Compute>().try_get().ok());
  const std::lock_guard lock(mutex);
  EXPECT_TRUE(warm.contains("crew/0") && warm.contains("crew/2")) << warm.size();
}

TEST(WarmUps, ThatFailAreTheCauseOfAFailedStart) {
  Engine engine;
  try {
    Pool(engine, {serve_lab({})}, {.workers = 2, .warm_up = [] { return Status(Errc::not_found, "no model.bin"); }});
    FAIL() << "started";
  } catch (const Error& e) {
    EXPECT_EQ(e.status().code(), Errc::not_found);
    EXPECT_EQ(e.status().message(), "no model.bin");
  }
  EXPECT_THROW(Pool(engine, {serve_lab({})}, {.workers = 1, .warm_up = []() -> Status { throw 42; }}), Error);
}

TEST(WarmUps, ThatTakeTooLongEndTheStartAndHarmNobody) {
  WatchedClock clock;
  Engine engine({.clock = &clock});
  Diary diary;
  struct WarmUp {
    Gate slow;
    Tally began;
    std::atomic<int> starts{0};
    Status operator()() {
      if (++starts > 1) {
        began.add();
        slow.wait();
      }
      return {};
    }
  };
  const auto warm_up = std::make_shared<WarmUp>();  // of workers that were left alone too, who may outlive the test
  {
    Pool pool(engine, {serve_lab({})},
              {.name = "crew",
               .workers = 1,
               .recycle_after = 1,
               .warm_up = [warm_up] { return (*warm_up)(); },
               .start_timeout = 10s,
               .restart = {.most = 1000, .within = 1ns},
               .on_event = diary.writer()});
    const LabCaller caller(pool);
    EXPECT_TRUE(caller.try_call<Compute>().ok());
    warm_up->began.wait_for(1);
    EXPECT_EQ(diary.count(What::failed), 0u);
    EXPECT_TRUE(caller.try_call<Compute>().ok()) << "the old worker serves on";
    clock.advance(10s);
    diary.wait_for(What::failed, 1);
    EXPECT_NE(diary.last_reason().find("had not started after 10000 ms"), std::string::npos) << diary.last_reason();
    warm_up->slow.open();
  }
  EXPECT_GE(warm_up->starts.load(), 2);
}

}  // namespace
}  // namespace lagoon::test
