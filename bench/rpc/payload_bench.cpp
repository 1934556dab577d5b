// SPDX-License-Identifier: Apache-2.0
// An array goes along by reference, so its size must not show.
#include "rpc/echo.hpp"
#include "runner/timing.hpp"
#include "suites.hpp"

namespace lagoon::bench {
namespace {

Side call_with(const std::shared_ptr<EchoEngine>& e, std::ptrdiff_t elements, const char* name) {
  auto values = Tensor<double, 1>::filled({elements}, 1).freeze();  // every page is there before the first call
  return {name, time_of(64, [e, series = Series{std::move(values)}] {
            benchmark::DoNotOptimize(e->caller.call<Ends>(series));
          })};
}

}  // namespace

void add_payload_rows(Rows& rows) {
  rows.push_back({"rpc.payload.1GiB_over_8B", kNanoseconds, Better::lower, 1.05, [] {
                    auto e = std::make_shared<EchoEngine>();
                    return Pair{call_with(e, std::ptrdiff_t{1} << 27, "1 GiB"), call_with(e, 1, "ours with 8 B")};
                  }});
}

}  // namespace lagoon::bench
