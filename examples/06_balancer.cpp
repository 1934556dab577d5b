// SPDX-License-Identifier: Apache-2.0
// A balancer of one's own is a function of what is known of a worker and a call: the lowest score gets the call. Here
// it avoids workers that are slow or full, and every choice is written down with its scores.
#include <lagoon/rpc.hpp>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <limits>
#include <string>
#include <thread>
#include <vector>

struct Number {
  std::int64_t value = 0;
  LAGOON_FIELDS(Number, value)
};
using Square = lagoon::Unary<"square", Number, Number>;
using Maths = lagoon::Contract<"example.Maths", Square>;

Number square(const Number& n, lagoon::CallContext& context) {
  // One of the workers is on a bad day.
  std::this_thread::sleep_for(context.isolate() == "maths/0" ? std::chrono::milliseconds(20)
                                                             : std::chrono::milliseconds(1));
  return {n.value * n.value};
}

double smart(const lagoon::WorkerLoad& worker, const lagoon::CallToPlace& call) {
  if (worker.memory() > 0.9) return std::numeric_limits<double>::infinity();  // never there while another one has room
  const double slowness = call.fastest.count() ? double(worker.typical.count()) / double(call.fastest.count()) : 1;
  return (1 + worker.load()) * (1 + slowness);
}

int main() {
  std::atomic<int> choices{0};
  const auto note = [&](const lagoon::PlacementEvent& choice) {
    if (choices++ >= 3) return;
    std::printf("%s -> %s:", std::string(choice.method).c_str(),
                choice.worker.empty() ? "whoever is free first" : std::string(choice.worker).c_str());
    for (const auto& [worker, score] : choice.scores) std::printf(" %s %.2f", std::string(worker).c_str(), score);
    std::printf("\n");
  };

  lagoon::Engine engine;
  lagoon::Pool pool(engine, {lagoon::serve<Maths>(lagoon::on<Square>(square))},
                    {.name = "maths", .workers = 3, .balancer = smart, .on_placement = note});
  lagoon::Caller<Maths> maths(pool);
  for (std::int64_t k = 0; k < 60; ++k)
    if (maths.call<Square>({k}).value != k * k) return 1;

  std::uint64_t slow = 0, all = 0;
  for (const lagoon::WorkerReport& worker : pool.workers()) {
    std::printf("%s: %llu calls\n", worker.worker.c_str(), static_cast<unsigned long long>(worker.calls));
    all += worker.calls;
    if (worker.worker == "maths/0") slow = worker.calls;
  }
  return slow < all / 3 ? 0 : 1;
}
