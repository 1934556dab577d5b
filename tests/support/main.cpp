// SPDX-License-Identifier: Apache-2.0
// main() of every test executable. LAGOON_TEST_PARALLELISM=n limits oneTBB to n threads before the first test, since
// oneTBB's promises differ with few workers: with one, a suspended task can starve another arena. With n = 1 all
// threads and child processes keep to one core as well: there who polls keeps away whom he waits for.

#include <gtest/gtest.h>
#include <sched.h>
#include <tbb/global_control.h>

#include <cstdlib>
#include <optional>

namespace {
void stay_on_this_core() {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  CPU_SET(sched_getcpu(), &cores);
  sched_setaffinity(0, sizeof cores, &cores);
}
}  // namespace

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  std::optional<tbb::global_control> limit;
  if (const char* text = std::getenv("LAGOON_TEST_PARALLELISM")) {
    const int threads = std::atoi(text);
    if (threads == 1) stay_on_this_core();
    if (threads > 0) limit.emplace(tbb::global_control::max_allowed_parallelism, static_cast<std::size_t>(threads));
  }
  return RUN_ALL_TESTS();
}
