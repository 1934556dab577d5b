// SPDX-License-Identifier: Apache-2.0
// What is urgent goes first when all workers are busy, and methods say what they work on: `balanced` sends those that
// need memory where memory is free.
#include <lagoon/rpc.hpp>

#include <chrono>
#include <cstdio>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

struct Task {
  std::string name;
  LAGOON_FIELDS(Task, name)
};
using Simulate = lagoon::Unary<"simulate", Task, Task, lagoon::CpuBound>;
using Index = lagoon::Unary<"index", Task, Task, lagoon::MemoryBound>;
using Lab = lagoon::Contract<"example.Lab", Simulate, Index>;

int main() {
  std::mutex mutex;
  std::vector<std::string> done;
  const auto work = [&](const Task& task, lagoon::CallContext&) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    const std::lock_guard lock(mutex);
    done.push_back(task.name);
    return task;
  };

  lagoon::Engine engine;
  lagoon::Pool pool(engine, {lagoon::serve<Lab>(lagoon::on<Simulate>(work), lagoon::on<Index>(work))},
                    {.workers = 1, .balancer = lagoon::balance::balanced});
  lagoon::Caller<Lab> lab(pool);

  std::vector<lagoon::Reply<Simulate>> simulations;
  std::vector<lagoon::Reply<Index>> indexes;
  for (int k = 0; k < 3; ++k)
    simulations.push_back(lab.start<Simulate>({"nightly"}, {.priority = lagoon::Priority::low}));
  for (int k = 0; k < 3; ++k) indexes.push_back(lab.start<Index>({"index"}));
  simulations.push_back(lab.start<Simulate>({"a user waits"}, {.priority = lagoon::Priority::high}));
  for (auto& reply : simulations) (void)reply.get();
  for (auto& reply : indexes) (void)reply.get();

  // The first was begun before there was anything more urgent.
  for (const std::string& name : done) std::printf("%s\n", name.c_str());
  return done.at(1) == "a user waits" && done.back() == "nightly" ? 0 : 1;
}
