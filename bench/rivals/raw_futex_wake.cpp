// SPDX-License-Identifier: Apache-2.0
// The floor of a call to a thread that sleeps: one futex wake, the answer in a spinning slot.
#include <memory>
#include <thread>

#include "rivals/rivals.hpp"
#include "rivals/sleeper.hpp"
#include "runner/timing.hpp"

namespace lagoon::bench::rivals {

Side futex_wake(std::chrono::microseconds idle) {
  auto sleeper = std::make_shared<Sleeper>(Core::callee);
  return {"futex wake of a sleeping thread", time_of_each([idle] { std::this_thread::sleep_for(idle); },
                                                          [sleeper] { benchmark::DoNotOptimize(sleeper->call()); })};
}

}  // namespace lagoon::bench::rivals
