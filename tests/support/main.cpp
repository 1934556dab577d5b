// SPDX-License-Identifier: Apache-2.0
// main() of every test executable. LAGOON_TEST_PARALLELISM=n limits oneTBB to n threads before the first test, since
// oneTBB's promises differ with few workers: with one, a suspended task can starve another arena.

#include <gtest/gtest.h>
#include <tbb/global_control.h>

#include <cstdlib>
#include <optional>

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  std::optional<tbb::global_control> limit;
  if (const char* text = std::getenv("LAGOON_TEST_PARALLELISM")) {
    const int threads = std::atoi(text);
    if (threads > 0) limit.emplace(tbb::global_control::max_allowed_parallelism, static_cast<std::size_t>(threads));
  }
  return RUN_ALL_TESTS();
}
