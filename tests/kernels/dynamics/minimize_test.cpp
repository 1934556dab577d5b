// SPDX-License-Identifier: Apache-2.0
#include <lagoon/kernels/dynamics/minimize.hpp>

#include <limits>
#include <numbers>

#include "systems.hpp"

namespace lagoon::dynamics {
namespace {

System cluster(std::initializer_list<std::array<double, 3>> places, double off = 0) {
  System s;
  s.box = {{-10, -10, -10}, {20, 20, 20}, kOpen};
  s.positions = Tensor<double, 2>({static_cast<std::ptrdiff_t>(places.size()), 3});
  std::mt19937_64 random(4);
  std::uniform_real_distribution<double> draw(-off, off);
  std::ptrdiff_t i = 0;
  for (const auto& p : places) {
    for (std::size_t d = 0; d < 3; ++d)
      s.positions(i, static_cast<std::ptrdiff_t>(d)) = p[d] + (off > 0 ? draw(random) : 0);
    ++i;
  }
  return s;
}

TEST(Minima, OfTwoParticlesAreTheBottomOfTheWell) {
  const auto m = minimize(cluster({{0, 0, 0}, {1.5, 0.3, -0.2}}), {.cutoff = 5}, {.force_tolerance = 1e-9});
  EXPECT_TRUE(m.converged);
  EXPECT_LE(m.largest_force, 1e-9);
  // At 2^(1/6) the energy's second derivative is 57: a force of 1e-9 is 2e-11 of way.
  const auto d = reference::separation(m.system.box, reference::vectors(m.system.positions, 2)[0],
                                       reference::vectors(m.system.positions, 2)[1]);
  EXPECT_NEAR(static_cast<double>(reference::length(d)), std::pow(2, 1.0 / 6), 1e-10);
  EXPECT_NEAR(m.energies.pair, -1, 1e-14);
}

// Lowest energies known of Lennard-Jones clusters (Hoare & Pal 1971): the tetrahedron -6, the pentagonal bipyramid of 7
// -16.505384, the icosahedron of 13 -44.326801.
TEST(Minima, OfClustersAreThoseKnown) {
  const auto four = minimize(cluster({{0, 0, 0}, {1, 1, 0}, {1, 0, 1}, {0, 1, 1}}, 0.1), {.cutoff = 8});
  EXPECT_TRUE(four.converged);
  EXPECT_NEAR(four.energies.potential(), -6, 1e-9);

  System seven = cluster({{0, 0, 0.55}, {0, 0, -0.55}, {}, {}, {}, {}, {}}, 0.05);
  for (std::ptrdiff_t i = 0; i < 5; ++i) {
    seven.positions(2 + i, 0) += 0.95 * std::cos(0.4 * std::numbers::pi * static_cast<double>(i));
    seven.positions(2 + i, 1) += 0.95 * std::sin(0.4 * std::numbers::pi * static_cast<double>(i));
  }
  const auto bipyramid = minimize(std::move(seven), {.cutoff = 8});
  EXPECT_TRUE(bipyramid.converged);
  EXPECT_NEAR(bipyramid.energies.potential(), -16.505384, 5e-7);

  const double g = std::numbers::phi * 0.57, o = 0.57;
  const auto icosahedron = minimize(cluster({{0, 0, 0},
                                             {0, o, g},
                                             {0, o, -g},
                                             {0, -o, g},
                                             {0, -o, -g},
                                             {o, g, 0},
                                             {o, -g, 0},
                                             {-o, g, 0},
                                             {-o, -g, 0},
                                             {g, 0, o},
                                             {-g, 0, o},
                                             {g, 0, -o},
                                             {-g, 0, -o}},
                                            0.08),
                                    {.cutoff = 8});
  EXPECT_TRUE(icosahedron.converged);
  EXPECT_NEAR(icosahedron.energies.potential(), -44.326801, 5e-7);
  const auto f = forces(icosahedron.system, {.cutoff = 8});
  EXPECT_LE(largest(f.forces), 1.001e-6);
}

TEST(Minima, OfAShakenCrystalAreTheCrystal) {
  Model m;
  m.truncation = Truncation::shifted;
  System perfect = fcc({.cells = {5, 5, 5}, .spacing = fcc_spacing(1)});
  const double bottom = energies(perfect, m).potential();
  const auto found = minimize(shaken({5, 5, 5}, 1, 0.1), m);
  EXPECT_TRUE(found.converged);
  EXPECT_NEAR(found.energies.potential(), bottom, 1e-9 * std::abs(bottom));
}

TEST(Minima, OfBentMoleculesHaveTheLengthsAndAnglesOfTheModel) {
  System s = cluster({{0.7, 0.3, 0}, {0, 0, 0.1}, {-0.2, 1.4, 0.2}});
  s.bonds = {{0, 1, 0}, {1, 2, 1}};
  s.angles = {{0, 1, 2, 0}};
  const Model m{.cutoff = 2, .bonds = {{100, 1}, {80, 1.1}}, .angles = {{10, 1.9}}};
  const auto found = minimize(std::move(s), m, {.force_tolerance = 1e-9});
  EXPECT_TRUE(found.converged);
  EXPECT_NEAR(found.energies.bond, 0, 1e-15);
  EXPECT_NEAR(found.energies.angle, 0, 1e-15);
  const auto x = reference::vectors(found.system.positions, 3);
  const auto a = reference::separation(found.system.box, x[0], x[1]),
             b = reference::separation(found.system.box, x[2], x[1]);
  EXPECT_NEAR(static_cast<double>(reference::length(a)), 1, 1e-9);
  EXPECT_NEAR(static_cast<double>(reference::length(b)), 1.1, 1e-9);
  EXPECT_NEAR(static_cast<double>(std::acos(reference::dot(a, b) / reference::length(a) / reference::length(b))), 1.9,
              1e-8);
}

TEST(Minima, OfOverlapsAreFoundFromAnyStart) {
  const System start = scatter({.n = 200, .length = {6.2, 6.2, 6.2}, .apart = 0, .seed = 3});
  Model m;
  m.truncation = Truncation::force_shifted;
  const double before = energies(start, m).potential();
  const auto found = minimize(start.copy(), m, {.force_tolerance = 1e-3});
  EXPECT_TRUE(found.converged);
  EXPECT_LT(found.energies.potential(), std::min(before, -500.0));
  EXPECT_LE(largest(forces(found.system, m).forces), 1.001e-3);
}

TEST(Minima, AreAtRestAndSayWhereTheyEnded) {
  System s = shaken({3, 3, 3}, 1, 0.1);
  set_temperature(s, 5, 1);
  const auto stopped = minimize(s.copy(), {.cutoff = 2}, {.max_steps = 3});
  EXPECT_FALSE(stopped.converged);
  EXPECT_LE(stopped.steps, 3);
  EXPECT_GT(stopped.largest_force, 1e-6);
  if (!stopped.system.velocities.empty()) {
    EXPECT_EQ(largest(stopped.system.velocities), 0);
  }
  const auto still = minimize(s.copy(), {.cutoff = 2}, {.max_steps = 0});
  EXPECT_LE(largest_difference(still.system.positions, s.positions), 5.1);  // at most brought into the box
  EXPECT_FALSE(still.converged);
}

TEST(Minima, OfNobodyAndOneAreThere) {
  for (std::ptrdiff_t n : {0, 1}) {
    const auto m = minimize(scatter({.n = n}), {});
    EXPECT_TRUE(m.converged);
    EXPECT_EQ(m.largest_force, 0);
    EXPECT_EQ(m.system.size(), n);
  }
}

TEST(Minima, AreTheSameBitsOnAnyNumberOfCores) {
  expect_same_bits([] {
    const auto m = minimize(shaken({8, 8, 8}, 0.9, 0.1), {}, {.max_steps = 30});
    std::vector<double> bits;
    append(bits, m.system.positions);
    append(bits, m.energies);
    return bits;
  });
}

TEST(Minima, RefuseOptionsThatMakeNoSense) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const MinimizeOptions& bad :
       {MinimizeOptions{.force_tolerance = -1}, MinimizeOptions{.force_tolerance = nan},
        MinimizeOptions{.max_steps = -1}, MinimizeOptions{.max_move = -1}, MinimizeOptions{.max_move = nan}})
    error_of(Errc::invalid_argument, [&] { minimize(scatter({.n = 5}), {}, bad); });
}

}  // namespace
}  // namespace lagoon::dynamics
