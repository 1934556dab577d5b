// SPDX-License-Identifier: Apache-2.0
// Nobody enters an isolate without a permit, and a permit never waits: arenas that wait for each other's slots
// deadlock.
#include <gtest/gtest.h>

#include <lagoon/engine/engine.hpp>
#include <lagoon/engine/isolate.hpp>
#include <lagoon/engine/job.hpp>
#include <random>
#include <thread>
#include <vector>

#include "rpc/gate.hpp"
#include "rpc/watchdog.hpp"

namespace lagoon {
namespace {

using test::burn;
using test::Crowd;
using test::Gate;
using test::Tally;

/// A job of a function that frees itself.
struct Work : detail::Job {
  explicit Work(std::function<void()> f) : function(std::move(f)) {
    run = [](Job* self) noexcept {
      static_cast<Work*>(self)->function();
      delete static_cast<Work*>(self);
    };
    refuse = [](Job* self, const Status&) noexcept { delete static_cast<Work*>(self); };
  }
  std::function<void()> function;
};

void post(Isolate& isolate, std::function<void()> f) {
  auto job = std::make_unique<Work>(std::move(f));
  if (detail::post(*isolate.state(), job.get()).ok()) (void)job.release();
}

class Admission : public testing::Test {
 protected:
  Engine engine_;
};

TEST_F(Admission, GrantsAsManyPermitsAsCallsMayRun) {
  for (const unsigned limit : {1u, 2u, 3u}) {
    Isolate isolate(engine_, {.name = "lab", .concurrency = limit});
    for (unsigned k = 0; k < limit; ++k) EXPECT_TRUE(detail::try_enter(*isolate.state())) << k << " of " << limit;
    EXPECT_FALSE(detail::try_enter(*isolate.state()));
    EXPECT_EQ(isolate.running(), limit);
    detail::leave(*isolate.state());
    EXPECT_TRUE(detail::try_enter(*isolate.state()));
    for (unsigned k = 0; k < limit; ++k) detail::leave(*isolate.state());
    EXPECT_EQ(isolate.running(), 0u);
  }
}

TEST_F(Admission, HoldsForTheHostAsForCallers) {
  Isolate isolate(engine_, {.name = "lab", .concurrency = 1});
  Gate ran;
  ASSERT_TRUE(detail::try_enter(*isolate.state()));
  post(isolate, [&] { ran.open(); });
  for (int k = 0; k < 200; ++k) std::this_thread::yield();  // time to do wrong; the check below is what counts
  EXPECT_FALSE(ran.is_open()) << "this thread has the only slot";
  detail::leave(*isolate.state());
  ran.wait();  // leaving wakes whoever waits for the slot
}

TEST_F(Admission, LetsNobodyOvertakeThoseThatWait) {
  Isolate isolate(engine_, {.name = "lab", .concurrency = 1});
  Gate running, finish;
  Tally ran;
  post(isolate, [&] {
    running.open();
    finish.wait();
    ran.add();
  });
  running.wait();
  post(isolate, [&] { ran.add(); });
  EXPECT_FALSE(detail::try_enter(*isolate.state()));
  finish.open();
  ran.wait_for(2);
}

TEST_F(Admission, RunsWhatEnteredInTheIsolatesName) {
  Isolate a(engine_, {.name = "a"}), b(engine_, {.name = "b"});
  std::vector<std::string> seen;
  const auto look = [&] { seen.emplace_back(current_isolate()); };
  a.run([&] {
    look();
    b.run([&] {
      look();
      a.run(look);
      look();
    });
    look();
  });
  look();
  EXPECT_EQ(seen, (std::vector<std::string>{"a", "b", "a", "b", "a", ""}));
}

TEST_F(Admission, NeverLetsMoreRunThanItMayFromManyThreads) {
  for (const unsigned limit : {1u, 2u, 3u}) {
    Isolate isolate(engine_, {.name = "lab", .concurrency = limit});
    Crowd crowd;
    std::atomic<int> ran{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([&] {
        for (int k = 0; k < 500; ++k)
          isolate.run([&] {
            const Crowd::Inside inside(crowd);
            burn(500);
            ++ran;
          });
      });
    for (auto& t : threads) t.join();
    EXPECT_EQ(ran, 2000);
    EXPECT_LE(crowd.most(), static_cast<int>(limit));
  }
}

// The experiment that deadlocked 5 times of 5 with task_arena::execute alone.
TEST_F(Admission, OfTwoIsolatesThatRunInEachOtherDeadlocksNever) {
  for (const unsigned limit : {1u, 2u}) {
    Isolate a(engine_, {.name = "a", .concurrency = limit}), b(engine_, {.name = "b", .concurrency = limit});
    std::atomic<int> ended{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([&, t] {
        Isolate &outer = t % 2 ? a : b, &inner = t % 2 ? b : a;
        for (int k = 0; k < 1000 / test::kSlowness; ++k) {
          outer.run([&] { inner.run([&] { outer.run([&] { burn(100); }); }); });
          ++ended;
        }
      });
    for (auto& t : threads) t.join();
    EXPECT_EQ(ended, 4 * (1000 / test::kSlowness));
  }
}

TEST_F(Admission, OfThreeInACircleWithOneSleeperEachGetsOnOrSaysWhyNot) {
  std::vector<std::unique_ptr<Isolate>> ring;
  for (const char* name : {"a", "b", "c"})
    ring.push_back(std::make_unique<Isolate>(
        engine_, IsolateOptions{.name = name, .concurrency = 1, .queue_limit = 2, .waiting_limit = 1}));
  std::atomic<int> ok{0}, refused{0};
  std::function<void(std::size_t, int)> go = [&](std::size_t at, int depth) {
    ring[at % 3]->run([&] {
      burn(100);
      if (depth > 0) go(at + 1, depth - 1);
    });
  };
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (int k = 0; k < 400 / test::kSlowness; ++k) {
        try {
          go(t, k % 7);
          ++ok;
        } catch (const Error& e) {
          EXPECT_EQ(e.code(), Errc::resource_exhausted) << e.what();
          ++refused;
        }
      }
    });
  for (auto& t : threads) t.join();
  EXPECT_EQ(ok + refused, 4 * (400 / test::kSlowness));
  EXPECT_GT(ok, 0);
  for (auto& isolate : ring)  // a job answers before it lets go of its slot
    while (isolate->running()) std::this_thread::yield();
}

TEST_F(Admission, IsClosedWithTheIsolate) {
  for (int round = 0; round < 100; ++round) {
    auto isolate = std::make_unique<Isolate>(engine_, IsolateOptions{.name = "lab", .concurrency = 2});
    const auto state = isolate->state();
    std::atomic<bool> closed{false};
    std::atomic<int> inside_after{0}, entered{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 3; ++t)
      threads.emplace_back([&] {
        for (int after = 0; after < 20;) {
          if (closed) ++after;
          if (!detail::try_enter(*state)) continue;
          ++entered;
          detail::execute_entered(
              *state,
              [](void* p) {
                auto& [is_closed, count] = *static_cast<std::pair<std::atomic<bool>*, std::atomic<int>*>*>(p);
                burn(50);
                if (*is_closed) ++*count;
              },
              std::make_unique<std::pair<std::atomic<bool>*, std::atomic<int>*>>(&closed, &inside_after).get());
          detail::leave(*state);
        }
      });
    while (entered < 10) std::this_thread::yield();
    isolate.reset();
    closed = true;
    for (auto& t : threads) t.join();
    EXPECT_EQ(inside_after, 0);
  }
}

}  // namespace
}  // namespace lagoon
