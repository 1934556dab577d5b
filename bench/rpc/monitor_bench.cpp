// SPDX-License-Identifier: Apache-2.0
// What it costs to be watched: calls through a pool with a monitor at its default interval, beside the same without.
#include <lagoon/monitor/monitor.hpp>

#include "rpc/echo.hpp"
#include "runner/timing.hpp"
#include "suites.hpp"

namespace lagoon::bench {
namespace {

struct WatchedEcho : PooledEcho {
  Monitor monitor{pool};
};

/// The mean over all calls, not the median of batches: a look disturbs few calls, and they are what is asked for.
template <class Ground>
Side calls(const char* name) {
  auto e = std::make_shared<Ground>();
  return {name, [e, question = std::uint64_t{0}](benchmark::State& state) mutable {
            std::uint64_t n = 0;
            const auto begin = Steady::now();
            for (auto _ : state) {
              for (int k = 0; k < 64; ++k) benchmark::DoNotOptimize(e->caller.template call<Answer>({++question}));
              n += 64;
            }
            set_figure(state, seconds_since(begin) / static_cast<double>(n));
          }};
}

}  // namespace

void add_monitor_rows(Rows& rows) {
  // A repetition is long enough for two looks.
  rows.push_back({"pool.report.overhead", kNanoseconds, Better::lower, 1.02,
                  [] {
                    return Pair{calls<WatchedEcho>("pool with a monitor"), calls<PooledEcho>("pool without")};
                  },
                  Judge::ratio, 2.0, 7});
}

}  // namespace lagoon::bench
