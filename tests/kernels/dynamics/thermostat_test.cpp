// SPDX-License-Identifier: Apache-2.0
// Thermostats and the barostat give the distributions of their ensembles. Samples are some relaxation times apart, so
// that the errors of means and variances are those of independent draws; five of them are allowed.
#include <lagoon/kernels/dynamics/simulation.hpp>

#include "systems.hpp"

namespace lagoon::dynamics {
namespace {

/// Particles that do not act on each other.
System gas(std::ptrdiff_t n, double temperature, double edge = 10) {
  System s = scatter({.n = n, .length = {edge, edge, edge}, .apart = 0});
  set_temperature(s, temperature, 1);
  return s;
}

/// A particle may go half a cutoff in a step.
Model nothing(double cutoff = 3) { return {.types = {{0, 1}}, .cutoff = cutoff}; }

std::vector<double> kinetic_series(Simulation& run, int samples, int steps) {
  std::vector<double> k;
  for (int i = 0; i < samples; ++i) {
    run.advance(steps);
    k.push_back(run.observe().kinetic);
  }
  return k;
}

/// The kinetic energy of f degrees of freedom: a gamma distribution of mean f T / 2 and variance f T^2 / 2.
void expect_canonical(const std::vector<double>& kinetic, double freedom, double temperature) {
  const Average a = average(kinetic);
  const auto n = static_cast<double>(kinetic.size());
  const double variance = freedom * temperature * temperature / 2;
  EXPECT_NEAR(a.mean, freedom * temperature / 2, 5 * std::sqrt(variance / n));
  // The variance of a sample variance is (kurtosis - 1) / n of its square; the kurtosis is 3 + 12 / f.
  EXPECT_NEAR(a.variance / variance, 1, 5 * std::sqrt((2 + 12 / freedom) / n));
}

TEST(LangevinOfAnIdealGas, HasTheCanonicalKineticEnergy) {
  // Velocities forget at the rate of the friction, energies at twice it: 10 steps of 0.05 at 4 leave exp(-4).
  Simulation run(gas(40, 0.3), nothing(), {.time_step = 0.05, .thermostat = Langevin{1.7, 4}});
  run.advance(100);
  expect_canonical(kinetic_series(run, 4000, 10), 3 * 40, 1.7);  // the centre of mass moves, too
}

TEST(LangevinOfAnIdealGas, DiffusesAsEinsteinSays) {
  // <|x - x0|^2> = 6 T/(m g) (t - (1 - exp(-g t)) / g), BAOAB being exact for a gas but for how O and A alternate,
  // dt^2 g^2 / 12 relative; 2000 particles make 5 standard errors of sqrt(2 / 6000).
  System s = gas(2000, 2);
  s.masses = {1.6};
  set_temperature(s, 2, 3);
  Simulation run(std::move(s), nothing(), {.time_step = 0.02, .thermostat = Langevin{2, 1.5}});
  const auto origin = run.positions(true);
  run.advance(200);
  const double t = 4, g = 1.5, want = 6 * 2 / (1.6 * g) * (t - (1 - std::exp(-g * t)) / g);
  EXPECT_NEAR(mean_square_displacement(run.positions(true), origin) / want, 1, 5 * std::sqrt(2.0 / 6000) + 1e-4);
}

TEST(LangevinOfASingleSpring, HasTheCanonicalLength) {
  // 300 dimers without anything else: the energy of a bond is a gamma distribution, <U> of one degree and the volume
  // r^2 of the shell; for a stiff bond <(r - r0)^2> = T / k and <U> = T / 2 to 2 T / (k r0^2).
  System s = gas(600, 1, 30);
  for (std::int32_t i = 0; i < 600; i += 2) {
    for (std::ptrdiff_t d = 0; d < 3; ++d) s.positions(i + 1, d) = s.positions(i, d) + (d == 1);
    s.bonds.push_back({i, i + 1, 0});
  }
  Model m = nothing();
  m.bonds = {{2000, 1}};
  Simulation run(std::move(s), m, {.time_step = 0.004, .thermostat = Langevin{1, 2}});
  run.advance(1500);
  std::vector<double> bond, kinetic;
  for (int i = 0; i < 200; ++i) {
    run.advance(50);
    bond.push_back(run.observe().energies.bond / 300);
    kinetic.push_back(run.observe().kinetic / 900);
  }
  // Half the friction acts on a bond: 50 steps of 0.004 at 2 leave exp(-0.4) of its energy. Blocks know.
  const Average u = average(bond), k = average(kinetic);
  EXPECT_NEAR(u.mean, 0.5, 5 * u.error + 0.001);  // exact in BAOAB for a harmonic force
  // BAOAB's kinetic energy of a spring is less by (w dt)^2 / 4, w^2 = 4000, of one of six degrees: 0.016 / 6.
  EXPECT_NEAR(k.mean, 1 - 0.016 / 6, 5 * k.error + 0.001);
}

TEST(VelocityRescalingOfAnIdealGas, HasTheCanonicalKineticEnergy) {
  // Two relaxation times between samples leave exp(-2): a few more than independent draws would need.
  for (double time : {0.1, 0.02}) {
    Simulation run(gas(40, 0.3), nothing(), {.time_step = 0.02, .thermostat = VelocityRescaling{1.7, time}});
    run.advance(200);
    expect_canonical(kinetic_series(run, 2500, 20), 3 * 40 - 3, 1.7);
    const Observation o = run.observe();
    for (double p : o.momentum) EXPECT_NEAR(p, 0, 1e-9);
  }
}

TEST(VelocityRescalingOfTwo, HasTheCanonicalKineticEnergy) {
  // Three degrees of freedom: where the sum of squares of normal numbers is far from normal itself.
  Simulation run(gas(2, 1), nothing(), {.time_step = 0.02, .thermostat = VelocityRescaling{0.6, 0.05}});
  run.advance(100);
  expect_canonical(kinetic_series(run, 20000, 10), 3, 0.6);
}

TEST(VelocityRescaling, GoesToItsTemperatureInItsTime) {
  // dK = (K0 - K) dt / time on the mean: after one time exp(-1) of the difference is left. N is large: noise of
  // sqrt(2 / 3N) and less.
  Simulation run(gas(5000, 4), nothing(), {.time_step = 0.01, .thermostat = VelocityRescaling{1, 0.5}});
  run.advance(50);
  EXPECT_NEAR(run.observe().temperature, 1 + 3 * std::exp(-1), 5 * 2 * std::sqrt(2.0 / 15000));
}

/// A liquid of 108 particles near its triple point.
System liquid(double temperature) {
  System s = fcc({.cells = {3, 3, 3}, .spacing = fcc_spacing(0.8)});
  set_temperature(s, 2 * temperature, 1);
  return s;
}
Model smooth() {
  Model m;
  m.truncation = Truncation::force_shifted;
  return m;
}

TEST(ThermostatsOfALiquid, AgreeOnKineticAndPotentialEnergy) {
  constexpr double t = 1.1;
  const Thermostat thermostats[] = {Langevin{t, 1}, VelocityRescaling{t, 0.2}};
  Average potential[2];
  for (int which : {0, 1}) {
    Simulation run(liquid(t), smooth(), {.time_step = 0.004, .thermostat = thermostats[which]});
    run.advance(2000);
    std::vector<double> k, u;
    for (int i = 0; i < 1000; ++i) {
      run.advance(20);
      const Observation o = run.observe();
      k.push_back(o.kinetic);
      u.push_back(o.potential() / 108);
    }
    const Average a = average(k);
    const double freedom = which == 0 ? 324 : 321;
    // Beyond chance: the step takes (w dt)^2 / 4 = 0.001 of the kinetic energy, w^2 about 250 at this density.
    EXPECT_NEAR(a.mean / (freedom * t / 2), 1, 5 * a.error / a.mean + 0.002) << which;
    // Variances of correlated samples: about 300 independent ones.
    EXPECT_NEAR(a.variance / (freedom * t * t / 2), 1, 5 * std::sqrt(2 / 300.0)) << which;
    potential[which] = average(u);
  }
  EXPECT_NEAR(potential[0].mean, potential[1].mean, 5 * std::hypot(potential[0].error, potential[1].error) + 0.003);
}

TEST(ThermostatsOfAnIdealGas, LeaveWhatTheyCallConserved) {
  const Thermostat thermostats[] = {Langevin{2, 3}, VelocityRescaling{2, 0.1}};
  for (const Thermostat& thermostat : thermostats) {
    Simulation run(gas(100, 1), nothing(), {.time_step = 0.02, .thermostat = thermostat});
    const double start = run.observe().conserved, kinetic = run.observe().kinetic;
    run.advance(2000);
    EXPECT_GT(std::abs(run.observe().kinetic - kinetic), 50);
    EXPECT_NEAR(run.observe().conserved, start, 1e-9) << thermostat.index();
  }
}

TEST(ThermostatsOfALiquid, LeaveWhatTheyCallConserved) {
  const Thermostat thermostats[] = {Langevin{1.1, 1}, VelocityRescaling{1.1, 0.2}};
  for (const Thermostat& thermostat : thermostats) {
    System s = fcc({.cells = {4, 4, 4}, .spacing = fcc_spacing(0.8)});
    set_temperature(s, 2.2, 1);
    Simulation run(std::move(s), smooth(), {.time_step = 0.002, .thermostat = thermostat});
    run.advance(500);
    const auto mean = [&] {
      double sum = 0;
      for (int k = 0; k < 50; ++k) {
        run.advance(10);
        sum += run.observe().conserved / 50;
      }
      return sum / 256;
    };
    const double early = mean();
    run.advance(4000);
    // Over nine units of time a thermostat moves some 10 T per particle to and fro; of it, less than a thousandth may
    // be lost to the step.
    EXPECT_NEAR(mean(), early, 0.01) << thermostat.index();
  }
}

TEST(Barostats, SayThatTheyDoNotKnowWhatIsConserved) {
  System s = fcc({.cells = {4, 4, 4}, .spacing = fcc_spacing(0.8)});
  set_temperature(s, 1, 1);
  Simulation run(std::move(s), smooth(), {.thermostat = Langevin{1, 1}, .barostat = CellRescaling{2, 1, 0.1}});
  EXPECT_TRUE(std::isnan(run.observe().conserved));
}

TEST(Seeds, MakeTrajectories) {
  const auto end = [](std::uint64_t seed, const Thermostat& thermostat, bool barostat) {
    SimulationOptions options{.thermostat = thermostat, .seed = seed};
    if (barostat) options.barostat = CellRescaling{1, 1, 0.3};
    System s = fcc({.cells = {4, 4, 4}, .spacing = fcc_spacing(0.8)});
    set_temperature(s, 2, 1);
    Simulation run(std::move(s), smooth(), options);
    run.advance(20);
    return run.positions();
  };
  for (const Thermostat& thermostat : {Thermostat(Langevin{1, 1}), Thermostat(VelocityRescaling{1, 0.2})})
    for (bool barostat : {false, true}) {
      EXPECT_TRUE(same_bits(end(7, thermostat, barostat), end(7, thermostat, barostat)));
      EXPECT_FALSE(same_bits(end(7, thermostat, barostat), end(8, thermostat, barostat)));
      EXPECT_FALSE(same_bits(end(7, thermostat, barostat), end(7 + (1ULL << 32), thermostat, barostat)));
    }
  EXPECT_TRUE(same_bits(end(7, {}, false), end(8, {}, false)));  // nothing random
}

TEST(CellRescalingOfAnIdealGas, HasTheVolumesOfItsPressure) {
  // N particles at pressure p have volumes of a gamma distribution: mean (N + 1) T / p, variance (N + 1) (T / p)^2;
  // with the centre of mass at rest the kinetic part of the pressure is that of N - 1. For one or the other: 1 / N.
  constexpr std::ptrdiff_t n = 60;
  constexpr double t = 1.5, p = 0.3;
  Simulation run(gas(n, t, 6.7), nothing(1.5),
                 {.time_step = 0.02, .thermostat = VelocityRescaling{t, 0.1}, .barostat = CellRescaling{p, 5, 1 / p}});
  run.advance(1000);
  std::vector<double> volume;
  for (int i = 0; i < 600; ++i) {
    run.advance(250);  // the relaxation time
    volume.push_back(run.observe().volume);
  }
  const Average a = average(volume);
  EXPECT_NEAR(a.mean, n * t / p, 5 * a.error + 1.5 * t / p);
  // exp(-1) of a volume is left from sample to sample: (1 - e^-2) / (1 + e^-2) = 0.76 as many draws. Steps of the box
  // of a 25th of the relaxation time widen the distribution by half of that.
  EXPECT_NEAR(a.variance / (n * t * t / (p * p)), 1.02, 5 * std::sqrt(2 / (0.76 * 600)) + 1.5 / n);
}

TEST(CellRescalingOfALiquid, ReachesItsPressure) {
  System s = fcc({.cells = {4, 4, 4}, .spacing = fcc_spacing(0.6)});
  set_temperature(s, 2, 1);
  for (const Thermostat& thermostat : {Thermostat(Langevin{1.5, 1}), Thermostat(VelocityRescaling{1.5, 0.1})}) {
    Simulation run(s.copy(), smooth(),
                   {.time_step = 0.004, .thermostat = thermostat, .barostat = CellRescaling{4, 0.5, 0.1}});
    run.advance(3000);
    std::vector<double> pressure;
    for (int i = 0; i < 400; ++i) {
      run.advance(10);
      pressure.push_back(run.observe().pressure);
    }
    const Average a = average(pressure, 10);
    // T / V = 0.005: what one particle more or less makes.
    EXPECT_NEAR(a.mean, 4, 5 * a.error + 0.02) << thermostat.index();
    EXPECT_LT(a.error, 0.1);
    const System end = run.system();
    EXPECT_NEAR(end.box.volume(), run.observe().volume, 1e-9);
    EXPECT_LT(end.box.volume(), s.box.volume());
  }
}

TEST(CellRescaling, EndsWhereTheBoxWouldBeSmallerThanTwiceTheCutoff) {
  System s = fcc({.cells = {4, 4, 4}, .spacing = fcc_spacing(0.6)});
  set_temperature(s, 1, 1);
  Simulation run(
      std::move(s), smooth(),
      {.time_step = 0.002, .thermostat = VelocityRescaling{1, 0.1}, .barostat = CellRescaling{5000, 0.05, 0.5}});
  const std::string said = error_of(Errc::aborted, [&] { run.advance(5000); });
  expect_says(said, {"step"});
}

}  // namespace
}  // namespace lagoon::dynamics
