// SPDX-License-Identifier: Apache-2.0
// Calls that a dead worker had: an idempotent one is given to another worker, one that was not taken in any case.
#include "lab_programs.hpp"
#include "rpc/pool_lab.hpp"

namespace lagoon::test {
namespace {

PoolOptions crew(unsigned workers = 1) {
  return {.name = "crew",
          .workers = workers,
          .isolation = Isolation::process,
          .process = lab_program(),
          .restart = {.most = 1'000'000, .within = 1h, .backoff = 1ms},
          .health = {.every = 10ms, .hang_grace = 50ms}};
}

/// An order that so many workers die of.
Order deadly(const Folder& folder, int workers) {
  for (int k = 0; k < workers; ++k) folder.make("deadly." + std::to_string(k));
  return deed("die", workers, folder.file("deadly"));
}

/// Both ways to make a call: waiting, perhaps on its caller's thread, and later.
class DeadWorkers : public testing::TestWithParam<bool> {
 protected:
  template <class M>
  static Result<Answer> call(const ProcessCaller& caller, const Order& order) {
    if (GetParam()) return caller.try_call<M>(order);
    auto reply = caller.start<M>(order);
    return reply.try_get();
  }
  template <class M>
  static Result<Answer> call(Pool& pool, const Order& order) {
    return call<M>(ProcessCaller(pool), order);
  }
};

TEST_P(DeadWorkers, HandTheirIdempotentCallToTheNext) {
  for (const int deaths : {1, 2}) {
    Engine engine;
    Folder folder;
    Pool pool(engine, {process_lab()}, crew());
    const auto answer = call<Ask>(pool, deadly(folder, deaths));
    ASSERT_TRUE(answer.ok()) << answer.status().to_string();
    EXPECT_EQ(answer->number, deaths);
    EXPECT_EQ(folder.size("deadly"), static_cast<std::uintmax_t>(deaths) + 1) << "handlers that began";
    const PoolCounts counts = pool.overview().counts;
    EXPECT_EQ(counts.died, static_cast<std::uint64_t>(deaths));
    EXPECT_EQ(calls_of(pool, "ask"), 1u) << "for its caller it is one call";
  }
}

TEST_P(DeadWorkers, DoNotHandOnACallThatKillsEachOfThem) {
  Engine engine;
  Folder folder;
  Pool pool(engine, {process_lab()}, crew(2));
  const auto answer = call<Ask>(pool, deadly(folder, 10));
  EXPECT_EQ(answer.status().code(), Errc::unavailable);
  EXPECT_EQ(answer.status().executed(), Executed::maybe);
  EXPECT_EQ(folder.size("deadly"), 3u) << "moved twice, and no more";
  EXPECT_TRUE(call<Ask>(pool, deed("")).ok());
}

TEST_P(DeadWorkers, KeepWhatMayNotRunTwice) {
  Engine engine;
  Folder folder;
  Pool pool(engine, {process_lab()}, crew(2));
  const auto answer = call<Do>(pool, deadly(folder, 1));
  EXPECT_EQ(answer.status().code(), Errc::unavailable);
  EXPECT_EQ(answer.status().executed(), Executed::maybe);
  EXPECT_EQ(folder.size("deadly"), 1u);
}

TEST_P(DeadWorkers, SayThatTheirCallMayHaveRunThoughNobodyTakesItAgain) {
  Engine engine;
  Folder folder;
  PoolOptions options = crew();
  options.restart.most = 0;
  Pool pool(engine, {process_lab()}, options);
  const auto answer = call<Ask>(pool, deadly(folder, 10));
  EXPECT_EQ(answer.status().code(), Errc::unavailable);
  EXPECT_EQ(answer.status().executed(), Executed::maybe) << answer.status().to_string();
  EXPECT_NE(answer.status().message().find("gave up"), std::string::npos) << answer.status().message();
  EXPECT_EQ(folder.size("deadly"), 1u);
}

INSTANTIATE_TEST_SUITE_P(Of, DeadWorkers, testing::Bool(),
                         [](const auto& waits) { return waits.param ? "CallersThatWait" : "CallersThatDoNot"; });

TEST(DeadWorkers, KeepTensorsThatTheyMayHaveWrittenTo) {
  Engine engine;
  Pool pool(engine, {process_lab()}, crew(2));
  const ProcessCaller caller(pool);
  auto values = counted(100'000, pool.memory());
  values[0] = -1;  // which its worker dies of
  const auto answer = caller.try_call<Carry>({std::move(values)});
  EXPECT_EQ(answer.status().code(), Errc::unavailable);
  EXPECT_EQ(answer.status().executed(), Executed::maybe);
  ASSERT_TRUE(comes_true([&] { return pool.overview().counts.died == 1; }));
  EXPECT_TRUE(caller.try_call<Ask>(deed("")).ok());
  EXPECT_EQ(pool.overview().counts.died, 1u);
}

TEST(DeadWorkers, HandOnSharedArraysAsTheyAre) {
  Engine engine;
  Folder folder;
  Pool pool(engine, {process_lab()}, crew());
  const ProcessCaller caller(pool);
  Order order = deadly(folder, 2);
  order.values = counted(100'000, pool.memory()).freeze();
  const Answer answer = caller.call<Ask>(order);
  EXPECT_EQ(answer.values.data(), order.values.data());
  EXPECT_EQ(answer.sum, 100'000.0 * 99'999 / 2);
}

TEST(DeadWorkers, LetMovedCallsBeCancelled) {
  Engine engine;
  for (int k = 0; k < 20; ++k) {
    Folder folder;
    Pool pool(engine, {process_lab()}, crew());
    const ProcessCaller caller(pool);
    auto reply = caller.start<Ask>(deadly(folder, 2));
    ASSERT_TRUE(comes_true([&] { return !folder.has("deadly.0"); }));
    reply.cancel();
    const Status status = reply.status();
    EXPECT_TRUE(status.ok() || status.code() == Errc::cancelled) << status.to_string();
    EXPECT_NE(status.executed(), Executed::no) << status.to_string();
  }
}

TEST(DeadWorkers, ServeWhoWaitedThoughThePoolIsClosing) {
  Engine engine;
  std::vector<Reply<Do>> waiting;
  {
    Pool pool(engine, {process_lab()}, crew());
    const ProcessCaller caller(pool);
    waiting.push_back(caller.start<Do>(deed("kill")));
    for (int k = 0; k < 5; ++k) waiting.push_back(caller.start<Do>(deed("", k)));
  }
  for (std::size_t k = 1; k < waiting.size(); ++k)
    EXPECT_TRUE(waiting[k].status().ok()) << waiting[k].status().to_string();
}

}  // namespace
}  // namespace lagoon::test
