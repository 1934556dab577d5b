// SPDX-License-Identifier: Apache-2.0
// What forces obey, whatever the model: they are slopes of the energy, they sum to nothing, and neither the place of
// the box, nor the order of particles, nor the number of cores matters.
#include <lagoon/engine/isolate.hpp>
#include <lagoon/engine/stop.hpp>
#include <lagoon/kernels/dynamics/forces.hpp>

#include <numeric>
#include <span>

#include "systems.hpp"

namespace lagoon::dynamics {
namespace {

/// Everything at once: types, charges, bonds, angles, and a part of the force of each.
struct Everything {
  System system;
  Model model;
};
Everything everything(Truncation truncation, Electrostatics electrostatics, std::ptrdiff_t n = 60, double edge = 6) {
  Everything e{scatter({.n = n, .length = {edge, edge, edge}, .apart = 0.9, .types = 2, .charges = true}),
               mixture(2, 2.8)};
  e.model.truncation = truncation;
  e.model.electrostatics = electrostatics;
  e.model.dielectric = std::numeric_limits<double>::infinity();
  e.model.bonds = {{50, 1.2}};
  e.model.angles = {{9, 2}};
  for (std::int32_t i = 0; i + 3 < n; i += 4) {
    e.system.bonds.insert(e.system.bonds.end(), {{i, i + 1, 0}, {i + 1, i + 2, 0}});
    e.system.angles.push_back({i, i + 1, i + 2, 0});
  }
  return e;
}

/// The slope of f at 0 by central differences at h and 2 h, whose h^2 terms cancel.
template <class F>
double slope(double h, F f) {
  return (8 * (f(h) - f(-h)) - (f(2 * h) - f(-2 * h))) / (12 * h);
}

/// What such a slope of the energy may be wrong by as its values round: 18 / 12 of their error over h.
double slope_rounding(const System& s, const reference::ForceField& want, double h) {
  const Rounding rounding(s, Precision::f64);
  return static_cast<double>(rounding.of(want.pair) + rounding.of(want.coulomb) + rounding.of(want.bond) +
                             rounding.of(want.angle)) *
         1.5 / h;
}

void expect_slopes(const System& s, const Model& m, double h) {
  const auto f = forces(s, m);
  const auto want = reference::forces(s, m);
  System moved = s.copy();
  for (std::ptrdiff_t i = 0; i < s.size(); i += 7)
    for (std::ptrdiff_t d = 0; d < 3; ++d) {
      const double by_differences = -slope(h, [&](double by) {
        moved.positions(i, d) = s.positions(i, d) + by;
        return energies(moved, m).potential();
      });
      moved.positions(i, d) = s.positions(i, d);
      // Beside rounding, h^4/30 times 4 of the fifth derivative: that of r^-12 at the nearest distance here, 0.6 or
      // more, is 13...16/r^4 = 3e5 times its force.
      const double size = static_cast<double>(want.bound[static_cast<std::size_t>(i)].size);
      EXPECT_NEAR(f.forces(i, d), by_differences, slope_rounding(s, want, h) + h * h * h * h / 30 * 4 * 3e5 * size)
          << i << ' ' << d;
    }
}

TEST(LawsOfForces, AreThatTheyAreSlopesOfTheEnergy) {
  for (auto electrostatics :
       {Electrostatics::none, Electrostatics::reaction_field, Electrostatics::damped_shifted_force}) {
    const auto e = everything(Truncation::force_shifted, electrostatics);
    SCOPED_TRACE(static_cast<int>(electrostatics));
    expect_slopes(e.system, e.model, 2e-4);
  }
}

TEST(LawsOfForces, AreThatTheyAreSlopesOfTheEnergyWithAFunctionOfOnesOwn) {
  auto e = everything(Truncation::cut, Electrostatics::none);
  e.model.pair = pair_function([](double r, int a, int b) {
    const double k = 1 + a * b, left = 2.8 - r;  // smooth at the cutoff
    return PairValue{k * left * left * left * left, 4 * k * left * left * left};
  });
  expect_slopes(e.system, e.model, 2e-4);
}

TEST(LawsOfForces, AreThatTheyAreSlopesOfTheEnergyInOpenAndReflectingBoxes) {
  auto e = everything(Truncation::force_shifted, Electrostatics::reaction_field);
  for (const auto& boundary : {kOpen, kReflecting}) {
    e.system.box.boundary = boundary;
    // Bonds joined particles through the faces of the box; now they are as long as the box.
    e.system.bonds.clear();
    e.system.angles.clear();
    expect_slopes(e.system, e.model, 2e-4);
  }
}

TEST(LawsOfForces, AreThatTheVirialIsTheSlopeOfTheEnergyAsAllLengthsShrink) {
  for (auto electrostatics :
       {Electrostatics::none, Electrostatics::reaction_field, Electrostatics::damped_shifted_force}) {
    const auto e = everything(Truncation::force_shifted, electrostatics);
    const double h = 3e-5;
    const double by_differences = -slope(h, [&](double by) {
      System scaled = e.system.copy();
      for (double& x : std::span(scaled.positions.data(), static_cast<std::size_t>(scaled.positions.size())))
        x *= 1 + by;
      for (double& l : scaled.box.length) l *= 1 + by;
      return energies(scaled, e.model).potential();
    });
    const auto want = reference::forces(e.system, e.model);
    // As in expect_slopes; the fifth derivative of r^-12 by the scale is 12...16 = 5e5 times the energy. A pair that
    // passes the cutoff meanwhile meets a jump of U'', 0.04 here: 0.02 (2 h 2.8)^2 of energy, h of slope.
    const double tolerance = h + slope_rounding(e.system, want, h) +
                             h * h * h * h / 30 * 4 * 6e5 * static_cast<double>(want.pair.size + want.coulomb.size);
    EXPECT_NEAR(energies(e.system, e.model).virial, by_differences, tolerance);
  }
}

TEST(LawsOfForces, AreThatTheySumToNothing) {
  for (std::ptrdiff_t n : {60, 700}) {
    const auto e = everything(Truncation::shifted, Electrostatics::reaction_field, n, n == 60 ? 6 : 12);
    for (Precision precision : {Precision::f64, Precision::mixed}) {
      const auto f = forces(e.system, e.model, precision);
      const auto want = reference::forces(e.system, e.model);
      long double size = 0;
      for (const auto& b : want.bound) size += b.size;
      // Each pair gives what it takes; only sums round. In floats a few bits per neighbour are lost.
      const auto tolerance = static_cast<double>(size * (precision == Precision::f64 ? 0x1p-53L : 0x1p-24L) * 8);
      for (std::ptrdiff_t d = 0; d < 3; ++d) {
        double sum = 0;
        for (std::ptrdiff_t i = 0; i < n; ++i) sum += f.forces(i, d);
        EXPECT_NEAR(sum, 0, tolerance) << n << " particles";
      }
    }
  }
}

TEST(LawsOfForces, AreThatThePlaceOfTheBoxDoesNotMatter) {
  auto e = everything(Truncation::force_shifted, Electrostatics::damped_shifted_force, 200, 8);
  const auto before = reference::forces(e.system, e.model);
  for (double by : {0.3, -11.0, 4000.0}) {
    SCOPED_TRACE(by);
    System moved = e.system.copy();
    for (std::ptrdiff_t i = 0; i < moved.size(); ++i)
      for (std::ptrdiff_t d = 0; d < 3; ++d) moved.positions(i, d) += by;
    const Rounding rounding(moved, Precision::f64);
    expect_like(forces(moved, e.model), before, rounding);  // within the same box
    for (double& o : moved.box.origin) o += by;
    expect_like(forces(moved, e.model), before, rounding);  // and with it
  }
}

TEST(LawsOfForces, AreThatTheOrderOfParticlesDoesNotMatter) {
  const auto e = everything(Truncation::force_shifted, Electrostatics::reaction_field, 200, 8);
  const System& s = e.system;
  std::vector<std::int32_t> to(static_cast<std::size_t>(s.size()));
  std::iota(to.begin(), to.end(), 0);
  std::shuffle(to.begin(), to.end(), std::mt19937_64(9));
  System p = s.copy();
  for (std::ptrdiff_t i = 0; i < s.size(); ++i) {
    const std::int32_t k = to[static_cast<std::size_t>(i)];
    for (std::ptrdiff_t d = 0; d < 3; ++d) p.positions(k, d) = s.positions(i, d);
    p.types[k] = s.types[i];
    p.charges[k] = s.charges[i];
  }
  const auto at = [&](std::int32_t i) { return to[static_cast<std::size_t>(i)]; };
  for (auto& b : p.bonds) b = {at(b.j), at(b.i), b.type};
  for (auto& a : p.angles) a = {at(a.k), at(a.j), at(a.i), a.type};
  std::reverse(p.bonds.begin(), p.bonds.end());
  auto shuffled = forces(p, e.model);
  Forces back{Tensor<double, 2>({s.size(), 3}), shuffled.energies};
  for (std::ptrdiff_t i = 0; i < s.size(); ++i)
    for (std::ptrdiff_t d = 0; d < 3; ++d) back.forces(i, d) = shuffled.forces(to[static_cast<std::size_t>(i)], d);
  expect_like(back, reference::forces(s, e.model), Rounding(s, Precision::f64));
}

TEST(LawsOfForces, AreThatEnergiesAloneAreThoseOfForces) {
  const auto e = everything(Truncation::shifted, Electrostatics::reaction_field, 200, 8);
  for (Precision precision : {Precision::f64, Precision::mixed}) {
    const Energies alone = energies(e.system, e.model, precision), with = forces(e.system, e.model, precision).energies;
    EXPECT_EQ(alone.pair, with.pair);
    EXPECT_EQ(alone.coulomb, with.coulomb);
    EXPECT_EQ(alone.bond, with.bond);
    EXPECT_EQ(alone.angle, with.angle);
    EXPECT_EQ(alone.virial, with.virial);
    EXPECT_EQ(alone.potential(), with.potential());
  }
}

TEST(BitsOfForces, AreTheSameOnAnyNumberOfCores) {
  const System liquid = shaken({12, 12, 12}, 0.8442, 0.1);  // 6912
  for (Precision precision : {Precision::f64, Precision::mixed})
    for (Truncation t : {Truncation::cut, Truncation::force_shifted})
      expect_same_bits([&] {
        Model m;
        m.truncation = t;
        const auto f = forces(liquid, m, precision);
        std::vector<double> bits;
        append(bits, f.forces);
        append(bits, f.energies);
        return bits;
      });
}

TEST(BitsOfForces, AreTheSameOnAnyNumberOfCoresForMixturesWithCharges) {
  System s = shaken({10, 10, 10}, 0.8, 0.1);
  s.masses = {1, 2, 3};
  s.types = Tensor<std::int32_t, 1>({s.size()});
  s.charges = Tensor<double, 1>({s.size()});
  for (std::int32_t i = 0; i < s.size(); ++i) {
    s.types[i] = i % 3;
    s.charges[i] = i % 2 ? 1 : -1;
    if (i % 4 == 0) s.bonds.push_back({i, i + 1, 0});
    if (i % 4 == 0) s.angles.push_back({i, i + 1, i + 2, 0});
  }
  Model m = mixture(3);
  m.electrostatics = Electrostatics::reaction_field;
  m.bonds = {{20, 1}};
  m.angles = {{5, 1}};
  expect_same_bits([&] {
    const auto f = forces(s, m);
    std::vector<double> bits;
    append(bits, f.forces);
    append(bits, f.energies);
    return bits;
  });
  m.pair = pair_function([](double r) { return PairValue{1 / r, 1 / (r * r)}; });
  expect_same_bits([&] {
    const auto f = forces(s, m);
    std::vector<double> bits;
    append(bits, f.forces);
    append(bits, f.energies);
    return bits;
  });
}

TEST(StopOfForces, IsSeen) {
  const System s = shaken({8, 8, 8}, 0.8442, 0.1);
  StopControl stop;
  stop.request_stop();
  const StopScope scope(&stop);
  error_of(Errc::cancelled, [&] { forces(s, {}); });
}

TEST(MemoryOfForces, IsRefusedBeyondTheBudget) {
  const System s = shaken({12, 12, 12}, 0.8442, 0.1);
  Engine engine;
  Isolate isolate(engine, {.memory_limit = 200'000});
  error_of(Errc::resource_exhausted, [&] { isolate.run([&] { forces(s, {}); }); });
}

TEST(AFunctionOfOnesOwn, ThatThrowsEndsTheCall) {
  const System s = scatter({.n = 100});
  Model m;
  m.pair = [](const PairBatch&) { throw Error(Errc::invalid_argument, "not today"); };
  expect_says(error_of(Errc::invalid_argument, [&] { forces(s, m); }), {"not today"});
}

}  // namespace
}  // namespace lagoon::dynamics
