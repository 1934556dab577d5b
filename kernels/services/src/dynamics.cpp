// SPDX-License-Identifier: Apache-2.0
#include <lagoon/services/dynamics.hpp>

#include <algorithm>
#include <lagoon/engine/parallel.hpp>
#include <lagoon/rpc/serve.hpp>
#include <limits>
#include <utility>

#include "choose.hpp"

namespace lagoon::services {
namespace {

using dynamics::Precision;

/// Calls f(i) for all particles, on all cores.
template <class F>
void each(std::ptrdiff_t particles, F f) {
  constexpr std::ptrdiff_t kGrain = 8192;
  parallel_for(particles, {kGrain}, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
    for (std::ptrdiff_t i = begin; i < end; ++i) f(i);
  });
}

Tensor<double, 2> copy_of(const Frozen<double, 2>& from) {
  Tensor<double, 2> to(from.extents());
  each(from.extent(0), [&](std::ptrdiff_t i) {
    for (std::ptrdiff_t d = 0; d < from.extent(1); ++d) to(i, d) = from.view()(i, d);
  });
  return to;
}

dynamics::System system_of(const ParticleState& s) {
  dynamics::System system;
  system.units = dynamics::Units::named(s.units);
  system.box.origin = s.origin;
  system.box.length = s.lengths;
  for (std::size_t d = 0; d < 3; ++d)
    system.box.boundary[d] = choose<dynamics::Boundary>("state.boundary", s.boundary[d],
                                                        {{"periodic", dynamics::Boundary::periodic},
                                                         {"reflecting", dynamics::Boundary::reflecting},
                                                         {"open", dynamics::Boundary::open}});
  system.positions = copy_of(s.positions);
  system.velocities = copy_of(s.velocities);
  system.charges = Tensor<double, 1>({s.charges.size()});
  each(s.charges.size(), [&](std::ptrdiff_t i) { system.charges[i] = s.charges.view()[i]; });
  system.types = Tensor<std::int32_t, 1>({s.types.size()});
  each(s.types.size(), [&](std::ptrdiff_t i) {
    constexpr std::int64_t kMost = std::numeric_limits<std::int32_t>::max();
    system.types[i] = static_cast<std::int32_t>(std::clamp<std::int64_t>(s.types.view()[i], -1, kMost));
  });
  system.masses = s.masses;
  system.bonds = s.bonds;
  system.angles = s.angles;
  return system;
}

dynamics::Model model_of(const ForceField& f) {
  dynamics::Model m;
  m.types = f.types;
  m.cutoff = f.cutoff;
  m.truncation = choose<dynamics::Truncation>("model.truncation", f.truncation,
                                              {{"cut", dynamics::Truncation::cut},
                                               {"shifted", dynamics::Truncation::shifted},
                                               {"force_shifted", dynamics::Truncation::force_shifted}});
  m.tail = f.tail;
  m.mixing = choose<dynamics::Mixing>(
      "model.mixing", f.mixing,
      {{"lorentz_berthelot", dynamics::Mixing::lorentz_berthelot}, {"geometric", dynamics::Mixing::geometric}});
  m.mixed = f.mixed;
  m.electrostatics =
      choose<dynamics::Electrostatics>("model.electrostatics", f.electrostatics,
                                       {{"none", dynamics::Electrostatics::none},
                                        {"reaction_field", dynamics::Electrostatics::reaction_field},
                                        {"damped_shifted_force", dynamics::Electrostatics::damped_shifted_force}});
  m.dielectric = f.dielectric;
  m.damping = f.damping;
  m.bonds = f.bonds;
  m.angles = f.angles;
  m.exclude_bonded = f.exclude_bonded;
  return m;
}

Precision precision_of(const std::string& name) {
  return choose<Precision>("precision", name, {{"double", Precision::f64}, {"mixed", Precision::mixed}});
}

dynamics::SimulationOptions options_of(const StepSettings& s) {
  enum class Kind { none, langevin, velocity_rescaling };
  dynamics::SimulationOptions o;
  o.time_step = s.time_step;
  o.precision = precision_of(s.precision);
  o.skin = s.skin;
  o.seed = static_cast<std::uint64_t>(s.seed);
  o.first_step = s.first_step;
  o.whole_steps = false;  // who cancels the call gets none of it
  if (s.barostat)
    o.barostat = dynamics::CellRescaling{s.barostat->pressure, s.barostat->time, s.barostat->compressibility};
  const ThermostatSettings& t = s.thermostat;
  switch (choose<Kind>(
      "settings.thermostat.kind", t.kind,
      {{"none", Kind::none}, {"langevin", Kind::langevin}, {"velocity_rescaling", Kind::velocity_rescaling}})) {
    case Kind::none: break;
    case Kind::langevin: o.thermostat = dynamics::Langevin{t.temperature, t.friction}; break;
    case Kind::velocity_rescaling: o.thermostat = dynamics::VelocityRescaling{t.temperature, t.time}; break;
  }
  return o;
}

StepReply simulate_step(const StepRequest& r) {
  dynamics::Simulation run(system_of(r.state), model_of(r.model), options_of(r.settings));
  run.advance(r.steps);
  return {run.positions().freeze(), run.velocities().freeze(), run.forces().freeze(), run.box().length, run.observe()};
}

void run_trajectory(const TrajectoryRequest& r, Writer<Frame> out) {
  if (r.every < 1 || r.steps < 0)
    throw Error(Errc::invalid_argument, "run: " + std::to_string(r.steps) + " steps, a frame every " +
                                            std::to_string(r.every) + "; neither is negative, the second not 0");
  dynamics::Simulation run(system_of(r.state), model_of(r.model), options_of(r.settings));
  std::int64_t done = 0;
  for (;;) {
    Frame frame;
    frame.observation = run.observe();
    frame.lengths = run.box().length;
    frame.processed = done;
    frame.total = r.steps;
    frame.progress = r.steps == 0 ? 1 : static_cast<double>(done) / static_cast<double>(r.steps);
    if (r.particles) {
      frame.positions = run.positions().freeze();
      frame.velocities = run.velocities().freeze();
    }
    if (!out.write(std::move(frame)) || done == r.steps) return;
    const std::int64_t next = std::min(r.every, r.steps - done);
    run.advance(next);
    done += next;
  }
}

EnergyReply energy(const EnergyRequest& r) {
  const dynamics::System system = system_of(r.state);
  const dynamics::Model model = model_of(r.model);
  const Precision precision = precision_of(r.precision);
  if (!r.forces) {
    const dynamics::Energies e = dynamics::energies(system, model, precision);
    return {e, e.potential(), {}};
  }
  auto f = dynamics::forces(system, model, precision);
  return {f.energies, f.energies.potential(), std::move(f.forces).freeze()};
}

}  // namespace

Service dynamics_service() {
  return serve<Dynamics>(on<SimulateStep>(simulate_step), on<RunTrajectory>(run_trajectory), on<EnergyOf>(energy));
}

}  // namespace lagoon::services
