// SPDX-License-Identifier: Apache-2.0
// What oneTBB 2021.8 does that would hurt an engine of calls, as facts (suite OneTbb), and beside each that Lagoon's
// graphs, pipelines and loops do not have it (suite Immune). A fact that a later oneTBB mends will fail here: then a
// workaround can go. Isolates and admission have theirs in isolate_test.cpp.
#include <gtest/gtest.h>

#include <lagoon/engine/graph.hpp>
#include <lagoon/engine/parallel.hpp>
#include <lagoon/engine/pipeline.hpp>

#include <tbb/flow_graph.h>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>
#include <tbb/task_group.h>

#include <functional>
#include <latch>
#include <thread>
#include <vector>

#include "threads.hpp"

namespace lagoon {
namespace {

namespace flow = tbb::flow;
using test::allowed_threads;
using test::Event;
using test::in_arena;
using test::Meeting;

void yield_often() {
  for (int k = 0; k < 2000; ++k) std::this_thread::yield();
}

// Lagoon's three ways to do two things that may run side by side. Each gives whether it went well.
struct Construct {
  const char* name;
  bool (*twice)(const std::function<void()>& body);
};
std::ostream& operator<<(std::ostream& out, const Construct& c) { return out << c.name; }

bool graph_twice(const std::function<void()>& body) {
  Graph<int, int> g;
  auto node = [&](int x) { return body(), x; };
  auto a = g.add("a", node, g.input());
  auto b = g.add("b", node, g.input());
  g.output(g.add("sum", std::plus<>(), a, b));
  return g.run(1).ok();
}

bool pipeline_twice(const std::function<void()>& body) {
  return each(std::vector<int>(2)).parallel("body", [&](int x) { return body(), x; }).run({.in_flight = 2}).ok();
}

bool loop_twice(const std::function<void()>& body) {
  try {
    parallel_for(2, {1}, [&](std::ptrdiff_t, std::ptrdiff_t) { body(); });
    return true;
  } catch (...) {
    return false;
  }
}

class Immune : public testing::TestWithParam<Construct> {
 protected:
  bool twice(const std::function<void()>& body) { return GetParam().twice(body); }
};
INSTANTIATE_TEST_SUITE_P(To, Immune,
                         testing::Values(Construct{"graph", graph_twice}, Construct{"pipeline", pipeline_twice},
                                         Construct{"loop", loop_twice}),
                         [](const auto& info) { return std::string(info.param.name); });

// Occupies every worker that oneTBB has, in an arena of its own, until it ends.
class BusyWorkers {
 public:
  BusyWorkers() {
    const std::size_t workers = std::max<std::size_t>(allowed_threads(), 2) - 1;
    for (std::size_t k = 0; k < workers; ++k)
      elsewhere_.enqueue([this] {
        ++busy_;
        while (!done_.happened()) std::this_thread::yield();
        --busy_;
      });
    while (busy_ < static_cast<int>(workers)) std::this_thread::yield();
  }
  ~BusyWorkers() {
    done_.happen();
    while (busy_ > 0) std::this_thread::yield();
  }

 private:
  tbb::task_arena elsewhere_{static_cast<int>(allowed_threads()) + 1, 0};
  std::atomic<int> busy_{0};
  Event done_;
};

// ---- workers are few and shared

TEST(OneTbb, HasOneWorkerLessThanThreadsForAllArenasTogether) {
  constexpr int kArenas = 4, kTasks = 4;
  std::vector<std::unique_ptr<tbb::task_arena>> arenas;
  std::atomic<int> now{0}, most{0}, left{kArenas * kTasks};
  for (int a = 0; a < kArenas; ++a) {
    arenas.push_back(std::make_unique<tbb::task_arena>(4, 0));
    for (int t = 0; t < kTasks; ++t)
      arenas.back()->enqueue([&] {
        const int n = ++now;
        int before = most;
        while (before < n && !most.compare_exchange_weak(before, n)) {
        }
        for (int k = 0; k < 200; ++k) std::this_thread::yield();
        --now;
        --left;
      });
  }
  while (left > 0) std::this_thread::yield();
  EXPECT_LE(most, std::max<int>(1, static_cast<int>(allowed_threads()) - 1));
}

TEST(OneTbb, LimitsWorkersButNotThreadsThatEnterArenas) {
  Meeting meeting(3);
  std::atomic<int> met{0};
  std::vector<std::thread> callers;
  for (int k = 0; k < 3; ++k)
    callers.emplace_back([&] {
      tbb::task_arena arena(2, 1);
      arena.execute([&] { met += meeting.arrive_and_wait(); });
    });
  for (auto& t : callers) t.join();
  EXPECT_EQ(met, 3) << "three bodies at once whatever max_allowed_parallelism says";
}

TEST(OneTbb, LetsTwoCallersIntoAnArenaOfOne) {
  tbb::task_arena arena(1, 1);
  Meeting meeting(2);
  std::atomic<int> met{0};
  auto enter = [&] { arena.execute([&] { met += meeting.arrive_and_wait(); }); };
  std::thread other(enter);
  enter();
  other.join();
  EXPECT_EQ(met, 2) << "an arena of one slot is no mutex";
}

TEST(OneTbb, RunsNothingPutIntoAGraphWhileThereIsNoWorkerAndNobodyWaits) {
  if (allowed_threads() > 1) GTEST_SKIP() << "about a process with one core";
  in_arena([] {
    flow::graph g;
    std::atomic<bool> ran{false};
    flow::function_node<int> node(g, flow::unlimited, [&](int) { ran = true; });
    EXPECT_TRUE(node.try_put(1));
    yield_often();
    EXPECT_FALSE(ran) << "a future set by this node would be waited for in vain";
    g.wait_for_all();
    EXPECT_TRUE(ran);
  });
}

TEST_P(Immune, EndsThoughEveryWorkerIsBusyElsewhere) {
  const BusyWorkers busy;
  in_arena([&] {
    std::atomic<int> ran{0};
    EXPECT_TRUE(twice([&] { ++ran; }));
    EXPECT_EQ(ran, 2);
  });
}

TEST_P(Immune, EndsWhileAnotherCallInTheSameArenaIsBlocked) {
  tbb::task_arena arena(4, 2);
  Event fast_done, slow_begun;
  std::thread slow([&] {
    arena.execute([&] {
      twice([&] {
        slow_begun.happen();
        EXPECT_TRUE(fast_done.wait()) << "the fast call waited for the slow one";
      });
    });
  });
  EXPECT_TRUE(slow_begun.wait());
  arena.execute([&] { EXPECT_TRUE(twice([] {})); });
  fast_done.happen();
  slow.join();
}

TEST(OneTbb, WaitsForTheMessagesOfStrangersInASharedGraph) {
  LAGOON_NEEDS_THREADS(2u);
  in_arena([] {
    flow::graph g;
    Event begun, release;
    std::atomic<bool> returned{false};
    flow::function_node<int> node(g, flow::unlimited, [&](int slow) {
      if (!slow) return;
      begun.happen();
      release.wait();
    });
    node.try_put(1);
    ASSERT_TRUE(begun.wait());
    std::thread observer([&] {
      yield_often();
      EXPECT_FALSE(returned) << "the wait for a fast message ended before a stranger's slow one";
      release.happen();
    });
    node.try_put(0);
    g.wait_for_all();
    returned = true;
    observer.join();
  });
}

// ---- who runs on the stack of a waiting call

// Runs body twice side by side, on this thread and on a worker; while this thread waits for the worker, a stranger
// goes on offering tasks in the same arena. Gives whether one of them ran on this thread before `twice` returned.
//   looks   how often the worker looks whether that has happened before it ends
bool strangers_run_while_waiting(int looks, const std::function<void(const std::function<void()>&)>& twice) {
  tbb::task_arena arena(4, 2);
  Meeting both(2);
  Event waiting, finished;
  std::atomic<bool> inside{false}, intruded{false};
  std::atomic<int> open{0};
  std::thread stranger([&] {
    arena.execute([&] {
      tbb::task_group tasks;
      EXPECT_TRUE(waiting.wait());
      while (!finished.happened()) {
        if (open < 8) {
          ++open;
          tasks.run([&] {
            if (inside && test::thread_mark() == 1) intruded = true;
            --open;
          });
        }
        std::this_thread::yield();
      }
      tasks.wait();
    });
  });
  arena.execute([&] {
    test::thread_mark() = 1;
    inside = true;
    twice([&] {
      EXPECT_TRUE(both.arrive_and_wait());
      if (test::thread_mark() == 1) return;  // this thread is done and waits for the other
      waiting.happen();
      for (int k = 0; k < looks && !intruded; ++k) std::this_thread::yield();
    });
    inside = false;
    test::thread_mark() = 0;
  });
  finished.happen();
  stranger.join();
  return intruded;
}

constexpr int kForLong = 10'000'000, kForAWhile = 2000;

TEST(OneTbb, RunsStrangersTasksOnTheStackOfAThreadThatWaitsForAGraph) {
  LAGOON_NEEDS_THREADS(2u);
  const auto graph = [](const std::function<void()>& body) {
    flow::graph g;
    flow::function_node<int> node(g, flow::unlimited, [&](int) { body(); });
    node.try_put(0);
    node.try_put(1);
    g.wait_for_all();
  };
  EXPECT_TRUE(strangers_run_while_waiting(kForLong, graph));
}

TEST(OneTbb, RunsThemEvenWithinIsolateWhichIsWhyGraphsAreNotBuiltOnIt) {
  LAGOON_NEEDS_THREADS(2u);
  const auto graph = [](const std::function<void()>& body) {
    tbb::this_task_arena::isolate([&] {
      flow::graph g;
      flow::function_node<int> node(g, flow::unlimited, [&](int) { body(); });
      node.try_put(0);
      node.try_put(1);
      g.wait_for_all();
    });
  };
  EXPECT_TRUE(strangers_run_while_waiting(kForLong, graph));
}

TEST_P(Immune, RunsNoStrangersTaskOnTheStackOfAWaitingCall) {
  LAGOON_NEEDS_THREADS(2u);
  const auto run = [&](const std::function<void()>& body) { EXPECT_TRUE(twice(body)); };
  for (int round = 0; round < 5; ++round) ASSERT_FALSE(strangers_run_while_waiting(kForAWhile, run));
}

// ---- exceptions and cancellation

TEST(OneTbb, DropsTheMessagesOfAllCallersWhenOneNodeThrows) {
  in_arena([] {
    flow::graph g;
    int ran = 0;
    flow::function_node<int> node(g, flow::serial, [&](int x) {
      if (x == 3) throw std::runtime_error("boom");
      ++ran;
    });
    for (int x = 0; x < 10; ++x) EXPECT_TRUE(node.try_put(x));
    EXPECT_THROW(g.wait_for_all(), std::runtime_error);
    EXPECT_LT(ran, 9) << "of nine messages that do not throw";
    ran = 0;
    EXPECT_TRUE(node.try_put(20)) << "says yes";
    g.wait_for_all();
    EXPECT_EQ(ran, 0) << "and does nothing";
    g.reset();
  });
}

TEST_P(Immune, FailsOneCallWithoutHurtingThoseBesideIt) {
  tbb::task_arena arena(4, 4);
  std::atomic<int> wrong{0};
  std::vector<std::thread> callers;
  for (int c = 0; c < 4; ++c)
    callers.emplace_back([&, c] {
      arena.execute([&] {
        for (int k = 0; k < 200; ++k) {
          std::atomic<int> ran{0};
          const bool throws = c == 0;
          const bool fine = twice([&] {
            ++ran;
            if (throws) throw std::runtime_error("boom");
          });
          wrong += throws ? fine : !fine || ran != 2;
        }
      });
    });
  for (auto& t : callers) t.join();
  EXPECT_EQ(wrong, 0);
}

TEST(OneTbbDeathTest, EndsTheProcessWhenAnEnqueuedTaskThrows) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(
      {
        tbb::task_arena arena(2, 1);
        arena.enqueue([] { throw std::runtime_error("boom"); });
        Event never;
        never.wait();
      },
      "");
}

TEST_P(Immune, LetsNoExceptionOutOfATaskWhateverItsType) {
  in_arena([&] {
    EXPECT_FALSE(twice([] { throw 42; }));
    EXPECT_FALSE(twice([] { throw std::bad_alloc(); }));
    EXPECT_TRUE(twice([] {}));
  });
}

TEST(OneTbb, SkipsPartsOfALoopWhenTheTaskAroundItIsCancelledAndReturnsAsIfItWereDone) {
  in_arena([] {
    tbb::task_group around;
    std::atomic<int> parts{0};
    bool returned = false;
    around.run_and_wait([&] {
      around.cancel();
      tbb::parallel_for(0, 1000, [&](int) { ++parts; });
      returned = true;
    });
    EXPECT_TRUE(returned);
    EXPECT_LT(parts, 1000);
  });
}

TEST_P(Immune, DoesAllItsWorkWhenTheTaskAroundItIsCancelled) {
  in_arena([&] {
    tbb::task_group around;
    std::atomic<int> ran{0};
    around.run_and_wait([&] {
      around.cancel();
      EXPECT_TRUE(twice([&] { ++ran; }));
    });
    EXPECT_EQ(ran, 2);
  });
}

// ---- where a graph runs and what it keeps

TEST(OneTbb, RunsAGraphInTheArenaItWasMadeIn) {
  tbb::task_arena made(4, 1), waited(2, 1);
  std::unique_ptr<flow::graph> g;
  made.execute([&] { g = std::make_unique<flow::graph>(); });
  std::atomic<int> slots{0};
  flow::function_node<int> node(*g, flow::unlimited, [&](int) { slots = tbb::this_task_arena::max_concurrency(); });
  waited.execute([&] {
    node.try_put(1);
    g->wait_for_all();
  });
  EXPECT_EQ(slots, 4);
}

TEST(ImmuneGraph, RunsInTheArenaOfItsCallerWhereverItWasMade) {
  tbb::task_arena made(4, 1), called(2, 1);
  Graph<int, int> g;
  auto slots = [](int) { return tbb::this_task_arena::max_concurrency(); };
  auto a = g.add("a", slots, g.input());
  auto b = g.add("b", slots, g.input());
  g.output(g.add(
      "most", [](int x, int y) { return std::max(x, y); }, a, b));
  std::unique_ptr<GraphInstance<int, int>> instance;
  made.execute([&] { instance = std::make_unique<GraphInstance<int, int>>(g); });
  called.execute([&] { EXPECT_EQ(instance->run(0).value(), 2); });
}

TEST(OneTbb, AcceptsMessagesWithoutLimit) {
  in_arena([] {
    flow::graph g;
    std::atomic<int> ran{0};
    Event release;
    flow::function_node<int> node(g, flow::serial, [&](int) {
      release.wait();
      ++ran;
    });
    int accepted = 0;
    for (int k = 0; k < 10'000; ++k) accepted += node.try_put(k);
    EXPECT_EQ(accepted, 10'000);
    release.happen();
    g.wait_for_all();
    EXPECT_EQ(ran, 10'000);
  });
}

struct CountsCopies {
  static inline std::atomic<int> copies{0};
  CountsCopies() = default;
  CountsCopies(const CountsCopies&) { ++copies; }
  CountsCopies(CountsCopies&&) noexcept {}
  CountsCopies& operator=(const CountsCopies&) {
    ++copies;
    return *this;
  }
  CountsCopies& operator=(CountsCopies&&) noexcept { return *this; }
};

TEST(OneTbb, CopiesMessagesFromNodeToNode) {
  in_arena([] {
    flow::graph g;
    auto pass = [](const CountsCopies&) { return CountsCopies(); };
    flow::function_node<CountsCopies, CountsCopies> a(g, flow::unlimited, pass), b(g, flow::unlimited, pass),
        c(g, flow::unlimited, pass);
    flow::make_edge(a, b);
    flow::make_edge(b, c);
    CountsCopies::copies = 0;
    a.try_put(CountsCopies());
    g.wait_for_all();
    EXPECT_GE(CountsCopies::copies, 3);
  });
}

TEST(ImmuneGraph, AndPipelineCopyNoValue) {
  in_arena([] {
    Graph<CountsCopies, CountsCopies> g;
    auto pass = [](const CountsCopies&) { return CountsCopies(); };
    auto a = g.add("a", pass, g.input());
    auto b = g.add("b", pass, a);
    auto c = g.add("c", pass, a);
    g.output(g.add(
        "d", [](const CountsCopies&, const CountsCopies&) { return CountsCopies(); }, b, c));
    CountsCopies::copies = 0;
    EXPECT_TRUE(g.run(CountsCopies()).ok());
    std::vector<CountsCopies> items(20);
    EXPECT_TRUE(each(std::move(items))
                    .parallel("a", [](CountsCopies&& x) { return std::move(x); })
                    .in_order("b", [](CountsCopies&& x) { return std::move(x); })
                    .run()
                    .ok());
    EXPECT_EQ(CountsCopies::copies, 0);
  });
}

}  // namespace
}  // namespace lagoon
