// SPDX-License-Identifier: Apache-2.0
// Plain threads: the best that equal chunks on two quiet cores can do, and the price of a thread.
#include <thread>

#include "rivals/rivals.hpp"
#include "runner/timing.hpp"
#include "runner/work.hpp"

namespace lagoon::bench::rivals {

Side two_threads(std::size_t chunks, double seconds_each) {
  return {"two std::threads, half each",
          rate_of(static_cast<double>(chunks), [chunks, steps = steps_for(seconds_each)] {
            const auto half = [&](std::size_t begin, std::size_t end) {
              for (std::size_t i = begin; i < end; ++i)
                benchmark::DoNotOptimize(compute(static_cast<double>(i), steps));
            };
            std::thread other(half, chunks / 2, chunks);
            half(0, chunks / 2);
            other.join();
          })};
}

Side thread_create_and_join() {
  return {"std::thread, create and join", time_of(4, [] { std::thread([] {}).join(); })};
}

}  // namespace lagoon::bench::rivals
