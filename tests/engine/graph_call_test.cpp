// SPDX-License-Identifier: Apache-2.0
// A graph within a call: its stop, its memory, and the task group around it.
#include <gtest/gtest.h>

#include <lagoon/core/tensor.hpp>
#include <lagoon/engine/graph.hpp>
#include <lagoon/engine/parallel.hpp>
#include <lagoon/engine/stop.hpp>

#include <tbb/task_group.h>

#include <memory_resource>

#include "graphs.hpp"
#include "threads.hpp"

namespace lagoon {
namespace {

using test::Counted;
using test::in_arena;
using test::Meeting;
using test::peak_to_mean;
using test::two_that_meet;

TEST(Graph, StopsBetweenNodesWhenTheCallerAsks) {
  in_arena([] {
    StopControl stop;
    const StopScope scope(&stop);
    std::atomic<int> ran{0};
    Graph<bool, int> g;
    auto a = g.add(
        "a",
        [&](bool now) {
          if (now) stop.request_stop();
          return 1;
        },
        g.input());
    auto b = g.add(
        "b", [&](int x) { return ++ran, x; }, a);
    auto c = g.add(
        "c", [&](int x) { return ++ran, x; }, a);
    g.output(g.add("sum", std::plus<>(), b, c));
    auto instance = g.instance();
    EXPECT_TRUE(instance.run(false).ok());
    EXPECT_EQ(ran.exchange(0), 2);
    const Status s = instance.run(true).status();
    EXPECT_EQ(s.code(), Errc::cancelled);
    EXPECT_EQ(s.details(), (Status::Details{{"node", "b"}}));
    EXPECT_EQ(ran, 0);
  });
}

TEST(Graph, NeverStartsACallWhoseDeadlineHasPassed) {
  VirtualClock clock;
  StopControl stop(clock, clock.now() + std::chrono::seconds(1));
  const StopScope scope(&stop);
  bool ran = false;
  Graph<int, int> g;
  g.output(g.add(
      "a", [&](int x) { return ran = true, x; }, g.input()));
  clock.advance(std::chrono::seconds(1));
  EXPECT_EQ(g.run(1).status().code(), Errc::deadline_exceeded);
  EXPECT_FALSE(ran);
}

TEST(Graph, EndsAtTheNextNodeWhenTheDeadlinePasses) {
  VirtualClock clock;
  StopControl stop(clock, clock.now() + std::chrono::seconds(1));
  const StopScope scope(&stop);
  int ran = 0;
  Graph<int, int> g;
  auto node = g.add(
      "0", [&](int x) { return x; }, g.input());
  for (int k = 1; k < 5; ++k)
    node = g.add(
        std::to_string(k),
        [&](int x) {
          ++ran;
          clock.advance(std::chrono::milliseconds(600));
          return x;
        },
        node);
  g.output(node);
  const Status s = g.run(1).status();
  EXPECT_EQ(s.code(), Errc::deadline_exceeded);
  EXPECT_EQ(s.details(), (Status::Details{{"node", "3"}}));
  EXPECT_EQ(ran, 2);
}

struct CountingMemory final : std::pmr::memory_resource {
  std::atomic<std::ptrdiff_t> held{0}, peak{0};
  void* do_allocate(std::size_t bytes, std::size_t alignment) override {
    const auto now = held += static_cast<std::ptrdiff_t>(bytes);
    auto before = peak.load();
    while (before < now && !peak.compare_exchange_weak(before, now)) {
    }
    return std::pmr::new_delete_resource()->allocate(bytes, alignment);
  }
  void do_deallocate(void* p, std::size_t bytes, std::size_t alignment) override {
    held -= static_cast<std::ptrdiff_t>(bytes);
    std::pmr::new_delete_resource()->deallocate(p, bytes, alignment);
  }
  bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }
};

struct CountingSource final : MemorySource {
  std::shared_ptr<CountingMemory> resource = std::make_shared<CountingMemory>();
  MemoryHandle memory() override { return resource; }
};

TEST(Graph, GivesEveryNodeTheMemoryAndStopOfItsCall) {
  in_arena([] {
    CountingSource source;
    StopControl stop;
    const MemoryScope memory_scope(&source);
    const StopScope stop_scope(&stop);
    std::atomic<int> strangers{0};
    Graph<int, double> g;
    std::vector<Node<Tensor<double, 1>>> parts;
    for (int k = 0; k < 8; ++k)
      parts.push_back(g.add(
          "part" + std::to_string(k),
          [&](int n) {
            strangers += current_stop() != &stop || current_memory_source() != &source;
            return Tensor<double, 1>::filled({n}, 1.0);
          },
          g.input()));
    auto sum = g.add(
        "sum0", [](const Tensor<double, 1>& t) { return t[0]; }, parts[0]);
    for (std::size_t k = 1; k < 8; ++k)
      sum = g.add(
          "sum" + std::to_string(k), [](double s, const Tensor<double, 1>& t) { return s + t[0]; }, sum, parts[k]);
    g.output(sum);
    auto instance = g.instance();
    for (int round = 0; round < 50; ++round) {
      ASSERT_EQ(instance.run(1000).value(), 8.0);
      ASSERT_EQ(source.resource->held, 0) << "values were kept after the call";
    }
    EXPECT_EQ(strangers, 0);
    EXPECT_GE(source.resource->peak, 8 * 8000);
  });
}

TEST(Graph, CarriesTheCallToNodesOnOtherThreads) {
  LAGOON_NEEDS_THREADS(2u);
  in_arena([] {
    CountingSource source;
    StopControl stop;
    const MemoryScope memory_scope(&source);
    const StopScope stop_scope(&stop);
    Meeting meeting(2);
    Graph<int, bool> g;
    auto meet = [&](int) {
      return meeting.arrive_and_wait() && current_stop() == &stop && current_memory_source() == &source;
    };
    auto a = g.add("a", meet, g.input());
    auto b = g.add("b", meet, g.input());
    g.output(g.add(
        "both", [](bool x, bool y) { return x && y; }, a, b));
    EXPECT_TRUE(g.run(0).value());
  });
}

TEST(Graph, ReleasesItsValuesAtTheEndOfACallThatFails) {
  in_arena([] {
    Graph<bool, int> g;
    auto a = g.add(
        "a", [](bool) { return Counted(1); }, g.input());
    auto b = g.add(
        "b", [](bool) { return Counted(2); }, g.input());
    auto c = g.add(
        "c", [](const Counted& x, const Counted& y) { return Counted(x.value + y.value); }, a, b);
    g.output(g.add(
        "d",
        [](bool fails, const Counted& x) {
          if (fails) throw std::runtime_error("late");
          return x.value;
        },
        g.input(), c));
    {
      auto instance = g.instance();
      for (int round = 0; round < 20; ++round) {
        ASSERT_EQ(instance.run(round % 2).ok(), round % 2 == 0);
        ASSERT_EQ(Counted::alive, 0);
      }
      EXPECT_FALSE(instance.run(true).ok());
    }
    EXPECT_EQ(Counted::alive, 0) << "after the end of an instance whose last call failed";
  });
}

TEST(Graph, CompletesWithinATaskGroupThatIsCancelled) {
  in_arena([] {
    const auto g = peak_to_mean();
    GraphPool pool(g);
    tbb::task_group around;
    std::atomic<int> wrong{0};
    around.run_and_wait([&] {
      around.cancel();
      for (int k = 0; k < 100; ++k) {
        const Result<double> r = pool.run({1, 3});
        wrong += !r.ok() || *r != 1.5;
      }
    });
    EXPECT_EQ(wrong, 0);
  });
}

TEST(Graph, RunsSideBySideWithinATaskGroupThatIsCancelled) {
  LAGOON_NEEDS_THREADS(2u);
  in_arena([] {
    Meeting meeting(2);
    const auto g = two_that_meet(meeting);
    tbb::task_group around;
    bool met = false;
    around.run_and_wait([&] {
      around.cancel();
      met = g.run(0).value();
    });
    EXPECT_TRUE(met);
  });
}

TEST(Graph, RunsLoopsInsideItsNodes) {
  in_arena([] {
    Graph<std::ptrdiff_t, double> g;
    auto loop = [](std::ptrdiff_t n) {
      return parallel_reduce<double>(
          n, {100}, [](std::ptrdiff_t b, std::ptrdiff_t e) { return static_cast<double>(e - b); }, std::plus<>());
    };
    auto a = g.add("a", loop, g.input());
    auto b = g.add("b", loop, g.input());
    auto c = g.add("c", loop, g.input());
    auto ab = g.add("ab", std::plus<>(), a, b);
    g.output(g.add("abc", std::plus<>(), ab, c));
    GraphPool pool(g);
    for (int round = 0; round < 100; ++round) ASSERT_EQ(pool.run(10'000).value(), 30'000.0);
  });
}

}  // namespace
}  // namespace lagoon
