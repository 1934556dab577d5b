// SPDX-License-Identifier: Apache-2.0
// Liquid argon at 94.4 K: 864 atoms, as in the first simulation of a liquid (Rahman 1964), in ten lines.
#include <lagoon/kernels/dynamics.hpp>

#include <cstdio>

namespace md = lagoon::dynamics;

int main() {
  md::System argon = md::fcc({.cells = {6, 6, 6}, .spacing = 0.5786, .units = md::Units::nano(), .mass = 39.948});
  md::set_temperature(argon, 94.4, /*seed=*/42);
  md::Simulation run(std::move(argon), {.types = {{.epsilon = 0.99774, .sigma = 0.34}}, .cutoff = 0.85},
                     {.time_step = 0.002, .thermostat = md::VelocityRescaling{.temperature = 94.4, .time = 0.2}});
  run.advance(2000);
  const md::RadialDistribution around = md::radial_distribution(run.system(), 0.85, 85);
  const md::Observation o = run.observe();
  std::printf("after %.0f ps: %.1f K, %.2f kJ/mol per atom\n", o.time, o.temperature, o.potential() / 864);

  std::ptrdiff_t peak = 0;
  for (std::ptrdiff_t k = 0; k < around.g.size(); ++k)
    if (around.g[k] > around.g[peak]) peak = k;
  std::printf("most neighbours at %.3f nm, where density is %.2f times the mean\n", around.r[peak], around.g[peak]);
  // Rahman found 0.37 nm and 2.8.
  return around.r[peak] > 0.35 && around.r[peak] < 0.39 && around.g[peak] > 2.4 && around.g[peak] < 3.3 ? 0 : 1;
}
