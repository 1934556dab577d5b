// SPDX-License-Identifier: Apache-2.0
// How long an idle isolate takes to answer while up to eight others have work for all cores.
#include "engine/fairness.hpp"

#include <lagoon/engine/parallel.hpp>

#include "rivals/rivals.hpp"
#include "rpc/echo.hpp"
#include "runner/latency.hpp"
#include "suites.hpp"

namespace lagoon::bench {
namespace {

using Burn = Unary<"burn", Number, Number>;
using Fires = Contract<"bench.Fires", Burn>;

/// An isolate that runs a loop of 1 ms chunks over all its cores until it is told to stop.
class Fire {
 public:
  explicit Fire(Engine& engine)
      : isolate_(engine, {.name = "fire"}),
        local_(isolate_, {service()}),
        caller_(local_),
        burning_(caller_.start<Burn>({})) {}
  ~Fire() {
    stop_.store(true);
    if (!burning_.status().ok()) std::terminate();  // it burns until told to stop, and only then
  }

 private:
  Service service() {
    return serve<Fires>(on<Burn>([this, steps = steps_for(1e-3)](const Number& n) {
      burn_until(stop_, steps);
      return n;
    }));
  }
  std::atomic<bool> stop_{false};
  Isolate isolate_;
  Local local_;
  Caller<Fires> caller_;
  Reply<Burn> burning_;
};

Side idle_beside(const std::vector<std::size_t>& busy, std::size_t samples) {
  auto engine = std::make_shared<Engine>();
  return {"start + get",
          worst_p99(busy, samples,
                    [engine](std::size_t count, auto&& measure) {
                      EchoIsolate idle(*engine, "idle");
                      std::vector<std::unique_ptr<Fire>> fires;
                      for (std::size_t i = 0; i < count; ++i) fires.push_back(std::make_unique<Fire>(*engine));
                      measure([&] { benchmark::DoNotOptimize(idle.caller.template start<Answer>({1}).get()); });
                    }),
          1};
}

}  // namespace

void burn_until(const std::atomic<bool>& stop, std::uint64_t steps) {
  while (!stop.load(std::memory_order_relaxed))
    parallel_for(16, {}, [&](std::ptrdiff_t b, std::ptrdiff_t) {
      benchmark::DoNotOptimize(compute(static_cast<double>(b), steps));
    });
}

void add_rows_beside_busy(Rows& rows, const RunOptions& options, const std::string& beside_threads,
                          const std::string& beside_arenas, const IdleBeside& ours) {
  const std::size_t samples = options.quick ? 20 : 100;
  const std::vector<std::size_t> busy{1, 2, 4, 8};
  rows.push_back({beside_threads, kMilliseconds, Better::lower, 10,
                  [=] {
                    return Pair{ours(busy, samples), rivals::sleeper_beside_busy_threads(busy, samples)};
                  },
                  Judge::figure, 0, 5});
  rows.push_back({beside_arenas,
                  kMilliseconds,
                  Better::lower,
                  {},
                  [=] {
                    const std::chrono::milliseconds patience{300};
                    return Pair{ours({1}, samples), rivals::task_beside_busy_arenas(1, 2, patience),
                                "the raw task is given up on after 300 ms"};
                  },
                  Judge::figure,
                  0,
                  5});
}

void add_fairness_rows(Rows& rows, const RunOptions& options) {
  add_rows_beside_busy(rows, options, "engine.fairness.idle_isolate_p99_ms", "engine.fairness.beside_raw_arenas_ms",
                       idle_beside);
}

}  // namespace lagoon::bench
