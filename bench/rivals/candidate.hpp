// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

namespace lagoon::bench::rivals {

/// A library's own threads look for work for about 20 ms.
inline constexpr std::chrono::milliseconds kUntilAsleep{60};

/// One way to do a task.
struct Candidate {
  std::string name;
  std::function<double()> seconds;              ///< does it once; how long that took. None: it cannot be had
  std::function<std::vector<double>()> result;  ///< of the last time, or part of it: what others must agree with
  std::function<void()> rest = [] {};           ///< until its threads have gone to sleep; after each repetition
  std::string missing = {};                     ///< why it cannot be had
};

}  // namespace lagoon::bench::rivals
