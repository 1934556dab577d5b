// SPDX-License-Identifier: Apache-2.0
// Forces and energies against plain loops over all pairs: every model, every box.
#include <lagoon/kernels/dynamics/forces.hpp>

#include "systems.hpp"

namespace lagoon::dynamics {
namespace {

constexpr Truncation kTruncations[] = {Truncation::cut, Truncation::shifted, Truncation::force_shifted};

TEST(Forces, OfALiquidAreThoseOfAllPairs) {
  const System s = shaken({5, 5, 5}, 0.8442, 0.15);
  for (Truncation t : kTruncations) {
    SCOPED_TRACE(static_cast<int>(t));
    expect_like_reference(s, {.truncation = t});
  }
}

TEST(Forces, OfPerfectLatticesCancel) {
  for (double density : {0.3, 0.8442, 1.2}) {
    const System s = fcc({.cells = {4, 4, 4}, .spacing = fcc_spacing(density)});
    expect_like_reference(s, {.cutoff = 1.9});
    // Each particle sees the same: terms of size 100 and less leave what roundoff leaves of them.
    EXPECT_LE(largest(forces(s, {.cutoff = 1.9}).forces), 1e-11) << density;
  }
}

TEST(Forces, OfMixturesAreThoseOfAllPairs) {
  for (int types : {2, 3, 4, 5})
    for (Truncation t : kTruncations)
      for (Mixing mixing : {Mixing::lorentz_berthelot, Mixing::geometric}) {
        SCOPED_TRACE(testing::Message() << types << " types, " << static_cast<int>(t) << static_cast<int>(mixing));
        Model m = mixture(types);
        m.truncation = t;
        m.mixing = mixing;
        expect_like_reference(
            scatter({.n = 211, .length = {7, 7.5, 8}, .types = types, .seed = static_cast<unsigned>(types)}), m);
      }
}

TEST(Forces, OfMixedPairsTakeThePlaceOfMixing) {
  const System s = scatter({.n = 200, .length = {7, 7, 7}, .types = 3});
  Model m = mixture(3);
  const double before = energies(s, m).pair;
  m.mixed = {{2, 0, {0.3, 1.1}}, {1, 2, {0, 1}}};
  expect_like_reference(s, m);
  EXPECT_NE(energies(s, m).pair, before);
}

TEST(Forces, OfTypesThatDoNotActAreNone) {
  const System s = scatter({.n = 100, .types = 2});
  Model m = mixture(2);
  m.types = {{1, 1}, {0, 1}};
  m.truncation = Truncation::shifted;
  expect_like_reference(s, m);
  const auto f = forces(s, m);
  for (std::ptrdiff_t i = 1; i < s.size(); i += 2)
    for (std::ptrdiff_t d = 0; d < 3; ++d) EXPECT_EQ(f.forces(i, d), 0);
}

TEST(Forces, HaveTailsOfMixtures) {
  for (int types : {1, 2, 5}) {
    Model m = mixture(types);
    m.tail = true;
    const System s = scatter({.n = 101, .length = {7, 6, 9}, .types = types});
    expect_like_reference(s, m);
    EXPECT_LT(energies(s, m).tail, 0);
  }
}

TEST(Forces, OfChargesAreThoseOfAllPairs) {
  for (int types : {1, 3})
    for (Truncation t : kTruncations)
      for (double dielectric : {1.0, 78.5, std::numeric_limits<double>::infinity()}) {
        SCOPED_TRACE(testing::Message() << types << " types, dielectric " << dielectric);
        Model m = mixture(types);
        m.truncation = t;
        m.electrostatics = Electrostatics::reaction_field;
        m.dielectric = dielectric;
        expect_like_reference(scatter({.n = 150, .length = {7, 7, 7}, .types = types, .charges = true}), m);
      }
  for (double damping : {0.0, 0.05, 0.2, 0.8, 1.5}) {
    SCOPED_TRACE(testing::Message() << "damping " << damping);
    Model m = mixture(2, 3);
    m.electrostatics = Electrostatics::damped_shifted_force;
    m.damping = damping;
    expect_like_reference(scatter({.n = 150, .length = {7, 7, 7}, .types = 2, .charges = true}), m);
  }
}

TEST(Forces, OfChargesDampedToNothingAreRightOrRefused) {
  const System s = scatter({.n = 150, .length = {7, 7, 7}, .charges = true});
  for (double damping : {3.0, 10.0, 100.0}) {
    SCOPED_TRACE(testing::Message() << "damping " << damping);
    Model m;
    m.cutoff = 3;
    m.electrostatics = Electrostatics::damped_shifted_force;
    m.damping = damping;
    try {
      check(m, s);
    } catch (const Error& e) {
      EXPECT_EQ(e.code(), Errc::invalid_argument);
      continue;
    }
    expect_like_reference(s, m);
  }
}

TEST(Forces, OfChargesInNanoUnitsAreThoseOfAllPairs) {
  System s = scatter({.n = 128, .length = {2.2, 2.2, 2.2}, .apart = 0.25, .types = 2, .charges = true});
  s.units = Units::nano();
  s.masses = {22.99, 35.45};
  Model m{.types = {{0.0116, 0.3333}, {0.4184, 0.4401}}, .cutoff = 1.0};
  for (auto electrostatics : {Electrostatics::reaction_field, Electrostatics::damped_shifted_force}) {
    m.electrostatics = electrostatics;
    m.damping = 2;
    expect_like_reference(s, m);
  }
}

TEST(Forces, OfChargesThatNobodyAsksForAreNone) {
  System s = scatter({.n = 60, .charges = true});
  EXPECT_EQ(energies(s, {}).coulomb, 0);
  expect_like_reference(s, {});
  s.charges = {};
  Model m;
  m.electrostatics = Electrostatics::reaction_field;
  EXPECT_EQ(energies(s, m).coulomb, 0);
  expect_like_reference(s, m);
}

/// Chains of five, bent at random, one bond long from particle to particle.
System chains(std::ptrdiff_t molecules, bool charges) {
  System s = scatter({.n = 5 * molecules, .length = {9, 8, 7}, .apart = 0.8, .types = 2, .charges = charges});
  std::mt19937_64 random(7);
  std::normal_distribution<double> draw;
  for (std::ptrdiff_t i = 0; i < s.size(); ++i) {
    if (i % 5 == 0) continue;
    double step[3], r = 0;
    for (double& v : step) {
      v = draw(random);
      r += v * v;
    }
    for (std::ptrdiff_t d = 0; d < 3; ++d) s.positions(i, d) = s.positions(i - 1, d) + 1.05 * step[d] / std::sqrt(r);
  }
  for (std::int32_t i = 0; i < s.size(); ++i) {
    if (i % 5 < 4) s.bonds.push_back({i, i + 1, i % 2});
    if (i % 5 < 3) s.angles.push_back({i, i + 1, i + 2, i % 3});
  }
  return s;
}

Model chain_model() {
  Model m = mixture(2);
  m.bonds = {{300, 1}, {120, 1.1}};
  m.angles = {{30, 1.9}, {12, 2.5}, {5, 3.1415926535897931}};
  return m;
}

TEST(Forces, OfMoleculesAreThoseOfAllPairsWithoutNeighboursInAMolecule) {
  for (bool exclude : {true, false})
    for (auto electrostatics : {Electrostatics::none, Electrostatics::reaction_field}) {
      SCOPED_TRACE(testing::Message() << exclude << static_cast<int>(electrostatics));
      Model m = chain_model();
      m.exclude_bonded = exclude;
      m.electrostatics = electrostatics;
      m.dielectric = 10;
      expect_like_reference(chains(40, electrostatics != Electrostatics::none), m);
    }
}

TEST(Forces, OfParticlesThatShareABondMoreThanTheCutoffLongAreThoseOfTheBondAlone) {
  System s = scatter({.n = 2, .length = {20, 20, 20}});
  for (double r : {0.5, 2.4, 2.6, 9.9}) {
    for (std::ptrdiff_t d = 0; d < 3; ++d) s.positions(1, d) = s.positions(0, d) + (d == 0 ? r : 0);
    s.bonds = {{1, 0, 0}};
    Model m;
    m.bonds = {{3, 1}};
    const auto f = forces(s, m);
    EXPECT_EQ(f.energies.pair, 0) << r;
    EXPECT_NEAR(f.forces(0, 0), 3 * (r - 1), 1e-13 * r);
    EXPECT_NEAR(f.energies.bond, 1.5 * (r - 1) * (r - 1), 1e-12 * r);
    expect_like_reference(s, m);
  }
}

TEST(Forces, OfOneHubWithManyExclusionsAreThoseOfAllPairs) {
  System s = scatter({.n = 120, .length = {6, 6, 6}, .apart = 0.8});
  for (std::int32_t i = 1; i < 120; ++i) s.bonds.push_back({0, i, 0});
  s.bonds.push_back({5, 0, 0});  // twice the same pair: two bonds, one exclusion
  Model m;
  m.bonds = {{2, 1.5}};
  expect_like_reference(s, m);
}

TEST(Forces, OfAFunctionOfOnesOwnAreThoseOfAllPairs) {
  Model m = mixture(3, 2.2);
  m.pair = pair_function([](double r) {
    return PairValue{std::exp(-2 * r) / r, std::exp(-2 * r) * (2 / r + 1 / (r * r))};
  });
  expect_like_reference(scatter({.n = 150, .length = {7, 7, 5}, .types = 3}), m);
  m.pair = pair_function([](double r, int a, int b) {
    const double k = 1 + a + b + 0.3 * a * b;
    return PairValue{k * (3 - r) * (3 - r), 2 * k * (3 - r)};
  });
  expect_like_reference(scatter({.n = 150, .length = {7, 7, 5}, .types = 3}), m);
  m.electrostatics = Electrostatics::reaction_field;
  expect_like_reference(scatter({.n = 150, .length = {7, 7, 5}, .types = 3, .charges = true}), m);
}

TEST(Forces, OfAFunctionOfOnesOwnCallItWithinTheCutoffOnly) {
  Model m;
  m.cutoff = 1.7;
  std::atomic<int> beyond{0};
  m.pair = [&](const PairBatch& batch) {
    for (std::size_t i = 0; i < batch.size; ++i) {
      if (!(batch.r2[i] < 1.7 * 1.7) || batch.type_a[i] != 0 || batch.type_b[i] != 0) ++beyond;
      batch.energy[i] = 1;
      batch.force_over_r[i] = 0;
    }
  };
  const System s = scatter({.n = 300});
  m.truncation = Truncation::cut;
  const double pairs = energies(s, m).pair;
  EXPECT_EQ(beyond, 0);
  m.pair = pair_function([](double) { return PairValue{1, 0}; });
  EXPECT_EQ(static_cast<double>(reference::forces(s, m).pair.value), pairs);
}

TEST(Forces, OfNobodyOneAndTwoAreRight) {
  for (const auto& boundary : {kPeriodic, kOpen}) {
    for (std::ptrdiff_t n : {0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33}) {
      SCOPED_TRACE(n);
      const System s = scatter({.n = n, .length = {5.1, 5.1, 5.1}, .boundary = boundary});
      expect_like_reference(s, {});
      const auto f = forces(s, {});
      EXPECT_EQ(f.forces.extent(0), n);
      if (n < 2) {
        EXPECT_EQ(f.energies.potential(), 0);
      }
    }
  }
}

TEST(Forces, InBoxesOfTwiceTheCutoffAreThoseOfTheNearestImages) {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    const System s =
        scatter({.n = 10 + 7 * static_cast<std::ptrdiff_t>(seed), .length = {5.0001, 5.3, 5.0001}, .seed = seed});
    expect_like_reference(s, {.truncation = Truncation::force_shifted});
    expect_like_reference(s, {.cutoff = 2.5});
  }
  expect_like_reference(scatter({.n = 60, .length = {5, 5, 5}}), {.cutoff = 2.5});  // exactly
}

TEST(Forces, InLongAndFlatBoxesAreThoseOfAllPairs) {
  expect_like_reference(scatter({.n = 200, .length = {60, 5.2, 5.2}}), {});
  expect_like_reference(scatter({.n = 200, .length = {5.2, 60, 5.2}}), {});
  expect_like_reference(scatter({.n = 200, .length = {5.2, 5.2, 60}}), {});
  expect_like_reference(scatter({.n = 300, .length = {25, 25, 5.1}}), {});
  expect_like_reference(scatter({.n = 300, .length = {5.1, 25, 25}}), {});
  expect_like_reference(scatter({.n = 50, .length = {1e4, 6, 6}}), {});
  expect_like_reference(scatter({.n = 200, .length = {1e6, 1e6, 1e6}, .part = {1e-5, 1e-5, 1e-5}}), {});
}

TEST(Forces, AcrossEveryMixOfBoundariesAreThoseOfAllPairs) {
  const Boundary kinds[] = {Boundary::periodic, Boundary::reflecting, Boundary::open};
  for (Boundary x : kinds)
    for (Boundary y : kinds)
      for (Boundary z : kinds) {
        SCOPED_TRACE(testing::Message() << static_cast<int>(x) << static_cast<int>(y) << static_cast<int>(z));
        expect_like_reference(
            scatter({.n = 160, .length = {6, 6.5, 7}, .boundary = {x, y, z}, .origin = {-3, 10, 0.5}}), {});
      }
}

TEST(Forces, InOpenBoxesSmallerThanTheCutoffOrThanTheParticlesSpreadAreThoseOfAllPairs) {
  System s = scatter({.n = 100, .length = {10, 10, 10}, .boundary = kOpen});
  for (double length : {1e-3, 0.5, 4.0, 1e5}) {
    SCOPED_TRACE(length);
    s.box.length = {length, length, length};
    expect_like_reference(s, {});
  }
}

TEST(Forces, OfClustersFarApartInTheOpenAreThoseOfAllPairs) {
  System s = scatter({.n = 90, .length = {5, 5, 5}, .boundary = kOpen, .apart = 0.95});
  for (std::ptrdiff_t i = 0; i < 90; ++i) s.positions(i, 0) += static_cast<double>(i % 3) * 1e7;
  expect_like_reference(s, {});
}

TEST(Forces, OfParticlesFarOutsideThePeriodicBoxAreThoseOfTheirImages) {
  for (double far : {1.0, 7.0, 1e3, 1e6}) {
    SCOPED_TRACE(far);
    System s = scatter({.n = 200, .length = {7, 6, 8}, .origin = {-4, 2, 0}, .apart = 0.95});
    std::mt19937_64 random(3);
    for (std::ptrdiff_t i = 0; i < s.size(); ++i)
      for (std::size_t d = 0; d < 3; ++d)
        s.positions(i, static_cast<std::ptrdiff_t>(d)) +=
            s.box.length[d] * std::round(std::uniform_real_distribution<double>(-far, far)(random));
    expect_like_reference(s, {});
  }
}

TEST(Forces, OfParticlesAtTheEdgesOfTheBoxAreThoseOfTheirImages) {
  System s = scatter({.n = 64, .length = {8, 8, 8}});
  for (std::ptrdiff_t i = 0; i < 64; ++i)  // a lattice of 2 that starts at the very corner, half of it at the far end
    for (std::ptrdiff_t d = 0; d < 3; ++d) {
      const auto k = static_cast<double>((i >> (2 * d)) & 3);
      s.positions(i, d) = i % 5 == 0 && k == 0 ? 8.0 : i % 7 == 0 && k == 0 ? std::nextafter(0, -1) : 2 * k;
    }
  for (double cutoff : {2.5, 3.9, 4.0}) expect_like_reference(s, {.cutoff = cutoff});
}

TEST(Forces, OfCrowdsInACornerAreThoseOfAllPairs) {
  expect_like_reference(scatter({.n = 400, .length = {40, 40, 40}, .part = {0.2, 0.2, 0.2}}), {});
  expect_like_reference(scatter({.n = 400, .length = {40, 40, 40}, .part = {0.02, 1, 0.02}}), {});
  // One clump that is denser than anything physical, and a few far off: lists grow as they must.
  System s = scatter({.n = 300, .length = {30, 30, 30}, .part = {0.05, 0.05, 0.05}, .apart = 0.1});
  for (std::ptrdiff_t i = 0; i < 20; ++i)
    for (std::ptrdiff_t d = 0; d < 3; ++d) s.positions(i, d) = static_cast<double>((7 * i + 11 * d) % 29);
  expect_like_reference(s, {});
}

TEST(Forces, OfOverlapsAreHugeButThoseOfAllPairs) {
  expect_like_reference(scatter({.n = 300, .length = {6, 6, 6}, .apart = 0, .seed = 5}), {});
}

TEST(Forces, InMixedPrecisionAreRightToTheRoundingOfFloats) {
  const System liquid = shaken({5, 5, 5}, 0.8442, 0.12);
  for (Truncation t : kTruncations) {
    Model m;
    m.truncation = t;
    expect_like_reference(liquid, m, Precision::mixed);
    // What the header promises.
    const auto exact = forces(liquid, m), fast = forces(liquid, m, Precision::mixed);
    EXPECT_LE(largest_difference(exact.forces, fast.forces), 1e-5 * largest(exact.forces));
  }
  Model m = chain_model();
  m.electrostatics = Electrostatics::reaction_field;
  expect_like_reference(chains(40, true), m, Precision::mixed);
  m.electrostatics = Electrostatics::damped_shifted_force;
  expect_like_reference(chains(40, true), m, Precision::mixed);
  for (int types : {2, 5}) expect_like_reference(scatter({.n = 200, .types = types}), mixture(types), Precision::mixed);
  expect_like_reference(scatter({.n = 100, .boundary = kOpen}), {}, Precision::mixed);
  expect_like_reference(scatter({.n = 30, .length = {5.01, 5.01, 5.01}}), {}, Precision::mixed);
}

}  // namespace
}  // namespace lagoon::dynamics
