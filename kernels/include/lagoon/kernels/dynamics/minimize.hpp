// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <lagoon/kernels/dynamics/forces.hpp>

namespace lagoon::dynamics {

struct MinimizeOptions {
  double force_tolerance = 1e-6;  ///< the largest component of a force that counts as none, energy / length
  std::int64_t max_steps = 10000;
  double max_move = 0;  ///< the farthest that a particle goes in a step, length; 0: a hundredth of the cutoff
};

struct Minimum {
  System system;  ///< at rest
  Energies energies;
  double largest_force = 0;
  std::int64_t steps = 0;
  bool converged = false;
};

/// Follows forces downhill to the next minimum of the potential energy.
///   throws   what Simulation throws
///   source   FIRE: Bitzek et al. 2006
Minimum minimize(System system, const Model& model, const MinimizeOptions& options = {});

}  // namespace lagoon::dynamics
