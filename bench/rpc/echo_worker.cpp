// SPDX-License-Identifier: Apache-2.0
// The worker program of rows about calls: it links with nothing but what it serves, so that its start is its own.
#include <lagoon/rpc/process.hpp>

#include <cstdlib>

#include "rpc/echo.hpp"

int main() {
  using namespace lagoon::bench;
  if (const char* const core = std::getenv("LAGOON_BENCH_CORE")) bind_this_thread(static_cast<Core>(std::atoi(core)));
  return lagoon::worker_main({echo_service()});
}
