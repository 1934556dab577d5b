// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <lagoon/core/tensor.hpp>
#include <lagoon/kernels/dynamics/system.hpp>
#include <vector>

#include "pair_list.hpp"

namespace lagoon::dynamics::detail {

/// One number per axis and slot.
using Axes = std::array<Tensor<double, 1>, 3>;

/// Particles in the order of the grid: neighbours in space are neighbours in memory. Clusters that are not full end in
/// empty slots, far from everything, without mass and motion, so that loops need not know of them.
///
/// Positions are from the corner of the box. They may leave it between two builds of the grid, which bring them back
/// and count in `image` how often.
struct Particles {
  Box box;                   ///< as it is now
  std::ptrdiff_t count = 0;  ///< particles
  std::ptrdiff_t slots = 0;  ///< in use, a multiple of kCluster
  Axes x, v, f;
  /// Where they were when the lists were pruned, and when the grid was built; the box then had `..._box`, and has been
  /// scaled by so much since.
  Axes listed, built;
  Box listed_box, built_box;
  double listed_scale = 1, built_scale = 1;
  Tensor<std::int32_t, 1> id;              ///< of the particle in a slot; -1: empty
  Tensor<std::int32_t, 1> type;            ///< 0 in empty slots
  Tensor<double, 1> inverse_mass, charge;  ///< 0 in empty slots; charge has no elements where there are none
  std::array<Tensor<std::int32_t, 1>, 3> image;

  /// In the order of the system, without empty slots.
  explicit Particles(const System& system);
  /// Room for so many slots; nothing is filled in.
  Particles(std::ptrdiff_t particles, std::ptrdiff_t capacity, bool charged);
  /// The same for particles like these.
  Particles(const Particles& like, std::ptrdiff_t capacity) : Particles(like.count, capacity, !like.charge.empty()) {
    box = like.box;
  }
  std::ptrdiff_t capacity() const noexcept { return id.size(); }
};

/// n x 3, in the order of the system.
Tensor<double, 2> in_order(const Particles& p, const Axes& axes);
/// The same of positions, with the origin of the box; along periodic axes brought back into it.
Tensor<double, 2> positions_in_box(const Particles& p);
/// The same as if the box did not repeat.
Tensor<double, 2> positions_unwrapped(const Particles& p);

}  // namespace lagoon::dynamics::detail
