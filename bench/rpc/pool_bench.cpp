// SPDX-License-Identifier: Apache-2.0
// What a pool costs: a call through eight workers beside the same call to one isolate.
#include "rpc/echo.hpp"
#include "runner/timing.hpp"
#include "suites.hpp"

namespace lagoon::bench {
namespace {

template <class Ground>
Side calls(const char* name) {
  auto e = std::make_shared<Ground>();
  return {name, time_of(64, [e, question = std::uint64_t{0}]() mutable {
            benchmark::DoNotOptimize(e->caller.template call<Answer>({++question}));
          })};
}

}  // namespace

void add_pool_rows(Rows& rows) {
  rows.push_back(
      {"pool.overhead", kNanoseconds, Better::lower, 1.3, [] {
         return Pair{calls<PooledEcho>("call through a pool of eight"), calls<EchoEngine>("call to one isolate")};
       }});
}

}  // namespace lagoon::bench
