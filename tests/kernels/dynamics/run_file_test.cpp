// SPDX-License-Identifier: Apache-2.0
#include <lagoon/kernels/dynamics/run_file.hpp>

#include <gtest/gtest.h>
#include <unistd.h>
#include <lagoon/core/error.hpp>
#include <lagoon/kernels/dynamics/observables.hpp>

#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <limits>
#include <numbers>
#include <string>
#include <vector>

namespace lagoon::dynamics {
namespace {

const std::string kArgon = R"([system]
lattice = "fcc"
cells = [4, 5, 6]
spacing = 0.526
mass = 39.948
units = "nano"
temperature = 94.4
seed = 42

[model]
types = [{name = "Ar", epsilon = 0.996, sigma = 0.3405}]
cutoff = 0.85

[run]
steps = 1_000
time_step = 0.002
)";

/// The first `from` in the text replaced, which must be there.
std::string with(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

/// What is said of a text that is refused.
std::string refused(const std::string& text) {
  try {
    parse_run_file(text, "r.toml");
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), Errc::invalid_argument);
    return e.status().message();
  }
  ADD_FAILURE() << "nothing was refused in\n" << text;
  return "";
}

TEST(RunFiles, BecomeOptions) {
  const RunFile run = parse_run_file(kArgon + R"(precision = "mixed"
skin = 0.1
seed = 7
workers = 2

[thermostat]
kind = "langevin"
temperature = 100
friction = 0.5

[barostat]
pressure_bar = 100
time = 5
compressibility = 0.01

[minimize]
max_steps = 50

[output]
every = 10
energies = "e.csv"
trajectory = {file = "t.dcd", every = 20, unwrapped = true}
checkpoint = {every = 500}
final = "f.data"
report = "r.html"
radial_distribution = {file = "g.csv", distance = 1.0, bins = 50}
)",
                                     "runs/r.toml");
  ASSERT_TRUE(run.start.lattice);
  EXPECT_EQ(run.start.lattice->cells, (std::array<int, 3>{4, 5, 6}));
  EXPECT_EQ(run.start.lattice->mass, 39.948);
  EXPECT_EQ(run.start.units.name, "nano");
  EXPECT_EQ(run.start.temperature, 94.4);
  EXPECT_EQ(run.start.seed, 42u);
  EXPECT_EQ(run.start.types.at(0).name, "Ar");
  EXPECT_EQ(run.model.types.at(0).sigma, 0.3405);
  EXPECT_EQ(run.model.cutoff, 0.85);
  EXPECT_EQ(run.steps, 1000);
  EXPECT_EQ(run.options.time_step, 0.002);
  EXPECT_EQ(run.options.precision, Precision::mixed);
  EXPECT_EQ(run.options.seed, 7u);
  EXPECT_EQ(run.workers, 2u);
  EXPECT_EQ(std::get<Langevin>(run.options.thermostat).friction, 0.5);
  ASSERT_TRUE(run.options.barostat);
  EXPECT_NEAR(run.options.barostat->pressure, 100 / 16.6053906717, 1e-9) << "1 kJ/mol/nm^3 is 16.605 bar";
  EXPECT_EQ(run.minimize.value().max_steps, 50);
  EXPECT_EQ(run.output.every, 10);
  EXPECT_EQ(run.output.trajectory_every, 20);
  EXPECT_TRUE(run.output.unwrapped);
  EXPECT_EQ(run.output.checkpoint_every, 500);
  EXPECT_EQ(run.output.radial_bins, 50);
  EXPECT_EQ(run.system_line, 1u);
  EXPECT_EQ(run.model_line, 10u);
}

TEST(RunFiles, HaveModelsOfAllKinds) {
  const RunFile run = parse_run_file(R"([system]
lattice = "fcc"
cells = 3
density = 0.5
boundary = ["periodic", "periodic", "reflecting"]
[run]
steps = 0
time_step = 1
[model]
cutoff = 2.0
truncation = "force_shifted"
mixing = "geometric"
electrostatics = "reaction_field"
dielectric = inf
exclude_bonded = false
bonds = [{k = 100, length = 1}]
angles = [{k = 10, degrees = 90}, {k = 1, angle = 0.5}]
mixed = [{a = "A", b = 1, epsilon = 0.5, sigma = 1.1}]
[[model.types]]
name = "A"
epsilon = 1
sigma = 1
[[model.types]]
name = "B"
epsilon = 2
sigma = 1.5
mass = 4
charge = -1
)",
                                     "r.toml");
  EXPECT_EQ(run.model.truncation, Truncation::force_shifted);
  EXPECT_EQ(run.model.mixing, Mixing::geometric);
  EXPECT_EQ(run.model.electrostatics, Electrostatics::reaction_field);
  EXPECT_TRUE(std::isinf(run.model.dielectric));
  EXPECT_FALSE(run.model.exclude_bonded);
  ASSERT_EQ(run.model.angles.size(), 2u);
  EXPECT_DOUBLE_EQ(run.model.angles[0].angle, std::numbers::pi / 2);
  ASSERT_EQ(run.model.mixed.size(), 1u);
  EXPECT_EQ(run.model.mixed[0].b, 1);
  EXPECT_EQ(run.start.types.at(1).charge, -1.0);
  EXPECT_DOUBLE_EQ(run.start.lattice->spacing, 2.0) << "4 particles in 8";
  EXPECT_EQ(run.start.boundary->at(2), Boundary::reflecting);
}

TEST(RunFiles, AreRefusedWithLineColumnAndWhatIsAllowed) {
  const std::vector<std::vector<std::string>> cases = {
      {"spacing = 0.526", "spaceing = 0.526", "r.toml:4:1: [system] has no key 'spaceing'; did you mean 'spacing'?"},
      {"spacing = 0.526", "q = 1", "r.toml:4:1: [system] has no key 'q'; there are lattice, cells"},
      {"[model]", "[modell]", "r.toml:10:2: there is no section 'modell'; did you mean 'model'?"},
      {"cutoff = 0.85", "cutoff = -1", "r.toml:12:10: cutoff is -1; wanted: a number above 0"},
      {"cutoff = 0.85", "cutoff = nan", "r.toml:12:10: cutoff is nan; wanted: a number above 0"},
      {"cutoff = 0.85", "cutoff = inf", "wanted: a number above 0"},
      {"cutoff = 0.85", "cutoff = \"far\"", "r.toml:12:10: cutoff is 'far'; wanted: a number above 0"},
      {"cutoff = 0.85", "", "r.toml:10:2: [model] lacks 'cutoff'"},
      {"cutoff = 0.85", "cutoff = 0.85\ncutoff = 1", "r.toml:13:"},
      {"cutoff = 0.85", "cutoff = ", "r.toml:12:"},
      {"cutoff = 0.85", "cutoff = 2001-02-03", "cutoff is a date or time"},
      {"cutoff = 0.85", "cutoff = 1\ntruncation = \"shited\"",
       "r.toml:13:14: truncation is 'shited'; wanted: 'cut', 'shifted' or 'force_shifted'; did you mean 'shifted'?"},
      {"cutoff = 0.85", "cutoff = 1\ntail = 1", "r.toml:13:8: tail is 1; wanted: true or false"},
      {"cutoff = 0.85", "cutoff = 1\ntail = true\ntruncation = \"shifted\"", "r.toml:13:1: tail = true needs"},
      {"cutoff = 0.85", "cutoff = 1\ndielectric = 3", "'dielectric' is for electrostatics = 'reaction_field'"},
      {"cutoff = 0.85", "cutoff = 1\nmixed = [{a = 0, b = 1, epsilon = 1, sigma = 1}]",
       "b is 1; wanted: a whole number, 0 to 0"},
      {"cutoff = 0.85", "cutoff = 1\nmixed = [{a = 0, b = \"Kr\", epsilon = 1, sigma = 1}]", "b is 'Kr'; wanted: 'Ar'"},
      {"cutoff = 0.85", "cutoff = 1\nbonds = [3]", "bonds[0] is 3; wanted: a table with k and length"},
      {"cutoff = 0.85", "cutoff = 1\nbonds = 3", "bonds is 3; wanted: an array of tables"},
      {"cutoff = 0.85", "cutoff = 1\nangles = [{k = 1}]", "angles[0] has either 'angle' (radians) or 'degrees'"},
      {"sigma = 0.3405", "sigma = 0", "sigma is 0; wanted: a number above 0"},
      {"epsilon = 0.996, ", "", "types[0] lacks 'epsilon'"},
      {"types = [{name = \"Ar\", epsilon = 0.996, sigma = 0.3405}]", "", "[model] lacks types"},
      {"types = [{name = \"Ar\", epsilon = 0.996, sigma = 0.3405}]",
       "types = [{name = \"Ar\", epsilon = 1, sigma = 1}, {epsilon = 1, sigma = 1}]", "either all types have a name"},
      {"[4, 5, 6]", "[4, 5]", "r.toml:3:9: cells is an array of 2; wanted: a whole number, or three"},
      {"[4, 5, 6]", "0", "cells is 0; wanted: a whole number, 1 to 1048576"},
      {"[4, 5, 6]", "1048576", "2^30 together at most"},
      {"spacing = 0.526", "", "either 'spacing' (length) or 'density'"},
      {"spacing = 0.526", "spacing = 1\ndensity = 1", "r.toml:5:1: [system]: a lattice has either"},
      {"spacing = 0.526", "spacing = 1\nfile = \"x.xyz\"", "r.toml:5:1: [system] has either a 'lattice' or a 'file'"},
      {"spacing = 0.526", "spacing = 1\nboundary = \"closed\"", "wanted: 'periodic', 'reflecting' or 'open'"},
      {"spacing = 0.526", "spacing = 1\nboundary = [\"open\"]", "a word, or three along x, y and z"},
      {"lattice = \"fcc\"", "file = \"x.xyz\"", "r.toml:3:1: 'cells' is for a lattice"},
      {"units = \"nano\"", "units = \"SI\"", "units is 'SI'; wanted: 'reduced' or 'nano'"},
      {"seed = 42", "seed = -1", "seed is -1; wanted: a whole number, 0 or above"},
      {"seed = 42", "seed = 4.5", "seed is 4.5; wanted: a whole number"},
      {"steps = 1_000", "steps = 9223372036854775807", "wanted: a whole number, 0 to 4503599627370496"},
      {"steps = 1_000", "steps = 92233720368547758070", "r.toml:15:"},
      {"time_step = 0.002", "", "[run] lacks 'time_step'"},
  };
  for (const auto& c : cases) {
    const std::string said = refused(with(kArgon, c[0], c[1]));
    EXPECT_NE(said.find(c[2]), std::string::npos) << "said:   " << said << "\nwanted: " << c[2];
    EXPECT_TRUE(said.starts_with("r.toml:")) << said;
  }
}

TEST(RunFiles, SectionsThatDoNotGoTogetherAreRefused) {
  const std::string barostat = "[barostat]\ntime = 1\n";
  EXPECT_NE(refused(kArgon + barostat + "pressure = 1\n").find("r.toml:17:2: [barostat] needs a [thermostat]"),
            std::string::npos);
  const std::string thermostat = "[thermostat]\nkind = \"velocity_rescaling\"\ntemperature = 1\n";
  EXPECT_NE(refused(kArgon + thermostat).find("[thermostat] lacks 'time'"), std::string::npos);
  EXPECT_NE(refused(kArgon + thermostat + "friction = 1\n").find("r.toml:20:1: 'friction' is for langevin"),
            std::string::npos);
  EXPECT_NE(
      refused(with(kArgon, "\"nano\"", "\"reduced\"") + thermostat + "time = 1\n" + barostat + "pressure_bar = 1\n")
          .find("there is no bar in reduced units"),
      std::string::npos);
  EXPECT_NE(refused(kArgon + "[output]\nfinal = \"x.pdb\"\n").find("a name that ends in .xyz"), std::string::npos);
  EXPECT_NE(refused(kArgon + "[output]\ntrajectory = {file = \"x.xyz\"}\n").find("trajectory lacks 'every'"),
            std::string::npos);
  EXPECT_NE(refused("").find("r.toml:1:1: the section [system] is missing"), std::string::npos);
  EXPECT_NE(refused("system = 3\nmodel = 1\nrun = 1\n").find("r.toml:1:10: [system] is 3; wanted: a table"),
            std::string::npos);
}

TEST(RunFiles, OfAnyBytesAreRefusedAndNoMore) {
  // Each byte of a good file made another, and each beginning of it.
  for (std::size_t i = 0; i < kArgon.size(); ++i) {
    for (const char c : {'\0', '\xff', '"', '[', '}', '=', '\n', '9'}) {
      std::string text = kArgon;
      text[i] = c;
      try {
        parse_run_file(text, "r.toml");
      } catch (const Error& e) {
        EXPECT_EQ(e.code(), Errc::invalid_argument);
      }
    }
    try {
      parse_run_file(std::string_view(kArgon).substr(0, i), "r.toml");
    } catch (const Error& e) {
      EXPECT_EQ(e.code(), Errc::invalid_argument);
    }
  }
  refused("a = " + std::string(100'000, '['));
  EXPECT_NE(refused(kArgon + "\n[# x").find("r.toml:18:1: this line is not TOML"), std::string::npos)
      << "an assertion of the parser's own";
  refused(std::string(100'000, 'x') + " = 1");
}

TEST(RunFiles, WithoutLettersOfOtherBytesInMessages) {
  const std::string said =
      refused(with(kArgon, "cutoff = 0.85", "cutoff = \"\\u0007\\n" + std::string(500, 'x') + "\""));
  for (const char c : said) EXPECT_GE(static_cast<unsigned char>(c), 0x20) << said;
  EXPECT_LT(said.size(), 200u);
}

TEST(RunFiles, AreReadFromDisk) {
  const std::string path = ::testing::TempDir() + "lagoon_run_file_" + std::to_string(::getpid()) + ".toml";
  std::ofstream(path) << kArgon;
  EXPECT_EQ(read_run_file(path).steps, 1000);
  std::ofstream(path) << std::string((1 << 20) + 1, '#');
  EXPECT_THROW(read_run_file(path), Error);
  std::remove(path.c_str());
  EXPECT_THROW(read_run_file(path), Error);
}

TEST(RunFiles, MakeTheirSystem) {
  const RunFile run = parse_run_file(kArgon, "r.toml");
  const System s = make_system(run);
  EXPECT_EQ(s.size(), 4 * 4 * 5 * 6);
  EXPECT_EQ(s.masses, std::vector<double>{39.948});
  EXPECT_EQ(s.type_names, std::vector<std::string>{"Ar"});
  EXPECT_NEAR(temperature(s), 94.4, 1e-10);
  const System again = make_system(run);
  for (std::ptrdiff_t i = 0; i < s.size(); ++i) EXPECT_EQ(s.velocities(i, 0), again.velocities(i, 0));
}

TEST(RunFiles, SayWhichSectionDoesNotFitTheSystem) {
  const RunFile run = parse_run_file(with(kArgon, "cutoff = 0.85", "cutoff = 85"), "r.toml");
  try {
    make_system(run);
    ADD_FAILURE() << "a cutoff beyond half the box";
  } catch (const Error& e) {
    EXPECT_TRUE(e.status().message().starts_with("r.toml:10: ")) << e.status().message();
  }
}

/// A file beside a run file that reads it.
class FromFiles : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = ::testing::TempDir() + "lagoon_run_" + std::to_string(::getpid()) + "/";
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  void write(const std::string& name, const std::string& text) const { std::ofstream(folder_ + name) << text; }
  RunFile run(const std::string& system, const std::string& types) const {
    return parse_run_file(
        "[system]\n" + system + "\n[model]\ntypes = [" + types + "]\ncutoff = 2\n[run]\nsteps = 1\ntime_step = 0.001\n",
        folder_ + "r.toml");
  }
  std::string refused(const RunFile& run) const {
    try {
      make_system(run);
    } catch (const Error& e) {
      return e.status().message();
    }
    ADD_FAILURE() << "nothing was refused";
    return "";
  }

  std::string folder_;
};

TEST_F(FromFiles, TypesAreFoundByName) {
  write("lagoon_two.xyz",
        "2\nLattice=\"8 0 0 0 8 0 0 0 8\" Properties=species:S:1:pos:R:3 pbc=\"T T T\"\nKr 1 1 1\nAr 3 3 3\n");
  const System s = make_system(run("file = \"lagoon_two.xyz\"",
                                   "{name = \"Ar\", epsilon = 1, sigma = 1, mass = 2}, "
                                   "{name = \"Kr\", epsilon = 1, sigma = 1, charge = 0.5}"));
  ASSERT_EQ(s.size(), 2);
  EXPECT_EQ(s.types[0], 1);
  EXPECT_EQ(s.types[1], 0);
  EXPECT_EQ(s.masses.at(0), 2);
  EXPECT_EQ(s.charges[0], 0.5);
  EXPECT_EQ(s.charges[1], 0);
  const std::string said = refused(run("file = \"lagoon_two.xyz\"", "{name = \"Ar\", epsilon = 1, sigma = 1}"));
  EXPECT_NE(said.find("r.toml:1: "), std::string::npos) << said;
  EXPECT_NE(said.find("has particles 'Kr', [model] has no type of that name"), std::string::npos) << said;
}

TEST_F(FromFiles, TheBoundaryOfTheRunFileCounts) {
  write("lagoon_one.xyz", "1\nLattice=\"8 0 0 0 8 0 0 0 8\" Properties=species:S:1:pos:R:3\nX 1 1 1\n");
  const System s = make_system(run("file = \"lagoon_one.xyz\"\nboundary = \"reflecting\"", "{epsilon = 1, sigma = 1}"));
  EXPECT_EQ(s.box.boundary[1], Boundary::reflecting);
}

TEST_F(FromFiles, OfOtherUnitsAreRefused) {
  write("lagoon_units.data",
        "# units = real\n\n1 atoms\n1 atom types\n0 20 xlo xhi\n0 20 ylo yhi\n0 20 zlo zhi\n\nAtoms # atomic\n\n1 1 1 "
        "1 1\n");
  const std::string said =
      refused(run("file = \"lagoon_units.data\"\nlammps_units = \"real\"", "{epsilon = 1, sigma = 1}"));
  EXPECT_NE(said.find("is in nano units, the run in reduced; give units = 'nano'"), std::string::npos) << said;
  RunFile nano = run("file = \"lagoon_units.data\"\nlammps_units = \"real\"\nunits = \"nano\"",
                     "{epsilon = 1, sigma = 0.3, mass = 39.9}");
  nano.model.cutoff = 0.9;
  const System s = make_system(nano);
  EXPECT_NEAR(s.positions(0, 0), 0.1, 1e-15) << "1 Angstrom";
  EXPECT_EQ(s.masses.at(0), 39.9);
}

TEST(RunFiles, DifferFromSimulationsOfOtherRuns) {
  const RunFile run = parse_run_file(kArgon, "r.toml");
  const Simulation simulation(make_system(run), run.model, run.options);
  EXPECT_EQ(difference(simulation, run), "");
  EXPECT_EQ(difference(simulation, parse_run_file(with(kArgon, "0.002", "0.001"), "r.toml")),
            "time_step is 0.002 there and 0.001 in r.toml");
  EXPECT_EQ(difference(simulation, parse_run_file(with(kArgon, "0.85", "0.9"), "r.toml")),
            "cutoff is 0.85 there and 0.9 in r.toml");
  EXPECT_EQ(difference(simulation, parse_run_file(with(kArgon, "cutoff", "tail = true\ncutoff"), "r.toml")),
            "tail is not what r.toml says");
  EXPECT_EQ(difference(simulation, parse_run_file(with(kArgon, "1_000", "2_000"), "r.toml")), "");
}

TEST(RunFiles, MayMinimiseFirst) {
  const RunFile run = parse_run_file(kArgon + "[minimize]\nforce_tolerance = 0.1\n", "r.toml");
  System s = make_system(run);
  EXPECT_TRUE(s.velocities.empty());
  const auto found = prepare(s, run);
  ASSERT_TRUE(found);
  EXPECT_LE(found->largest_force, 0.1);
  EXPECT_NEAR(temperature(s), 94.4, 1e-10);
}

}  // namespace
}  // namespace lagoon::dynamics
