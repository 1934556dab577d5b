// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <lagoon/kernels/dynamics/simulation.hpp>

// What thermostats and barostats draw, as factors.
namespace lagoon::dynamics::detail {

/// By which velocities are multiplied.
///   source   Bussi, Donadio & Parrinello 2007, appendix
double rescaling_factor(const VelocityRescaling& t, double kinetic, double freedom, double boltzmann, double time_step,
                        std::uint64_t seed, std::uint64_t step);

/// By which edges of the box are multiplied.
///   time     since the last such step
///   source   Bernetti & Bussi 2020, isotropic, Euler
double box_factor(const CellRescaling& c, double pressure, double kt, double volume, double time, std::uint64_t seed,
                  std::uint64_t step);

}  // namespace lagoon::dynamics::detail
