// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <lagoon/kernels/dynamics/forces.hpp>
#include <lagoon/kernels/dynamics/model.hpp>
#include <lagoon/kernels/dynamics/system.hpp>
#include <memory>
#include <optional>
#include <variant>

namespace lagoon::dynamics {

/// Friction and noise on each particle, BAOAB.
///   source   Leimkuhler & Matthews 2013
struct Langevin {
  double temperature = 1;
  double friction = 1;  ///< 1 / time
};

/// All velocities scaled so that the kinetic energy has its canonical distribution.
///   source   Bussi, Donadio & Parrinello 2007
struct VelocityRescaling {
  double temperature = 1;
  double time = 0.5;  ///< relaxation time
};

using Thermostat = std::variant<std::monostate, Langevin, VelocityRescaling>;

/// The box and all positions scaled so that the volume has its distribution at this pressure; needs a thermostat and a
/// periodic box.
/// It acts every 10 steps, so `time` is to be many times that.
///   source   Bernetti & Bussi 2020, isotropic
struct CellRescaling {
  double pressure = 0;         ///< energy / length^3
  double time = 5;             ///< relaxation time
  double compressibility = 1;  ///< length^3 / energy; scales `time` only
};

struct SimulationOptions {
  double time_step = 0.005;  ///< time
  Precision precision = Precision::f64;
  double skin = 0;  ///< how far beyond the cutoff lists of pairs reach, length; 0: chosen from the cutoff. No pair is
                    ///< ever missed.
  Thermostat thermostat{};  ///< none: constant energy, velocity Verlet
  std::optional<CellRescaling> barostat{};
  std::uint64_t seed = 1;       ///< of thermostat and barostat; numbers depend on seed, step and particle alone
  std::int64_t first_step = 0;  ///< of the system, where that is not the beginning of its trajectory
  /// A step that is told to stop is done first. Otherwise it ends sooner, at its next part, and the simulation is lost:
  /// for calls whose answer nobody wants any more.
  bool whole_steps = true;
};

/// A system at one moment.
struct Observation {
  std::int64_t step = 0;
  double time = 0;
  Energies energies;
  double kinetic = 0;
  double temperature = 0;  ///< 2 kinetic / (degrees of freedom * k_B)
  double pressure = 0;     ///< NaN where an axis is open
  double volume = 0;       ///< of the box
  /// Potential and kinetic, less what the thermostat put in: constant but for the error of the step. NaN with a
  /// barostat, whose work on the potential is not worked out.
  double conserved = 0;
  std::array<double, 3> momentum{};
  LAGOON_FIELDS(Observation, step, time, energies, kinetic, temperature, pressure, volume, conserved, momentum)

  double potential() const noexcept { return energies.potential(); }
  double total() const noexcept { return energies.potential() + kinetic; }
};

/// A trajectory: steps one after another, each parallel inside.
///
///   Simulation run(std::move(system), model, {.time_step = 0.002});
///   while (run.step() < 100'000) {
///     run.advance(100);
///     print(run.observe());
///   }
///
/// The same bits for any number of cores, and after `Checkpoint`. A resource: neither copied nor moved; memory is held
/// by whoever constructs it, about 600 bytes per particle.
class Simulation {
 public:
  /// throws   invalid_argument (see check; a time step, temperature or friction that makes no sense)
  Simulation(System system, Model model, const SimulationOptions& options = {});
  ~Simulation();
  Simulation(const Simulation&) = delete;
  Simulation& operator=(const Simulation&) = delete;

  /// So many steps more.
  ///   throws   aborted when the run is unstable, naming step, particle and reason; cancelled or deadline_exceeded,
  ///            polled each step: then all of this step is done or none, and the simulation may be asked and continued
  ///            (but see whole_steps); after anything else it cannot go on
  void advance(std::int64_t steps);

  std::int64_t step() const noexcept;
  double time() const noexcept;  ///< since step 0
  Observation observe() const;   ///< of the current step; the forces' energies are there already

  /// A copy of the system as it is now, particles in their original order; positions inside the box.
  System system() const;
  const Box& box() const noexcept;
  /// Positions alone, n x 3. `unwrapped`: as if the box did not repeat, for displacements.
  Tensor<double, 2> positions(bool unwrapped = false) const;
  Tensor<double, 2> velocities() const;
  Tensor<double, 2> forces() const;
  const Model& model() const noexcept;
  const SimulationOptions& options() const noexcept;

  /// How lists of pairs did so far.
  struct ListReport {
    std::int64_t builds = 0, prunes = 0;
    double pairs_computed = 0;  ///< slots of the current list, per particle
    double pairs_needed = 0;    ///< pairs within the cutoff, per particle, at the last observation
  };
  ListReport lists() const;

  struct Impl;

 private:
  friend struct CheckpointAccess;
  explicit Simulation(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace lagoon::dynamics
