// SPDX-License-Identifier: Apache-2.0
// lagoon_bench_melt [STEPS] [mixed]: the melt of the md rows on one thread, and how many pairs its steps have, for
// tools that count instructions. README.md has the command.
#include <fmt/core.h>
#include <lagoon/engine/isolate.hpp>

#include <cstdlib>
#include <exception>
#include <string>

#include "kernels/melt.hpp"

namespace {

using namespace lagoon;

void melt(std::int64_t steps, dynamics::Precision precision) {
  const bench::rivals::Melt melt = bench::crystal(20);
  dynamics::Simulation run(bench::system_of(melt), bench::model_of(melt),
                           {.time_step = melt.time_step, .precision = precision});
  run.advance(steps);
  run.observe();
  const auto lists = run.lists();
  const double turns = static_cast<double>(steps) * static_cast<double>(melt.particles());
  fmt::print("{} steps of {} particles; at the last {:.2f} pairs within the cutoff per particle, {:.2f} computed\n",
             steps, melt.particles(), lists.pairs_needed, lists.pairs_computed);
  fmt::print("times steps and particles: {:.0f} pairs within the cutoff, {:.0f} computed\n", turns * lists.pairs_needed,
             turns * lists.pairs_computed);
}

}  // namespace

int main(int argc, char** argv) {
  const long steps = argc > 1 ? std::strtol(argv[1], nullptr, 10) : 20;
  const bool mixed = argc > 2 && std::string(argv[2]) == "mixed";
  if (steps < 1 || argc > 3 || (argc == 3 && !mixed)) {
    fmt::print(stderr, "usage: lagoon_bench_melt [STEPS] [mixed]\n");
    return 2;
  }
  try {
    Engine engine({.cores = 1});
    Isolate isolate(engine, {.name = "melt"});
    isolate.run([&] { melt(steps, mixed ? dynamics::Precision::mixed : dynamics::Precision::f64); });
  } catch (const std::exception& e) {
    fmt::print(stderr, "lagoon_bench_melt: {}\n", e.what());
    return 1;
  }
  return 0;
}
