// SPDX-License-Identifier: Apache-2.0
// Short tasks through oneTBB's parallel_for, one iteration each, never joined: its fastest for equal tasks.
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

#include <memory>

#include "rivals/rivals.hpp"
#include "runner/timing.hpp"
#include "runner/work.hpp"

namespace lagoon::bench::rivals {

Side parallel_for(std::size_t tasks, double seconds_each) {
  auto arena = std::make_shared<tbb::task_arena>(2, 1);
  arena->initialize();
  return {"tbb::parallel_for, simple_partitioner",
          rate_of(static_cast<double>(tasks), [arena, tasks, steps = steps_for(seconds_each)] {
            arena->execute([&] {
              tbb::parallel_for(
                  std::size_t{0}, tasks,
                  [steps](std::size_t i) { benchmark::DoNotOptimize(compute(static_cast<double>(i), steps)); },
                  tbb::simple_partitioner{});
            });
          })};
}

}  // namespace lagoon::bench::rivals
