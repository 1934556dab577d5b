// SPDX-License-Identifier: Apache-2.0
// A process that publishes a pool, and calls it, until its standard input ends. Arguments: names of pools.
#include <unistd.h>

#include <lagoon/monitor/monitor.hpp>
#include <lagoon/rpc.hpp>

#include <atomic>
#include <cstdio>
#include <memory>
#include <thread>
#include <vector>

namespace {

struct Number {
  std::int64_t x = 0;
  LAGOON_FIELDS(Number, x)
};
using Twice = lagoon::Unary<"twice", Number, Number>;
using Doubler = lagoon::Contract<"test.Doubler", Twice>;

lagoon::Service doubler() {
  return lagoon::serve<Doubler>(lagoon::on<Twice>([](const Number& n) -> lagoon::Result<Number> {
    if (n.x % 10 == 0) return lagoon::Status(lagoon::Errc::out_of_range, "a round number");
    return Number{2 * n.x};
  }));
}

}  // namespace

int main(int argc, char** argv) {
  lagoon::Engine engine;
  std::vector<std::unique_ptr<lagoon::Pool>> pools;
  std::vector<std::unique_ptr<lagoon::Monitor>> monitors;
  for (int k = 1; k < argc; ++k) {
    pools.push_back(std::make_unique<lagoon::Pool>(engine, std::vector{doubler()},
                                                   lagoon::PoolOptions{.name = argv[k], .workers = 2}));
    lagoon::MonitorOptions options;
    options.interval = std::chrono::milliseconds(50);
    options.publish = true;
    monitors.push_back(std::make_unique<lagoon::Monitor>(*pools.back(), options));
  }
  std::atomic<bool> over{false};
  std::thread callers([&] {
    std::int64_t x = 0;
    while (!over.load())
      for (const auto& pool : pools) (void)lagoon::Caller<Doubler>(*pool).try_call<Twice>({++x});
  });
  std::printf("ready\n");
  std::fflush(stdout);
  char byte;
  while (::read(STDIN_FILENO, &byte, 1) > 0) {
  }
  over.store(true);
  callers.join();
  monitors.clear();
}
