// SPDX-License-Identifier: Apache-2.0
// A task for an idle arena beside arenas that always have work, as oneTBB alone serves them: its workers, one fewer
// than cores, stay where they are while there is work.
#include <tbb/task_arena.h>

#include <memory>
#include <thread>

#include "rivals/rivals.hpp"
#include "runner/timing.hpp"
#include "runner/work.hpp"

namespace lagoon::bench::rivals {
namespace {

class BusyArenas {
 public:
  explicit BusyArenas(std::size_t count) : arenas_(count) {
    for (auto& arena : arenas_) {
      arena = std::make_unique<tbb::task_arena>(1, 0);
      again(*arena);
    }
  }
  ~BusyArenas() {
    stop_.store(true);
    while (left_.load() != 0) std::this_thread::yield();
  }

 private:
  void again(tbb::task_arena& arena) {
    left_.fetch_add(1);
    arena.enqueue([this, &arena, steps = steps_for(1e-3)] {
      benchmark::DoNotOptimize(compute(1, steps));
      if (!stop_.load()) again(arena);
      left_.fetch_sub(1);
    });
  }
  std::atomic<bool> stop_{false};
  std::atomic<std::size_t> left_{0};
  std::vector<std::unique_ptr<tbb::task_arena>> arenas_;
};

}  // namespace

Side task_beside_busy_arenas(std::size_t busy, std::size_t samples, std::chrono::milliseconds patience) {
  return {"task_arena::enqueue beside busy arenas",
          [=](benchmark::State& state) {
            double worst = 0;
            for (auto _ : state) {
              // Outlive the busy ones: a task that was given up on still runs when they stop.
              auto arena = std::make_unique<tbb::task_arena>(1, 0);
              std::vector<std::atomic<bool>> done(samples);
              {
                const BusyArenas neighbours(busy);
                std::this_thread::sleep_for(std::chrono::milliseconds(20));
                for (auto& flag : done) {
                  const auto begin = Steady::now();
                  arena->enqueue([&flag] { flag.store(true); });
                  while (!flag.load() && Steady::now() - begin < patience)
                    std::this_thread::sleep_for(std::chrono::microseconds(50));
                  worst = std::max(worst, seconds_since(begin));
                }
              }
              for (auto& flag : done)
                while (!flag.load()) std::this_thread::yield();
            }
            set_figure(state, worst);
          },
          1};
}

}  // namespace lagoon::bench::rivals
