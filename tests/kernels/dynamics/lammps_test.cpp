// SPDX-License-Identifier: Apache-2.0
// The same particles in LAMMPS (Debian's package, where it is installed): its forces at the start and its velocities
// after 50 steps.
#include <lagoon/kernels/dynamics/simulation.hpp>

#include <cstdlib>
#include <filesystem>
#include <iomanip>
#include <map>
#include <sstream>

#include "../files/temporary_folder.hpp"
#include "systems.hpp"

namespace lagoon::dynamics {
namespace {

bool installed() { return std::system("command -v lmp > /dev/null 2>&1") == 0; }

std::string text_of(const std::filesystem::path& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// LAMMPS' data file: counts, edges, masses, then particles by number from 1.
void write_data(const std::filesystem::path& path, const System& s, const Model& m) {
  const bool molecules = !s.bonds.empty();
  std::ofstream out(path);
  out << std::setprecision(17) << "written by a test\n\n"
      << s.size() << " atoms\n"
      << s.masses.size() << " atom types\n";
  if (molecules)
    out << s.bonds.size() << " bonds\n"
        << m.bonds.size() << " bond types\n"
        << s.angles.size() << " angles\n"
        << m.angles.size() << " angle types\n";
  const char* names[] = {"xlo xhi", "ylo yhi", "zlo zhi"};
  for (std::size_t d = 0; d < 3; ++d)
    out << s.box.origin[d] << ' ' << s.box.origin[d] + s.box.length[d] << ' ' << names[d] << '\n';
  out << "\nMasses\n\n";
  for (std::size_t t = 0; t < s.masses.size(); ++t) out << t + 1 << ' ' << s.masses[t] << '\n';
  out << "\nAtoms\n\n";
  for (std::ptrdiff_t i = 0; i < s.size(); ++i) {
    out << i + 1 << (molecules ? " 1 " : " ") << (s.types.empty() ? 0 : s.types[i]) + 1;
    for (std::ptrdiff_t d = 0; d < 3; ++d) out << ' ' << s.positions(i, d);
    out << '\n';
  }
  out << "\nVelocities\n\n";
  for (std::ptrdiff_t i = 0; i < s.size(); ++i) {
    out << i + 1;
    for (std::ptrdiff_t d = 0; d < 3; ++d) out << ' ' << s.velocities(i, d);
    out << '\n';
  }
  if (!molecules) return;
  out << "\nBonds\n\n";
  for (std::size_t k = 0; k < s.bonds.size(); ++k)
    out << k + 1 << ' ' << s.bonds[k].type + 1 << ' ' << s.bonds[k].i + 1 << ' ' << s.bonds[k].j + 1 << '\n';
  out << "\nAngles\n\n";
  for (std::size_t k = 0; k < s.angles.size(); ++k)
    out << k + 1 << ' ' << s.angles[k].type + 1 << ' ' << s.angles[k].i + 1 << ' ' << s.angles[k].j + 1 << ' '
        << s.angles[k].k + 1 << '\n';
}

/// What LAMMPS says: forces and velocities (n x 3, by number) at steps 0 and 50, and its thermo columns at step 0.
struct Answer {
  Tensor<double, 2> force[2], velocity[2];
  std::map<std::string, double> thermo;
};

void read_dump(const std::filesystem::path& path, std::ptrdiff_t n, Answer& answer) {
  std::ifstream in(path);
  for (int frame = 0; frame < 2; ++frame) {
    std::string line;
    while (std::getline(in, line) && line.rfind("ITEM: ATOMS", 0) != 0) {
    }
    answer.force[frame] = Tensor<double, 2>({n, 3});
    answer.velocity[frame] = Tensor<double, 2>({n, 3});
    for (std::ptrdiff_t i = 0; i < n; ++i) {
      std::ptrdiff_t id = 0;
      in >> id;
      ASSERT_EQ(id, i + 1) << path << ", frame " << frame;
      for (std::ptrdiff_t d = 0; d < 3; ++d) in >> answer.force[frame](i, d);
      for (std::ptrdiff_t d = 0; d < 3; ++d) in >> answer.velocity[frame](i, d);
    }
    ASSERT_TRUE(in) << path << ", frame " << frame;
  }
}

void read_thermo(const std::string& log, Answer& answer) {
  const auto at = log.find("Step ");
  ASSERT_NE(at, std::string::npos) << log;
  std::istringstream in(log.substr(at));
  std::string names, values;
  std::getline(in, names);
  std::getline(in, values);
  std::istringstream name(names), value(values);
  double v = 0;
  for (std::string word; name >> word && value >> v;) answer.thermo[word] = v;
}

/// 50 steps of 0.005 with these lines about the interactions.
Answer run_lammps(const System& s, const Model& m, const std::string& interactions) {
  const files::TemporaryFolder folder;
  const std::filesystem::path place(folder.path(""));
  write_data(place / "system.data", s, m);
  std::ofstream(place / "in.run") << "units lj\n"
                                  << "atom_style " << (s.bonds.empty() ? "atomic" : "molecular") << '\n'
                                  << "boundary p p p\n"
                                  << interactions  // styles first, then the data, then coefficients
                                  << "neighbor 0.3 bin\nneigh_modify every 1 delay 0 check yes\n"
                                  << "fix 1 all nve\ntimestep 0.005\n"
                                  << "thermo 50\nthermo_style custom step temp evdwl ebond eangle etail press\n"
                                  << "thermo_modify norm no format float %.17g\n"
                                  << "dump 1 all custom 50 out.dump id fx fy fz vx vy vz\n"
                                  << "dump_modify 1 sort id format float %.17g\n"
                                  << "run 50\n";
  const std::string command =
      "cd '" + place.string() + "' && OMP_NUM_THREADS=1 lmp -in in.run -log out.log -screen none > out.txt 2>&1";
  Answer answer;
  const int status = std::system(command.c_str());
  EXPECT_EQ(status, 0) << text_of(place / "out.txt") << text_of(place / "out.log");
  if (status != 0) return answer;
  read_dump(place / "out.dump", s.size(), answer);
  read_thermo(text_of(place / "out.log"), answer);
  return answer;
}

/// Forces to 1e-9 and, after 50 steps, velocities to 1e-7: forces of size 100 differ by roundoff, 1e-13, and a liquid
/// lets differences grow by e in half a unit of time; here are 0.25 units.
void expect_like_lammps(const System& s, const Model& m, const Answer& lammps) {
  ASSERT_EQ(lammps.force[0].extent(0), s.size());
  Simulation run(s.copy(), m, {.time_step = 0.005});
  const Observation start = run.observe();
  EXPECT_LE(largest_difference(run.forces(), lammps.force[0]), 1e-9);
  EXPECT_LE(largest_difference(s.velocities, lammps.velocity[0]), 0);
  const auto near = [&](double got, const char* name) {
    ASSERT_TRUE(lammps.thermo.count(name)) << name;
    const double want = lammps.thermo.at(name);
    EXPECT_NEAR(got, want, 1e-11 * (std::abs(want) + std::abs(start.energies.pair))) << name;
  };
  near(start.energies.pair + start.energies.tail, "E_vdwl");
  near(start.energies.bond, "E_bond");
  near(start.energies.angle, "E_angle");
  near(start.energies.tail, "E_tail");
  near(start.temperature, "Temp");
  near(start.pressure, "Press");
  run.advance(50);
  EXPECT_LE(largest_difference(run.velocities(), lammps.velocity[1]), 1e-7);
  EXPECT_LE(largest_difference(run.forces(), lammps.force[1]), 1e-5);
}

System melt(std::array<int, 3> cells) {
  System s = shaken(cells, 0.8442, 0.08);
  set_temperature(s, 1.44, 87287);
  return s;
}

TEST(Lammps, AgreesOnALiquid) {
  if (!installed()) GTEST_SKIP() << "lmp is not installed (Debian's package lammps)";
  const System s = melt({8, 8, 8});
  expect_like_lammps(s, {}, run_lammps(s, {}, "pair_style lj/cut 2.5\nread_data system.data\npair_coeff 1 1 1 1\n"));
}

TEST(Lammps, AgreesOnALiquidWithATail) {
  if (!installed()) GTEST_SKIP() << "lmp is not installed (Debian's package lammps)";
  const System s = melt({6, 6, 6});
  const Model m{.cutoff = 3, .tail = true};
  expect_like_lammps(s, m,
                     run_lammps(s, m,
                                "pair_style lj/cut 3\nread_data system.data\npair_coeff 1 1 1 1\n"
                                "pair_modify tail yes\n"));
}

TEST(Lammps, AgreesOnAMixtureShiftedAtTheCutoff) {
  if (!installed()) GTEST_SKIP() << "lmp is not installed (Debian's package lammps)";
  System s = melt({7, 6, 5});
  s.masses = {1, 2.5};
  s.types = Tensor<std::int32_t, 1>({s.size()});
  for (std::int32_t i = 0; i < s.size(); ++i) s.types[i] = i % 3 == 0;
  Model m{.types = {{1, 1}, {0.7, 0.85}}, .truncation = Truncation::shifted};
  const char* coefficients = "read_data system.data\npair_coeff 1 1 1 1\npair_coeff 2 2 0.7 0.85\n";
  expect_like_lammps(
      s, m,
      run_lammps(s, m, std::string("pair_style lj/cut 2.5\npair_modify shift yes mix arithmetic\n") + coefficients));
  m.mixing = Mixing::geometric;
  expect_like_lammps(
      s, m,
      run_lammps(s, m, std::string("pair_style lj/cut 2.5\npair_modify shift yes mix geometric\n") + coefficients));
  m.mixed = {{0, 1, {1.3, 0.95}}};
  expect_like_lammps(s, m,
                     run_lammps(s, m,
                                std::string("pair_style lj/cut 2.5\npair_modify shift yes\n") + coefficients +
                                    "pair_coeff 1 2 1.3 0.95\n"));
}

TEST(Lammps, AgreesOnMolecules) {
  if (!installed()) GTEST_SKIP() << "lmp is not installed (Debian's package lammps)";
  System s = melt({6, 6, 6});
  // Triples of neighbours of the lattice: particles 0, 1, 2 of each cell; LAMMPS' K is k / 2 and its degrees are ours
  // over pi times 180. Both leave out pairs with a bond or at the ends of an angle.
  for (std::int32_t i = 0; i < s.size(); i += 4) {
    s.bonds.insert(s.bonds.end(), {{i, i + 1, 0}, {i + 1, i + 2, 1}});
    s.angles.push_back({i, i + 1, i + 2, 0});
  }
  const Model m{.bonds = {{60, 1.15}, {90, 1.2}}, .angles = {{20, 2}}};
  std::ostringstream lines;
  lines << std::setprecision(17) << "pair_style lj/cut 2.5\nbond_style harmonic\nangle_style harmonic\n"
        << "special_bonds lj 0 0 1\nread_data system.data\npair_coeff 1 1 1 1\nbond_coeff 1 30 1.15\n"
        << "bond_coeff 2 45 1.2\nangle_coeff 1 10 " << 2 * 180 / 3.14159265358979323846 << '\n';
  expect_like_lammps(s, m, run_lammps(s, m, lines.str()));
}

}  // namespace
}  // namespace lagoon::dynamics
