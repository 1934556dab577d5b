// SPDX-License-Identifier: Apache-2.0
// A call handed to another thread by oneTBB alone: enqueue into an arena of one worker, wait in a spinning slot.
#include <tbb/task_arena.h>
#include <tbb/task_scheduler_observer.h>

#include <memory>
#include <vector>

#include "rivals/rivals.hpp"
#include "rivals/slot.hpp"
#include "runner/cores.hpp"
#include "runner/timing.hpp"
#include "runner/work.hpp"

namespace lagoon::bench::rivals {
namespace {

/// Keeps the worker that serves an arena on the callee's core.
class BoundWorker final : public tbb::task_scheduler_observer {
 public:
  explicit BoundWorker(tbb::task_arena& arena) : task_scheduler_observer(arena) { observe(true); }
  ~BoundWorker() override { observe(false); }
  void on_scheduler_entry(bool) override { bind_this_thread(Core::callee); }
  void on_scheduler_exit(bool) override { bind_this_thread(Core::any); }
};

struct Handoff {
  tbb::task_arena arena{1, 0};
  BoundWorker bound{arena};
  std::vector<Slot> slots;
  std::uint64_t question = 0;
  explicit Handoff(std::size_t window) : slots(window) { arena.initialize(); }
  void post(Slot& slot) {
    arena.enqueue([&slot, q = ++question] { slot.put(answer(q)); });
  }
};

}  // namespace

Side arena_enqueue() {
  auto h = std::make_shared<Handoff>(1);
  return {"task_arena::enqueue + spinning slot", time_of(16, [h] {
            h->post(h->slots[0]);
            benchmark::DoNotOptimize(h->slots[0].take());
          })};
}

Side arena_enqueue_in_flight(std::size_t window) {
  auto h = std::make_shared<Handoff>(window);
  constexpr std::size_t kRounds = 16;
  return {"task_arena::enqueue + spinning slots", [h, window](benchmark::State& state) {
            for (Slot& slot : h->slots) h->post(slot);
            const double round = median_of_batches(state, kRounds, [&] {
              for (Slot& slot : h->slots) {
                benchmark::DoNotOptimize(slot.take());
                h->post(slot);
              }
            });
            for (Slot& slot : h->slots) slot.take();
            set_figure(state, static_cast<double>(window) / round);
          }};
}

}  // namespace lagoon::bench::rivals
