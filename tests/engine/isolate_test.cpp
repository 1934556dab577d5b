// SPDX-License-Identifier: Apache-2.0
// Queue, host, spares and workers of one isolate, by the jobs that the rooms above post.
#include <dirent.h>
#include <gtest/gtest.h>
#include <sched.h>

#include <cstdlib>
#include <lagoon/core/tensor.hpp>
#include <lagoon/engine/engine.hpp>
#include <lagoon/engine/isolate.hpp>
#include <lagoon/engine/job.hpp>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

#include "rpc/gate.hpp"
#include "rpc/watchdog.hpp"

namespace lagoon {
namespace {

using test::Gate;
using test::Tally;

/// A job that counts its ends: one of run and refuse, once.
struct Counted : detail::Job {
  explicit Counted(std::function<void()> f = [] {}) : function(std::move(f)) {
    run = [](Job* self) noexcept {
      auto* me = static_cast<Counted*>(self);
      me->function();
      me->ran.add();
    };
    refuse = [](Job* self, const Status& why) noexcept {
      auto* me = static_cast<Counted*>(self);
      me->why = why;
      me->refused.add();
    };
  }
  std::int64_t ends() const { return ran.value() + refused.value(); }
  std::function<void()> function;
  Tally ran, refused;
  Status why;
};

int entries_of(const char* folder) {
  int n = 0;
  DIR* dir = opendir(folder);
  while (dir && readdir(dir)) ++n;
  if (dir) closedir(dir);
  return n;
}

class Isolates : public testing::Test {
 protected:
  Engine engine_;
};

TEST_F(Isolates, RunGivesBackWhatTheFunctionReturnsOrThrows) {
  Isolate isolate(engine_, {.name = "lab"});
  EXPECT_EQ(isolate.run([] { return 7; }), 7);
  int side_effect = 0;
  isolate.run([&] { side_effect = 1; });
  EXPECT_EQ(side_effect, 1);
  EXPECT_EQ(*isolate.run([] { return std::make_unique<int>(3); }), 3);
  EXPECT_THROW(isolate.run([] { throw std::out_of_range("row 12 of 10"); }), std::out_of_range);
  EXPECT_THROW(isolate.run([]() -> int { throw 42; }), int);
  EXPECT_EQ(isolate.run([&] { return isolate.run([] { return 5; }); }), 5);
  EXPECT_EQ(isolate.running(), 0u);
}

TEST_F(Isolates, QueueExactlyAsManyJobsAsTheyMayAndRefuseTheNext) {
  for (const std::size_t limit : {1u, 2u, 3u, 5u, 8u, 100u}) {
    Gate running, finish;
    Counted first([&] {
      running.open();
      finish.wait();
    });
    std::vector<std::unique_ptr<Counted>> queued;
    Counted refused;
    Isolate isolate(engine_, {.name = "lab", .concurrency = 1, .queue_limit = limit});
    ASSERT_TRUE(detail::post(*isolate.state(), &first).ok());
    running.wait();
    for (std::size_t k = 0; k < limit; ++k) {
      queued.push_back(std::make_unique<Counted>());
      EXPECT_TRUE(detail::post(*isolate.state(), queued.back().get()).ok()) << k << " of " << limit;
    }
    EXPECT_EQ(isolate.queued(), limit);
    const Status status = detail::post(*isolate.state(), &refused);
    EXPECT_EQ(status.code(), Errc::resource_exhausted) << "limit " << limit;
    EXPECT_EQ(status.executed(), Executed::no);
    EXPECT_GT(status.retry_after().count(), 0);
    EXPECT_EQ(status.isolate(), "lab");
    finish.open();
    for (auto& job : queued) job->ran.wait_for(1);
    EXPECT_EQ(refused.ends(), 0) << "what was not taken is left alone";
  }
}

TEST_F(Isolates, NeverRefuseContinuationsAndRunThemInOrderBeforeTheQueue) {
  Gate running, finish;
  std::vector<int> order;
  Counted first([&] {
    running.open();
    finish.wait();
  });
  Counted queued[2] = {Counted([&] { order.push_back(1000); }), Counted([&] { order.push_back(1001); })};
  std::vector<std::unique_ptr<Counted>> urgent;
  Isolate isolate(engine_, {.name = "lab", .concurrency = 1, .queue_limit = 2});
  ASSERT_TRUE(detail::post(*isolate.state(), &first).ok());
  running.wait();
  for (auto& job : queued) ASSERT_TRUE(detail::post(*isolate.state(), &job).ok());
  for (int k = 0; k < 10; ++k) {
    urgent.push_back(std::make_unique<Counted>([&order, k] { order.push_back(k); }));
    detail::post_urgent(*isolate.state(), urgent.back().get());
  }
  finish.open();
  for (auto& job : queued) job.ran.wait_for(1);
  for (auto& job : urgent) job->ran.wait_for(1);
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 1000, 1001}));
}

TEST_F(Isolates, LetCallsHaveTheirTurnBetweenContinuationsWithoutEnd) {
  Gate called;
  std::atomic<bool> stop{false};
  Isolate isolate(engine_, {.name = "lab", .concurrency = 1});
  struct Endless : detail::Job {
    Isolate* isolate;
    std::atomic<bool>* stop;
    Tally ended;
  };
  Endless players[2];
  for (auto& p : players) {
    p.isolate = &isolate;
    p.stop = &stop;
    p.run = [](detail::Job* self) noexcept {
      auto* me = static_cast<Endless*>(self);
      if (*me->stop) {
        me->ended.add();
      } else {
        detail::post_urgent(*me->isolate->state(), me);
      }
    };
    detail::post_urgent(*isolate.state(), &p);
  }
  Counted call([&] { called.open(); });
  ASSERT_TRUE(detail::post(*isolate.state(), &call).ok());
  called.wait();
  stop = true;
  for (auto& p : players) p.ended.wait_for(1);
  call.ran.wait_for(1);
}

TEST_F(Isolates, TakeContinuationsBesideALongJob) {
  for (int round = 0; round < 50; ++round) {
    Gate running, finish;
    Counted first([&] {
      running.open();
      finish.wait();
    });
    Counted urgent([&] { finish.open(); });
    Isolate isolate(engine_, {.name = "lab", .concurrency = 2});
    ASSERT_TRUE(detail::post(*isolate.state(), &first).ok());
    running.wait();
    detail::post_urgent(*isolate.state(), &urgent);
    first.ran.wait_for(1);
    urgent.ran.wait_for(1);
  }
}

TEST_F(Isolates, ServeTheQueueWhileTheirHostSleepsForOthers) {
  Gate may_wake;
  std::set<std::thread::id> threads;
  std::mutex mutex;
  Isolate isolate(engine_, {.name = "lab", .concurrency = 1, .waiting_limit = 3});
  const auto note = [&] {
    std::lock_guard lock(mutex);
    threads.insert(std::this_thread::get_id());
  };
  const auto sleep = [&] {
    note();
    const detail::WaitingScope scope;
    EXPECT_TRUE(scope.allowed());
    may_wake.wait();
  };
  Counted sleepers[3] = {Counted(sleep), Counted(sleep), Counted(sleep)};
  Counted work([&] { note(); });
  Counted one_too_many([&] {
    const detail::WaitingScope scope;
    EXPECT_FALSE(scope.allowed());
    EXPECT_EQ(detail::too_many_waiting().code(), Errc::resource_exhausted);
  });
  for (auto& job : sleepers) ASSERT_TRUE(detail::post(*isolate.state(), &job).ok());
  ASSERT_TRUE(detail::post(*isolate.state(), &work).ok());
  ASSERT_TRUE(detail::post(*isolate.state(), &one_too_many).ok());
  work.ran.wait_for(1);
  one_too_many.ran.wait_for(1);
  while (isolate.running() != 0) std::this_thread::yield();  // the last job has its slot for a moment more
  EXPECT_EQ(isolate.running(), 0u);
  may_wake.open();
  for (auto& job : sleepers) job.ran.wait_for(1);
  EXPECT_LE(threads.size(), 4u);
  Counted again;
  ASSERT_TRUE(detail::post(*isolate.state(), &again).ok());
  again.ran.wait_for(1);
}

TEST_F(Isolates, KeepNoMoreThreadsThanTheyMayHaveSleepers) {
  Isolate isolate(engine_, {.name = "lab", .concurrency = 1, .waiting_limit = 2});
  std::set<std::thread::id> threads;
  std::mutex mutex;
  for (int round = 0; round < 300; ++round) {
    Gate wake;
    Counted sleeper([&] {
      {
        std::lock_guard lock(mutex);
        threads.insert(std::this_thread::get_id());
      }
      const detail::WaitingScope scope;
      wake.wait();
    });
    Counted waker([&] { wake.open(); });
    ASSERT_TRUE(detail::post(*isolate.state(), &sleeper).ok());
    ASSERT_TRUE(detail::post(*isolate.state(), &waker).ok());
    sleeper.ran.wait_for(1);
    waker.ran.wait_for(1);
  }
  EXPECT_LE(threads.size(), 3u);
}

TEST_F(Isolates, AllowAnyThreadOutsideToSleep) {
  for (int k = 0; k < 100; ++k) {
    const detail::WaitingScope scope;
    EXPECT_TRUE(scope.allowed());
  }
  EXPECT_EQ(detail::current_isolate_state(), nullptr);
}

TEST_F(Isolates, EndEachJobOnceWhenTheyCloseUnderTheirPosters) {
  for (int round = 0; round < 60; ++round) {
    auto isolate = std::make_unique<Isolate>(engine_, IsolateOptions{.name = "lab", .queue_limit = 8});
    const auto state = isolate->state();
    std::vector<std::vector<std::unique_ptr<Counted>>> taken(4);
    std::atomic<int> posted{0};
    std::vector<std::thread> threads;
    for (std::size_t t = 0; t < 4; ++t)
      threads.emplace_back([&, t] {
        for (;;) {
          auto job = std::make_unique<Counted>();
          const Status status = detail::post(*state, job.get());
          if (status.code() == Errc::unavailable) return;
          if (!status.ok()) continue;
          taken[t].push_back(std::move(job));
          ++posted;
        }
      });
    while (posted < 50) std::this_thread::yield();
    isolate.reset();
    for (auto& t : threads) t.join();
    for (auto& jobs : taken)
      for (auto& job : jobs) {
        ASSERT_EQ(job->ends(), 1);
        ASSERT_TRUE(job->why.ok() || job->why.code() == Errc::unavailable);
      }
  }
}

TEST_F(Isolates, StayOpenForCallsThatAreHeld) {
  auto isolate = std::make_unique<Isolate>(engine_, IsolateOptions{.name = "lab"});
  const auto state = isolate->state();
  detail::hold(*state);
  std::atomic<bool> closed{false};
  std::thread closer([&] {
    isolate.reset();
    closed = true;
  });
  Counted probe;
  while (detail::post(*state, &probe).ok()) {
    while (probe.ends() == 0) std::this_thread::yield();
    std::this_thread::yield();
  }
  Counted continuation([&] { EXPECT_FALSE(closed); });
  detail::post_urgent(*state, &continuation);
  continuation.ran.wait_for(1);
  EXPECT_FALSE(closed);
  detail::unhold(*state);
  closer.join();
}

TEST_F(Isolates, MayBeMadeAndClosedByAnothersCall) {
  Isolate outer(engine_, {.name = "outer"});
  for (int k = 0; k < 20; ++k)
    outer.run([&] {
      Isolate inner(engine_, {.name = "inner"});
      EXPECT_EQ(inner.run([] { return std::string(current_isolate()); }), "inner");
      EXPECT_EQ(current_isolate(), "outer");
    });
}

TEST_F(Isolates, LeaveNoThreadAndNoFileBehind) {
  { Isolate warm_up(engine_, {}); }
  const int threads = entries_of("/proc/self/task"), files = entries_of("/proc/self/fd");
  for (int k = 0; k < 50; ++k) {
    Isolate isolate(engine_, {.name = "lab"});
    isolate.run([] {});
    Counted job;
    ASSERT_TRUE(detail::post(*isolate.state(), &job).ok());
    job.ran.wait_for(1);
  }
  EXPECT_LE(entries_of("/proc/self/task"), threads + 2) << "oneTBB may have added a worker, and the engine its timer";
  EXPECT_EQ(entries_of("/proc/self/fd"), files);
}

TEST_F(Isolates, ChargeWhatRunsInThem) {
  try {
    Isolate isolate(engine_, {.name = "lab", .memory_limit = 1 << 20});
    isolate.run([&] { Tensor<double, 1> too_large({1 << 20}); });
    ADD_FAILURE() << "nothing was thrown";
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), Errc::resource_exhausted);
    EXPECT_NE(std::string(e.what()).find("lab"), std::string::npos) << e.what();
  }
}

TEST(OneCoreDeathTest, IsNothingThatStderrHearsOf) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  unsetenv("LAGOON_TEST_PARALLELISM");  // for the child, which begins anew
  EXPECT_EXIT(
      {
        cpu_set_t core;
        CPU_ZERO(&core);
        CPU_SET(sched_getcpu(), &core);
        sched_setaffinity(0, sizeof core, &core);
        Engine engine;
        Isolate isolate(engine, {});
        isolate.run([] {});
        std::exit(0);
      },
      testing::ExitedWithCode(0), "^$");
}

}  // namespace
}  // namespace lagoon
