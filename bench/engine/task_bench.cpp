// SPDX-License-Identifier: Apache-2.0
// The price of an isolate, and of tasks of one microsecond.
#include <lagoon/engine/isolate.hpp>
#include <lagoon/engine/parallel.hpp>

#include "rivals/rivals.hpp"
#include "runner/timing.hpp"
#include "runner/work.hpp"
#include "suites.hpp"

namespace lagoon::bench {
namespace {

constexpr std::size_t kTasks = 20'000;
constexpr double kTask = 1e-6;

Side isolate_create_and_end() {
  auto engine = std::make_shared<Engine>();
  return {"Isolate, made and ended", time_of(4, [engine] { Isolate isolate(*engine); })};
}

Side short_tasks() {
  struct Ground {
    Engine engine;
    Isolate isolate{engine, {.name = "tasks"}};
  };
  auto g = std::make_shared<Ground>();
  return {"parallel_for, one element a task", rate_of(static_cast<double>(kTasks), [g, steps = steps_for(kTask)] {
            g->isolate.run([&] {
              parallel_for(static_cast<std::ptrdiff_t>(kTasks), {}, [&](std::ptrdiff_t i, std::ptrdiff_t) {
                benchmark::DoNotOptimize(compute(static_cast<double>(i), steps));
              });
            });
          })};
}

}  // namespace

void add_task_rows(Rows& rows) {
  rows.push_back({"engine.spawn.thread_isolate", kMicroseconds, Better::lower, 1.5, [] {
                    return Pair{isolate_create_and_end(), rivals::thread_create_and_join()};
                  }});
  rows.push_back({"engine.tasks.1us", kThousandTasks, Better::higher, 1,
                  [] {
                    return Pair{short_tasks(), rivals::task_group(kTasks, kTask)};
                  },
                  Judge::ratio, 0.2});
  rows.push_back({"engine.tasks.1us_parallel_for", kThousandTasks, Better::higher, 0.9,
                  [] {
                    return Pair{short_tasks(), rivals::parallel_for(kTasks, kTask)};
                  },
                  Judge::ratio, 0.2});
}

}  // namespace lagoon::bench
