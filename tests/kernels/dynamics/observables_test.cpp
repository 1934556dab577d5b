// SPDX-License-Identifier: Apache-2.0
#include <lagoon/kernels/dynamics/observables.hpp>

#include <limits>
#include <numbers>

#include "systems.hpp"

namespace lagoon::dynamics {
namespace {

void expect_shells(const System& s, double radius, int bins) {
  SCOPED_TRACE(testing::Message() << s.size() << " particles, radius " << radius << ", bins " << bins);
  const auto got = radial_distribution(s, radius, bins);
  const auto want = reference::shells(s, radius, bins);
  ASSERT_EQ(got.g.size(), bins);
  const auto n = static_cast<double>(s.size());
  std::int64_t within = 0;
  for (std::ptrdiff_t b = 0; b < bins; ++b) {
    const auto k = static_cast<std::size_t>(b);
    within += want.pairs[k];
    EXPECT_NEAR(got.r[b], (static_cast<double>(b) + 0.5) * radius / bins, 1e-15 * radius);
    EXPECT_NEAR(got.g[b], static_cast<double>(want.g[k]), 1e-12 * static_cast<double>(want.g[k])) << b;
    EXPECT_NEAR(got.n[b], 2 * static_cast<double>(within) / n, 1e-13 * got.n[b]) << b;
  }
}

TEST(RadialDistributionOfParticles, IsThatOfAllPairs) {
  expect_shells(scatter({.n = 500, .length = {9, 11, 8}}), 4, 100);  // cells so large that all are neighbours
  expect_shells(scatter({.n = 500, .length = {9, 11, 8}}), 2, 33);   // four, five, four cells
  expect_shells(scatter({.n = 500, .length = {9, 11, 8}}), 0.5, 7);  // many more cells than neighbours
  expect_shells(scatter({.n = 300, .length = {60, 6, 6}}), 3, 200);  // long
  expect_shells(scatter({.n = 300, .length = {6, 6, 60}, .part = {1, 1, 0.1}}), 1.5, 50);
  expect_shells(scatter({.n = 20, .length = {1e6, 1e6, 1e6}}), 10, 5);  // nobody near
  for (std::ptrdiff_t n : {2, 3, 7}) expect_shells(scatter({.n = n, .length = {3, 3, 3}}), 1.5, 10);
}

TEST(RadialDistributionOfParticles, SeesThroughTheFacesOfTheBox) {
  System s = scatter({.n = 200, .length = {7, 7, 7}, .origin = {-2, 5, 100}});
  for (std::ptrdiff_t i = 0; i < s.size(); ++i) s.positions(i, i % 3) += 7.0 * static_cast<double>(i % 5 - 2);
  expect_shells(s, 3.5, 40);
  expect_shells(s, 1.4, 40);
}

TEST(RadialDistributionOfALattice, HasNeighboursWhereTheyAre) {
  const System s = fcc({.cells = {6, 6, 6}, .spacing = 1});
  // Squared distances in units of spacing^2 / 2 are 1, 2, 3, ...: 12, 6, 24, 12, 24, 8 neighbours.
  const int shell[] = {12, 6, 24, 12, 24, 8};
  const auto rdf = radial_distribution(s, 1.8, 900);
  double total = 0;
  for (int k = 1; k <= 6; ++k) {
    total += shell[k - 1];
    const double r = std::sqrt(0.5 * k);
    const auto b = static_cast<std::ptrdiff_t>(r / 1.8 * 900);
    EXPECT_NEAR(rdf.n[std::min<std::ptrdiff_t>(b + 1, 899)], total, 1e-12) << k;
    EXPECT_NEAR(rdf.n[b - 2], total - shell[k - 1], 1e-12) << k;
  }
}

TEST(RadialDistributionOfAnIdealGas, IsOne) {
  System s;
  constexpr std::ptrdiff_t n = 20000;
  s.box.length = {20, 25, 40};
  s.positions = Tensor<double, 2>({n, 3});
  std::mt19937_64 random(1);
  for (std::ptrdiff_t i = 0; i < n; ++i)
    for (std::ptrdiff_t d = 0; d < 3; ++d)
      s.positions(i, d) = std::uniform_real_distribution<double>(0, s.box.length[static_cast<std::size_t>(d)])(random);
  const auto rdf = radial_distribution(s, 3, 30);
  for (std::ptrdiff_t b = 0; b < 30; ++b) {
    // Pairs of a shell are Poisson's: g is 1 within five of their standard deviations.
    const double low = 0.1 * static_cast<double>(b), high = low + 0.1;
    const double shell = 4 * std::numbers::pi / 3 * (high * high * high - low * low * low);
    const double pairs = 0.5 * n * (n - 1) / s.box.volume() * shell;
    EXPECT_NEAR(rdf.g[b], 1, 5 / std::sqrt(pairs)) << b;
  }
}

TEST(RadialDistributionOfParticles, HasTheSameBitsOnAnyNumberOfCores) {
  const System s = shaken({14, 14, 14}, 0.9, 0.2);
  expect_same_bits([&] {
    const auto rdf = radial_distribution(s, 3.1, 300);
    std::vector<double> bits(rdf.g.data(), rdf.g.data() + rdf.g.size());
    bits.insert(bits.end(), rdf.n.data(), rdf.n.data() + rdf.n.size());
    return bits;
  });
}

TEST(RadialDistributionOfFew, IsNothing) {
  for (std::ptrdiff_t n : {0, 1}) {
    const auto rdf = radial_distribution(scatter({.n = n}), 2, 10);
    for (std::ptrdiff_t b = 0; b < 10; ++b) {
      EXPECT_EQ(rdf.g[b], 0);
      EXPECT_EQ(rdf.n[b], 0);
    }
  }
}

TEST(RadialDistributionOfParticles, RefusesWhatItCannotAnswer) {
  System s = scatter({.n = 10, .length = {8, 6, 7}});
  const auto refusal = [&](double radius, int bins) {
    return error_of(Errc::invalid_argument, [&] { radial_distribution(s, radius, bins); });
  };
  expect_says(refusal(3.01, 10), {"3.01", "3.0", "y"});
  expect_says(refusal(2, 0), {"0 bins"});
  for (double bad : {0.0, -1.0, std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()})
    expect_says(refusal(bad, 10), {"radius"});
  s.box.boundary[2] = Boundary::open;
  expect_says(refusal(2, 10), {"periodic", "z"});
}

TEST(MeanSquareDisplacement, IsTheMeanOfSquares) {
  auto a = Tensor<double, 2>::zeros({4, 3}), b = Tensor<double, 2>::zeros({4, 3});
  for (std::ptrdiff_t i = 0; i < 4; ++i) a(i, i % 3) = static_cast<double>(i + 1);
  EXPECT_EQ(mean_square_displacement(a, b), (1 + 4 + 9 + 16) / 4.0);
  EXPECT_EQ(mean_square_displacement(a, a), 0);
  const Tensor<double, 2> none({0, 3});
  EXPECT_EQ(mean_square_displacement(none, none), 0);
  const auto wide = Tensor<double, 2>::zeros({4, 6});  // a view with gaps
  EXPECT_EQ(mean_square_displacement(wide.view().slice(1, 1, 4), b), 0);
  expect_says(error_of(Errc::invalid_argument, [&] { mean_square_displacement(a, none); }), {"4x3", "0x3"});
  expect_says(error_of(Errc::invalid_argument, [&] { mean_square_displacement(wide, wide); }), {"4x6"});
}

TEST(KineticEnergy, IsThatOfMassesAndVelocities) {
  System s = scatter({.n = 4, .types = 2});
  EXPECT_EQ(kinetic_energy(s), 0);
  s.masses = {2, 5};
  s.velocities = Tensor<double, 2>::filled({4, 3}, 2);
  EXPECT_EQ(kinetic_energy(s), 0.5 * (2 + 5 + 2 + 5) * 12);
  EXPECT_EQ(temperature(s), 2 * kinetic_energy(s) / 9);
  s.units = Units::nano();
  EXPECT_EQ(temperature(s), 2 * kinetic_energy(s) / (9 * s.units.boltzmann));
}

}  // namespace
}  // namespace lagoon::dynamics
