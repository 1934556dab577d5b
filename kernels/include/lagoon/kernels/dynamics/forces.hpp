// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lagoon/core/fields.hpp>
#include <lagoon/core/tensor.hpp>
#include <lagoon/kernels/dynamics/model.hpp>
#include <lagoon/kernels/dynamics/system.hpp>

namespace lagoon::dynamics {

/// double, or pairs in float with positions, velocities and sums over steps in double: half the time, forces to about
/// 1e-5 of the largest.
enum class Precision { f64, mixed };

/// Potential energies by their source, and the virial.
struct Energies {
  double pair = 0;     ///< Lennard-Jones, or a function of one's own
  double coulomb = 0;  ///< charges
  double bond = 0;
  double angle = 0;
  double tail = 0;  ///< of Lennard-Jones beyond the cutoff, where the model asks for it
  double virial =
      0;  ///< sum of r . F over pairs, bonds and angles: pressure = (N k T + virial/3) / V; without the tail
  double tail_pressure = 0;
  LAGOON_FIELDS(Energies, pair, coulomb, bond, angle, tail, virial, tail_pressure)

  double potential() const noexcept { return pair + coulomb + bond + angle + tail; }
};

struct Forces {
  Tensor<double, 2> forces;  ///< n x 3, energy / length
  Energies energies;
};

/// Forces and energies of particles where they are.
///
///   auto f = forces(argon, {.cutoff = 3, .tail = true});
///
///   throws   invalid_argument (see check), out_of_range (more than 2^30 particles), resource_exhausted, cancelled,
///            deadline_exceeded
///   cost     O(n) at uniform density: cells, a list, one pass over pairs; parallel, the same bits for any number of
///   cores
Forces forces(const System& system, const Model& model, Precision precision = Precision::f64);

/// Energies alone.
Energies energies(const System& system, const Model& model, Precision precision = Precision::f64);

}  // namespace lagoon::dynamics
