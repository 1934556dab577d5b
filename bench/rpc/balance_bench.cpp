// SPDX-License-Identifier: Apache-2.0
// How near a pool comes to the best there can be when its workers differ: one is four times as slow, one is full.
#include <array>
#include <atomic>
#include <barrier>
#include <thread>

#include "rivals/rivals.hpp"
#include "rpc/echo.hpp"
#include "runner/timing.hpp"
#include "suites.hpp"

namespace lagoon::bench {
namespace {

constexpr std::size_t kLimit = 32 << 20;
constexpr std::ptrdiff_t kScratch = static_cast<std::ptrdiff_t>(kLimit / 5 / sizeof(double));    // a fifth of it
constexpr std::ptrdiff_t kFull = static_cast<std::ptrdiff_t>(kLimit / 10 * 9 / sizeof(double));  // nine tenths
constexpr int kCalls = 200, kSlowness = 4;
constexpr auto kWork = std::chrono::milliseconds(1);

/// Waiting instead of computing, so that four workers really work side by side on two cores.
void work(int times) { std::this_thread::sleep_for(times * kWork); }

using Work = Unary<"work", Number, Number>;
using Fill = Unary<"fill", Number, Number>;
using Uneven = Contract<"bench.Uneven", Work, Fill>;

class UnevenPool {
 public:
  explicit UnevenPool(Balancer balancer)
      : pool_(engine_, {service()},
              {.name = "w", .workers = 4, .worker = {.memory_limit = kLimit}, .balancer = std::move(balancer)}) {
    // One call on each worker, so that what they take and need is known; then one on each that fills the second.
    on_each([&] { return caller_.start<Work>({1}); });
    on_each([&] { return caller_.start<Fill>({}); });
  }

  void run() {
    std::vector<Reply<Work>> replies;
    for (int k = 0; k < kCalls; ++k) replies.push_back(caller_.start<Work>({0}));
    for (auto& reply : replies) failed_ += !reply.status().ok();
  }
  std::uint64_t failed() const { return failed_; }

 private:
  template <class Start>
  void on_each(Start start) {
    std::vector<decltype(start())> replies;
    for (int k = 0; k < 4; ++k) replies.push_back(start());
    for (auto& reply : replies) reply.get();
  }
  Service service() {
    return serve<Uneven>(on<Work>([this](const Number& n, CallContext& context) {
                           const Tensor<double, 1> scratch({kScratch});
                           if (n.value) together_.arrive_and_wait();
                           work(context.isolate() == "w/0" ? kSlowness : 1);
                           return n;
                         }),
                         on<Fill>([this](const Number& n, CallContext& context) {
                           if (context.isolate() == "w/1") full_ = Tensor<double, 1>({kFull});
                           together_.arrive_and_wait();
                           return n;
                         }));
  }
  std::barrier<> together_{4};
  Tensor<double, 1> full_;
  std::uint64_t failed_ = 0;
  Engine engine_;
  Pool pool_;
  Caller<Uneven> caller_{pool_};
};

Side through_pool(const char* name, Balancer balancer, bool may_fail = false) {
  auto pool = std::make_shared<UnevenPool>(std::move(balancer));
  return {name,
          [pool, may_fail](benchmark::State& state) {
            std::vector<double> seconds;
            for (auto _ : state) {
              const auto begin = Steady::now();
              pool->run();
              seconds.push_back(seconds_since(begin));
            }
            if (pool->failed() && !may_fail)
              state.SkipWithError((std::to_string(pool->failed()) + " calls failed").c_str());
            set_figure(state, median(std::move(seconds)));
          },
          1};
}

/// Who takes how many so that all end together: the full one can take none.
std::array<int, 3> best_shares() {
  std::array<int, 3> shares{};
  std::array<int, 3> until{};
  for (int k = 0; k < kCalls; ++k) {
    const std::array<int, 3> cost{kSlowness, 1, 1};
    std::size_t best = 0;
    for (std::size_t w = 1; w < 3; ++w)
      if (until[w] + cost[w] < until[best] + cost[best]) best = w;
    until[best] += cost[best];
    ++shares[best];
  }
  return shares;
}

Side offline_optimum() {
  return {"best schedule, on plain threads",
          [shares = best_shares()](benchmark::State& state) {
            std::vector<double> seconds;
            for (auto _ : state) {
              const auto begin = Steady::now();
              std::vector<std::thread> threads;
              for (std::size_t w = 0; w < 3; ++w)
                threads.emplace_back([&, w] {
                  for (int k = 0; k < shares[w]; ++k) work(w == 0 ? kSlowness : 1);
                });
              for (auto& t : threads) t.join();
              seconds.push_back(seconds_since(begin));
            }
            set_figure(state, median(std::move(seconds)));
          },
          1};
}

}  // namespace

void add_balance_rows(Rows& rows) {
  rows.push_back({"pool.balance.skewed.adaptive", kMilliseconds, Better::lower, 1.15,
                  [] {
                    return Pair{through_pool("200 calls, adaptive", balance::adaptive), offline_optimum()};
                  },
                  Judge::ratio, 0, 5});
  rows.push_back({"pool.balance.skewed.round_robin",
                  kMilliseconds,
                  Better::lower,
                  {},
                  [] {
                    return Pair{through_pool("200 calls, round robin", balance::round_robin, true), offline_optimum(),
                                "calls that went to the full worker failed at once, and count as done"};
                  },
                  Judge::ratio,
                  0,
                  5});
}

}  // namespace lagoon::bench
