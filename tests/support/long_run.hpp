// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdlib>

namespace lagoon::test {

/// Whether the whole of a test was asked for that is otherwise a slice of itself: by ./dev test --long.
inline bool run_long() {
  const char* const text = std::getenv("LAGOON_TEST_LONG");
  return text && std::atoi(text) != 0;
}

}  // namespace lagoon::test
