// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <lagoon/core/tensor.hpp>
#include <lagoon/engine/graph.hpp>
#include <lagoon/engine/parallel.hpp>
#include <lagoon/engine/stop.hpp>

#include <tbb/task_group.h>

#include <algorithm>
#include <array>
#include <memory_resource>
#include <numeric>
#include <random>
#include <set>
#include <thread>
#include <vector>

#include "threads.hpp"

namespace lagoon {
namespace {

using test::Event;
using test::in_arena;
using test::Meeting;

using Numbers = std::vector<double>;

double mean(const Numbers& x) { return std::accumulate(x.begin(), x.end(), 0.0) / static_cast<double>(x.size()); }
double peak(const Numbers& x) { return *std::max_element(x.begin(), x.end()); }

Graph<Numbers, double> peak_to_mean() {
  Graph<Numbers, double> g;
  auto m = g.add("mean", mean, g.input());
  auto p = g.add("peak", peak, g.input());
  g.output(g.add(
      "ratio", [](double m, double p) { return p / m; }, m, p));
  return g;
}

// About a microsecond: with four of them a graph no longer counts as light and is shared out.
void work() {
  volatile int x = 0;
  for (int k = 0; k < 1000; ++k) x = x + 1;
}

// A node that counts how many of its kind live.
struct Counted {
  static inline std::atomic<int> alive{0};
  int value;
  explicit Counted(int v) : value(v) { ++alive; }
  Counted(Counted&& o) noexcept : value(o.value) { ++alive; }
  Counted(const Counted&) = delete;
  ~Counted() { --alive; }
};

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
    Graph<int, bool> g;
    auto meet = [&](int) { return meeting.arrive_and_wait(); };
    auto a = g.add("a", meet, g.input());
    auto b = g.add("b", meet, g.input());
    g.output(g.add(
        "both", [](bool x, bool y) { return x && y; }, a, b));
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

// ---- failures

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

// ---- the call around a graph

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
    Graph<int, bool> g;
    auto meet = [&](int) { return meeting.arrive_and_wait(); };
    auto a = g.add("a", meet, g.input());
    auto b = g.add("b", meet, g.input());
    g.output(g.add(
        "both", [](bool x, bool y) { return x && y; }, a, b));
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
