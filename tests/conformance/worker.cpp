// SPDX-License-Identifier: Apache-2.0
// The echo services as a worker program.
#include <lagoon/rpc/process.hpp>

#include "echo.hpp"

int main() {
  return lagoon::worker_main({lagoon::conformance::function_echo(), lagoon::conformance::coroutine_echo()});
}
