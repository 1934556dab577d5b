// SPDX-License-Identifier: Apache-2.0
#include <lagoon/kernels/dynamics/system.hpp>

#include <limits>
#include <span>

#include "systems.hpp"

namespace lagoon::dynamics {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

template <class Change>
std::string refusal(Change change) {
  System s = scatter({.n = 6, .types = 2, .charges = true});
  s.bonds = {{0, 1, 0}};
  s.angles = {{0, 1, 2, 0}};
  check(s);
  change(s);
  return error_of(Errc::invalid_argument, [&] { check(s); });
}

TEST(CheckOfSystems, NamesWhatDoesNotGoTogether) {
  expect_says(refusal([](System& s) { s.box.length[1] = 0; }), {"box", "y"});
  expect_says(refusal([](System& s) { s.box.length[2] = kNan; }), {"box", "z"});
  expect_says(refusal([](System& s) { s.box.origin[0] = kInfinity; }), {"box", "x"});
  expect_says(refusal([](System& s) { s.positions(3, 1) = kNan; }), {"position", "3", "y"});
  expect_says(refusal([](System& s) { s.positions = Tensor<double, 2>::zeros({6, 2}); }), {"6x2", "6x3"});
  expect_says(refusal([](System& s) {
                s.velocities = Tensor<double, 2>::zeros({5, 3});
              }),
              {"velocities", "5x3", "6x3"});
  expect_says(refusal([](System& s) {
                s.velocities = Tensor<double, 2>::zeros({6, 3});
                s.velocities(2, 2) = kInfinity;
              }),
              {"velocities", "2", "z"});
  expect_says(refusal([](System& s) { s.types[4] = 2; }), {"particle 4", "type 2", "2 types"});
  expect_says(refusal([](System& s) { s.types[4] = -1; }), {"particle 4", "-1"});
  expect_says(refusal([](System& s) { s.types = Tensor<std::int32_t, 1>::zeros({5}); }), {"5", "6"});
  expect_says(refusal([](System& s) { s.masses[1] = 0; }), {"mass", "type 1"});
  expect_says(refusal([](System& s) { s.masses[0] = kNan; }), {"mass", "type 0"});
  expect_says(refusal([](System& s) { s.masses.clear(); }), {"mass"});
  expect_says(refusal([](System& s) { s.charges = Tensor<double, 1>::zeros({7}); }), {"7", "6"});
  expect_says(refusal([](System& s) { s.charges[5] = kNan; }), {"charge", "5"});
  expect_says(refusal([](System& s) { s.bonds[0].j = 6; }), {"bond 0", "particle 6"});
  expect_says(refusal([](System& s) { s.bonds[0].i = -1; }), {"bond 0", "-1"});
  expect_says(refusal([](System& s) { s.bonds[0].j = 0; }), {"bond 0", "twice"});
  expect_says(refusal([](System& s) { s.bonds[0].type = -2; }), {"bond 0", "-2"});
  expect_says(refusal([](System& s) { s.angles[0].k = 9; }), {"angle 0", "9"});
  expect_says(refusal([](System& s) { s.angles[0].k = 0; }), {"angle 0", "twice"});
}

TEST(CheckOfSystems, TakesWhatMayBeLeftOut) {
  System s = scatter({.n = 6});
  check(s);
  s.positions = {};
  check(s);
  check(System());
}

template <class Change>
std::string model_refusal(Change change, std::ptrdiff_t n = 6) {
  System s = scatter({.n = n, .types = 2, .charges = true});
  s.bonds = {{0, 1, 0}};
  s.angles = {{0, 1, 2, 0}};
  Model m = mixture(2);
  m.bonds = {{1, 1}};
  m.angles = {{1, 1}};
  check(m, s);
  change(m, s);
  return error_of(Errc::invalid_argument, [&] { check(m, s); });
}

TEST(CheckOfModels, NamesWhatDoesNotGoTogether) {
  expect_says(model_refusal([](Model& m, System&) { m.types.pop_back(); }), {"type"});
  expect_says(model_refusal([](Model& m, System&) { m.cutoff = 4.0001; }), {"cutoff", "4.0001", "x"});
  expect_says(model_refusal([](Model& m, System& s) {
                s.box.boundary[0] = Boundary::open;
                s.box.length = {8, 8, 7};
                m.cutoff = 3.6;
              }),
              {"cutoff", "z"});
  for (double bad : {0.0, -1.0, kNan, kInfinity})
    expect_says(model_refusal([&](Model& m, System&) { m.cutoff = bad; }), {"cutoff"});
  for (double bad : {-1.0, kNan, kInfinity}) {
    model_refusal([&](Model& m, System&) { m.types[1].sigma = bad; });
    model_refusal([&](Model& m, System&) { m.types[1].epsilon = bad; });
    model_refusal([&](Model& m, System&) { m.mixed = {{0, 1, {bad, 1}}}; });
    model_refusal([&](Model& m, System&) { m.bonds[0].k = bad; });
    model_refusal([&](Model& m, System&) { m.bonds[0].length = bad; });
    model_refusal([&](Model& m, System&) { m.angles[0].k = bad; });
  }
  model_refusal([](Model& m, System&) { m.angles[0].angle = kNan; });
  model_refusal([](Model& m, System&) { m.mixed = {{0, 2, {1, 1}}}; });
  model_refusal([](Model& m, System&) { m.mixed = {{-1, 0, {1, 1}}}; });
  expect_says(model_refusal([](Model& m, System&) { m.bonds.clear(); }), {"bond"});
  expect_says(model_refusal([](Model& m, System&) { m.angles.clear(); }), {"angle"});
  expect_says(model_refusal([](Model&, System& s) { s.bonds[0].type = 1; }), {"bond"});
  expect_says(model_refusal([](Model&, System& s) { s.angles[0].type = 1; }), {"angle"});
}

TEST(CheckOfModels, LetsTailsBeWhereTheyMakeSense) {
  expect_says(model_refusal([](Model& m, System&) {
                m.tail = true;
                m.truncation = Truncation::shifted;
              }),
              {"tail"});
  expect_says(model_refusal([](Model& m, System& s) {
                m.tail = true;
                s.box.boundary[1] = Boundary::open;
              }),
              {"tail"});
  expect_says(model_refusal([](Model& m, System&) {
                m.tail = true;
                m.pair = pair_function([](double) { return PairValue{0, 0}; });
              }),
              {"tail"});
}

TEST(CheckOfModels, AsksForChargesThatMakeSense) {
  for (double bad : {-1.0, kNan, 0.0})
    model_refusal([&](Model& m, System&) {
      m.electrostatics = Electrostatics::reaction_field;
      m.dielectric = bad;
    });
  for (double bad : {-1.0, kNan, kInfinity})
    model_refusal([&](Model& m, System&) {
      m.electrostatics = Electrostatics::damped_shifted_force;
      m.damping = bad;
    });
}

TEST(Lattices, HaveFourParticlesInACell) {
  const System s = fcc({.cells = {2, 3, 4}, .spacing = 1.5, .mass = 7});
  EXPECT_EQ(s.size(), 96);
  EXPECT_EQ(s.box.length, (std::array<double, 3>{3, 4.5, 6}));
  EXPECT_EQ(s.box.boundary, kPeriodic);
  EXPECT_EQ(s.masses, std::vector<double>{7});
  // Twelve neighbours of each at spacing / sqrt(2), no one nearer.
  const auto x = reference::vectors(s.positions, s.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    int touching = 0;
    for (std::size_t j = 0; j < x.size(); ++j) {
      if (i == j) continue;
      const auto r = reference::length(reference::separation(s.box, x[i], x[j]));
      EXPECT_GT(r, 1.06);
      if (r < 1.07) ++touching;
    }
    EXPECT_EQ(touching, 12) << i;
  }
}

TEST(Lattices, HaveTheDensityAskedFor) {
  for (double density : {0.1, 0.8442, 3.0}) {
    const System s = fcc({.cells = {3, 2, 5}, .spacing = fcc_spacing(density)});
    EXPECT_NEAR(static_cast<double>(s.size()) / s.box.volume(), density, 1e-14 * density);
  }
}

TEST(Lattices, RefuseWhatMakesNone) {
  expect_says(error_of(Errc::invalid_argument, [] { fcc({.cells = {1, 0, 1}}); }), {"1x0x1"});
  expect_says(error_of(Errc::invalid_argument, [] { fcc({.spacing = -1}); }), {"-1"});
  error_of(Errc::invalid_argument, [] { fcc({.spacing = kNan}); });
  error_of(Errc::invalid_argument, [] { fcc({.mass = 0}); });
  // Before anything is allocated.
  error_of(Errc::out_of_range, [] { fcc({.cells = {2147483647, 2147483647, 2147483647}}); });
  error_of(Errc::out_of_range, [] { fcc({.cells = {1 << 20, 1 << 20, 1}}); });
}

TEST(SetTemperature, MakesExactlyThisTemperatureWithoutDrift) {
  for (double t : {0.0, 0.7, 300.0}) {
    System s = shaken({4, 4, 4}, 0.8, 0);
    s.masses = {1, 30};
    s.types = Tensor<std::int32_t, 1>({s.size()});
    for (std::int32_t i = 0; i < s.size(); ++i) s.types[i] = i % 2;
    set_temperature(s, t, 5);
    EXPECT_NEAR(temperature(s), t, 1e-14 * t);
    for (std::ptrdiff_t d = 0; d < 3; ++d) {
      double p = 0;
      for (std::ptrdiff_t i = 0; i < s.size(); ++i)
        p += s.masses[static_cast<std::size_t>(s.types[i])] * s.velocities(i, d);
      EXPECT_NEAR(p, 0, 1e-13 * std::sqrt(30 * t) * static_cast<double>(s.size()));
    }
  }
}

TEST(SetTemperature, DrawsFromMaxwell) {
  System s = fcc({.cells = {20, 20, 20}});
  set_temperature(s, 2, 1);
  const auto v = std::span(s.velocities.data(), static_cast<std::size_t>(s.velocities.size()));
  // 96,000 numbers of variance 2: moments within five standard errors.
  double m3 = 0, m4 = 0;
  for (double x : v) {
    m3 += x * x * x / static_cast<double>(v.size());
    m4 += x * x * x * x / static_cast<double>(v.size());
  }
  const double error = 5 / std::sqrt(static_cast<double>(v.size()));
  EXPECT_NEAR(m3, 0, error * std::sqrt(15 * 8));
  EXPECT_NEAR(m4, 12, error * std::sqrt(96 * 16));
}

TEST(SetTemperature, GivesTheSameBitsForTheSameSeedAlone) {
  System a = fcc({.cells = {3, 3, 3}}), b = a.copy();
  set_temperature(a, 1, 11);
  set_temperature(b, 1, 11);
  EXPECT_TRUE(same_bits(a.velocities, b.velocities));
  set_temperature(b, 1, 12);
  EXPECT_FALSE(same_bits(a.velocities, b.velocities));
  expect_same_bits([] {
    System s = fcc({.cells = {15, 15, 15}});
    set_temperature(s, 1, 3);
    std::vector<double> bits;
    append(bits, s.velocities);
    bits.push_back(kinetic_energy(s));
    return bits;
  });
}

TEST(SetTemperature, RefusesWhatIsNone) {
  System s = fcc({});
  for (double bad : {-1.0, kNan, kInfinity}) error_of(Errc::invalid_argument, [&] { set_temperature(s, bad, 1); });
  System none;
  set_temperature(none, 1, 1);
  EXPECT_EQ(none.size(), 0);
}

TEST(DegreesOfFreedom, LeaveOutTheCentreOfMassWhereItIsFree) {
  System s = fcc({});
  EXPECT_EQ(degrees_of_freedom(s), 9);
  s.box.boundary = {Boundary::periodic, Boundary::open, Boundary::periodic};
  EXPECT_EQ(degrees_of_freedom(s), 9);
  s.box.boundary[2] = Boundary::reflecting;
  EXPECT_EQ(degrees_of_freedom(s), 12);
}

TEST(Systems, AreCopiedWhole) {
  System s = scatter({.n = 6, .types = 2, .charges = true});
  set_temperature(s, 1, 1);
  s.bonds = {{0, 1, 0}};
  s.angles = {{0, 1, 2, 0}};
  s.type_names = {"Na", "Cl"};
  const System c = s.copy();
  EXPECT_TRUE(same_bits(s.positions, c.positions));
  EXPECT_TRUE(same_bits(s.velocities, c.velocities));
  EXPECT_NE(s.positions.data(), c.positions.data());
  EXPECT_EQ(c.types[5], s.types[5]);
  EXPECT_EQ(c.charges[5], s.charges[5]);
  EXPECT_EQ(c.type_names, s.type_names);
  EXPECT_EQ(c.bonds.size(), 1U);
  EXPECT_EQ(c.angles.size(), 1U);
  EXPECT_EQ(System().copy().size(), 0);
}

TEST(UnitsOfDynamics, AreKnownByName) {
  EXPECT_EQ(Units::named("reduced").boltzmann, 1);
  const Units nano = Units::named("nano");
  // k_B N_A = R; Coulomb's constant as GROMACS' manual has it.
  EXPECT_NEAR(nano.boltzmann, 0.00831446261815324, 1e-16);
  EXPECT_NEAR(nano.coulomb, 138.935458, 1e-6);
  EXPECT_NEAR(nano.pressure_bar, 16.6053906717, 1e-9);
  expect_says(error_of(Errc::invalid_argument, [] { Units::named("furlong"); }), {"furlong", "reduced", "nano"});
}

}  // namespace
}  // namespace lagoon::dynamics
