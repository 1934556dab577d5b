// SPDX-License-Identifier: Apache-2.0
// Short tasks through oneTBB's task_group, one run() each.
#include <tbb/task_arena.h>
#include <tbb/task_group.h>

#include <memory>

#include "rivals/rivals.hpp"
#include "runner/timing.hpp"
#include "runner/work.hpp"

namespace lagoon::bench::rivals {

Side task_group(std::size_t tasks, double seconds_each) {
  auto arena = std::make_shared<tbb::task_arena>(2, 1);
  arena->initialize();
  return {"task_group, a run() each",
          rate_of(static_cast<double>(tasks), [arena, tasks, steps = steps_for(seconds_each)] {
            arena->execute([&] {
              tbb::task_group group;
              for (std::size_t i = 0; i < tasks; ++i)
                group.run([i, steps] { benchmark::DoNotOptimize(compute(static_cast<double>(i), steps)); });
              group.wait();
            });
          })};
}

}  // namespace lagoon::bench::rivals
