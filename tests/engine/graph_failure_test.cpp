// SPDX-License-Identifier: Apache-2.0
// How a call of a graph fails when a node does.
#include <gtest/gtest.h>

#include <lagoon/engine/graph.hpp>

#include <random>

#include "graphs.hpp"
#include "threads.hpp"

namespace lagoon {
namespace {

using test::Event;
using test::in_arena;
using test::work;

TEST(Graph, FailsWithTheStatusOfItsNodeAndSaysWhichOne) {
  Graph<int, int> g;
  auto fine = g.add(
      "fine", [](int x) { return x; }, g.input());
  g.output(g.add(
      "parse",
      [](int) -> Result<int> {
        return Status(Errc::unavailable, "no peer")
            .with_executed(Executed::no)
            .with_isolate("far")
            .with_retry_after(std::chrono::milliseconds(3))
            .with_cause(Status(Errc::aborted, "reset"))
            .with_detail("peer", "7");
      },
      fine));
  const Status s = g.run(1).status();
  EXPECT_EQ(s.code(), Errc::unavailable);
  EXPECT_EQ(s.message(), "parse: no peer");
  EXPECT_EQ(s.executed(), Executed::no);
  EXPECT_EQ(s.isolate(), "far");
  EXPECT_EQ(s.retry_after(), std::chrono::milliseconds(3));
  ASSERT_TRUE(s.cause());
  EXPECT_EQ(s.cause()->code(), Errc::aborted);
  EXPECT_EQ(s.details(), (Status::Details{{"peer", "7"}, {"node", "parse"}}));
}

TEST(Graph, TurnsWhateverANodeThrowsIntoAStatus) {
  in_arena([] {
    Graph<int, int> g;
    auto beside = g.add(
        "beside", [](int x) { return x; }, g.input());
    auto thrower = g.add(
        "thrower",
        [](int x) {
          switch (x) {
            case 0: throw Error(Errc::out_of_range, "too far");
            case 1: throw std::bad_alloc();
            case 2: throw std::runtime_error("oops");
            case 3: throw 42;
            default: return x;
          }
        },
        g.input());
    g.output(g.add("sum", std::plus<>(), beside, thrower));
    auto instance = g.instance();
    const Errc expected[] = {Errc::out_of_range, Errc::resource_exhausted, Errc::unknown, Errc::unknown};
    for (int x = 0; x < 4; ++x) {
      EXPECT_EQ(instance.run(x).status().code(), expected[x]);
      EXPECT_EQ(instance.run(4).value(), 8) << "after failure " << x;
    }
    EXPECT_EQ(instance.run(2).status().message(), "thrower: oops");
  });
}

TEST(Graph, FailsExactlyTheCallsInWhichANodeThrows) {
  in_arena([] {
    // Twelve nodes in layers; each call names the node that is to throw in it, if any.
    struct Call {
      int thrower, x;
    };
    Graph<Call, int> g;
    std::vector<Node<int>> layer;
    int number = 0;
    auto body = [&number] {
      return [me = ++number](const Call& call) {
        work();
        if (call.thrower == me) throw std::runtime_error("asked to");
        return call.x;
      };
    };
    auto next = [&number] {
      return [me = ++number](const Call& call, int a, int b) {
        work();
        if (call.thrower == me) throw std::runtime_error("asked to");
        return a + b;
      };
    };
    for (int k = 0; k < 4; ++k) layer.push_back(g.add("first" + std::to_string(k), body(), g.input()));
    for (std::size_t k = 0; k < 4; ++k)
      layer.push_back(g.add("second" + std::to_string(k), next(), g.input(), layer[k], layer[(k + 1) % 4]));
    auto left = g.add("left", next(), g.input(), layer[4], layer[5]);
    auto right = g.add("right", next(), g.input(), layer[6], layer[7]);
    auto both = g.add("both", next(), g.input(), left, right);
    g.output(g.add("last", next(), g.input(), both, left));
    ASSERT_EQ(number, 12);

    GraphPool pool(g);
    std::mt19937 random(7);
    const int calls = 100'000;
    int thrown = 0, failed = 0, wrong = 0;
    for (int k = 0; k < calls; ++k) {
      const bool throws = random() % 100 == 0;
      const Call call{throws ? 1 + static_cast<int>(random() % 12) : 0, k};
      const Result<int> r = pool.run(call);
      thrown += throws;
      failed += !r.ok();
      wrong += r.ok() == throws || (r.ok() && *r != 12 * k);
    }
    EXPECT_GT(thrown, calls / 200);
    EXPECT_EQ(failed, thrown);
    EXPECT_EQ(wrong, 0);
    EXPECT_EQ(pool.instances_made(), 1u);
  });
}

TEST(Graph, ReportsTheNodeAddedFirstWhenTwoFail) {
  LAGOON_NEEDS_THREADS(2u);
  in_arena([] {
    for (int round = 0; round < 100; ++round) {
      // "second" fails at once; "first" fails only afterwards, and is reported nevertheless.
      Event second_failed;
      Graph<int, int> g;
      auto first = g.add(
          "first",
          [&](int) -> Result<int> {
            second_failed.wait();
            return Status(Errc::aborted, "late");
          },
          g.input());
      auto second = g.add(
          "second",
          [&](int) -> Result<int> {
            struct AtEnd {
              Event& event;
              ~AtEnd() { event.happen(); }
            } at_end{second_failed};
            return Status(Errc::data_loss, "early");
          },
          g.input());
      g.output(g.add("sum", std::plus<>(), first, second));
      ASSERT_EQ(g.run(0).status().code(), Errc::aborted);
    }
  });
}

TEST(Graph, ReportsTheSameFailureForAnyOrderOfExecution) {
  in_arena([] {
    Graph<int, int> g;
    std::vector<Node<int>> nodes;
    for (int k = 0; k < 16; ++k)
      nodes.push_back(g.add(
          "n" + std::to_string(k),
          [k](int x) -> Result<int> {
            work();
            if (k >= x) return Status(Errc::aborted, "failed");
            return k;
          },
          g.input()));
    auto sum = nodes[0];
    for (std::size_t k = 1; k < 16; ++k) sum = g.add("s" + std::to_string(k), std::plus<>(), sum, nodes[k]);
    g.output(sum);
    auto instance = g.instance();
    for (int round = 0; round < 200; ++round)
      for (int x = 0; x < 16; ++x) ASSERT_EQ(instance.run(x).status().message(), "n" + std::to_string(x) + ": failed");
  });
}

TEST(Graph, SkipsWhatComesAfterAFailedNode) {
  in_arena([] {
    std::atomic<int> ran{0};
    Graph<int, int> g;
    auto bad = g.add(
        "bad", [](int) -> Result<int> { return Status(Errc::aborted, "no"); }, g.input());
    auto a = g.add(
        "a", [&](int x) { return ++ran, x; }, bad);
    auto b = g.add(
        "b", [&](int x) { return ++ran, x; }, bad);
    g.output(g.add(
        "sum", [&](int x, int y) { return ++ran, x + y; }, a, b));
    EXPECT_FALSE(g.run(1).ok());
    EXPECT_EQ(ran, 0);
  });
}

TEST(Graph, NamesTheWayThroughNestedGraphs) {
  in_arena([] {
    Graph<int, int> inner;
    auto fine = inner.add(
        "fine", [](int x) { return x; }, inner.input());
    auto odd = inner.add(
        "odd",
        [](int x) -> Result<int> {
          if (x % 2) return Status(Errc::invalid_argument, "is odd");
          return x;
        },
        inner.input());
    inner.output(inner.add("sum", std::plus<>(), fine, odd));
    GraphPool inner_pool(inner);

    Graph<int, int> outer;
    auto call = [&](int x) { return inner_pool.run(x); };
    auto a = outer.add("left", call, outer.input());
    auto b = outer.add(
        "right", [&](int x) { return inner_pool.run(2 * x); }, outer.input());
    outer.output(outer.add("sum", std::plus<>(), a, b));
    GraphPool pool(outer);
    for (int k = 0; k < 200; k += 2) ASSERT_EQ(pool.run(k).value(), 6 * k);
    const Status s = pool.run(3).status();
    EXPECT_EQ(s.message(), "left: odd: is odd");
    EXPECT_EQ(s.details(), (Status::Details{{"node", "left/odd"}}));
  });
}

TEST(Graph, FailsWhenTheResponseCannotBeMoved) {
  struct Heavy {
    Heavy() = default;
    Heavy(Heavy&&) { throw std::runtime_error("too heavy"); }
  };
  Graph<int, Heavy> g;
  g.output(g.add(
      "heavy", [](int) { return Heavy(); }, g.input()));
  EXPECT_EQ(g.run(1).status().message(), "too heavy");
}

}  // namespace
}  // namespace lagoon
