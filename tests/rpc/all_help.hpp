// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lagoon/engine/isolate.hpp>
#include <lagoon/engine/parallel.hpp>

#include "engine/threads.hpp"

namespace lagoon::test {

/// A loop in the isolate whose parts wait for one another, one for each thread that oneTBB may use. False: some thread
/// has not come within ten seconds.
inline bool all_help(Isolate& isolate) {
  const auto threads = static_cast<int>(allowed_threads());
  Meeting meeting(threads);
  std::atomic<bool> all{true};
  isolate.run([&] {
    parallel_for(threads, {1}, [&](std::ptrdiff_t, std::ptrdiff_t) {
      if (!meeting.arrive_and_wait()) all = false;
    });
  });
  return all;
}

}  // namespace lagoon::test
