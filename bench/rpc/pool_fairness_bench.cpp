// SPDX-License-Identifier: Apache-2.0
// How long the idle worker of a pool takes to answer while up to eight others have work for all cores.
#include "engine/fairness.hpp"
#include "rpc/echo.hpp"
#include "runner/latency.hpp"
#include "suites.hpp"

namespace lagoon::bench {
namespace {

using Burn = Unary<"burn", Number, Number>;
using Ask = Unary<"ask", Number, Number>;
using Mixed = Contract<"bench.Mixed", Burn, Ask>;

/// A pool with one worker more than calls that keep a worker, and all cores, busy until they are told to stop.
class BusyPool {
 public:
  BusyPool(Engine& engine, std::size_t busy)
      : pool_(engine, {service()}, {.workers = static_cast<unsigned>(busy) + 1}), caller_(pool_) {
    for (std::size_t i = 0; i < busy; ++i) burning_.push_back(caller_.start<Burn>({}));
  }
  ~BusyPool() {
    stop_.store(true);
    for (auto& burning : burning_)
      if (!burning.status().ok()) std::terminate();  // it burns until told to stop, and only then
  }
  void ask() { benchmark::DoNotOptimize(caller_.start<Ask>({1}).get()); }

 private:
  Service service() {
    return serve<Mixed>(on<Burn>([this, steps = steps_for(1e-3)](const Number& n) {
                          burn_until(stop_, steps);
                          return n;
                        }),
                        on<Ask>([](const Number& n) { return Number{answer(n.value)}; }));
  }
  std::atomic<bool> stop_{false};
  Pool pool_;
  Caller<Mixed> caller_;
  std::vector<Reply<Burn>> burning_;
};

Side idle_worker_beside(const std::vector<std::size_t>& busy, std::size_t samples) {
  auto engine = std::make_shared<Engine>();
  return {"start + get, one worker idle",
          worst_p99(busy, samples,
                    [engine](std::size_t count, auto&& measure) {
                      BusyPool pool(*engine, count);
                      measure([&] { pool.ask(); });
                    }),
          1};
}

}  // namespace

void add_pool_fairness_rows(Rows& rows, const RunOptions& options) {
  add_rows_beside_busy(rows, options, "pool.fairness.idle_worker_p99_ms", "pool.fairness.beside_raw_arenas_ms",
                       idle_worker_beside);
}

}  // namespace lagoon::bench
