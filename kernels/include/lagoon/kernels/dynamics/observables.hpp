// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lagoon/core/tensor.hpp>
#include <lagoon/kernels/dynamics/system.hpp>

namespace lagoon::dynamics {

struct RadialDistribution {
  Tensor<double, 1> r;  ///< middles of the bins, length
  Tensor<double, 1> g;  ///< density around a particle over the mean density
  Tensor<double, 1> n;  ///< mean number of neighbours up to the end of each bin
};

/// How dense particles are around a particle.
///   radius   up to here; at most half the shortest periodic edge
///   bins     of equal width
///   throws   invalid_argument (radius, bins, no periodic box)
///   cost     O(n^2) without cells, O(n) with: radius decides; parallel
///   source   Allen & Tildesley 2nd ed., 8.2; ideal gas of n - 1 others
RadialDistribution radial_distribution(const System& system, double radius, int bins = 200);

/// Mean of |x - x0|^2.
///   positions, origin   n x 3, unwrapped (Simulation::positions(true))
///   source              Allen & Tildesley 2nd ed., 8.5
double mean_square_displacement(View<const double, 2> positions, View<const double, 2> origin);

double kinetic_energy(const System& system);  ///< 1/2 sum m v^2
double temperature(const System& system);     ///< 2 kinetic / (degrees_of_freedom k_B)

}  // namespace lagoon::dynamics
