// SPDX-License-Identifier: Apache-2.0
#include <lagoon/kernels/dynamics/simulation.hpp>

#include <algorithm>
#include <cmath>
#include <lagoon/core/error.hpp>
#include <lagoon/engine/stop.hpp>
#include <limits>

#include "coupling.hpp"
#include "motion.hpp"
#include "simulation_state.hpp"

namespace lagoon::dynamics {
namespace {

constexpr std::int64_t kBarostatEvery = 10;  // steps

[[noreturn]] void fail(const std::string& what) { throw Error(Errc::invalid_argument, "simulation: " + what); }

void check_positive(double value, const char* name) {
  if (!(value > 0) || !std::isfinite(value))
    fail(std::string(name) + " is " + std::to_string(value) + "; it must be positive");
}

void check_temperature(double value) {
  if (!(value >= 0) || !std::isfinite(value))
    fail("the temperature of the thermostat is " + std::to_string(value) + "; it is finite and not negative");
}

void check(const SimulationOptions& o, const System& s) {
  check_positive(o.time_step, "the time step");
  if (!(o.skin >= 0) || !std::isfinite(o.skin)) fail("the skin is " + std::to_string(o.skin) + "; 0 chooses one");
  if (const auto* t = std::get_if<Langevin>(&o.thermostat)) {
    check_temperature(t->temperature);
    check_positive(t->friction, "the friction of the thermostat");
  }
  if (const auto* t = std::get_if<VelocityRescaling>(&o.thermostat)) {
    check_temperature(t->temperature);
    check_positive(t->time, "the time of the thermostat");
  }
  if (!o.barostat) return;
  check_positive(o.barostat->time, "the time of the barostat");
  check_positive(o.barostat->compressibility, "the compressibility of the barostat");
  if (!std::isfinite(o.barostat->pressure)) fail("the pressure of the barostat is not finite");
  if (std::holds_alternative<std::monostate>(o.thermostat)) fail("a barostat needs a thermostat");
  for (const Boundary b : s.box.boundary)
    if (b != Boundary::periodic) fail("a barostat needs a box that is periodic along all axes");
}

System checked(System s, const Model& m, const SimulationOptions& o) {
  check(s);
  check(m, s);
  check(o, s);
  return s;
}

System without_motion(System s) {
  s.positions = {};
  s.velocities = {};
  return s;
}

}  // namespace

Simulation::Impl::Impl(System s, Model m, const SimulationOptions& o)
    : base(checked(std::move(s), m, o)),
      model(std::move(m)),
      options(o),
      p(base),
      interactions(base, model, o.precision, o.skin),
      // Noise moves the centre of mass as well.
      freedom(std::holds_alternative<Langevin>(o.thermostat) ? 3 * static_cast<double>(base.size())
                                                             : degrees_of_freedom(base)) {
  base = without_motion(std::move(base));
  step = o.first_step;
}

void Simulation::Impl::start() {
  interactions.rebuild(p);
  energies = interactions.act(p, true);
  summed = true;
}

double Simulation::Impl::temperature_wanted() const noexcept {
  if (const auto* t = std::get_if<Langevin>(&options.thermostat)) return t->temperature;
  if (const auto* t = std::get_if<VelocityRescaling>(&options.thermostat)) return t->temperature;
  return 0;
}

bool Simulation::Impl::fuses_kicks() const noexcept {
  return !std::holds_alternative<VelocityRescaling>(options.thermostat) && !options.barostat;
}

bool Simulation::Impl::leaps() const noexcept {
  for (const Boundary b : p.box.boundary)
    if (b == Boundary::reflecting) return false;
  return fuses_kicks() && !std::holds_alternative<Langevin>(options.thermostat) && interactions.leaps();
}

detail::Leap Simulation::Impl::leap_of(int kicks) const noexcept {
  return {.kick = 0.5 * options.time_step, .kicks = kicks, .drift = options.time_step, .limit = 0.5 * model.cutoff};
}

void Simulation::Impl::advance(std::int64_t steps) {
  if (steps < 0) fail("advance(" + std::to_string(steps) + "); time does not go back");
  if (!broken.empty()) throw Error(Errc::aborted, broken);
  int kicks = 1;
  for (std::int64_t k = 0; k < steps; ++k) {
    const StopControl* const stop = current_stop();
    if (options.whole_steps && stop_requested() && !leapt_) {
      settle(kicks == 2);
      throw_if_stopped();
    }
    // A whole step is done or not: its loops do not look at the stop.
    const StopScope seen_by_loops(options.whole_steps ? nullptr : stop);
    try {
      const bool last = k + 1 == steps;
      begin_step(kicks);
      // Who is to stop soon does not begin another step.
      const bool leaping = !last && leaps() && (!stop || stop->reason() == Errc::ok);
      if (leaping)
        leap();
      else
        end_step(last);
      kicks = 2;
      if (last || !fuses_kicks()) {
        detail::kick(p, 0.5 * options.time_step);
        kicks = 1;
      }
      ++step;
      thermostat();
    } catch (...) {
      if (broken.empty())
        broken = "simulation: step " + std::to_string(step + 1) + " failed half way; start again from a checkpoint";
      throw;
    }
  }
}

void Simulation::Impl::resume(detail::Particles from, std::int64_t at_step, double heat_so_far) {
  p = std::move(from);
  step = at_step;
  heat = heat_so_far;
  interactions.restore(p);
  energies = interactions.act(p, true);
  summed = true;
}

void Simulation::Impl::settle(bool half_kick) {
  const StopScope whole(nullptr);
  if (half_kick) detail::kick(p, 0.5 * options.time_step);
  if (summed) return;
  for (auto& axis : p.f) std::fill_n(axis.data(), p.slots, 0.0);
  energies = interactions.act(p, true);
  summed = true;
}

void Simulation::Impl::begin_step(int kicks) {
  const double dt = options.time_step, limit = 0.5 * model.cutoff;
  const double box_factor = barostat();
  detail::Moved moved;
  if (const auto* t = std::get_if<Langevin>(&options.thermostat)) {
    detail::move(p, {.kick = 0.5 * dt, .kicks = kicks, .drift = 0, .limit = limit});
    const double keep = std::exp(-t->friction * dt);
    heat +=
        detail::drift_with_noise(p, 0.5 * dt, keep, std::sqrt(1 - keep * keep), base.units.boltzmann * t->temperature,
                                 options.seed, static_cast<std::uint64_t>(step));
    moved = detail::moved(p, p.listed, p.listed_scale, limit);
  } else if (leapt_) {
    moved = *leapt_;
    leapt_.reset();
  } else {
    moved = detail::move(p, leap_of(kicks));
  }
  if (moved.lost) fail_lost();
  if (box_factor != 1) {
    detail::scale_box(p, box_factor);
    detail::scale_velocities(p, 1 / box_factor);
    moved.farthest2 *= box_factor * box_factor;
    if (2 * model.cutoff > *std::min_element(p.box.length.begin(), p.box.length.end())) {
      broken = "simulation: the barostat made the box smaller than two cutoffs in step " + std::to_string(step + 1);
      throw Error(Errc::aborted, broken);
    }
  }
  detail::reflect(p);
  interactions.refresh(p, std::sqrt(moved.farthest2));
}

/// Ends a step and begins to move for the next.
void Simulation::Impl::leap() {
  leapt_ = interactions.act_and_leap(p, leap_of(2));
  summed = false;
}

void Simulation::Impl::end_step(bool sums) {
  sums = sums || (options.barostat && (step + 1) % kBarostatEvery == 0);
  energies = interactions.act(p, sums);
  summed = sums;
}

void Simulation::Impl::fail_lost() {
  const std::int64_t particle = detail::find_lost(p, 0.5 * model.cutoff);
  const auto slot = static_cast<std::ptrdiff_t>(interactions.slot_of()[static_cast<std::size_t>(particle)]);
  const bool known = std::isfinite(p.x[0][slot] + p.x[1][slot] + p.x[2][slot]);
  broken = "simulation: unstable in step " + std::to_string(step + 1) + ": particle " + std::to_string(particle) +
           (known ? " moved half the cutoff before lists could follow" : " is nowhere: its position is not a number") +
           "; a shorter time step, or minimising first, helps";
  throw Error(Errc::aborted, broken);
}

void Simulation::Impl::thermostat() {
  const auto* t = std::get_if<VelocityRescaling>(&options.thermostat);
  if (!t) return;
  const double kinetic = detail::kinetic_energy(p);
  const double factor = detail::rescaling_factor(*t, kinetic, freedom, base.units.boltzmann, options.time_step,
                                                 options.seed, static_cast<std::uint64_t>(step));
  detail::scale_velocities(p, factor);
  heat += (factor * factor - 1) * kinetic;
}

double Simulation::Impl::barostat() const {
  if (!options.barostat || step % kBarostatEvery != 0) return 1;
  const double kt = base.units.boltzmann * temperature_wanted();
  return detail::box_factor(*options.barostat, pressure(detail::kinetic_energy(p)), kt, p.box.volume(),
                            options.time_step * static_cast<double>(kBarostatEvery), options.seed,
                            static_cast<std::uint64_t>(step));
}

double Simulation::Impl::pressure(double kinetic) const {
  for (const Boundary b : p.box.boundary)
    if (b == Boundary::open) return std::numeric_limits<double>::quiet_NaN();
  return (2 * kinetic + energies.virial) / (3 * p.box.volume()) + energies.tail_pressure;
}

Observation Simulation::Impl::observe() const {
  Observation o;
  o.step = step;
  o.time = static_cast<double>(step) * options.time_step;
  o.energies = energies;
  o.kinetic = detail::kinetic_energy(p);
  o.temperature = freedom > 0 ? 2 * o.kinetic / (freedom * base.units.boltzmann) : 0;
  o.pressure = pressure(o.kinetic);
  o.volume = p.box.volume();
  o.conserved = options.barostat ? std::numeric_limits<double>::quiet_NaN() : o.total() - heat;
  for (std::ptrdiff_t i = 0; i < p.slots; ++i)
    if (p.id[i] >= 0)
      for (std::size_t d = 0; d < 3; ++d) o.momentum[d] += p.v[d][i] / p.inverse_mass[i];
  return o;
}

Simulation::Simulation(System system, Model model, const SimulationOptions& options)
    : impl_(std::make_unique<Impl>(std::move(system), std::move(model), options)) {
  impl_->start();
}
Simulation::Simulation(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Simulation::~Simulation() = default;

void Simulation::advance(std::int64_t steps) { impl_->advance(steps); }
std::int64_t Simulation::step() const noexcept { return impl_->step; }
double Simulation::time() const noexcept { return static_cast<double>(impl_->step) * impl_->options.time_step; }
// To look is possible after the call was told to end: who stops a run wants to know where it was.
Observation Simulation::observe() const {
  const StopScope whole(nullptr);
  return impl_->observe();
}
const Box& Simulation::box() const noexcept { return impl_->p.box; }
const Model& Simulation::model() const noexcept { return impl_->model; }
const SimulationOptions& Simulation::options() const noexcept { return impl_->options; }
Simulation::ListReport Simulation::lists() const { return impl_->interactions.report(); }
Tensor<double, 2> Simulation::velocities() const {
  const StopScope whole(nullptr);
  return detail::in_order(impl_->p, impl_->p.v);
}
Tensor<double, 2> Simulation::forces() const {
  const StopScope whole(nullptr);
  return detail::in_order(impl_->p, impl_->p.f);
}

Tensor<double, 2> Simulation::positions(bool unwrapped) const {
  const StopScope whole(nullptr);
  return unwrapped ? detail::positions_unwrapped(impl_->p) : detail::positions_in_box(impl_->p);
}

System Simulation::system() const {
  System s = impl_->base.copy();
  s.box = impl_->p.box;
  s.positions = positions();
  s.velocities = velocities();
  return s;
}

}  // namespace lagoon::dynamics
