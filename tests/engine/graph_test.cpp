// SPDX-License-Identifier: Apache-2.0
// What graphs compute, in which order and with what; graph_call_test.cpp and graph_failure_test.cpp have the rest.
#include <gtest/gtest.h>

#include <lagoon/core/tensor.hpp>
#include <lagoon/engine/graph.hpp>
#include <lagoon/engine/parallel.hpp>

#include <array>
#include <random>
#include <set>
#include <thread>
#include <vector>

#include "graphs.hpp"
#include "threads.hpp"

namespace lagoon {
namespace {

using test::Counted;
using test::Event;
using test::in_arena;
using test::Meeting;
using test::Numbers;
using test::peak_to_mean;
using test::two_that_meet;
using test::work;

TEST(Graph, GivesWhatItsNodesCompute) {
  in_arena([] {
    const auto g = peak_to_mean();
    EXPECT_EQ(g.run({1, 2, 3, 4}).value(), 1.6);
  });
}

TEST(Graph, RunsTheSameInstanceAgainAndAgain) {
  in_arena([] {
    auto instance = peak_to_mean().instance();
    for (int k = 1; k < 200; ++k) EXPECT_EQ(instance.run({1.0 * k, 3.0 * k}).value(), 1.5);
  });
}

TEST(Graph, RunsNodesThatDoNotWaitForOneAnotherSideBySide) {
  LAGOON_NEEDS_THREADS(2u);
  in_arena([] {
    Meeting meeting(2);
    const auto g = two_that_meet(meeting);
    EXPECT_TRUE(g.run(0).value());
  });
}

TEST(Graph, RunsNodesThatBecameReadyTogetherSideBySideWhileTheCallerWaits) {
  LAGOON_NEEDS_THREADS(2u);
  in_arena([] {
    // "short" and "long" start on two threads; by the time "long" ends, whoever ran "short" has nothing to do and
    // waits. Then two nodes become ready, which must meet all the same.
    for (int round = 0; round < 50; ++round) {
      Meeting begin(2), end(2);
      Event short_done;
      Graph<int, bool> g;
      auto s = g.add(
          "short",
          [&](int) {
            EXPECT_TRUE(begin.arrive_and_wait());
            short_done.happen();
          },
          g.input());
      auto l = g.add(
          "long",
          [&](int x) {
            EXPECT_TRUE(begin.arrive_and_wait() && short_done.wait());
            for (int k = 0; k < 100; ++k) std::this_thread::yield();
            return x;
          },
          g.input());
      auto meet = [&](int) { return end.arrive_and_wait(); };
      auto a = g.add("a", meet, l);
      auto b = g.add("b", meet, l);
      g.output(g.add(
          "both", [](bool x, bool y) { return x && y; }, s, a, b));
      ASSERT_TRUE(g.run(0).value());
    }
  });
}

TEST(Graph, RunsAChainOnTheCallingThread) {
  in_arena([] {
    Graph<int, std::set<std::thread::id>> g;
    using Ids = std::set<std::thread::id>;
    auto note = [](const Ids& before) {
      Ids after = before;
      after.insert(std::this_thread::get_id());
      return after;
    };
    auto node = g.add(
        "0", [](int) { return Ids{}; }, g.input());
    for (int k = 1; k < 10; ++k) node = g.add(std::to_string(k), note, node);
    g.output(node);
    EXPECT_EQ(g.run(1).value(), Ids{std::this_thread::get_id()});
  });
}

TEST(Graph, GivesNodesTheRequestItselfAndNotACopy) {
  Graph<Numbers, const double*> g;
  g.output(g.add(
      "address", [](const Numbers& x) { return x.data(); }, g.input()));
  const Numbers x{1, 2, 3};
  EXPECT_EQ(g.run(x).value(), x.data());
}

TEST(Graph, TakesMoveOnlyValuesAndResponses) {
  in_arena([] {
    Graph<std::unique_ptr<int>, std::unique_ptr<int>> g;
    auto twice = g.add(
        "twice", [](const std::unique_ptr<int>& x) { return std::make_unique<int>(*x * 2); }, g.input());
    auto other = g.add(
        "other", [](const std::unique_ptr<int>& x) { return std::make_unique<int>(*x * 3); }, g.input());
    g.output(g.add(
        "sum", [](const auto& a, const auto& b) { return std::make_unique<int>(*a + *b); }, twice, other));
    EXPECT_EQ(*g.run(std::make_unique<int>(4)).value(), 20);
  });
}

TEST(Graph, MovesTheResponseOutWithoutMovingItsElements) {
  Graph<int, Tensor<double, 1>> g;
  const double* address = nullptr;
  g.output(g.add(
      "make",
      [&](int n) {
        Tensor<double, 1> t({n});
        address = t.data();
        return t;
      },
      g.input()));
  EXPECT_EQ(g.run(100).value().data(), address);
}

TEST(Graph, AlignsTheValuesOfItsNodes) {
  struct alignas(256) Wide {
    double x = 1;
  };
  Graph<int, bool> g;
  auto c = g.add(
      "char", [](int) { return 'c'; }, g.input());
  auto w = g.add(
      "wide", [](char) { return Wide{}; }, c);
  g.output(g.add(
      "aligned", [](char, const Wide& x) { return reinterpret_cast<std::uintptr_t>(&x) % 256 == 0; }, c, w));
  EXPECT_TRUE(g.run(1).value());
}

TEST(Graph, PassesNothingFromNodesThatReturnNothingButKeepsTheOrder) {
  in_arena([] {
    std::vector<int> order;
    Graph<int, void> g;
    auto first = g.add(
        "first", [&](int) { order.push_back(1); }, g.input());
    auto second = g.add(
        "second",
        [&]() -> Result<void> {
          order.push_back(2);
          return {};
        },
        first);
    g.output(g.add(
        "third", [&](int x) { order.push_back(x); }, first, g.input(), second));
    EXPECT_TRUE(g.run(3).ok());
    EXPECT_EQ(order, (std::vector{1, 2, 3}));
  });
}

TEST(Graph, WithoutARequestBeginsWithNodesThatReadNothing) {
  Graph<void, int> g;
  auto six = g.add("six", [] { return 6; });
  g.output(g.add(
      "answer", [](int a) { return 7 * a; }, six));
  EXPECT_EQ(g.run().value(), 42);
  GraphPool pool(g);
  EXPECT_EQ(pool.run().value(), 42);
}

TEST(Graph, TakesFunctionsMembersAndFunctionObjects) {
  struct Box {
    int side;
    int volume() const { return side * side * side; }
  };
  Graph<Box, int> g;
  auto side = g.add("side", &Box::side, g.input());
  auto volume = g.add("volume", &Box::volume, g.input());
  g.output(g.add("sum", std::plus<>(), side, volume));
  EXPECT_EQ(g.run({3}).value(), 30);
}

TEST(Graph, AgreesWithAPlainLoopOnRandomGraphs) {
  in_arena([] {
    std::mt19937 random(2024);
    for (int round = 0; round < 200; ++round) {
      SCOPED_TRACE("round " + std::to_string(round));
      // Each node reads up to three earlier ones; the last reads what all others give, through a chain of sums.
      Graph<std::uint64_t, std::uint64_t> g;
      const int n = 1 + static_cast<int>(random() % 30);
      std::vector<Node<std::uint64_t>> nodes{g.input()};
      std::vector<std::array<std::size_t, 3>> reads{{}};
      const bool heavy = round % 2;
      auto mix = [heavy](std::uint64_t a, std::uint64_t b, std::uint64_t c) {
        if (heavy) work();
        return a * 3 + b * 5 + c * 7 + 1;
      };
      for (int k = 1; k <= n; ++k) {
        std::array<std::size_t, 3> from;
        for (auto& f : from) f = random() % nodes.size();
        reads.push_back(from);
        nodes.push_back(g.add("n" + std::to_string(k), mix, nodes[from[0]], nodes[from[1]], nodes[from[2]]));
      }
      for (int k = 1; k < n; ++k) {
        const std::size_t last = nodes.size() - 1;
        reads.push_back({last, static_cast<std::size_t>(k), 0});
        nodes.push_back(g.add("s" + std::to_string(k), mix, nodes[last], nodes[static_cast<std::size_t>(k)], nodes[0]));
      }
      g.output(nodes.back());
      auto instance = g.instance();
      for (std::uint64_t request = 0; request < 5; ++request) {
        std::vector<std::uint64_t> value{request};
        for (std::size_t k = 1; k < reads.size(); ++k)
          value.push_back(mix(value[reads[k][0]], value[reads[k][1]], value[reads[k][2]]));
        ASSERT_EQ(instance.run(request).value(), value.back());
      }
    }
  });
}

// ---- instances and pools

TEST(GraphInstance, RefusesASecondCallWhileItServesOne) {
  Graph<int, Errc> g;
  GraphInstance<int, Errc>* self = nullptr;
  g.output(g.add(
      "again", [&](int x) { return x ? self->run(0).status().code() : Errc::ok; }, g.input()));
  auto instance = g.instance();
  self = &instance;
  EXPECT_EQ(instance.run(1).value(), Errc::failed_precondition);
  EXPECT_EQ(instance.run(0).value(), Errc::ok);
}

TEST(GraphInstance, OutlivesItsGraph) {
  auto g = std::make_unique<Graph<Numbers, double>>(peak_to_mean());
  auto instance = g->instance();
  g = nullptr;
  EXPECT_EQ(instance.run({1, 3}).value(), 1.5);
}

TEST(GraphPool, ServesManyCallersAtOnce) {
  const auto g = peak_to_mean();
  GraphPool pool(g);
  constexpr int kCallers = 4, kCalls = 2000;
  std::atomic<int> wrong{0};
  std::vector<std::thread> callers;
  tbb::task_arena arena(kCallers, kCallers);
  for (int c = 0; c < kCallers; ++c)
    callers.emplace_back([&, c] {
      arena.execute([&] {
        for (int k = 1; k <= kCalls; ++k) {
          const double x = c * kCalls + k;
          const Result<double> r = pool.run({x, 2 * x, 3 * x});
          wrong += !r.ok() || *r != 1.5;
        }
      });
    });
  for (auto& t : callers) t.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_LE(pool.instances_made(), static_cast<std::uint64_t>(kCallers));
}

TEST(GraphPool, MakesMoreInstancesThanItKeepsWhenCallsNeedThem) {
  Graph<int, int> g;
  GraphPool<int, int>* self = nullptr;
  g.output(g.add(
      "deeper",
      [&](int depth) -> Result<int> {
        if (depth == 0) return 0;
        Result<int> below = self->run(depth - 1);
        return below.ok() ? Result<int>(*below + 1) : below;
      },
      g.input()));
  GraphPool pool(g, 2);
  self = &pool;
  EXPECT_EQ(pool.run(10).value(), 10);
  EXPECT_EQ(pool.instances_made(), 11u);
  EXPECT_EQ(pool.run(1).value(), 1);
  EXPECT_EQ(pool.instances_made(), 11u);
}

TEST(GraphPool, KeepsGivingRightAnswersWhenALightGraphTurnsHeavy) {
  in_arena([] {
    // After many calls of no work the graph counts as light and runs on one thread; a heavy call must still be right,
    // and later ones must be shared out again.
    Graph<int, bool> g;
    std::atomic<Meeting*> meeting{nullptr};
    auto node = [&](int heavy) {
      if (heavy == 1) parallel_for(100, {1}, [](std::ptrdiff_t, std::ptrdiff_t) { std::this_thread::yield(); });
      return heavy < 2 || meeting.load()->arrive_and_wait();
    };
    auto a = g.add("a", node, g.input());
    auto b = g.add("b", node, g.input());
    g.output(g.add(
        "both", [](bool x, bool y) { return x && y; }, a, b));
    GraphPool pool(g);
    for (int k = 0; k < 1000; ++k) ASSERT_TRUE(pool.run(0).value());
    for (int k = 0; k < 20; ++k) ASSERT_TRUE(pool.run(1).value());
    if (test::allowed_threads() < 2) return;
    Meeting two(2);
    meeting = &two;
    EXPECT_TRUE(pool.run(2).value());
  });
}

// ---- putting a graph together

Errc code_of(const std::function<void()>& f) {
  try {
    f();
  } catch (const Error& e) {
    return e.code();
  }
  return Errc::ok;
}

TEST(Graph, RefusesWhatCannotBeDrawn) {
  Graph<int, int> g, other;
  auto id = [](int x) { return x; };
  auto a = g.add("a", id, g.input());
  EXPECT_EQ(code_of([&] { g.add("a", id, g.input()); }), Errc::invalid_argument) << "the name again";
  EXPECT_EQ(code_of([&] { g.add("", id, g.input()); }), Errc::invalid_argument) << "no name";
  EXPECT_EQ(code_of([&] { g.add("b", id, other.input()); }), Errc::invalid_argument) << "a stranger's node";
  EXPECT_EQ(code_of([&] { g.add("b", id, Node<int>{}); }), Errc::invalid_argument) << "no graph's node";
  EXPECT_EQ(code_of([&] { g.output(g.input()); }), Errc::invalid_argument) << "the request as response";
  EXPECT_EQ(code_of([&] { (void)g.instance(); }), Errc::failed_precondition) << "no output yet";
  g.output(a);
  EXPECT_EQ(code_of([&] { g.output(a); }), Errc::failed_precondition) << "a second output";
  EXPECT_EQ(code_of([&] { g.add("c", id, a); }), Errc::failed_precondition) << "complete already";
  EXPECT_EQ(g.run(5).value(), 5);
}

TEST(Graph, DrawsItselfWithNamesTypesAndWhatIsOneTask) {
  Graph<int, double> g;
  auto a = g.add(
      "a \"b\"", [](int x) { return 2 * x; }, g.input());
  auto b = g.add(
      "next", [](int x) { return 1.0 * x; }, a);
  auto c = g.add(
      "skip", [](int x, double y) { return x + y; }, a, b);
  auto beside = g.add(
      "beside", [](int x) { return x; }, g.input());
  g.output(g.add(
      "join", [](double x, int y) { return x + y; }, c, beside));
  EXPECT_EQ(g.dump(), R"(digraph lagoon {
  rankdir=LR;
  node [shape=box, style=rounded];
  n0 [label="request\nint", shape=oval];
  subgraph cluster_0 {
    n1 [label="a \"b\"\nint"];
    n2 [label="next\ndouble"];
    n3 [label="skip\ndouble"];
  }
  n4 [label="beside\nint"];
  n5 [label="join\ndouble", peripheries=2];
  n0 -> n1;
  n1 -> n2;
  n1 -> n3;
  n2 -> n3;
  n0 -> n4;
  n3 -> n5;
  n4 -> n5;
}
)");
}

}  // namespace
}  // namespace lagoon
