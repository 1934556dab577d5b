// SPDX-License-Identifier: Apache-2.0
// Trajectories that are known in closed form, walls, what is observed, and how a run ends.
#include <lagoon/kernels/dynamics/simulation.hpp>

#include <limits>
#include <numbers>

#include "kernels/looks.hpp"
#include "systems.hpp"

namespace lagoon::dynamics {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

System pair_at(double r, const std::array<Boundary, 3>& boundary = kOpen) {
  System s;
  s.box = {{0, 0, 0}, {10, 10, 10}, boundary};
  s.positions = Tensor<double, 2>::filled({2, 3}, 5);
  s.positions(0, 0) = 5 - r / 2;
  s.positions(1, 0) = 5 + r / 2;
  s.velocities = Tensor<double, 2>::zeros({2, 3});
  return s;
}

/// A particle may go half a cutoff in a step.
Model nothing() { return {.types = {{0, 1}}, .cutoff = 5}; }

double distance(const Simulation& run) {
  const auto x = run.positions();
  return x(1, 0) - x(0, 0);
}

// Velocity Verlet of x'' = -w^2 x is A cos(w' t) with cos(w' dt) = 1 - (w dt)^2 / 2: exactly, whatever dt.
TEST(Oscillator, IsThatOfVelocityVerletExactly) {
  System s = pair_at(1.3);
  s.masses = {2, 3};
  s.types = Tensor<std::int32_t, 1>::zeros({2});
  s.types[1] = 1;
  s.bonds = {{0, 1, 0}};
  Model m{.types = {{0, 1}, {0, 1}}, .cutoff = 1, .bonds = {{50, 1.1}}};
  const double dt = 0.01, w2 = 50 / (2.0 * 3 / 5), w = std::acos(1 - w2 * dt * dt / 2) / dt;
  Simulation run(std::move(s), m, {.time_step = dt});
  for (int k = 1; k <= 1000; ++k) {
    run.advance(1);
    // Roundings of 2^-53 times 6.5 in positions grow in proportion to steps.
    ASSERT_NEAR(distance(run), 1.1 + 0.2 * std::cos(w * dt * k), 1e-15 * (10 + 4 * k)) << k;
  }
  const Observation o = run.observe();
  EXPECT_NEAR(o.energies.bond, 25 * std::pow(distance(run) - 1.1, 2), 1e-13);
  EXPECT_EQ(o.energies.pair, 0);
}

TEST(TwoParticles, OscillateAtTheFrequencyOfTheirWell) {
  // U'' at 2^(1/6) is 72 / 2^(1/3); an amplitude of 1e-5 changes it by (11.2 * 1e-5)^2, far below what is seen.
  const double amplitude = 1e-5, bottom = std::pow(2, 1.0 / 6), dt = 0.005;
  const double w2 = 2 * 72 / std::cbrt(2), w = std::acos(1 - w2 * dt * dt / 2) / dt;
  Simulation run(pair_at(bottom + amplitude), {.cutoff = 5}, {.time_step = dt});
  for (int k = 1; k <= 400; ++k) {
    run.advance(1);
    // The centre of the oscillation is off by U'''/U''/4 A^2, 5e-10 of length; the rest is second order.
    ASSERT_NEAR(distance(run), bottom + amplitude * std::cos(w * dt * k), 2e-9) << k;
  }
}

TEST(TwoParticles, FallIntoTheirWellWithTheEnergyTheyHad) {
  // From rest at r = 2, past the bottom: the kinetic energy is what the potential lost, to dt^2.
  Simulation run(pair_at(2), {.cutoff = 5}, {.time_step = 0.0005});
  const double start = run.observe().total();
  const double u = 4 * (std::pow(2, -12) - std::pow(2, -6));
  EXPECT_NEAR(start, u, 1e-15);
  while (distance(run) > std::pow(2, 1.0 / 6)) run.advance(1);
  EXPECT_NEAR(run.observe().kinetic, 1 + u, 2e-4);
  EXPECT_NEAR(run.observe().total(), start, 2e-5);
}

TEST(Angles, PullAtRightAnglesToTheirArms) {
  System s;
  s.box = {{-5, -5, -5}, {10, 10, 10}, kOpen};
  s.positions = Tensor<double, 2>::zeros({3, 3});
  s.angles = {{0, 1, 2, 0}};
  for (double theta : {1e-3, 0.4, 1.2, 2.0, 3.1, std::numbers::pi - 1e-4}) {
    for (double rest : {0.0, 1.5, std::numbers::pi}) {
      SCOPED_TRACE(testing::Message() << theta << " of " << rest);
      const Model m{.types = {{0, 1}}, .cutoff = 1, .angles = {{7, rest}}};
      s.positions(0, 0) = 1.2;
      s.positions(2, 0) = 0.9 * std::cos(theta);
      s.positions(2, 1) = 0.9 * std::sin(theta);
      const auto f = forces(s, m);
      const double pull = -7 * (theta - rest);  // -dU/dtheta; theta from a cosine is good to 2^-53 / sin(theta)
      const double tolerance = 7 * 32 * 0x1p-53 / std::pow(std::sin(theta), 2);
      EXPECT_NEAR(f.energies.angle, 3.5 * (theta - rest) * (theta - rest), tolerance * 4);
      EXPECT_NEAR(f.forces(0, 0), 0, tolerance);
      EXPECT_NEAR(f.forces(0, 1), -pull / 1.2, tolerance);
      EXPECT_NEAR(f.forces(2, 0), -pull / 0.9 * std::sin(theta), tolerance);
      EXPECT_NEAR(f.forces(2, 1), pull / 0.9 * std::cos(theta), tolerance);
      for (std::ptrdiff_t d = 0; d < 3; ++d)
        EXPECT_NEAR(f.forces(0, d) + f.forces(1, d) + f.forces(2, d), 0, tolerance);
      EXPECT_NEAR(f.energies.virial, 0, 4 * tolerance);
    }
  }
}

TEST(Angles, ThatAreStraightHaveFiniteForces) {
  System s = pair_at(2);
  s.positions = Tensor<double, 2>::zeros({3, 3});
  s.velocities = {};
  for (double third : {-1.0, 1.0}) {
    s.positions(0, 0) = 1;
    s.positions(2, 0) = 2 * third;
    s.angles = {{0, 1, 2, 0}};
    for (double rest : {0.0, 1.0, std::numbers::pi}) {
      const auto f = forces(s, {.types = {{0, 1}}, .cutoff = 1, .angles = {{7, rest}}});
      for (std::ptrdiff_t i = 0; i < 9; ++i) EXPECT_TRUE(std::isfinite(f.forces.data()[i])) << third << ' ' << rest;
      const double theta = third < 0 ? std::numbers::pi : 0;
      EXPECT_NEAR(f.energies.angle, 3.5 * (theta - rest) * (theta - rest), 1e-6);
    }
  }
}

TEST(Walls, GiveBackWhatFliesIntoThem) {
  System s = pair_at(4, kReflecting);
  s.velocities(0, 0) = -3;
  s.velocities(0, 1) = 0.7;
  s.velocities(1, 2) = 11;
  Simulation run(std::move(s), nothing(), {.time_step = 0.01});
  // A triangle wave of period 2 L.
  const auto bounced = [](double x) {
    const double y = std::abs(std::fmod(x, 20));
    return y > 10 ? 20 - y : y;
  };
  for (int k = 1; k <= 2000; ++k) {
    run.advance(1);
    const auto x = run.positions();
    const double t = 0.01 * k, error = 1e-14 * (10 + k);
    ASSERT_NEAR(x(0, 0), bounced(3 - 3 * t), error) << k;
    ASSERT_NEAR(x(0, 1), bounced(5 + 0.7 * t), error) << k;
    ASSERT_NEAR(x(1, 2), bounced(5 + 11 * t), error) << k;
    ASSERT_EQ(std::abs(run.velocities()(1, 2)), 11);
  }
}

TEST(Walls, KeepEverybodyIn) {
  System s = scatter({.n = 200, .length = {6, 7, 8}, .boundary = kReflecting, .origin = {-1, 2, -10}, .apart = 0.95});
  set_temperature(s, 30, 1);
  Model m;
  m.truncation = Truncation::force_shifted;
  const Box box = s.box;
  Simulation run(std::move(s), m, {.time_step = 0.001});
  const double start = run.observe().total();
  for (int k = 0; k < 100; ++k) {
    run.advance(10);
    const auto x = run.positions();
    for (std::ptrdiff_t i = 0; i < x.extent(0); ++i)
      for (std::size_t d = 0; d < 3; ++d) {
        const double from = x(i, static_cast<std::ptrdiff_t>(d)) - box.origin[d];
        ASSERT_TRUE(from >= -1e-14 && from <= box.length[d] + 1e-14) << i << ' ' << d << ' ' << from;
      }
  }
  // A bounce between two kicks costs nothing but dt times the force at the wall.
  EXPECT_NEAR(run.observe().total(), start, 0.01 * start);
}

TEST(OpenBoundaries, LetEverybodyGo) {
  System s = pair_at(4);
  s.velocities(0, 0) = -100;
  s.velocities(1, 1) = 50;
  Simulation run(std::move(s), nothing(), {.time_step = 0.01});
  run.advance(1000);
  const auto x = run.positions();
  EXPECT_NEAR(x(0, 0), 3 - 1000, 1e-9);
  EXPECT_NEAR(x(1, 1), 5 + 500, 1e-9);
  EXPECT_TRUE(std::isnan(run.observe().pressure));
}

TEST(PeriodicBoundaries, AreCountedInUnwrappedPositions) {
  System s = pair_at(4, kPeriodic);
  s.velocities(0, 0) = -30;
  s.velocities(1, 1) = 47;
  Simulation run(std::move(s), nothing(), {.time_step = 0.01});
  const auto before = run.positions(true);
  for (int k = 1; k <= 50; ++k) {
    run.advance(20);
    const auto after = run.positions(true), inside = run.positions();
    EXPECT_NEAR(after(0, 0) - before(0, 0), -30 * 0.2 * k, 1e-10);
    EXPECT_NEAR(after(1, 1) - before(1, 1), 47 * 0.2 * k, 1e-10);
    for (std::ptrdiff_t i = 0; i < 2; ++i)
      for (std::ptrdiff_t d = 0; d < 3; ++d) EXPECT_TRUE(inside(i, d) >= 0 && inside(i, d) <= 10) << inside(i, d);
  }
}

TEST(Observations, AreThoseOfTheSystem) {
  System s = scatter({.n = 150, .length = {7, 8, 9}, .apart = 0.95, .types = 2, .charges = true});
  set_temperature(s, 2, 1);
  Model m = mixture(2);
  m.electrostatics = Electrostatics::reaction_field;
  m.tail = true;
  Simulation run(std::move(s), m, {.time_step = 0.002});
  for (int k = 0; k < 3; ++k) {
    const Observation o = run.observe();
    const System now = run.system();
    const Energies e = energies(now, m);
    EXPECT_EQ(o.step, 10 * k);
    EXPECT_NEAR(o.time, 0.02 * k, 1e-15);
    EXPECT_EQ(o.step, run.step());
    EXPECT_EQ(o.time, run.time());
    EXPECT_NEAR(o.kinetic, kinetic_energy(now), 1e-13 * o.kinetic);
    EXPECT_NEAR(o.temperature, temperature(now), 1e-13 * o.temperature);
    EXPECT_NEAR(o.potential(), e.potential(), 1e-11 * std::abs(e.pair));
    EXPECT_NEAR(o.volume, 7 * 8 * 9, 1e-10);
    EXPECT_NEAR(o.pressure, (2 * o.kinetic + o.energies.virial) / (3 * o.volume) + o.energies.tail_pressure, 1e-12);
    EXPECT_EQ(o.conserved, o.total());
    EXPECT_TRUE(same_bits(run.velocities(), now.velocities));
    EXPECT_TRUE(same_bits(run.positions(), now.positions));
    run.advance(10);
  }
  const auto lists = run.lists();
  EXPECT_GE(lists.builds, 1);
  EXPECT_GE(lists.pairs_computed, lists.pairs_needed);
  EXPECT_GT(lists.pairs_needed, 0);
}

TEST(Simulations, OfNobodyAndOneRun) {
  for (std::ptrdiff_t n : {0, 1}) {
    Simulation run(scatter({.n = n}), {}, {.thermostat = Langevin{1, 1}});
    run.advance(10);
    EXPECT_EQ(run.observe().potential(), 0);
    EXPECT_EQ(run.system().size(), n);
    EXPECT_EQ(run.step(), 10);
  }
}

TEST(UnstableRuns, NameTheStepTheParticleAndTheReason) {
  System s = scatter({.n = 40, .length = {8, 8, 8}, .apart = 1.1});
  for (std::ptrdiff_t d = 0; d < 3; ++d) s.positions(23, d) = s.positions(7, d) + 1e-5;
  Simulation run(std::move(s), {}, {.time_step = 0.01});
  const std::string said = error_of(Errc::aborted, [&] { run.advance(100); });
  expect_says(said, {"step", "particle"});
  EXPECT_TRUE(said.find("particle 23") != std::string::npos || said.find("particle 7") != std::string::npos) << said;
}

TEST(UnstableRuns, AreSeenWhereStepsAreTooLong) {
  System s = fcc({.cells = {4, 4, 4}, .spacing = fcc_spacing(0.8442)});
  set_temperature(s, 2, 1);
  Simulation run(std::move(s), {}, {.time_step = 0.5});
  expect_says(error_of(Errc::aborted, [&] { run.advance(1000); }), {"step", "particle"});
}

/// Advances by `left` steps on a clock that runs out after so many looks.  returns  whether it did
bool stopped_after(Simulation& run, std::int64_t left, int looks) {
  try {
    test::run_for_looks(looks, [&] { run.advance(left); });
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), Errc::deadline_exceeded);
    return true;
  }
  return false;
}

TEST(StoppedRuns, GoOnAsIfNothingHadHappened) {
  System s = shaken({6, 6, 6}, 0.8442, 0.05);
  set_temperature(s, 2, 1);
  SimulationOptions options[4];
  options[1].thermostat = Langevin{2, 1};
  options[2].thermostat = VelocityRescaling{2, 0.5};
  options[3].thermostat = VelocityRescaling{2, 0.5};
  options[3].barostat = CellRescaling{1, 2, 0.5};
  for (int which = 0; which < 4; ++which) {
    SCOPED_TRACE(which);
    Simulation whole(s.copy(), {}, options[which]), stopped(s.copy(), {}, options[which]);
    whole.advance(60);
    const double energy = whole.observe().total();
    int stops = 0;
    for (int looks : {0, 1, 2, 3, 4, 5, 8, 13, 21, 34, 55, 89}) {
      stops += stopped_after(stopped, 60 - stopped.step(), looks);
      // Asked in the middle, it is whole: nobody is between two halves of a step.
      const System now = stopped.system();
      EXPECT_NEAR(stopped.observe().potential(), energies(now, {}).potential(), 1e-10 * std::abs(energy));
    }
    EXPECT_GE(stops, 3);
    stopped.advance(60 - stopped.step());
    EXPECT_EQ(stopped.step(), 60);
    EXPECT_TRUE(same_bits(whole.positions(), stopped.positions()));
    EXPECT_TRUE(same_bits(whole.velocities(), stopped.velocities()));
    EXPECT_EQ(whole.observe().total(), stopped.observe().total());
  }
}

TEST(StoppedRuns, AreToldThatTheyWereCancelled) {
  Simulation run(shaken({4, 4, 4}, 0.8442, 0.05), {});
  StopControl stop;
  stop.request_stop();
  const StopScope scope(&stop);
  error_of(Errc::cancelled, [&] { run.advance(10); });
  EXPECT_EQ(run.step(), 0);
}

TEST(StoppedRuns, EndWithinAStepWhereTheyMay) {
  System s = shaken({6, 6, 6}, 0.8442, 0.05);
  set_temperature(s, 2, 1);
  Simulation whole(s.copy(), {}), torn(s.copy(), {}, {.whole_steps = false});
  ASSERT_TRUE(stopped_after(whole, 10, 3));
  EXPECT_GE(whole.step(), 1);
  ASSERT_TRUE(stopped_after(torn, 10, 3));
  EXPECT_EQ(torn.step(), 0) << "one step looks more often";
  expect_says(error_of(Errc::aborted, [&] { torn.advance(1); }), {"step 1", "checkpoint"});
}

TEST(OptionsOfSimulations, AreRefusedWhereTheyMakeNoSense) {
  const System s = scatter({.n = 20});
  const auto refuse = [&](const SimulationOptions& options) {
    error_of(Errc::invalid_argument, [&] { Simulation(s.copy(), {}, options); });
  };
  for (double bad : {0.0, -1.0, kNan, kInfinity}) {
    refuse({.time_step = bad});
    refuse({.thermostat = VelocityRescaling{1, bad}});
    refuse({.thermostat = VelocityRescaling{1, 1}, .barostat = CellRescaling{1, bad, 1}});
    refuse({.thermostat = VelocityRescaling{1, 1}, .barostat = CellRescaling{1, 1, bad}});
  }
  for (double bad : {-1.0, kNan, kInfinity}) {
    refuse({.skin = bad});
    refuse({.thermostat = Langevin{bad, 1}});
    refuse({.thermostat = Langevin{1, bad}});
    refuse({.thermostat = VelocityRescaling{bad, 1}});
  }
  refuse({.thermostat = VelocityRescaling{1, 1}, .barostat = CellRescaling{kNan, 1, 1}});
  refuse({.barostat = CellRescaling{1, 1, 1}});  // nothing keeps the temperature
  System open = s.copy();
  open.box.boundary[1] = Boundary::open;
  error_of(Errc::invalid_argument, [&] {
    Simulation(open.copy(), {}, {.thermostat = VelocityRescaling{1, 1}, .barostat = CellRescaling{1, 1, 1}});
  });
  Simulation run(s.copy(), {});
  error_of(Errc::invalid_argument, [&] { run.advance(-1); });
}

}  // namespace
}  // namespace lagoon::dynamics
