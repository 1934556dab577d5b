// SPDX-License-Identifier: Apache-2.0
// The worker program of rows about calls: it links with nothing but what it serves, so that its start is its own.
#include <lagoon/rpc/process.hpp>

#include <cstdlib>

#include "rpc/echo.hpp"

int main() {
  using namespace lagoon::bench;
  // Caller and worker keep to a core each, as the rivals' two sides do.
  if (std::getenv("LAGOON_BENCH_BOUND")) bind_this_thread(Core::callee);
  return lagoon::worker_main({echo_service()});
}
