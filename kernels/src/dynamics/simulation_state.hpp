// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lagoon/kernels/dynamics/simulation.hpp>
#include <optional>
#include <string>

#include "interactions.hpp"
#include "particles.hpp"

namespace lagoon::dynamics {

/// What a trajectory is between steps.
struct Simulation::Impl {
  Impl(System s, Model m, const SimulationOptions& o);

  System base;  ///< all but positions and velocities
  Model model;
  SimulationOptions options;
  detail::Particles p;
  detail::Interactions interactions;
  double freedom;  ///< degrees
  std::int64_t step = 0;
  double heat = 0;    ///< put in by the thermostat
  Energies energies;  ///< of this step, when `summed`
  bool summed = false;
  std::string broken;  ///< why nothing can go on

  // One of the two, before anything else.
  void start();
  /// Goes on from where these particles, slot by slot, were.
  void resume(detail::Particles from, std::int64_t at_step, double heat_so_far);

  void advance(std::int64_t steps);
  Observation observe() const;
  double pressure(double kinetic) const;

 private:
  /// Ends a step that was to be followed by another, so that it can be looked at.
  void settle(bool half_kick);
  void begin_step(int kicks);
  void end_step(bool sums);
  void leap();
  void thermostat();
  /// What the barostat does to the box in the step that begins.
  double barostat() const;
  [[noreturn]] void fail_lost();
  bool fuses_kicks() const noexcept;
  /// Whether the next step's motion is nothing but a leap, which may begin before all forces are there.
  bool leaps() const noexcept;
  detail::Leap leap_of(int kicks) const noexcept;
  double temperature_wanted() const noexcept;

  std::optional<detail::Moved> leapt_;  ///< the next step has begun with a leap
};

}  // namespace lagoon::dynamics
