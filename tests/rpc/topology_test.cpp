// SPDX-License-Identifier: Apache-2.0
// Isolates, and pools, that call each other from many threads, in every topology of two and of three, with as little
// room as can be had: each call gets an answer or a typed error; none hangs.
//   source   two arenas that wait for each other's slots deadlocked 5 times of 5 with oneTBB 2021.8
#include <cstdlib>
#include <random>
#include <string_view>

#include <lagoon/rpc/pool.hpp>

#include "lab.hpp"
#include "support/long_run.hpp"

namespace lagoon::test {
namespace {

constexpr int kThreads = 4;

/// Of so many calls all with two threads of oneTBB, a fifth with one and with four: each waits for some wake-ups. Two
/// at least, since some of them have to succeed.
int calls_here(int calls) {
  const char* const threads = std::getenv("LAGOON_TEST_PARALLELISM");
  const bool all = !threads || std::string_view(threads) == "2" || run_long();
  return std::max(calls / kSlowness / (all ? 1 : 5), 2);
}

struct Topology {
  std::size_t isolates;
  unsigned edges;  ///< bit (from * isolates + to)
  bool calls(std::size_t from, std::size_t to) const { return edges >> (from * isolates + to) & 1; }
};

/// Every topology but those that are another one with its isolates renamed.
std::vector<Topology> topologies(std::size_t n) {
  std::vector<std::vector<std::size_t>> orders;
  std::vector<std::size_t> order(n);
  for (std::size_t k = 0; k < n; ++k) order[k] = k;
  do {
    orders.push_back(order);
  } while (std::next_permutation(order.begin(), order.end()));
  std::vector<Topology> all;
  for (unsigned edges = 1; edges < 1u << (n * n); ++edges) {
    bool first = true;
    for (const auto& o : orders) {
      unsigned renamed = 0;
      for (std::size_t from = 0; from < n; ++from)
        for (std::size_t to = 0; to < n; ++to)
          if (edges >> (from * n + to) & 1) renamed |= 1u << (o[from] * n + o[to]);
      first = first && edges <= renamed;
    }
    if (first) all.push_back({n, edges});
  }
  return all;
}

struct Room {
  unsigned concurrency, waiting_limit;
  std::size_t queue_limit;
  unsigned workers = 0;  ///< of pools in place of isolates; 0: isolates
};

/// Calls wander through the isolates along the edges, q.x steps deep; q.data's length picks the way.
class Hammered {
 public:
  Hammered(Engine& engine, const Topology& topology, const Room& room) : callers_(topology.isolates) {
    made_.reserve(topology.isolates);
    for (std::size_t from = 0; from < topology.isolates; ++from) {
      std::vector<const LabCaller**> next;
      for (std::size_t to = 0; to < topology.isolates; ++to)
        if (topology.calls(from, to)) next.push_back(&callers_[to]);
      const std::string name = "i" + std::to_string(from);
      const IsolateOptions options{.name = name,
                                   .concurrency = room.concurrency,
                                   .queue_limit = room.queue_limit,
                                   .waiting_limit = room.waiting_limit};
      if (room.workers) {
        pools_.push_back(std::make_unique<Pool>(
            engine, std::vector{serve_lab(wandering(std::move(next)))},
            PoolOptions{.name = name, .workers = room.workers, .worker = options, .queue_limit = room.queue_limit}));
        made_.emplace_back(*pools_.back());
      } else {
        labs_.push_back(std::make_unique<Lab>(engine, options, wandering(std::move(next))));
        made_.push_back(labs_.back()->caller());
      }
      callers_[from] = &made_.back();
    }
  }
  ~Hammered() {
    for (auto& lab : labs_) lab->close();
    for (auto& pool : pools_) (void)pool->shutdown(kNever);
  }
  const LabCaller& at(std::size_t k) const { return made_[k % made_.size()]; }

 private:
  Handlers wandering(std::vector<const LabCaller**> next) {
    const auto pick = [next](std::int64_t x) { return *next[static_cast<std::size_t>(x * 7 + 3) % next.size()]; };
    Handlers h;
    h.compute = [=](const Item& q, CallContext&) -> Result<Item> {
      if (q.x <= 0 || next.empty()) return q;
      const Item smaller{q.x - 1, {}};
      return q.x % 2 ? pick(q.x)->try_call<Compute>(smaller) : pick(q.x)->start<Compute>(smaller).try_get();
    };
    h.later = [=](Item q, CallContext&) -> Task<Result<Item>> {
      if (q.x <= 0 || next.empty()) co_return q;
      auto reply = pick(q.x)->start<Later>({q.x - 1, {}});
      co_return co_await reply;
    };
    h.alone = [=](const Item& q, CallContext&) { return q; };
    h.both = [=](Reader<Item> in, Writer<Item> out, CallContext&) -> Status {
      while (auto item = in.read()) {
        if (!next.empty()) (void)pick(item->x)->try_call<Compute>({1, {}});
        if (!out.write(*item)) break;
      }
      return {};
    };
    return h;
  }

  std::vector<const LabCaller*> callers_;
  std::vector<std::unique_ptr<Lab>> labs_;
  std::vector<std::unique_ptr<Pool>> pools_;
  std::vector<LabCaller> made_;
};

bool allowed(const Status& status) { return status.ok() || status.code() == Errc::resource_exhausted; }

Status one_call(const LabCaller& lab, unsigned random) {
  const Item q{static_cast<std::int64_t>(random / 8 % 7), {}};
  switch (random % 6) {
    case 0: return lab.try_call<Compute>(q).status();
    case 1: return lab.start<Compute>(q).try_get().status();
    case 2: return lab.start<Later>(q).try_get().status();
    case 3: return lab.try_call<Later>(q).status();
    case 4: return lab.start<Alone>(q).try_get().status();
    default: {
      auto both = lab.both<Both>();
      try {
        for (std::int64_t k = 0; k < 2 && both.write({k, {}}) && both.read(); ++k) {
        }
      } catch (const Error& e) {
        return e.status();
      }
      both.close();
      return both.status();
    }
  }
}

void hammer(const Topology& topology, const Room& room, int calls_per_thread) {
  Engine engine;
  Hammered world(engine, topology, room);
  std::atomic<int> ended{0}, ok{0};
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < kThreads; ++t)
    threads.emplace_back([&, t] {
      std::minstd_rand random(t + 1);
      for (int k = 0; k < calls_per_thread; ++k) {
        const Status status = one_call(world.at(random() % 3), static_cast<unsigned>(random()) >> 4);
        EXPECT_TRUE(allowed(status)) << status.to_string();
        ++ended;
        ok += status.ok();
      }
    });
  for (auto& t : threads) t.join();
  EXPECT_EQ(ended, kThreads * calls_per_thread);
  EXPECT_GT(ok, 0);
}

class Mutual : public testing::TestWithParam<Room> {};

TEST_P(Mutual, HammeringInEveryTopologyOfTwoGetsOn) {
  for (const Topology& t : topologies(2)) {
    SCOPED_TRACE("edges " + std::to_string(t.edges));
    hammer(t, GetParam(), calls_here(150));
  }
}

TEST_P(Mutual, HammeringInEveryTopologyOfThreeGetsOn) {
  Watchdog::instance().allow(std::chrono::seconds(55));
  for (const Topology& t : topologies(3)) {
    SCOPED_TRACE("edges " + std::to_string(t.edges));
    hammer(t, GetParam(), calls_here(24));
  }
}

TEST_P(Mutual, TwoThatCallEachOtherTakeThousandsOfCalls) { hammer({2, 0b0110}, GetParam(), calls_here(2500)); }

TEST_P(Mutual, ThreeThatAllCallAllTakeThousandsOfCalls) { hammer({3, 0b111111111}, GetParam(), calls_here(2500)); }

INSTANTIATE_TEST_SUITE_P(With, Mutual,
                         testing::Values(Room{1, 1, 2}, Room{1, 2, 2}, Room{2, 1, 2}, Room{2, 2, 2}, Room{1, 32, 1024},
                                         Room{2, 32, 1024}, Room{1, 1, 2, 1}, Room{1, 2, 2, 2}, Room{1, 32, 1024, 2}),
                         [](const auto& info) {
                           return (info.param.workers ? "PoolsOf" + std::to_string(info.param.workers) : "") +
                                  "Concurrency" + std::to_string(info.param.concurrency) + "Waiting" +
                                  std::to_string(info.param.waiting_limit) + "Queue" +
                                  std::to_string(info.param.queue_limit);
                         });

TEST(Topologies, OfTwoAndThreeAreAllThere) {
  // Digraphs with loops on n unlabelled nodes, the one without edges left out: 10 - 1 and 104 - 1 (OEIS A000595).
  EXPECT_EQ(topologies(2).size(), 9u);
  EXPECT_EQ(topologies(3).size(), 103u);
}

}  // namespace
}  // namespace lagoon::test
