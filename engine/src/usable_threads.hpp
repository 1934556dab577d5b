// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tbb/global_control.h>
#include <tbb/task_arena.h>

#include <algorithm>

namespace lagoon::detail {

/// Threads that may work for this thread's arena at once, this one included. An isolate's arena has more slots than
/// that: reserved ones for callers that enter and sleep.
inline unsigned usable_threads() {
  const auto slots = static_cast<std::size_t>(tbb::this_task_arena::max_concurrency());
  const std::size_t allowed = tbb::global_control::active_value(tbb::global_control::max_allowed_parallelism);
  return static_cast<unsigned>(std::max<std::size_t>(1, std::min(slots, allowed)));
}

}  // namespace lagoon::detail
