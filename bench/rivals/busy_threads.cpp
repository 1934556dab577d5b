// SPDX-License-Identifier: Apache-2.0
// What the operating system alone gives a thread that wakes beside busy ones: the floor of fairness.
#include <memory>
#include <thread>

#include "rivals/rivals.hpp"
#include "rivals/sleeper.hpp"
#include "runner/latency.hpp"

namespace lagoon::bench::rivals {
namespace {

class BusyThreads {
 public:
  explicit BusyThreads(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i)
      threads_.emplace_back([this, steps = steps_for(1e-3)] {
        while (!stop_.load(std::memory_order_relaxed)) benchmark::DoNotOptimize(compute(1, steps));
      });
  }
  ~BusyThreads() {
    stop_.store(true);
    for (std::thread& t : threads_) t.join();
  }

 private:
  std::atomic<bool> stop_{false};
  std::vector<std::thread> threads_;
};

}  // namespace

Side sleeper_beside_busy_threads(const std::vector<std::size_t>& busy, std::size_t samples) {
  return {"std::thread beside busy std::threads",
          worst_p99(busy, samples,
                    [](std::size_t count, auto&& measure) {
                      Sleeper sleeper;
                      const BusyThreads threads(count);
                      measure([&] { sleeper.call(); });
                    }),
          1};
}

}  // namespace lagoon::bench::rivals
