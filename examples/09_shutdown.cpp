// SPDX-License-Identifier: Apache-2.0
// A graceful end: no new calls, five seconds for those that run, then they are told to stop. Here the end is asked for
// by a signal, as Ctrl-C or a batch system would, while calls are on their way.
#include <lagoon/rpc.hpp>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <thread>
#include <vector>

struct Steps {
  std::int64_t count = 0;
  LAGOON_FIELDS(Steps, count)
};
using Run = lagoon::Unary<"run", Steps, Steps>;
using Simulation = lagoon::Contract<"example.Simulation", Run>;

// Looks at each step whether it is still wanted: ends early, with what there is, instead of being cut off.
Steps run(const Steps& wanted, lagoon::CallContext& context) {
  Steps done;
  while (done.count < wanted.count && !context.stop_requested()) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    ++done.count;
  }
  return done;
}

volatile std::sig_atomic_t g_end = 0;

int main() {
  std::signal(SIGINT, [](int) { g_end = 1; });
  lagoon::Engine engine;
  lagoon::Pool pool(engine, {lagoon::serve<Simulation>(lagoon::on<Run>(run))}, {.name = "simulation", .workers = 2});
  lagoon::Caller<Simulation> simulation(pool);

  std::vector<lagoon::Reply<Run>> replies;
  for (int k = 0; k < 4; ++k) replies.push_back(simulation.start<Run>({20}));
  std::raise(SIGINT);
  if (!g_end) return 1;

  const lagoon::Status status = pool.shutdown(std::chrono::steady_clock::now() + std::chrono::seconds(5));
  std::printf("shutdown: %s\n", status.to_string().c_str());
  for (auto& reply : replies) {
    const auto result = reply.try_get();
    std::printf("%s\n", result.ok() ? "finished" : result.status().to_string().c_str());
    if (!result.ok()) return 1;
  }
  const auto late = simulation.try_call<Run>({1});
  std::printf("afterwards: %s\n", late.status().to_string().c_str());
  return status.ok() && late.status().code() == lagoon::Errc::unavailable ? 0 : 1;
}
