// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lagoon/kernels/files/lammps_data.hpp>

namespace lagoon::files {

/// What one unit of a data file is in the units of a system.
struct LammpsScale {
  double length = 1, velocity = 1, energy = 1;

  double bond() const noexcept { return energy / (length * length); }
};

inline LammpsScale scale_of(LammpsUnits units) {
  constexpr double kKiloJoulePerEv = 1.602176634e-19 * 6.02214076e23 * 1e-3;  // per mole; CODATA 2018
  switch (units) {
    case LammpsUnits::real: return {0.1, 100, 4.184};
    case LammpsUnits::metal: return {0.1, 0.1, kKiloJoulePerEv};
    case LammpsUnits::lj: break;
  }
  return {};
}

inline const char* name_of(LammpsUnits units) {
  return units == LammpsUnits::real ? "real" : units == LammpsUnits::metal ? "metal" : "lj";
}

inline const char* name_of(AtomStyle style) {
  switch (style) {
    case AtomStyle::atomic: return "atomic";
    case AtomStyle::charge: return "charge";
    case AtomStyle::molecular: return "molecular";
    case AtomStyle::full: break;
  }
  return "full";
}

}  // namespace lagoon::files
