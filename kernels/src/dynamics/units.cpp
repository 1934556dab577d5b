// SPDX-License-Identifier: Apache-2.0
#include <lagoon/kernels/dynamics/units.hpp>

#include <lagoon/core/error.hpp>
#include <numbers>

namespace lagoon::dynamics {

Units Units::reduced() {
  Units u;
  u.length = "sigma";
  u.time = "tau";
  u.mass = "m";
  u.energy = "epsilon";
  u.temperature = "epsilon/k";
  return u;
}

Units Units::nano() {
  constexpr double kAvogadro = 6.02214076e23, kBoltzmann = 1.380649e-23, kCharge = 1.602176634e-19,
                   kVacuum = 8.8541878128e-12;  // 1/mol, J/K, C, F/m
  Units u;
  u.name = "nano";
  u.boltzmann = kBoltzmann * kAvogadro * 1e-3;
  u.coulomb = kCharge * kCharge * kAvogadro / (4 * std::numbers::pi * kVacuum) * 1e9 * 1e-3;
  u.pressure_bar = 1e3 / kAvogadro * 1e27 * 1e-5;
  u.time_ps = 1;
  u.length = "nm";
  u.time = "ps";
  u.mass = "u";
  u.energy = "kJ/mol";
  u.temperature = "K";
  return u;
}

Units Units::named(const std::string& name) {
  if (name == "reduced") return reduced();
  if (name == "nano") return nano();
  throw Error(Errc::invalid_argument, "units: '" + name + "' are not known; reduced and nano are");
}

}  // namespace lagoon::dynamics
