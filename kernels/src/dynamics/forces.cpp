// SPDX-License-Identifier: Apache-2.0
#include <lagoon/kernels/dynamics/forces.hpp>

#include "interactions.hpp"

namespace lagoon::dynamics {

Forces forces(const System& s, const Model& m, Precision precision) {
  check(s);
  check(m, s);
  detail::Particles p(s);
  detail::Interactions interactions(s, m, precision, detail::Interactions::kNoSkin);
  interactions.rebuild(p);
  Forces result;
  result.energies = interactions.act(p, true);
  result.forces = detail::in_order(p, p.f);
  return result;
}

Energies energies(const System& s, const Model& m, Precision precision) { return forces(s, m, precision).energies; }

}  // namespace lagoon::dynamics
