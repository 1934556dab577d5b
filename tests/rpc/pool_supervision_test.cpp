// SPDX-License-Identifier: Apache-2.0
// Workers that hang or are unwell are found, told of, counted and replaced; calls that they had not begun go elsewhere.
#include <lagoon/rpc/pool.hpp>

#include <algorithm>
#include <set>

#include "pool_lab.hpp"

namespace lagoon::test {
namespace {

/// Starts a call of that kind whose handler will not stop, and ends it for its caller.
void hang(const LabCaller& caller, Held& held, int kind) {
  const auto before = held.running.value();
  switch (kind) {
    case 0: {
      auto reply = caller.start<Compute>();
      held.running.wait_for(before + 1);
      reply.cancel();
      EXPECT_EQ(reply.status().code(), Errc::cancelled);
      break;
    }
    case 1: {
      auto reply = caller.read<Down>();
      held.running.wait_for(before + 1);
      reply.cancel();
      EXPECT_EQ(reply.status().code(), Errc::cancelled);
      break;
    }
    case 2: {
      auto reply = caller.write<Up>();
      held.running.wait_for(before + 1);
      reply.cancel();
      EXPECT_EQ(reply.status().code(), Errc::cancelled);
      break;
    }
    default: {
      auto reply = caller.both<Both>();
      held.running.wait_for(before + 1);
      reply.cancel();
      EXPECT_EQ(reply.status().code(), Errc::cancelled);
      break;
    }
  }
}

class HungHandlers : public testing::TestWithParam<int> {};

TEST_P(HungHandlers, CostTheirWorkerWhichIsReplacedAndNeverUsedAgain) {
  Watched w;
  {
    Pool pool(w.engine, {w.held.service()},
              {.name = "crew", .workers = 1, .health = {.every = 1s, .hang_grace = 3s}, .on_event = w.diary.writer()});
    const LabCaller caller(pool);
    hang(caller, w.held, GetParam());
    auto waits = caller.start<Later>({5, {}});  // another method, that does not hang
    w.advance_until([&] { return w.diary.count(What::hung) >= 1; });
    EXPECT_EQ(waits.try_get()->x, 5) << "what waited goes to the replacement";
    EXPECT_EQ(waits.report().isolate, "crew/1");
    const PoolReport report = pool.overview();
    EXPECT_EQ(report.counts.hung, 1u);
    ASSERT_EQ(report.workers.size(), 2u);
    EXPECT_EQ(report.workers[0].state, WorkerState::serving);
    EXPECT_EQ(report.workers[1].state, WorkerState::hung);
    EXPECT_EQ(report.workers[1].worker, "crew/0");
    for (int k = 0; k < 20; ++k) EXPECT_TRUE(caller.try_call<Later>().ok());
    EXPECT_EQ(w.diary.count(What::terminated), 0u) << "its handler runs";
    w.held.finish.open();
    w.diary.wait_for(What::terminated, 1);
    EXPECT_EQ(w.held.running.value(), 1);
  }
  EXPECT_EQ(w.diary.count(What::terminated), 2u);
}

INSTANTIATE_TEST_SUITE_P(OfKind, HungHandlers, testing::Range(0, 4), kind_name);

TEST(Supervisors, DoNotTakeLongCallsForHungOnes) {
  Watched w;
  Tally looks;  // at the other worker, which is idle
  const auto check = [&] {
    looks.add();
    return Status();
  };
  Pool pool(w.engine, {w.held.service()},
            {.workers = 2, .health = {.every = 1s, .hang_grace = 1s, .check = check}, .on_event = w.diary.writer()});
  const LabCaller caller(pool);
  auto longer = caller.start<Compute>({3, {}});
  w.held.running.wait_for(1);
  w.advance_until([&] { return looks.value() >= 10; });
  EXPECT_EQ(w.diary.count(What::hung), 0u);
  w.held.finish.open();
  EXPECT_EQ(longer.try_get()->x, 3);
}

TEST(Supervisors, SeeHandlersThatRunOnPastTheirDeadline) {
  Watched w;
  Pool pool(w.engine, {w.held.service()},
            {.workers = 1, .health = {.every = 1s, .hang_grace = 1s}, .on_event = w.diary.writer()});
  const LabCaller caller(pool);
  Status late;
  std::thread waiting([&] { late = caller.try_call<Compute>({}, {.timeout = 1s}).status(); });
  w.held.running.wait_for(1);
  w.advance_until([&] { return w.diary.count(What::hung) >= 1; });
  waiting.join();
  EXPECT_EQ(late.code(), Errc::deadline_exceeded);
  w.held.finish.open();
}

TEST(Supervisors, MoveExclusiveCallsThatLinedUpBehindAHungOne) {
  Watched w;
  Pool pool(w.engine, {w.held.service()},
            {.workers = 1,
             .worker = {.concurrency = 2},
             .health = {.every = 1s, .hang_grace = 1s},
             .on_event = w.diary.writer()});
  const LabCaller caller(pool);
  auto first = caller.start<Alone>({1, {}});
  w.held.running.wait_for(1);
  auto second = caller.start<Alone>({2, {}});
  first.cancel();
  w.advance_until([&] { return w.diary.count(What::hung) >= 1; });
  w.held.running.wait_for(2);  // the second runs though the first still holds its lane
  w.held.finish.open();
  EXPECT_EQ(second.try_get()->x, 2);
}

TEST(Supervisors, GiveUpWhenTooManyWorkersAreLostAndTellEveryCall) {
  Watched w;
  Pool pool(w.engine, {w.held.service()},
            {.name = "crew",
             .workers = 1,
             .restart = {.most = 2, .within = 1h},
             .health = {.every = 1s, .hang_grace = 1s},
             .on_event = w.diary.writer()});
  const LabCaller caller(pool);
  std::vector<Reply<Compute>> hanging;
  for (std::size_t k = 1; k <= 3; ++k) {
    hanging.push_back(caller.start<Compute>());
    w.advance_until([&] { return w.held.running.value() >= static_cast<std::int64_t>(k); });
    hanging.back().cancel();
    if (k < 3) w.advance_until([&] { return w.diary.count(What::hung) >= k; });
  }
  auto waits = caller.start<Later>();
  w.advance_until([&] { return waits.is_done(); });
  for (const Status& status : {waits.status(), caller.try_call<Later>().status(), caller.start<Later>().status()}) {
    EXPECT_EQ(status.code(), Errc::unavailable);
    EXPECT_EQ(status.executed(), Executed::no);
    EXPECT_NE(status.message().find("crew gave up after 3 workers"), std::string::npos) << status.message();
  }
  EXPECT_EQ(pool.overview().status.code(), Errc::unavailable);
  EXPECT_EQ(w.diary.count(What::created), 3u);
  w.held.finish.open();
}

std::string way_name(const testing::TestParamInfo<int>& way) {
  constexpr const char* kNames[] = {"status", "exception", "silence"};
  return kNames[way.param];
}

class HealthChecks : public testing::TestWithParam<int> {};

TEST_P(HealthChecks, ThatFailReplaceTheirWorker) {
  Watched w;
  std::atomic<bool> sick{false};
  Gate stuck;
  Tally looks;
  const auto check = [&]() -> Status {
    looks.add();
    if (!sick.exchange(false)) return {};
    if (GetParam() == 0) return Status(Errc::data_loss, "checksum of the model is wrong");
    if (GetParam() == 1) throw std::runtime_error("checksum of the model is wrong");
    stuck.wait();
    return {};
  };
  Pool pool(w.engine, {w.held.service()},
            {.name = "crew",
             .workers = 2,
             .health = {.every = 1s, .check = check, .timeout = 20h},
             .on_event = w.diary.writer()});
  const LabCaller caller(pool);
  w.advance_until([&] { return looks.value() >= 6; });
  EXPECT_EQ(w.diary.count(What::unhealthy), 0u);
  sick = true;
  w.advance_until([&] { return w.diary.count(What::created) >= 3; }, GetParam() == 2 ? 1h : 250ms);
  EXPECT_EQ(w.diary.count(What::unhealthy), 1u);
  EXPECT_EQ(pool.overview().counts.unhealthy, 1u);
  EXPECT_EQ(pool.size(), 2u);
  EXPECT_TRUE(caller.try_call<Later>().ok());
  stuck.open();
}

INSTANTIATE_TEST_SUITE_P(By, HealthChecks, testing::Range(0, 3), way_name);

std::set<std::string> replaced_with(RestartStrategy strategy) {
  Watched w;
  std::set<std::string> before, after;
  {
    Pool pool(w.engine, {w.held.service()},
              {.name = "crew",
               .workers = 4,
               .balancer = [](const WorkerLoad& l, const CallToPlace&) { return l.index == 1 ? 0.0 : 1.0; },
               .restart = {.strategy = strategy},
               .health = {.every = 1s, .hang_grace = 1s},
               .on_event = w.diary.writer()});
    for (const WorkerReport& r : pool.workers()) before.insert(r.worker);
    const LabCaller caller(pool);
    hang(caller, w.held, 0);  // crew/1 is lost
    w.advance_until([&] { return w.diary.count(What::hung) == 1 && pool.size() == 4; });
    for (const WorkerReport& r : pool.workers())
      if (r.state == WorkerState::serving) after.insert(r.worker);
    w.held.finish.open();
  }
  std::set<std::string> gone;
  std::ranges::set_difference(before, after, std::inserter(gone, gone.end()));
  return gone;
}

TEST(RestartStrategies, ReplaceTheLostWorkerAlone) {
  EXPECT_EQ(replaced_with(RestartStrategy::one_for_one), (std::set<std::string>{"crew/1"}));
}
TEST(RestartStrategies, ReplaceAllWithTheLostOne) {
  EXPECT_EQ(replaced_with(RestartStrategy::one_for_all),
            (std::set<std::string>{"crew/0", "crew/1", "crew/2", "crew/3"}));
}
TEST(RestartStrategies, ReplaceTheLostOneAndThoseThatWereStartedAfterIt) {
  EXPECT_EQ(replaced_with(RestartStrategy::rest_for_one), (std::set<std::string>{"crew/1", "crew/2", "crew/3"}));
}

}  // namespace
}  // namespace lagoon::test
