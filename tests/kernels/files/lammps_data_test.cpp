// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <lagoon/engine/isolate.hpp>
#include <lagoon/kernels/files/lammps_data.hpp>

#include <numbers>

#include "particles.hpp"
#include "temporary_folder.hpp"

namespace lagoon::files {
namespace {

using Numbers = std::vector<double>;

LammpsData parse(const std::string& text, const LammpsDataOptions& options = {}) {
  return parse_lammps_data(text, "data.a", options);
}
std::string fails(const std::string& text, const LammpsDataOptions& options = {}) {
  return error_of([&] { parse(text, options); });
}

const std::string kArgon =
    "LAMMPS data file via write_data, version 22 Oct 2015\n\n2 atoms\n2 atom types\n\n"
    "-5 5.5 xlo xhi\n0 6 ylo yhi # a comment\n0 7 zlo zhi\n\nMasses\n\n2 3.5 # B\n1 1.5\n\n"
    "Atoms # atomic\n\n9 2 -4.25 2 3 1 0 -1\n4 1 0.5 1 2 0 0 0\n\nVelocities\n\n4 .1 .2 .3\n9 -1 -2 -3\n";

const std::string kWater =
    "water, units = real\n\n3 atoms\n2 bonds\n1 angles\n1 dihedrals\n2 atom types\n1 bond types\n1 angle types\n"
    "1 dihedral types\n1 extra bond per atom\n\n0 10 xlo xhi\n0 10 ylo yhi\n0 20 zlo zhi\n0 0 0 xy xz yz\n\n"
    "Masses\n\n1 15.9994\n2 1.008\n\n"
    "Pair Coeffs # lj/cut/coul/cut\n\n1 0.1553 3.166 9.0\n2 0 0 9.0\n\n"
    "Bond Coeffs # harmonic\n\n1 450 1.0\n\nAngle Coeffs\n\n1 55 109.47\n\nDihedral Coeffs\n\n1 0.2 1 180 1\n\n"
    "Atoms  # full\n\n1 1 1 -0.8476 1 2 3\n2 1 2 0.4238 2 2 3\n3 1 2 0.4238 1 3 3\n\n"
    "Velocities\n\n1 0.001 0 0\n2 0 0.002 0\n3 0 0 0.003\n\n"
    "Bonds\n\n1 1 1 2\n2 1 1 3\n\nAngles\n\n1 1 2 1 3\n\nDihedrals\n\n1 1 1 2 3 3\n";

TEST(LammpsData, ReadsAtomsInTheOrderOfTheirIds) {
  const auto data = parse(kArgon);
  const auto& s = data.system;
  EXPECT_EQ(values(s.positions), (Numbers{0.5, 1, 2, -4.25, 2, 3}));
  EXPECT_EQ(values(s.velocities), (Numbers{.1, .2, .3, -1, -2, -3}));
  EXPECT_EQ(values(s.types), (std::vector<std::int32_t>{0, 1}));
  EXPECT_EQ(s.masses, (Numbers{1.5, 3.5}));
  EXPECT_EQ(s.box.origin, (std::array{-5.0, 0.0, 0.0}));
  EXPECT_EQ(s.box.length, (std::array{10.5, 6.0, 7.0}));
  EXPECT_TRUE(s.charges.empty());
  EXPECT_TRUE(data.has_masses);
  EXPECT_FALSE(data.has_pairs);
  EXPECT_TRUE(data.skipped.empty());
  EXPECT_EQ(values(parse(kArgon, {.unwrap = true}).system.positions), (Numbers{0.5, 1, 2, 6.25, 2, -4}));
  check(s);
}

TEST(LammpsData, ConvertsUnitsAndDoublesK) {
  const auto data = parse(kWater);
  const auto& s = data.system;
  EXPECT_EQ(s.units.name, "nano");
  EXPECT_DOUBLE_EQ(s.box.length[2], 2);
  EXPECT_DOUBLE_EQ(s.positions(2, 1), 0.3);
  EXPECT_DOUBLE_EQ(s.velocities(1, 1), 0.2);  // 1 Angstrom/fs = 100 nm/ps
  EXPECT_EQ(values(s.charges), (Numbers{-0.8476, 0.4238, 0.4238}));
  ASSERT_EQ(s.bonds.size(), 2u);
  EXPECT_EQ(s.bonds[1].j, 2);
  ASSERT_EQ(s.angles.size(), 1u);
  EXPECT_EQ(s.angles[0].j, 0);
  const auto& m = data.model;
  ASSERT_TRUE(data.has_pairs && data.has_cutoff);
  EXPECT_DOUBLE_EQ(m.cutoff, 0.9);
  EXPECT_DOUBLE_EQ(m.types[0].epsilon, 0.1553 * 4.184);
  EXPECT_DOUBLE_EQ(m.types[0].sigma, 0.3166);
  EXPECT_DOUBLE_EQ(m.bonds[0].k, 2 * 450 * 418.4);
  EXPECT_DOUBLE_EQ(m.bonds[0].length, 0.1);
  EXPECT_DOUBLE_EQ(m.angles[0].k, 2 * 55 * 4.184);
  EXPECT_DOUBLE_EQ(m.angles[0].angle, 109.47 * std::numbers::pi / 180);
  EXPECT_EQ(data.skipped, (std::vector<std::string>{"Dihedral Coeffs", "Dihedrals"}));
  EXPECT_EQ(m.mixing, dynamics::Mixing::geometric);
  const auto metal = parse(kArgon, {.units = LammpsUnits::metal}).system;
  EXPECT_DOUBLE_EQ(metal.velocities(1, 2), -0.3);
  EXPECT_DOUBLE_EQ(metal.positions(0, 2), 0.2);
}

TEST(LammpsData, ReadsEveryPairsOwnCoefficients) {
  const auto data = parse("x\n\n0 atoms\n2 atom types\n\nPairIJ Coeffs # lj/cut\n\n1 1 1 2 3\n1 2 4 5 3\n2 2 6 7 3\n");
  ASSERT_TRUE(data.has_pairs);
  EXPECT_EQ(data.model.types[1].epsilon, 6);
  ASSERT_EQ(data.model.mixed.size(), 1u);
  EXPECT_EQ(data.model.mixed[0].pair.sigma, 5);
  EXPECT_EQ(data.model.cutoff, 3);
}

TEST(LammpsData, NamesSectionsThatItPassesOver) {
  const auto data = parse(
      "x\n\n1 atoms\n1 atom types\n1 bond types\n\nPair Coeffs # buck\n\n1 2 3 4\n\nBond Coeffs # morse\n\n1 2 3 4\n\n"
      "Atoms # charge\n\n7 1 -1 0 0 0\n\nEllipsoids\n\n7 1 1 1 1 0 0 0\n");
  EXPECT_EQ(data.skipped, (std::vector<std::string>{"Pair Coeffs # buck", "Bond Coeffs # morse", "Ellipsoids"}));
  EXPECT_FALSE(data.has_pairs);
  EXPECT_TRUE(data.model.types.empty() && data.model.bonds.empty());
  EXPECT_EQ(values(data.system.charges), Numbers{-1});
  EXPECT_EQ(data.system.masses, Numbers{1});
  EXPECT_FALSE(data.has_masses);
}

TEST(LammpsData, TellsAtomStylesByTheirWordsWhereItCan) {
  const auto atoms = [](const std::string& hint, const std::string& line, const LammpsDataOptions& options = {}) {
    return parse("x\n\n1 atoms\n1 atom types\n\nAtoms" + hint + "\n\n" + line + "\n", options).system;
  };
  EXPECT_EQ(values(atoms("", "1 1 .1 .2 .3").positions), (Numbers{.1, .2, .3}));
  EXPECT_EQ(values(atoms("", "1 1 .1 .2 .3 0 0 0").positions), (Numbers{.1, .2, .3}));
  EXPECT_EQ(values(atoms("", "1 5 1 -2 .1 .2 .3").charges), Numbers{-2});
  EXPECT_EQ(values(atoms("", "1 1 -2 .1 .2 .3", {.style = AtomStyle::charge}).charges), Numbers{-2});
  EXPECT_TRUE(atoms("# molecular", "1 1 1 .1 .2 .3").charges.empty());
  EXPECT_EQ(error_of([&] { atoms("", "1 1 -2 .1 .2 .3"); }).substr(0, 65),
            "invalid_argument: data.a:8: lines of 6 words may be of atom style");
  EXPECT_EQ(error_of([&] { atoms(" # sphere", "1 1 1 1 .1 .2 .3"); }),
            "invalid_argument: data.a:8: atom style 'sphere' is not read; atomic, charge, molecular and full are");
  EXPECT_EQ(error_of([&] { atoms(" # full", "1 1 1 1 .1 .2 .3", {.style = AtomStyle::atomic}); }),
            "invalid_argument: data.a:8: the file says atom style full, atomic was asked for");
}

TEST(LammpsData, NamesFileAndLineOfWhatIsWrong) {
  const std::string head = "x\n\n2 atoms\n1 atom types\n1 bonds\n1 bond types\n\n";  // 7 lines
  const std::string atoms = head + "Atoms # atomic\n\n1 1 0 0 0\n2 1 1 1 1\n\n";     // 12 lines
  EXPECT_EQ(fails(""), "invalid_argument: data.a:1: the file is empty");
  EXPECT_EQ(fails(head), "invalid_argument: data.a:7: the file has no section Atoms");
  EXPECT_EQ(
      fails(head + "0 1 0.5 xy xz yz\n"),
      "invalid_argument: data.a:8: the box is triclinic (tilt factors); only boxes with edges along x, y and z are "
      "read");
  EXPECT_EQ(fails(head + "2 1 xlo xhi\n").substr(0, 61),
            "invalid_argument: data.a:8: the box ends at 1.000000 along x ");
  EXPECT_EQ(fails(head + "Atoms # atomic\n\n1 1 0 0 0\n1 1 1 1 1\n"),
            "invalid_argument: data.a:11: atom 1 is there twice in Atoms");
  EXPECT_EQ(fails(head + "Atoms # atomic\n\n1 1 0 0 0\n2 2 1 1 1\n"),
            "invalid_argument: data.a:11: an atom's type is 2; 1 to 1 is allowed");
  EXPECT_EQ(fails(head + "Atoms # atomic\n\n1 1 0 0 0\n\nMasses\n\n1 1\n\n"),
            "invalid_argument: data.a:12: Atoms ends after 1 lines; 2 are promised");
  EXPECT_EQ(fails(atoms + "3 1 0 0 0\n"),
            "invalid_argument: data.a:13: Atoms has more than the 2 lines that the header says");
  EXPECT_EQ(fails(head + "Atoms # atomic\n\n1 1 0 0 0 1 1\n2 1 0 0 0\n"),
            "invalid_argument: data.a:10: the line ends before an image flag");
  EXPECT_EQ(fails(head + "Atoms # atomic\n\n1 1 0 0 0 1 1 1 1\n2 1 0 0 0\n"),
            "invalid_argument: data.a:10: '1' is more than a line of Atoms has");
  EXPECT_EQ(fails(atoms + "Bonds\n\n1 1 1 3\n"), "invalid_argument: data.a:15: atom 3 is not among Atoms");
  EXPECT_EQ(fails(atoms + "Bonds\n\n1 1 1 1\n"), "invalid_argument: data.a:15: a bond of atom 1 with itself");
  EXPECT_EQ(fails(atoms + "Velocities\n\n1 0 0 0\n1 0 0 0\n"),
            "invalid_argument: data.a:16: a second velocity of atom 1");
  EXPECT_EQ(fails(atoms + "Masses\n\n1 -1\n"), "invalid_argument: data.a:15: the mass of type 1 is not positive");
  EXPECT_EQ(fails(head + "Bonds\n\n1 1 1 2\n"), "invalid_argument: data.a:8: Bonds stands before Atoms");
  EXPECT_EQ(fails("x\n\n2 atom types\n\nPair Coeffs\n\n1 1 1 2\n2 1 1 3\n"),
            "invalid_argument: data.a:8: pairs with cutoffs that differ; one for all is wanted");
  EXPECT_EQ(fails("x, units = real\n", {.units = LammpsUnits::metal}),
            "invalid_argument: data.a:1: the file is in units real, metal were asked for");
  EXPECT_EQ(fails("x, units = cgs\n"), "invalid_argument: data.a:1: units 'cgs' are not read; lj, real and metal are");
  EXPECT_EQ(fails("x\n\n9 atoms\n", {.max_particles = 8}), "resource_exhausted: data.a:3: 9 atoms; 8 are allowed");
  EXPECT_EQ(error_of([] { read_lammps_data("/nowhere/data"); }).substr(0, 9), "not_found");
}

TEST(LammpsData, AsksForNoMemoryThatTheFileDoesNotJustify) {
  Engine engine;
  Isolate isolate(engine, {.memory_limit = std::size_t{1} << 20});
  isolate.run([] {
    EXPECT_EQ(fails("x\n\n1000000000 atoms\n1 atom types\n\nAtoms\n\n1 1 0 0 0\n"),
              "invalid_argument: data.a:6: 1000000000 lines of Atoms do not fit into the 11 bytes that are left");
  });
}

TEST(LammpsData, ComesBackToTheBitInLjUnits) {
  const TemporaryFolder folder;
  const auto path = folder.path("data.a");
  auto s = three_particles();
  s.bonds = {{2, 0, 1}};
  s.angles = {{0, 2, 1, 0}};
  dynamics::Model m;
  m.types = {{1.0 / 3, 1.1}, {0.7, 0.9}};
  m.cutoff = 2.7;
  m.mixed = {{1, 0, {0.123, 0.456}}};
  m.bonds = {{1, 1}, {100.0 / 3, 0.97}};
  m.angles = {{1.0 / 7, std::numbers::pi / 2}};
  write_lammps_data(path, s, &m);
  const auto back = read_lammps_data(path);
  EXPECT_EQ(values(back.system.positions), values(s.positions));
  EXPECT_EQ(values(back.system.velocities), values(s.velocities));
  EXPECT_EQ(values(back.system.charges), values(s.charges));
  EXPECT_EQ(values(back.system.types), values(s.types));
  EXPECT_EQ(back.system.masses, s.masses);
  EXPECT_EQ(back.system.box.origin, s.box.origin);
  EXPECT_EQ(back.system.box.length, s.box.length);
  ASSERT_EQ(back.system.bonds.size(), 1u);
  EXPECT_EQ(back.system.bonds[0].i, 2);
  EXPECT_EQ(back.system.bonds[0].type, 1);
  EXPECT_EQ(back.system.angles[0].j, 2);
  EXPECT_EQ(back.model.types[0].epsilon, 1.0 / 3);
  EXPECT_EQ(back.model.mixed[0].pair.sigma, 0.456);
  EXPECT_EQ(back.model.bonds[1].k, 100.0 / 3);
  EXPECT_EQ(back.model.angles[0].k, 1.0 / 7);
  EXPECT_DOUBLE_EQ(back.model.angles[0].angle, std::numbers::pi / 2);
  EXPECT_EQ(back.model.cutoff, 2.7);
  EXPECT_TRUE(back.skipped.empty());
}

TEST(LammpsData, IsWrittenInRealOrMetalUnitsFromNano) {
  const TemporaryFolder folder;
  const auto path = folder.path("data.a");
  const auto water = parse(kWater);
  for (const LammpsUnits units : {LammpsUnits::real, LammpsUnits::metal}) {
    write_lammps_data(path, water.system, &water.model, {.units = units});
    const auto back = read_lammps_data(path);
    EXPECT_DOUBLE_EQ(back.system.velocities(1, 1), water.system.velocities(1, 1));
    EXPECT_DOUBLE_EQ(back.model.bonds[0].k, water.model.bonds[0].k);
    EXPECT_DOUBLE_EQ(back.system.box.length[2], 2);
  }
  write_lammps_data(path, water.system);
  EXPECT_EQ(read_lammps_data(path, {.units = LammpsUnits::real}).system.bonds.size(), 2u);
  // Particles outside a box that does not repeat would be lost.
  auto open = three_particles();
  open.charges = {};
  open.box.boundary[0] = dynamics::Boundary::open;
  open.positions(1, 0) = 50;
  write_lammps_data(path, open);
  EXPECT_EQ(read_lammps_data(path).system.box.length[0], 50 + 1.1);
}

TEST(LammpsData, LeavesTheFileAsItWasWhenItCannotWrite) {
  const TemporaryFolder folder;
  const auto path = folder.write("data.a", "old");
  auto s = three_particles();
  const dynamics::Model one;
  EXPECT_EQ(error_of([&] { write_lammps_data(path, s, &one); }),
            "invalid_argument: " + path + ": the model has 1 types, the system has 2");
  EXPECT_EQ(error_of([&] { write_lammps_data(path, s, nullptr, {.style = AtomStyle::atomic}); }),
            "invalid_argument: " + path + ": atom style atomic holds no charges; full does");
  EXPECT_EQ(error_of([&] { write_lammps_data(path, s, nullptr, {.units = LammpsUnits::real}); }),
            "invalid_argument: " + path + ": a system in reduced units cannot be written in units real");
  s.positions(0, 0) = std::numeric_limits<double>::infinity();
  EXPECT_EQ(error_of([&] { write_lammps_data(path, s); }).substr(0, 16), "invalid_argument");
  EXPECT_EQ(folder.read("data.a"), "old");
  EXPECT_EQ(folder.files(), 1u);
}

}  // namespace
}  // namespace lagoon::files
