// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <lagoon/kernels/dynamics/forces.hpp>
#include <lagoon/kernels/dynamics/model.hpp>
#include <span>
#include <vector>

#include "grid.hpp"
#include "particles.hpp"

namespace lagoon::dynamics::detail {

/// Bonds and angles. Each particle works out all that it is part of: two or three times the arithmetic, and no two
/// cores ever write to the same place.
class Bonded {
 public:
  Bonded(const System& system, const Model& model);

  /// Slots of pairs that do not act by the cutoff's potentials.
  Grid::Exclusions exclusions(const Particles& p, std::span<const std::int32_t> slot_of) const;

  /// Adds forces, and to bond, angle and virial of `energies`.
  void act(Particles& p, std::span<const std::int32_t> slot_of, Energies& energies) const;

  bool empty() const noexcept { return bonds_.empty() && angles_.empty(); }

 private:
  struct Sums {
    double bond = 0, angle = 0, virial = 0;
  };
  void act_on(Particles& p, std::span<const std::int32_t> slot_of, std::ptrdiff_t slot, Sums& sums) const;

  std::vector<Bond> bonds_;
  std::vector<Angle> angles_;
  std::vector<HarmonicBond> bond_types_;
  std::vector<HarmonicAngle> angle_types_;
  // Of each particle: where its bonds, angles and partners begin below.
  std::vector<std::int32_t> first_bond_, bond_of_, first_angle_, angle_of_, first_partner_, partner_of_;
};

}  // namespace lagoon::dynamics::detail
