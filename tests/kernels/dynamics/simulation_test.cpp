// SPDX-License-Identifier: Apache-2.0
// Trajectories: what velocity Verlet keeps, and that no pair is ever missed.
#include <lagoon/kernels/dynamics/simulation.hpp>

#include <limits>
#include <numeric>

#include "systems.hpp"

namespace lagoon::dynamics {
namespace {

Model smooth(double cutoff = 2.5) {
  Model m;
  m.cutoff = cutoff;
  m.truncation = Truncation::force_shifted;
  return m;
}

System hot(System s, double temperature, std::uint64_t seed = 1) {
  set_temperature(s, temperature, seed);
  return s;
}

/// A liquid in equilibrium: 256 particles, density 0.8442, near temperature 1.
System liquid() {
  Simulation run(hot(fcc({.cells = {4, 4, 4}, .spacing = fcc_spacing(0.8442)}), 2), smooth(), {.time_step = 0.004});
  run.advance(500);
  return run.system();
}

/// Steps of the plain loops beside those of the kernel.
void expect_like_plain_steps(const System& s, const Model& m, double dt, int steps) {
  Simulation run(s.copy(), m, {.time_step = dt});
  reference::Trajectory plain(s, m);
  for (int k = 0; k < steps; ++k) plain.step(dt);
  run.advance(steps);
  const auto x = run.positions(), v = run.velocities();
  // Forces right to 1e-14 of the largest are integrated over steps dt, and errors grow e-fold in about half a unit of
  // time: twenty steps of 0.005 leave a factor below ten.
  const double error = 1e-13 * (1 + largest(v)) + 10 * steps * dt * 64 * 0x1p-53 * std::max(1.0, largest(run.forces()));
  for (std::size_t i = 0; i < plain.x.size(); ++i)
    for (std::size_t d = 0; d < 3; ++d) {
      const auto a = static_cast<std::ptrdiff_t>(i), b = static_cast<std::ptrdiff_t>(d);
      reference::Vector here{}, there{};
      here[d] = x(a, b);
      there[d] = plain.x[i][d];
      EXPECT_NEAR(static_cast<double>(reference::separation(s.box, here, there)[d]), 0, error) << i << ' ' << d;
      EXPECT_NEAR(v(a, b), static_cast<double>(plain.v[i][d]), error / dt) << i << ' ' << d;
    }
}

TEST(Steps, AreThoseOfPlainVelocityVerlet) {
  expect_like_plain_steps(hot(fcc({.cells = {3, 3, 3}, .spacing = fcc_spacing(0.8442)}), 2), smooth(), 0.005, 20);
  System mixture_of_two = hot(scatter({.n = 80, .length = {6, 6, 6}, .apart = 0.95, .types = 2}), 1.5);
  Model m = mixture(2);
  m.truncation = Truncation::force_shifted;
  expect_like_plain_steps(mixture_of_two, m, 0.002, 20);
  for (std::int32_t i = 0; i < 78; i += 3) {
    for (std::int32_t k : {1, 2})
      for (std::ptrdiff_t d = 0; d < 3; ++d)
        mixture_of_two.positions(i + k, d) = mixture_of_two.positions(i, d) + (d == k - 1 ? 1.0 : 0.1);
    mixture_of_two.bonds.insert(mixture_of_two.bonds.end(), {{i, i + 1, 0}, {i, i + 2, 0}});
    mixture_of_two.angles.push_back({i + 1, i, i + 2, 0});
  }
  // Molecules may overlap: forces of the pairs that remain are soft.
  m.pair = pair_function([](double r) { return PairValue{(2.5 - r) * (2.5 - r), 2 * (2.5 - r)}; });
  m.bonds = {{50, 1.1}};
  m.angles = {{20, 1.8}};
  expect_like_plain_steps(mixture_of_two, m, 0.002, 20);
}

TEST(Steps, AreThoseOfPlainVelocityVerletBetweenWallsAndInTheOpen) {
  System s = scatter({.n = 100, .length = {7, 7, 7}, .boundary = kReflecting, .origin = {-3, 0, 2}, .apart = 0.95});
  set_temperature(s, 20, 2);  // many bounce
  expect_like_plain_steps(s, smooth(), 0.004, 20);
  s.box.boundary = {Boundary::open, Boundary::periodic, Boundary::reflecting};
  expect_like_plain_steps(s, smooth(), 0.004, 20);
}

TEST(ErrorOfTheEnergy, GrowsWithTheSquareOfTheStep) {
  const System start = liquid();
  std::vector<double> rms;
  for (double dt : {0.008, 0.004, 0.002}) {
    Simulation run(start.copy(), smooth(), {.time_step = dt});
    const double initial = run.observe().total();
    double sum = 0;
    const int steps = static_cast<int>(std::lround(2.4 / dt));
    for (int k = 0; k < steps; ++k) {
      run.advance(1);
      const double off = run.observe().total() - initial;
      sum += off * off;
    }
    rms.push_back(std::sqrt(sum / steps));
  }
  // The error is that of another Hamiltonian, dt^2 away: of a ratio of 4, terms of dt^4 and the end of a trajectory
  // that has become another one take less than a third.
  EXPECT_NEAR(rms[0] / rms[1], 4, 1.3);
  EXPECT_NEAR(rms[1] / rms[2], 4, 1.3);
  // Allen & Tildesley's guide has mean squares of 1.3e-8 per particle at 0.004 with 256 particles: rms 1.1e-4.
  EXPECT_LT(rms[1] / 256, 5e-4);
}

TEST(Energy, DoesNotDriftOverManySteps) {
  for (Precision precision : {Precision::f64, Precision::mixed}) {
    Simulation run(liquid(), smooth(), {.time_step = 0.004, .precision = precision});
    const auto mean = [&] {
      double sum = 0;
      for (int k = 0; k < 100; ++k) {
        run.advance(5);
        sum += run.observe().conserved / 100;
      }
      return sum;
    };
    const double early = mean();
    run.advance(4000);
    // Means of the fluctuation of 1e-4 per particle over one unit of time.
    EXPECT_NEAR(mean() / 256, early / 256, precision == Precision::f64 ? 5e-5 : 2e-4);
  }
}

TEST(Momentum, IsKept) {
  System s = liquid();
  for (std::ptrdiff_t i = 0; i < s.size(); ++i) s.velocities(i, 1) += 0.5;
  Simulation run(std::move(s), smooth(), {.time_step = 0.004});
  const Observation before = run.observe();
  EXPECT_NEAR(before.momentum[1], 128, 1e-10);
  run.advance(1000);
  const Observation after = run.observe();
  // Each step adds 256 velocities' rounding of 2^-53 times 3: a random walk of 256,000 of them.
  for (int d = 0; d < 3; ++d) EXPECT_NEAR(after.momentum[d], before.momentum[d], 10 * 500 * 3 * 0x1p-53);
}

TEST(Time, RunsBackwardsWhenVelocitiesDo) {
  const System start = liquid();
  Simulation there(start.copy(), smooth(), {.time_step = 0.002});
  there.advance(200);
  System turned = there.system();
  for (std::ptrdiff_t i = 0; i < turned.size(); ++i)
    for (std::ptrdiff_t d = 0; d < 3; ++d) turned.velocities(i, d) *= -1;
  Simulation back(std::move(turned), smooth(), {.time_step = 0.002});
  back.advance(200);
  const auto x = back.positions(), v = back.velocities();
  double off = 0;
  for (std::ptrdiff_t i = 0; i < start.size(); ++i) {
    reference::Vector a, b;
    for (std::ptrdiff_t d = 0; d < 3; ++d) {
      a[static_cast<std::size_t>(d)] = x(i, d);
      b[static_cast<std::size_t>(d)] = start.positions(i, d);
      EXPECT_NEAR(v(i, d), -start.velocities(i, d), 1e-9);
    }
    off = std::max(off, static_cast<double>(reference::length(reference::separation(start.box, a, b))));
  }
  // Roundings of 1e-15 per step grow by e per half unit of time: over 0.8 units, by 5.
  EXPECT_LT(off, 1e-11);
}

/// No pair is missed: forces along a trajectory are those of all pairs, every few steps.
void expect_no_pair_missed(System s, const Model& m, const SimulationOptions& options, int times, int steps) {
  Simulation run(std::move(s), m, options);
  for (int k = 0; k < times; ++k) {
    run.advance(steps);
    const System now = run.system();
    const Rounding rounding(now, options.precision);
    const auto want = reference::forces(now, m, rounding.place + 4 * rounding.unit * m.cutoff);
    expect_like({run.forces(), run.observe().energies}, want, rounding);
    if (testing::Test::HasFailure()) FAIL() << "at step " << run.step();
  }
}

TEST(NoPair, IsMissedInAHotLiquid) {
  for (double skin : {0.0, 0.02, 0.3, 1.0})
    for (Precision precision : {Precision::f64, Precision::mixed}) {
      SCOPED_TRACE(testing::Message() << "skin " << skin);
      expect_no_pair_missed(hot(shaken({4, 4, 4}, 0.8442, 0.05), 8), {},
                            {.time_step = 0.002, .precision = precision, .skin = skin}, 12, 7);
    }
}

TEST(NoPair, IsMissedInABoxOfTwiceTheCutoff) {
  const System s = hot(fcc({.cells = {3, 3, 3}, .spacing = 1.67}), 6);  // edges of 5.01
  for (double skin : {0.0, 0.3, 2.0, 3.5})
    expect_no_pair_missed(s.copy(), {}, {.time_step = 0.002, .skin = skin}, 12, 7);
  expect_no_pair_missed(hot(scatter({.n = 150, .length = {5.01, 30, 5.02}, .apart = 0.95}), 6), {},
                        {.time_step = 0.002}, 12, 7);
}

TEST(NoPair, IsMissedWhereABulletFliesThroughAColdCrystal) {
  System s = fcc({.cells = {4, 4, 4}, .spacing = fcc_spacing(0.5)});
  s.velocities = Tensor<double, 2>::zeros({s.size(), 3});
  s.velocities(17, 0) = 60;
  s.velocities(17, 1) = 23;
  s.positions(17, 2) += 0.3;
  expect_no_pair_missed(std::move(s), smooth(), {.time_step = 0.0005}, 30, 7);
}

TEST(NoPair, IsMissedWhereTheSkinIsWiderThanTheCutoff) {
  // Particles may go far between two builds of the list: that is not unstable.
  expect_no_pair_missed(hot(scatter({.n = 60, .length = {20, 20, 20}, .apart = 1}), 5), smooth(1.1),
                        {.time_step = 0.004, .skin = 3}, 40, 10);
}

TEST(NoPair, IsMissedAsACrowdBurstsIntoAnEmptyBox) {
  expect_no_pair_missed(hot(scatter({.n = 200, .length = {30, 30, 30}, .part = {0.18, 0.18, 0.18}, .apart = 0.9}), 3),
                        smooth(), {.time_step = 0.002}, 20, 15);
  expect_no_pair_missed(
      hot(scatter({.n = 200, .length = {30, 30, 30}, .boundary = kOpen, .part = {0.18, 0.18, 0.18}, .apart = 0.9}), 3),
      smooth(), {.time_step = 0.002}, 20, 15);
  expect_no_pair_missed(hot(scatter({.n = 200, .length = {6, 6, 6}, .boundary = kReflecting, .apart = 0.9}), 10),
                        smooth(), {.time_step = 0.002}, 20, 15);
}

TEST(NoPair, IsMissedAsABarostatShrinksTheBox) {
  expect_no_pair_missed(
      hot(scatter({.n = 300, .length = {9, 9, 9}, .apart = 0.95}), 2), smooth(),
      {.time_step = 0.002, .thermostat = VelocityRescaling{2, 0.1}, .barostat = CellRescaling{5, 1, 0.3}}, 20, 15);
}

TEST(StepsInOneGo, AreThoseOneByOne) {
  System s = hot(shaken({6, 6, 6}, 0.8442, 0.05), 2);
  s.bonds = {{3, 4, 0}};
  Model m = smooth();
  m.bonds = {{10, 1}};
  const Thermostat thermostats[] = {{}, Langevin{2, 1}, VelocityRescaling{2, 0.3}};
  for (const Thermostat& thermostat : thermostats) {
    SimulationOptions options{.time_step = 0.004, .thermostat = thermostat};
    if (thermostat.index() == 2) options.barostat = CellRescaling{1, 2, 0.5};
    Simulation whole(s.copy(), m, options), parts(s.copy(), m, options);
    whole.advance(100);
    for (int k = 0; k < 20; ++k) parts.advance(1);
    parts.observe();
    parts.advance(0);
    parts.advance(33);
    (void)parts.system();
    parts.advance(47);
    EXPECT_EQ(whole.step(), 100);
    EXPECT_EQ(parts.step(), 100);
    EXPECT_TRUE(same_bits(whole.positions(), parts.positions())) << thermostat.index();
    EXPECT_TRUE(same_bits(whole.velocities(), parts.velocities())) << thermostat.index();
    EXPECT_TRUE(same_bits(whole.forces(), parts.forces())) << thermostat.index();
    EXPECT_EQ(whole.observe().total(), parts.observe().total());
    EXPECT_EQ(whole.lists().builds, parts.lists().builds);
  }
}

TEST(StepsInOneGo, AreThoseOneByOneWhereTheNextBeginsBeforeTheLastHasEnded) {
  // Without bonds a step's particles move while others still get forces; not in the last of a call.
  struct Kind {
    const char* name;
    System system;
    Model model;
  };
  std::vector<Kind> kinds;
  kinds.push_back({"liquid", hot(shaken({6, 6, 6}, 0.8442, 0.05), 2), smooth()});
  kinds.push_back(
      {"charges", hot(scatter({.n = 300, .length = {9, 9, 9}, .apart = 0.95, .charges = true}), 2), smooth()});
  kinds.back().model.electrostatics = Electrostatics::reaction_field;
  for (const auto& boundary : {kOpen, kReflecting})
    kinds.push_back(
        {"walls", hot(scatter({.n = 300, .length = {9, 9, 9}, .boundary = boundary, .apart = 0.95}), 2), {}});
  kinds.push_back({"function", hot(shaken({6, 6, 6}, 0.8442, 0.05), 2), {}});
  kinds.back().model.pair = pair_function([](double r) {
    const double r6 = std::pow(r, -6);
    return PairValue{4 * r6 * (r6 - 1), 24 * r6 * (2 * r6 - 1) / r};
  });
  for (const auto& [name, s, m] : kinds)
    for (const Precision precision : {Precision::f64, Precision::mixed}) {
      const SimulationOptions options{.time_step = 0.004, .precision = precision};
      Simulation whole(s.copy(), m, options), parts(s.copy(), m, options);
      whole.advance(60);
      for (int k = 0; k < 25; ++k) parts.advance(1);
      parts.advance(2);
      parts.advance(33);
      EXPECT_TRUE(same_bits(whole.positions(), parts.positions())) << name;
      EXPECT_TRUE(same_bits(whole.velocities(), parts.velocities())) << name;
      EXPECT_TRUE(same_bits(whole.forces(), parts.forces())) << name;
      EXPECT_EQ(whole.observe().total(), parts.observe().total()) << name;
      EXPECT_EQ(whole.lists().builds, parts.lists().builds) << name;
      EXPECT_GT(whole.lists().builds, 1) << name;
    }
}

TEST(BitsOfTrajectories, AreTheSameOnAnyNumberOfCores) {
  const System start = hot(shaken({10, 10, 10}, 0.8442, 0.05), 2);
  const Thermostat thermostats[] = {{}, Langevin{2, 1}, VelocityRescaling{2, 0.3}};
  for (Precision precision : {Precision::f64, Precision::mixed})
    for (const Thermostat& thermostat : thermostats) {
      SCOPED_TRACE(thermostat.index());
      expect_same_bits([&] {
        SimulationOptions options{.time_step = 0.004, .precision = precision, .thermostat = thermostat};
        if (thermostat.index() == 2) options.barostat = CellRescaling{1, 2, 0.5};
        Simulation run(start.copy(), {}, options);
        run.advance(40);  // lists are built several times
        std::vector<double> bits;
        append(bits, run.positions());
        append(bits, run.positions(true));
        append(bits, run.velocities());
        append(bits, run.forces());
        const Observation o = run.observe();
        append(bits, o.energies);
        bits.insert(bits.end(), {o.kinetic, o.pressure, o.conserved, o.volume, o.momentum[0], o.momentum[2]});
        return bits;
      });
    }
}

}  // namespace
}  // namespace lagoon::dynamics
