// SPDX-License-Identifier: Apache-2.0
// Cap'n Proto's own shortest way: a capability on the caller's thread, no RPC layer and no bytes between.
#include "rivals/rivals.hpp"

#if LAGOON_BENCH_CAPNP
#include <capnp/capability.h>
#include <kj/async-io.h>

#include <memory>

#include "echo.capnp.h"
#include "runner/timing.hpp"
#include "runner/work.hpp"

namespace lagoon::bench::rivals {
namespace {

class Server final : public ::Echo::Server {
  kj::Promise<void> answer(AnswerContext context) override {
    context.getResults().setValue(bench::answer(context.getParams().getValue()));
    return kj::READY_NOW;
  }
};

struct Capability {
  kj::EventLoop loop;
  kj::WaitScope scope{loop};
  ::Echo::Client client{kj::heap<Server>()};
  std::uint64_t question = 0;
  std::uint64_t call() {
    auto request = client.answerRequest();
    request.setValue(++question);
    return request.send().wait(scope).getValue();
  }
};

}  // namespace

Side capnp_local() {
  auto capability = std::make_shared<Capability>();
  return {"Cap'n Proto " + std::to_string(CAPNP_VERSION / 1000000) + "." + std::to_string(CAPNP_VERSION / 1000 % 1000) +
              ", local capability",
          [capability](benchmark::State& state) {
            set_figure(state, 1 / median_of_batches(state, 4, [&] { benchmark::DoNotOptimize(capability->call()); }));
          }};
}

}  // namespace lagoon::bench::rivals
#else
namespace lagoon::bench::rivals {
Side capnp_local() { return absent("Cap'n Proto", "built without Cap'n Proto (libcapnp-dev, capnproto)"); }
}  // namespace lagoon::bench::rivals
#endif
