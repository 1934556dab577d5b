// SPDX-License-Identifier: Apache-2.0
// Lennard-Jones numbers that others published, or that exact arithmetic gives.
#include <lagoon/kernels/dynamics/forces.hpp>

#include "systems.hpp"

namespace lagoon::dynamics {
namespace {

/// Energy, virial, and force on particle 0, to 1e-12 of their values. The sums have some 10^5 terms, all to roundoff of
/// their own, and cancel by less than a factor of ten.
struct Numbers {
  double cutoff;
  Truncation truncation;
  double energy, virial;
  double tail = 0, tail_pressure = 0;
  std::array<double, 3> force{0, 0, 0};  ///< zeros: not known
};

void expect_numbers(const System& s, const Numbers& n) {
  SCOPED_TRACE(testing::Message() << "cutoff " << n.cutoff << ", truncation " << static_cast<int>(n.truncation));
  Model m;
  m.cutoff = n.cutoff;
  m.truncation = n.truncation;
  m.tail = n.tail != 0;
  const auto f = forces(s, m);
  const auto near = [](double got, double want) { EXPECT_NEAR(got, want, 1e-12 * std::abs(want)); };
  near(f.energies.pair, n.energy);
  near(f.energies.virial, n.virial);
  near(f.energies.tail, n.tail);
  near(f.energies.tail_pressure, n.tail_pressure);
  double size = 0;
  for (double v : n.force) size += v * v;
  if (size == 0) return;
  const auto bound = reference::forces(s, m).bound[0];
  for (std::size_t d = 0; d < 3; ++d)
    EXPECT_NEAR(f.forces(0, static_cast<std::ptrdiff_t>(d)), n.force[d],
                1e-12 * std::sqrt(size) + static_cast<double>(Rounding(s, Precision::f64).of(bound)))
        << d;
}

/// A count, a line with the edges, and lines of a name and three numbers.
System read_configuration(const std::string& path) {
  std::ifstream in(path);
  std::ptrdiff_t n = 0;
  std::string word;
  System s;
  in >> n >> word;
  for (double& l : s.box.length) in >> l;
  for (double& o : s.box.origin) o = 0;
  s.positions = Tensor<double, 2>({n, 3});
  for (std::ptrdiff_t i = 0; i < n; ++i) {
    in >> word;
    for (std::ptrdiff_t d = 0; d < 3; ++d) in >> s.positions(i, d);
  }
  EXPECT_TRUE(in && n > 0) << path;
  return s;
}

// NIST SRSW, Lennard-Jones sample configurations: published to five digits; all digits by a direct sum.
TEST(NistConfigurations, OneIsMetToTwelveDigits) {
  if (case_file("").empty()) GTEST_SKIP() << "no LAGOON_CASES";
  const System s = read_configuration(case_file("nist_lj_1.xyz"));
  ASSERT_EQ(s.size(), 800);
  expect_numbers(s, {3,
                     Truncation::cut,
                     -4351.5401945438725,
                     -568.6654653181755,
                     -198.48888374415665,
                     -0.39679616741169466,
                     {-10.707787302794049, -3.343023798621003, -16.42750498792601}});
  expect_numbers(s, {4,
                     Truncation::cut,
                     -4467.495724947979,
                     -1263.8833718721376,
                     -83.76898640333722,
                     -0.16752433742189324,
                     {-10.714541678547006, -3.336173972582229, -16.42550946479147}});
  expect_numbers(s, {3, Truncation::force_shifted, -3870.924885784017, 317.5383460124442});
}

TEST(NistConfigurations, FourIsMetToTwelveDigits) {
  if (case_file("").empty()) GTEST_SKIP() << "no LAGOON_CASES";
  const System s = read_configuration(case_file("nist_lj_4.xyz"));
  ASSERT_EQ(s.size(), 30);
  expect_numbers(s, {3,
                     Truncation::cut,
                     -16.790321304625856,
                     -46.24919674630892,
                     -0.5451660014945707,
                     -0.002128580514612944,
                     {3.255099678893582, 0.46779911807152225, 0.6261231507660324}});
  expect_numbers(s, {4,
                     Truncation::cut,
                     -17.06045322027088,
                     -47.868828191072375,
                     -0.23007839283143156,
                     -0.0008986705760938162,
                     {3.2493781925172387, 0.4605542119692152, 0.6335241827970645}});
  expect_numbers(s, {3, Truncation::force_shifted, -15.00140228691536, -43.0960055391779});
}

// Thirty particles at multiples of 1/64, so that distances are exact; sums in 60 digits.
TEST(ConfigurationsOfOurOwn, AreMetToTwelveDigits) {
  System s;
  s.box.length = {8, 8, 8};
  s.positions = Tensor<double, 2>({30, 3});
  constexpr int kSteps[3] = {353, 185, 179};
  for (std::ptrdiff_t i = 0; i < 30; ++i)
    for (std::ptrdiff_t d = 0; d < 3; ++d)
      s.positions(i, d) = static_cast<double>(kSteps[d] * static_cast<int>(i) % 512) / 64;
  expect_numbers(s, {3,
                     Truncation::cut,
                     49.690082160809691959,
                     1493.030125573672900549,
                     0,
                     0,
                     {-33.756259312022689496, -41.334152344093971444, -24.103811990869424587}});
  expect_numbers(s, {4,
                     Truncation::cut,
                     49.5400596044615986,
                     1492.130588530923886602,
                     0,
                     0,
                     {-33.750450757618020232, -41.327163318090541890, -24.116210030224067784}});
  expect_numbers(s, {2.5,
                     Truncation::cut,
                     50.297680966416257344,
                     1496.666869422383893830,
                     0,
                     0,
                     {-33.734189145761370920, -41.379673732569647507, -24.076676678671556650}});
  expect_numbers(s, {3,
                     Truncation::force_shifted,
                     51.510355553273045744,
                     1496.228584270002093820,
                     0,
                     0,
                     {-33.755743480943110735, -41.381350314111621828, -24.095681409447770593}});
}

TEST(ClustersOfLennardJones, AreWhatTheFormulaSays) {
  System s;
  s.box = {{0, 0, 0}, {10, 10, 10}, kOpen};
  // A regular tetrahedron of edge 1: each pair has no energy and pushes with 24, three edges of it with 24 sqrt(6).
  s.positions = Tensor<double, 2>({4, 3});
  const double h = std::sqrt(0.125);
  const double corner[4][3] = {{h, h, h}, {h, -h, -h}, {-h, h, -h}, {-h, -h, h}};
  for (std::ptrdiff_t i = 0; i < 4; ++i)
    for (std::ptrdiff_t d = 0; d < 3; ++d) s.positions(i, d) = corner[i][d];
  const auto f = forces(s, {});
  EXPECT_NEAR(f.energies.pair, 0, 1e-13);
  EXPECT_NEAR(f.energies.virial, 6 * 24, 1e-12);
  for (std::ptrdiff_t i = 0; i < 4; ++i)
    for (std::ptrdiff_t d = 0; d < 3; ++d)
      EXPECT_NEAR(f.forces(i, d), 24 * std::sqrt(2) * (corner[i][d] > 0 ? 1 : -1), 1e-12);
  // A pair at the bottom of its well.
  s.positions = Tensor<double, 2>::zeros({2, 3});
  s.positions(1, 1) = std::pow(2, 1.0 / 6);
  const auto g = forces(s, {});
  EXPECT_NEAR(g.energies.pair, -1, 1e-15);
  EXPECT_NEAR(g.forces(0, 1), 0, 1e-13);
}

// Step 0 of LAMMPS' melt example (4000 atoms, T 3) and of its Lennard-Jones benchmark (32,000 atoms, T 1.44): eight
// digits of the log; the energy of the lattice by a direct sum.
TEST(LammpsLattices, StartWithTheSameEnergyAndPressure) {
  struct Case {
    int cells;
    double temperature, total, pressure;
  };
  for (const Case& c : {Case{10, 3.0, -2.2744931, -3.7033504}, Case{20, 1.44, -4.6134356, -5.0197073}}) {
    SCOPED_TRACE(c.cells);
    System s = fcc({.cells = {c.cells, c.cells, c.cells}, .spacing = fcc_spacing(0.8442)});
    set_temperature(s, c.temperature, 87287);
    const auto n = static_cast<double>(s.size());
    const Simulation run(std::move(s), {});
    const Observation o = run.observe();
    EXPECT_NEAR(o.potential() / n, -6.77336805325296, 1e-13 * 7);
    EXPECT_NEAR(o.temperature, c.temperature, 1e-13);
    EXPECT_NEAR(o.total() / n, c.total, 5.1e-8);
    EXPECT_NEAR(o.pressure, c.pressure, 5.1e-8);
  }
}

}  // namespace
}  // namespace lagoon::dynamics
