// SPDX-License-Identifier: Apache-2.0
// The floor of a call without a handoff: enter a oneTBB arena, call the function, leave.
#include <tbb/task_arena.h>

#include <memory>

#include "rivals/rivals.hpp"
#include "runner/timing.hpp"
#include "runner/work.hpp"

namespace lagoon::bench::rivals {

Side arena_execute() {
  auto arena = std::make_shared<tbb::task_arena>(2, 1);
  arena->initialize();
  return {"task_arena::execute", time_of(256, [arena, i = std::uint64_t{0}]() mutable {
            benchmark::DoNotOptimize(arena->execute([&] { return answer(++i); }));
          })};
}

}  // namespace lagoon::bench::rivals
