// SPDX-License-Identifier: Apache-2.0
// Pools of processes: workers that die, stop, hang or do not start are replaced, and each call ends once with the
// truth.
#include <sys/wait.h>

#include <algorithm>
#include <csignal>
#include <mutex>

#include "lab_programs.hpp"
#include "rpc/pool_lab.hpp"

namespace lagoon::test {
namespace {

PoolOptions process_pool(unsigned workers, Diary* diary = nullptr) {
  return {.name = "crew",
          .workers = workers,
          .isolation = Isolation::process,
          .process = lab_program(),
          .restart = {.most = 1'000'000, .within = 1h, .backoff = 1ms},
          .health = {.every = 10ms, .hang_grace = 50ms},
          .on_event = diary ? diary->writer() : nullptr};
}

/// What callers were told.
struct Told {
  std::atomic<int> started{0}, ok{0}, maybe{0}, no{0}, other{0};
  void note(const Status& status) {
    if (status.ok()) {
      ++ok;
    } else if (status.code() != Errc::unavailable || status.executed() == Executed::yes) {
      ADD_FAILURE() << status.to_string();
      ++other;
    } else {
      ++(status.executed() == Executed::maybe ? maybe : no);
    }
  }
};

TEST(PoolsOfProcesses, LoseNoCallWhenWorkersAreKilledUnderLoad) {
  Engine engine;
  Diary diary;
  Pool pool(engine, {process_lab()}, process_pool(2, &diary));
  const ProcessCaller caller(pool);
  Told told;
  const int deaths = 10;
  std::atomic<bool> enough{false};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      while (!enough) {
        ++told.started;
        auto answer = caller.start<Do>(deed("sleep", 1));
        told.note(answer.status());
      }
    });
  }
  for (int k = 1; k <= deaths; ++k) {
    const Status status = caller.try_call<Do>(deed("kill")).status();
    EXPECT_EQ(status.code(), Errc::unavailable) << status.to_string();
    diary.wait_for(What::died, static_cast<std::size_t>(k));
  }
  enough = true;
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(told.started, told.ok + told.maybe + told.no + told.other);
  EXPECT_EQ(told.no, 0) << "what was not begun goes to another worker";
  EXPECT_LE(told.maybe, deaths) << "a worker has begun one call at a time";
  EXPECT_GT(told.ok, deaths);
  const PoolCounts counts = pool.overview().counts;
  EXPECT_EQ(counts.died, static_cast<std::uint64_t>(deaths));
  EXPECT_EQ(counts.failed + counts.hung + counts.unhealthy, 0u);
  EXPECT_TRUE(caller.try_call<Do>(deed("")).ok());
}

TEST(PoolsOfProcesses, GiveWhatADeadWorkerHadNotBegunToAnother) {
  Engine engine;
  Folder folder;
  Pool pool(engine, {process_lab()}, process_pool(1));
  const ProcessCaller caller(pool);
  auto first = caller.start<Do>(deed("kill"));
  std::vector<Reply<Do>> waiting;
  for (int k = 0; k < 20; ++k) waiting.push_back(caller.start<Do>(deed("", k)));
  EXPECT_EQ(first.status().executed(), Executed::maybe);
  for (int k = 0; k < 20; ++k) EXPECT_EQ(waiting[static_cast<std::size_t>(k)].try_get()->number, k);
}

TEST(PoolsOfProcesses, HaveASpareReadyWhenAWorkerDies) {
  Engine engine;
  Diary diary;
  Pool pool(engine, {process_lab()}, process_pool(1, &diary));
  const ProcessCaller caller(pool);
  ASSERT_TRUE(comes_true([] { return Holdings::now().children >= 2; })) << "a worker and a spare";
  const auto first = caller.call<Do>(deed("")).process;
  EXPECT_FALSE(caller.try_call<Do>(deed("kill")).ok());
  const auto begin = std::chrono::steady_clock::now();
  const auto second = caller.call<Do>(deed("")).process;
  const auto took = std::chrono::steady_clock::now() - begin;
  EXPECT_NE(first, second);
  std::printf("  replaced after %.1f ms\n", std::chrono::duration<double, std::milli>(took).count());
  EXPECT_TRUE(comes_true([] { return Holdings::now().children >= 2; })) << "and there is a new spare";
}

TEST(PoolsOfProcesses, GiveUpWhenWorkersDieTooOften) {
  Engine engine;
  Diary diary;
  PoolOptions options = process_pool(1, &diary);
  options.restart = {.most = 3, .within = 1h, .backoff = 1ms};
  Pool pool(engine, {process_lab()}, options);
  const ProcessCaller caller(pool);
  for (int k = 0; k < 4; ++k) EXPECT_FALSE(caller.try_call<Do>(deed("kill")).ok());
  diary.wait_for(What::died, 4);
  ASSERT_TRUE(comes_true([&] { return !pool.overview().status.ok(); }));
  const Status status = caller.try_call<Do>(deed("")).status();
  EXPECT_EQ(status.code(), Errc::unavailable);
  EXPECT_EQ(status.executed(), Executed::no);
  EXPECT_NE(status.message().find("crew gave up after 4 workers"), std::string::npos) << status.message();
  EXPECT_NE(status.message().find("signal 9"), std::string::npos) << "and why: " << status.message();
}

TEST(PoolsOfProcesses, TellTheBalancerWhoMadeTheArraysOfACall) {
  Engine engine;
  PoolOptions options = process_pool(2);
  options.balancer = [](const WorkerLoad& w, const CallToPlace&) {
    return static_cast<double>(w.bytes_to_bring) + w.load();
  };
  Pool pool(engine, {process_lab()}, options);
  const ProcessCaller caller(pool);
  constexpr std::ptrdiff_t kMany = 100'000;
  // A worker that has answered may have its slot for a moment more, and the call would go to the other.
  const auto all_rest = [&] {
    return std::ranges::all_of(pool.workers(), [](const WorkerReport& w) { return w.load.load() == 0; });
  };
  auto busy = caller.start<Do>(deed("sleep", 200));
  const Answer first = caller.call<Do>(deed("large", kMany));
  EXPECT_NE(busy.get().process, first.process) << "two workers";
  ASSERT_TRUE(comes_true(all_rest));
  busy = caller.start<Do>({.deed = "sleep", .number = 200, .values = first.values});
  const Answer second = caller.call<Do>(deed("large", kMany));
  EXPECT_EQ(busy.get().process, first.process);
  ASSERT_NE(first.process, second.process);
  for (const Answer* made : {&first, &second, &first, &first, &second}) {
    ASSERT_TRUE(comes_true(all_rest));
    CallReport report;
    EXPECT_EQ(caller.call<Do>({.values = made->values}, {.report = &report}).process, made->process);
    EXPECT_EQ(report.copies.copied_bytes, 0u) << report.copies.why;
  }
}

TEST(PoolsOfProcesses, ReportWhatTheirProcessesUse) {
  Engine engine;
  Pool pool(engine, {process_lab()}, process_pool(1));
  const ProcessCaller caller(pool);
  constexpr std::ptrdiff_t kMany = 1'000'000;
  const Answer kept = caller.call<Do>(deed("large", kMany));
  const auto before = pool.workers().front();
  EXPECT_GE(before.load.memory_held, kMany * sizeof(double));
  EXPECT_GE(before.memory_peak, before.load.memory_held);
  Order order{.values = kept.values};
  ASSERT_TRUE(comes_true([&] {
    caller.call<Do>(order);  // adds a million numbers up
    return pool.workers().front().cpu - before.cpu > 50ms;
  }));
  EXPECT_LT(pool.workers().front().cpu, pool.workers().front().age * 8) << "of one process";
}

TEST(PoolsOfProcesses, ThatCannotStartSayWhy) {
  Engine engine;
  PoolOptions options = process_pool(1);
  options.process = lab_program({"exits"});
  try {
    const Pool pool(engine, {process_lab()}, options);
    FAIL() << "it has a worker";
  } catch (const Error& e) {
    EXPECT_NE(e.status().message().find("status 3"), std::string::npos) << e.status().message();
  }
}

class WorkersThatHang : public testing::TestWithParam<const char*> {};

TEST_P(WorkersThatHang, AreKilledAndReplaced) {
  Engine engine;
  Diary diary;
  Pool pool(engine, {process_lab()}, process_pool(1, &diary));
  const ProcessCaller caller(pool);
  for (const bool cancelled : {false, true}) {
    auto hangs = caller.start<Do>(deed(GetParam()), {.timeout = cancelled ? 1h : 20ms});
    auto waits = caller.start<Do>(deed("", 5));
    if (cancelled) hangs.cancel();
    const Status status = hangs.status();
    EXPECT_NE(status.executed(), Executed::yes) << status.to_string();
    EXPECT_FALSE(status.ok());
    EXPECT_EQ(waits.try_get()->number, 5) << "by the replacement";
  }
  const PoolCounts counts = pool.overview().counts;
  EXPECT_GE(counts.hung + counts.unhealthy + counts.died, 1u);
  EXPECT_TRUE(comes_true([] { return Holdings::now().children <= 2; })) << "the hung ones are gone";
}

INSTANTIATE_TEST_SUITE_P(By, WorkersThatHang, testing::Values("hang", "stop"),
                         [](const auto& by) { return std::string(by.param); });

TEST(PoolsOfProcesses, ReplaceAWorkerThatIsStoppedThoughNobodyCallsIt) {
  Engine engine;
  Diary diary;
  Pool pool(engine, {process_lab()}, process_pool(1, &diary));
  const ProcessCaller caller(pool);
  const auto worker = static_cast<pid_t>(caller.call<Do>(deed("")).process);
  ASSERT_EQ(::kill(worker, SIGSTOP), 0);
  diary.wait_for(What::created, 2);
  EXPECT_NE(caller.call<Do>(deed("")).process, worker);
}

TEST(PoolsOfProcesses, CountTheirCallsWhoeverDied) {
  Engine engine;
  Pool pool(engine, {process_lab()}, process_pool(1));
  const ProcessCaller caller(pool);
  for (int k = 0; k < 5; ++k) EXPECT_TRUE(caller.try_call<Do>(deed("")).ok());
  EXPECT_FALSE(caller.try_call<Do>(deed("kill")).ok());
  for (int k = 0; k < 5; ++k) EXPECT_TRUE(caller.try_call<Do>(deed("")).ok());
  EXPECT_EQ(calls_of(pool, "do"), 10u);
  EXPECT_EQ(calls_of(pool, "do", Errc::unavailable), 1u);
}

}  // namespace
}  // namespace lagoon::test
