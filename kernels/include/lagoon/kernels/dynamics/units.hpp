// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace lagoon::dynamics {

/// What the numbers of a system are in. Mass times length^2 over time^2 is energy in both, so that no formula has a
/// factor of conversion; energy over length^3 is pressure.
///
///   reduced   everything in the sigma, epsilon and mass of a Lennard-Jones particle
///   nano      nm, ps, u (= g/mol), kJ/mol, K, e; pressure in kJ/mol/nm^3 = 16.6 bar
struct Units {
  std::string name = "reduced";
  double boltzmann = 1;     ///< energy per temperature
  double coulomb = 1;       ///< energy * length / charge^2: 1 / (4 pi epsilon_0)
  double pressure_bar = 0;  ///< bar in one unit of pressure; 0 where there is no such number
  double time_ps = 0;       ///< ps in one unit of time; 0 where there is no such number
  std::string length, time, mass, energy, temperature;  ///< their symbols, for tables and plots

  static Units reduced();
  /// source   CODATA 2018: k_B N_A, e^2 N_A / (4 pi epsilon_0)
  static Units nano();
  /// throws   invalid_argument: neither "reduced" nor "nano"
  static Units named(const std::string& name);
};

}  // namespace lagoon::dynamics
