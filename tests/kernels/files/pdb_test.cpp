// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <lagoon/kernels/files/pdb.hpp>

#include "particles.hpp"
#include "temporary_folder.hpp"

namespace lagoon::files {
namespace {

using dynamics::Boundary;

PdbStructure parse(const std::string& text) { return parse_pdb(text, "a.pdb"); }
std::string fails(const std::string& text) {
  return error_of([&] { parse(text); });
}
std::vector<std::pair<int, int>> pairs(const std::vector<dynamics::Bond>& bonds) {
  std::vector<std::pair<int, int>> ends;
  for (const auto& b : bonds) ends.emplace_back(b.i, b.j);
  return ends;
}

const std::string kWater =
    "CRYST1   20.000   30.000   40.000  90.00  90.00  90.00 P 1           1\n"
    "HETATM    1  O   HOH A   1       1.000   2.000  -3.500  1.00  0.00           O\n"
    "HETATM    2  H1  HOH A   1       1.957   2.000  -3.500  1.00  0.00           H\n"
    "HETATM    3  H2  HOH A   1       0.760   2.927  -3.500  1.00  0.00           H\n"
    "CONECT    1    2    3\n"
    "CONECT    2    1\n"
    "CONECT    3    1    1\n"
    "END\n";

TEST(Pdb, ReadsAtomsBoxAndBondsInNanometres) {
  const auto p = parse(kWater);
  const auto& s = p.system;
  ASSERT_EQ(s.size(), 3);
  EXPECT_DOUBLE_EQ(s.positions(0, 2), -0.35);
  EXPECT_DOUBLE_EQ(s.positions(1, 0), 0.1957);
  EXPECT_EQ(s.box.boundary[1], Boundary::periodic);
  EXPECT_DOUBLE_EQ(s.box.length[1], 3);
  EXPECT_EQ(s.type_names, (std::vector<std::string>{"O", "H"}));
  EXPECT_EQ(values(s.types), (std::vector<std::int32_t>{0, 1, 1}));
  EXPECT_EQ(s.masses, (std::vector<double>{15.999, 1.008}));
  EXPECT_EQ(pairs(s.bonds), (std::vector<std::pair<int, int>>{{0, 1}, {0, 2}}));  // each once
  EXPECT_EQ(s.units.name, "nano");
  EXPECT_EQ(p.atoms[1].name, "H1");
  EXPECT_EQ(p.atoms[1].residue, "HOH");
  EXPECT_EQ(p.atoms[1].chain, 'A');
  EXPECT_EQ(p.atoms[1].residue_number, 1);
  EXPECT_EQ(p.atoms[2].serial, 3);
  check(s);
}

TEST(Pdb, TakesTheFirstModelAndTheFirstAlternateLocation) {
  const auto p = parse(
      "MODEL        1\r\n"
      "ATOM      1  N  AALA A   1       1.000   0.000   0.000  0.50  0.00           N  \r\n"
      "ATOM      2  N  BALA A   1       2.000   0.000   0.000  0.50  0.00           N  \r\n"
      "ATOM      3  CA AALA A   1       3.000   0.000   0.000  0.50  0.00           C  \r\n"
      "ATOM      4  CA BALA A   1       4.000   0.000   0.000  0.50  0.00           C  \r\n"
      "ATOM      5  C   ALA A   1       5.000   0.000   0.000  1.00  0.00           C  \r\n"
      "ATOM      6  N  BGLY A   2       6.000   0.000   0.000  1.00  0.00           N  \r\n"
      "ENDMDL\r\n"
      "MODEL        2\r\n"
      "ATOM      1  N  AALA A   1       9.000   0.000   0.000  0.50  0.00           N  \r\n"
      "ENDMDL\r\n"
      "CONECT    3    1    2    5\r\n");
  ASSERT_EQ(p.system.size(), 4);
  EXPECT_DOUBLE_EQ(p.system.positions(1, 0), 0.3);
  EXPECT_DOUBLE_EQ(p.system.positions(3, 0), 0.6);
  EXPECT_EQ(pairs(p.system.bonds), (std::vector<std::pair<int, int>>{{0, 1}, {1, 2}}));
}

TEST(Pdb, WithoutACellHasAnOpenBoxAroundTheAtoms) {
  const std::string atoms = kWater.substr(kWater.find("HETATM"));
  for (const std::string& cell :
       {std::string(), std::string("CRYST1    1.000    1.000    1.000  90.00  90.00  90.00 P 1           1\n")}) {
    const auto s = parse(cell + atoms).system;
    EXPECT_EQ(s.box.boundary[0], Boundary::open);
    EXPECT_DOUBLE_EQ(s.box.origin[0], 0.076);
    EXPECT_DOUBLE_EQ(s.box.length[0], 0.1957 - 0.076);
    EXPECT_EQ(s.box.length[2], 1);
  }
}

TEST(Pdb, GuessesElementsFromNames) {
  const auto element = [](const std::string& name) {
    const auto p = parse("ATOM      1 " + name + " XXX A   1       1.000   2.000  -3.500\n");
    return p.system.type_names[0];
  };
  EXPECT_EQ(element(" CA "), "C");
  EXPECT_EQ(element("CA  "), "Ca");
  EXPECT_EQ(element("HG11"), "H");
  EXPECT_EQ(element("1HB "), "H");
  EXPECT_EQ(element("NA  "), "Na");
  EXPECT_EQ(element("OXT "), "O");
  EXPECT_EQ(element(" OW1"), "O");
  EXPECT_EQ(element("CL1 "), "Cl");
  EXPECT_EQ(fails("ATOM      1  MW  WAT A   1       1.000   2.000  -3.500\n"),
            "invalid_argument: a.pdb:1: the element of atom 'MW' cannot be told; columns 77-78 should name it");
}

TEST(Pdb, CountsOnBeyondFiveDigits) {
  const auto p = parse(
      "ATOM  99999  O   HOH A9999       1.000   2.000  -3.500                      O\n"
      "ATOM  A0000  O   HOH AA000       1.000   2.000  -3.500                      O\n"
      "ATOM  A0001  O   HOH A   1       1.000   2.000  -3.500                      O\n"
      "ATOM  a0000  O   HOH A   1       1.000   2.000  -3.500                      O\n"
      "ATOM  *****  O   HOH A****       1.000   2.000  -3.500                      O\n"
      "CONECT99999A0000A0001a0000\n");
  EXPECT_EQ(p.atoms[1].serial, 100'000);
  EXPECT_EQ(p.atoms[1].residue_number, 10'000);
  EXPECT_EQ(p.atoms[2].serial, 100'001);
  EXPECT_EQ(p.atoms[3].serial, 100'000 + 26 * 36 * 36 * 36 * 36);
  EXPECT_EQ(p.system.bonds.size(), 3u);
}

TEST(Pdb, NamesFileLineAndColumnsOfWhatIsWrong) {
  const std::string cell = "CRYST1   20.000   30.000   40.000  90.00  90.00  90.00 P 1           1\n";
  const std::string good = "HETATM    1  O   HOH A   1       1.000   2.000  -3.500  1.00  0.00           O\n";
  const auto broken = [](std::string line, std::size_t column, const std::string& text) {
    return line.replace(column - 1, text.size(), text);
  };
  EXPECT_EQ(fails(""), "invalid_argument: a.pdb:1: the file has no ATOM or HETATM");
  EXPECT_EQ(fails(cell + broken(good, 39, "  2.0o0 ")),
            "invalid_argument: a.pdb:2: columns 39-46: '2.0o0' in place of y");
  EXPECT_EQ(fails("ATOM      1  O\n"), "invalid_argument: a.pdb:1: columns 31-38: '' in place of x");
  EXPECT_EQ(fails(broken(good, 47, "     inf")), "invalid_argument: a.pdb:1: columns 47-54: 'inf' in place of z");
  EXPECT_EQ(fails(broken(good, 77, "QQ")), "invalid_argument: a.pdb:1: columns 77-78: 'QQ' is no element");
  EXPECT_EQ(fails(broken(cell, 48, "120.00") + good),
            "invalid_argument: a.pdb:1: the cell is triclinic; only boxes with edges along x, y and z are read");
  EXPECT_EQ(fails(broken(cell, 7, "  -20.000") + good), "invalid_argument: a.pdb:1: edge a of the cell is -20.000000");
  EXPECT_EQ(fails(good + "CONECT    1    ?\n"),
            "invalid_argument: a.pdb:2: columns 12-16: '?' in place of a serial number");
  EXPECT_EQ(fails(good + "CONECT\n"), "invalid_argument: a.pdb:2: columns 7-11: no serial number of an atom");
  EXPECT_EQ(error_of([&] { parse_pdb(good + good, "a.pdb", 1); }),
            "resource_exhausted: a.pdb:2: more than the 1 particles that are allowed");
  EXPECT_EQ(error_of([] { read_pdb("/nowhere/a.pdb"); }).substr(0, 9), "not_found");
  const TemporaryFolder folder;
  EXPECT_EQ(read_pdb(folder.write("a.pdb", kWater)).system.size(), 3);
}

}  // namespace
}  // namespace lagoon::files
