// SPDX-License-Identifier: Apache-2.0
#include <lagoon/kernels/dynamics/forces.hpp>

#include <utility>

#include "interactions.hpp"

namespace lagoon::dynamics {

namespace {

/// Particles with their forces.
std::pair<detail::Particles, Energies> act(const System& s, const Model& m, Precision precision) {
  check(s);
  check(m, s);
  detail::Particles p(s);
  detail::Interactions interactions(s, m, precision, detail::Interactions::kNoSkin);
  interactions.rebuild(p);
  const Energies energies = interactions.act(p, true);
  return {std::move(p), energies};
}

}  // namespace

Forces forces(const System& s, const Model& m, Precision precision) {
  const auto [particles, energies] = act(s, m, precision);
  return {detail::in_order(particles, particles.f), energies};
}

Energies energies(const System& s, const Model& m, Precision precision) { return act(s, m, precision).second; }

}  // namespace lagoon::dynamics
