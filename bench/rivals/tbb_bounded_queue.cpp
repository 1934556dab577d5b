// SPDX-License-Identifier: Apache-2.0
// oneTBB's bounded queue between two threads, with its blocking push and pop.
#include <tbb/concurrent_queue.h>

#include <memory>

#include "rivals/producer.hpp"
#include "rivals/rivals.hpp"
#include "runner/timing.hpp"

namespace lagoon::bench::rivals {

Side bounded_queue(std::size_t items, std::size_t capacity) {
  auto queue = std::make_shared<tbb::concurrent_bounded_queue<std::uint64_t>>();
  queue->set_capacity(static_cast<std::ptrdiff_t>(capacity));
  auto produce = [queue, items] {
    for (std::uint64_t i = 0; i < items; ++i) queue->push(i);
  };
  auto producer = std::make_shared<Producer<decltype(produce)>>(produce);
  return {"tbb::concurrent_bounded_queue", rate_of(static_cast<double>(items), [queue, producer, items] {
            producer->start();
            std::uint64_t sum = 0, x = 0;
            for (std::size_t i = 0; i < items; ++i) {
              queue->pop(x);
              sum += x;
            }
            benchmark::DoNotOptimize(sum);
          })};
}

}  // namespace lagoon::bench::rivals
