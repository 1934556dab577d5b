// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <lagoon/kernels/dynamics/forces.hpp>
#include <lagoon/kernels/dynamics/simulation.hpp>
#include <lagoon/rpc/contract.hpp>
#include <lagoon/rpc/service.hpp>
#include <optional>
#include <string>
#include <vector>

namespace lagoon::services {

/// Particles in a box. Their arrays go along by reference, in requests and in replies.
struct ParticleState {
  Frozen<double, 2> positions{};     ///< n x 3, length
  Frozen<double, 2> velocities{};    ///< n x 3, length / time; without elements: at rest
  Frozen<std::int64_t, 1> types{};   ///< n, from 0; without elements: all 0
  Frozen<double, 1> charges{};       ///< n, charge; without elements: none
  std::vector<double> masses = {1};  ///< per type
  std::array<double, 3> origin = {0, 0, 0};
  std::array<double, 3> lengths = {0, 0, 0};                                   ///< edges of the box, length
  std::array<std::string, 3> boundary = {"periodic", "periodic", "periodic"};  ///< or reflecting, or open
  std::string units = "reduced";                                               ///< or nano
  std::vector<dynamics::Bond> bonds{};
  std::vector<dynamics::Angle> angles{};
  LAGOON_FIELDS(ParticleState, positions, velocities, types, charges, masses, origin, lengths, boundary, units, bonds,
                angles)
};

/// See dynamics::Model.
struct ForceField {
  std::vector<dynamics::LennardJones> types = {{}};
  double cutoff = 2.5;
  std::string truncation = "cut";  ///< or shifted, or force_shifted
  bool tail = false;
  std::string mixing = "lorentz_berthelot";  ///< or geometric
  std::vector<dynamics::MixedPair> mixed{};
  std::string electrostatics = "none";  ///< or reaction_field, or damped_shifted_force
  double dielectric = 78.5;
  double damping = 0.2;
  std::vector<dynamics::HarmonicBond> bonds{};
  std::vector<dynamics::HarmonicAngle> angles{};
  bool exclude_bonded = true;
  LAGOON_FIELDS(ForceField, types, cutoff, truncation, tail, mixing, mixed, electrostatics, dielectric, damping, bonds,
                angles, exclude_bonded)
};

struct ThermostatSettings {
  std::string kind = "none";  ///< or langevin, or velocity_rescaling
  double temperature = 1;
  double friction = 1;  ///< of langevin, 1 / time
  double time = 0.5;    ///< of velocity_rescaling
  LAGOON_FIELDS(ThermostatSettings, kind, temperature, friction, time)
};

/// See dynamics::CellRescaling.
struct BarostatSettings {
  double pressure = 0;  ///< energy / length^3
  double time = 5;
  double compressibility = 1;  ///< length^3 / energy
  LAGOON_FIELDS(BarostatSettings, pressure, time, compressibility)
};

/// See dynamics::SimulationOptions.
struct StepSettings {
  double time_step = 0.005;
  std::string precision = "double";  ///< or mixed
  double skin = 0;
  ThermostatSettings thermostat{};
  std::optional<BarostatSettings> barostat{};
  std::int64_t seed = 1;
  /// Of the state. Noise depends on it, so who goes on where a reply ended gives its observation.step.
  std::int64_t first_step = 0;
  LAGOON_FIELDS(StepSettings, time_step, precision, skin, thermostat, barostat, seed, first_step)
};

struct StepRequest {
  ParticleState state{};
  ForceField model{};
  StepSettings settings{};
  /// Each call makes lists of pairs anew, which costs about as much as three steps; more steps in a call share them.
  std::int64_t steps = 1;
  LAGOON_FIELDS(StepRequest, state, model, settings, steps)
};
/// Where particles are after the steps, and what they sum up to. The request's other fields still hold.
struct StepReply {
  Frozen<double, 2> positions{}, velocities{}, forces{};
  std::array<double, 3> lengths{};  ///< of the box, which a barostat changes
  dynamics::Observation observation{};
  LAGOON_FIELDS(StepReply, positions, velocities, forces, lengths, observation)
};

struct TrajectoryRequest {
  ParticleState state{};
  ForceField model{};
  StepSettings settings{};
  std::int64_t steps = 1000;
  std::int64_t every = 100;  ///< steps between frames; the last step makes one as well
  bool particles = true;     ///< frames have positions and velocities
  LAGOON_FIELDS(TrajectoryRequest, state, model, settings, steps, every, particles)
};
struct Frame {
  dynamics::Observation observation{};
  Frozen<double, 2> positions{}, velocities{};
  std::array<double, 3> lengths{};        ///< of the box
  std::int64_t processed = 0, total = 0;  ///< steps
  double progress = 0;                    ///< processed / total
  LAGOON_FIELDS(Frame, observation, positions, velocities, lengths, processed, total, progress)
};

struct EnergyRequest {
  ParticleState state{};
  ForceField model{};
  std::string precision = "double";
  bool forces = true;  ///< wanted in the reply
  LAGOON_FIELDS(EnergyRequest, state, model, precision, forces)
};
struct EnergyReply {
  dynamics::Energies energies{};
  double potential = 0;
  Frozen<double, 2> forces{};
  LAGOON_FIELDS(EnergyReply, energies, potential, forces)
};

using SimulateStep = Unary<"simulate_step", StepRequest, StepReply, Idempotent, CpuBound,
                           Doc<"Moves particles by one step or some: state in, state, forces and energies out">>;
using RunTrajectory =
    ServerStream<"run", TrajectoryRequest, Frame, Doc<"A trajectory as a stream of frames, with progress">>;
using EnergyOf = Unary<"energy", EnergyRequest, EnergyReply, Idempotent, CpuBound,
                       Doc<"Energies, virial and forces of particles where they are">>;

using Dynamics = Contract<"lagoon.Dynamics", SimulateStep, RunTrajectory, EnergyOf>;

Service dynamics_service();

}  // namespace lagoon::services
