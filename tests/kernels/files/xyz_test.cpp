// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <lagoon/engine/isolate.hpp>
#include <lagoon/kernels/files/xyz.hpp>

#include <cstdlib>

#include "particles.hpp"
#include "temporary_folder.hpp"

namespace lagoon::files {
namespace {

using dynamics::Boundary;
using dynamics::Units;
using Numbers = std::vector<double>;

XyzFrame parse(const std::string& text, const XyzOptions& options = {}) { return parse_xyz(text, "a.xyz", options); }
std::string fails(const std::string& text, const XyzOptions& options = {}) {
  return error_of([&] { parse(text, options); });
}
const std::array<Boundary, 3> kPeriodic{Boundary::periodic, Boundary::periodic, Boundary::periodic};
const std::array<Boundary, 3> kOpen{Boundary::open, Boundary::open, Boundary::open};

TEST(Xyz, PlainOnesHaveAnOpenBoxAroundTheParticles) {
  const auto frame = parse("3\nwater time=noon\nO 0 0 0.5\r\nH 1 0 .5 extra\nH -1 2.5e0 0.5\n");
  const auto& s = frame.system;
  EXPECT_EQ(values(s.positions), (Numbers{0, 0, 0.5, 1, 0, 0.5, -1, 2.5, 0.5}));
  EXPECT_EQ(values(s.types), (std::vector<std::int32_t>{0, 1, 1}));
  EXPECT_EQ(s.type_names, (std::vector<std::string>{"O", "H"}));
  EXPECT_EQ(s.masses, (Numbers{1, 1}));
  EXPECT_EQ(s.box.origin, (std::array{-1.0, 0.0, 0.5}));
  EXPECT_EQ(s.box.length, (std::array{2.0, 2.5, 1.0}));
  EXPECT_EQ(s.box.boundary, kOpen);
  EXPECT_FALSE(frame.info.step || frame.info.time || frame.info.energy);
  check(s);
}

TEST(Xyz, ReadsColumnsInAnyOrderAndPassesOverOthers) {
  const auto frame = parse(
      "2\nProperties=id:I:1:vel:R:3:type:I:1:forces:R:3:pos:R:3:q:S:1:charge:R:1:species:S:1 "
      "Lattice=\"4 0 0 0 5 1e-15 0 0 6\" Origin=\"-2 0 1\" pbc=\"T F 1\" Step=7 Time=0.5 energy=-1.5 name={a b} flag\n"
      "12 1 2 3 2 9 9 9 .1 .2 .3 x -1 Kr\n"
      "11 4 5 6 1 9 9 9 .4 .5 .6 y 1 Ar\n");
  const auto& s = frame.system;
  EXPECT_EQ(values(s.positions), (Numbers{.4, .5, .6, .1, .2, .3}));  // by their ids
  EXPECT_EQ(values(s.velocities), (Numbers{4, 5, 6, 1, 2, 3}));
  EXPECT_EQ(values(s.charges), (Numbers{1, -1}));
  EXPECT_EQ(values(s.types), (std::vector<std::int32_t>{0, 1}));
  EXPECT_EQ(s.type_names, (std::vector<std::string>{"Ar", "Kr"}));
  EXPECT_EQ(s.box.origin, (std::array{-2.0, 0.0, 1.0}));
  EXPECT_EQ(s.box.length, (std::array{4.0, 5.0, 6.0}));
  EXPECT_EQ(s.box.boundary, (std::array{Boundary::periodic, Boundary::open, Boundary::periodic}));
  EXPECT_EQ(frame.info.step, 7);
  EXPECT_EQ(frame.info.time, 0.5);
  EXPECT_EQ(frame.info.energy, -1.5);
  check(s);
}

TEST(Xyz, IsInAngstromWhereUnitsAreNano) {
  const XyzOptions nano{.units = Units::nano()};
  const auto s =
      parse("1\nLattice=\"10 0 0 0 20 0 0 0 30\" Properties=species:S:1:pos:R:3:vel:R:3\nAr 5 6 7 1 2 3\n", nano)
          .system;
  EXPECT_DOUBLE_EQ(s.box.length[2], 3);
  EXPECT_DOUBLE_EQ(s.positions(0, 1), 0.6);
  EXPECT_DOUBLE_EQ(s.velocities(0, 2), 0.3);
  EXPECT_EQ(s.masses, Numbers{39.95});
  EXPECT_EQ(s.units.name, "nano");
}

TEST(Xyz, ReadsNistsReferenceConfigurations) {
  const auto s = parse("2\n   cell: 8.0  8.0 9\nH  1.0e+00 -1 0\nH 0 0 0\n").system;
  EXPECT_EQ(s.box.length, (std::array{8.0, 8.0, 9.0}));
  EXPECT_EQ(s.box.origin, (std::array{-4.0, -4.0, -4.5}));
  EXPECT_EQ(s.box.boundary, kPeriodic);
  EXPECT_TRUE(s.types.empty());
  const char* cases = std::getenv("LAGOON_CASES");
  if (!cases || !*cases) GTEST_SKIP() << "no known answers here";
  const auto known = read_xyz(std::string(cases) + "/md/nist_lj_4.xyz").system;
  EXPECT_EQ(known.size(), 30);
  EXPECT_EQ(known.box.length, (std::array{8.0, 8.0, 8.0}));
  EXPECT_EQ(known.positions(0, 0), 1.077169909511e+00);
  EXPECT_EQ(read_xyz(std::string(cases) + "/md/nist_lj_1.xyz").system.size(), 800);
}

TEST(Xyz, TypesStayTheSameFromFrameToFrame) {
  const std::string text = "1\n\nAr 0 0 0\n\n2\n\nKr 0 0 0\nAr 1 1 1\n\n  \n";
  auto reader = XyzReader::over(text, "a.xyz");
  EXPECT_TRUE(reader.next()->system.types.empty());
  const auto second = reader.next();
  ASSERT_TRUE(second);
  EXPECT_EQ(values(second->system.types), (std::vector<std::int32_t>{1, 0}));
  EXPECT_FALSE(reader.next());
  EXPECT_FALSE(reader.next());
  auto again = XyzReader::over(text, "a.xyz");
  EXPECT_TRUE(again.skip());
  EXPECT_EQ(again.next()->system.size(), 2);
  EXPECT_FALSE(again.skip());
  EXPECT_EQ(parse(text).system.size(), 2);  // the last
}

TEST(Xyz, NamesFileAndLineOfWhatIsWrong) {
  const std::string head = "2\nLattice=\"4 0 0 0 4 0 0 0 4\" Properties=species:S:1:pos:R:3\n";
  EXPECT_EQ(fails(""), "invalid_argument: a.xyz:1: the file has no frame");
  EXPECT_EQ(fails("x\n"), "invalid_argument: a.xyz:1: 'x' in place of the number of particles");
  EXPECT_EQ(fails("2 3\n"), "invalid_argument: a.xyz:1: '3' after the number of particles");
  EXPECT_EQ(fails("-1\n"),
            "invalid_argument: a.xyz:1: the number of particles is -1; 0 to 9223372036854775807 is allowed");
  EXPECT_EQ(fails("2\n\nAr 0 0 0\n"), "invalid_argument: a.xyz:3: the file ends within a frame of 2 particles");
  EXPECT_EQ(fails(head + "Ar 0 0 0\nAr 0 1.5x 0\n"), "invalid_argument: a.xyz:4: '1.5x' in place of a coordinate");
  EXPECT_EQ(fails(head + "Ar 0 0 nan\nAr 0 0 0\n"), "invalid_argument: a.xyz:3: 'nan' in place of a coordinate");
  EXPECT_EQ(fails(head + "Ar 0 0 1e999\nAr 0 0 0\n"), "invalid_argument: a.xyz:3: '1e999' in place of a coordinate");
  EXPECT_EQ(fails(head + "Ar 0 0\nAr 0 0 00000\n"), "invalid_argument: a.xyz:3: the line ends before a coordinate");
  EXPECT_EQ(fails(head + "Ar 0 0 0 0\nAr 0 0 0\n"), "invalid_argument: a.xyz:3: '0' is more than Properties say");
  EXPECT_EQ(fails("1\nLattice=\"4 0 0 1 4 0 0 0 4\"\nAr 0 0 0\n"),
            "invalid_argument: a.xyz:2: the lattice is triclinic; only boxes with edges along x, y and z are read");
  EXPECT_EQ(fails("1\nLattice=\"4 0 0 0 4\"\nAr 0 0 0\n"),
            "invalid_argument: a.xyz:2: lattice is '4 0 0 0 4'; 9 numbers are wanted");
  EXPECT_EQ(fails("1\nLattice=\"4 0 0 0 0 0 0 0 4\"\nAr 0 0 0\n").substr(0, 46),
            "invalid_argument: a.xyz:2: an edge of the box ");
  EXPECT_EQ(fails("1\nProperties=species:S\nAr 0 0 0\n").substr(0, 49),
            "invalid_argument: a.xyz:2: Properties are 'specie");
  EXPECT_EQ(fails("1\nProperties=species:S:1\nAr 0 0 0\n"), "invalid_argument: a.xyz:2: Properties name no pos:R:3");
  EXPECT_EQ(fails("1\nProperties=pos:R:3 Step=x\n0 0 0\n"),
            "invalid_argument: a.xyz:2: Step is 'x'; an integer is wanted");
  EXPECT_EQ(fails("2\nProperties=id:I:1:pos:R:3\n5 0 0 0\n5 0 0 0\n"),
            "invalid_argument: a.xyz:4: id 5 is there twice in the frame that ends here");
  EXPECT_EQ(fails("1\nProperties=pos:R:3 units=nano\n0 0 0\n", {.units = Units::reduced()}),
            "invalid_argument: a.xyz:2: the file is in nano units, reduced were asked for");
  EXPECT_EQ(fails("5\n\nA 0 0 0\nA 0 0 0\nA 0 0 0\nA 0 0 0\nA 0 0 0\n", {.max_particles = 4}),
            "resource_exhausted: a.xyz:1: a frame of 5 particles; 4 are allowed");
  EXPECT_EQ(error_of([] { read_xyz("/nowhere/a.xyz"); }).substr(0, 9), "not_found");
}

TEST(Xyz, AsksForNoMemoryThatTheFileDoesNotJustify) {
  Engine engine;
  Isolate isolate(engine, {.memory_limit = std::size_t{1} << 20});
  isolate.run([] {
    auto reader = XyzReader::over("1000000000\n\nAr 0 0 0\n", "a.xyz");
    EXPECT_EQ(error_of([&] { reader.next(); }),
              "invalid_argument: a.xyz:2: the file ends within a frame of 1,000,000,000 particles");
  });
  std::string many;
  for (int k = 0; k < 5000; ++k) many += "1\n\nA" + std::to_string(k) + " 0 0 0\n";
  auto reader = XyzReader::over(many, "a.xyz");
  EXPECT_EQ(error_of([&] {
              while (reader.next()) {
              }
            }),
            "invalid_argument: a.xyz:12291: more than 4096 species");
  const std::string endless(std::size_t{17} << 20, '1');
  EXPECT_EQ(fails(endless), "resource_exhausted: a.xyz:1: a line of more than 16,777,216 bytes");
}

TEST(Xyz, ComesBackToTheBitInReducedUnits) {
  const TemporaryFolder folder;
  const auto path = folder.path("a.xyz");
  auto s = three_particles();
  s.box.boundary = {Boundary::periodic, Boundary::reflecting, Boundary::open};
  for (bool named : {false, true}) {
    if (named) s.type_names = {"Ar", "Q"};
    write_xyz(path, s, {.step = 12, .time = 0.1, .energy = -1.0 / 3});
    const auto back = read_xyz(path);
    EXPECT_EQ(values(back.system.positions), values(s.positions));
    EXPECT_EQ(values(back.system.velocities), values(s.velocities));
    EXPECT_EQ(values(back.system.charges), values(s.charges));
    EXPECT_EQ(values(back.system.types), values(s.types));
    EXPECT_EQ(back.system.masses, s.masses);
    EXPECT_EQ(back.system.type_names, s.type_names);
    EXPECT_EQ(back.system.box.origin, s.box.origin);
    EXPECT_EQ(back.system.box.length, s.box.length);
    EXPECT_EQ(back.system.box.boundary, s.box.boundary);
    EXPECT_EQ(back.system.units.name, "reduced");
    EXPECT_EQ(back.info.step, 12);
    EXPECT_EQ(back.info.time, 0.1);
    EXPECT_EQ(back.info.energy, -1.0 / 3);
  }
  auto one = dynamics::fcc({.cells = {2, 2, 2}, .spacing = 1.7});
  write_xyz(path, one);
  const auto back = read_xyz(path).system;
  EXPECT_EQ(values(back.positions), values(one.positions));
  EXPECT_TRUE(back.velocities.empty() && back.charges.empty() && back.types.empty() && back.type_names.empty());
  write_xyz(path, dynamics::System{}, {.energy = std::numeric_limits<double>::quiet_NaN()});
  EXPECT_EQ(read_xyz(path).system.size(), 0);
  EXPECT_FALSE(read_xyz(path).info.energy);
}

TEST(Xyz, SaysInWhichUnitsItIs) {
  const TemporaryFolder folder;
  const auto path = folder.path("a.xyz");
  auto s = three_particles();
  s.units = Units::nano();
  write_xyz(path, s);
  const auto back = read_xyz(path).system;
  EXPECT_EQ(back.units.name, "nano");
  for (std::ptrdiff_t i = 0; i < 9; ++i) EXPECT_DOUBLE_EQ(back.positions.data()[i], s.positions.data()[i]);
  EXPECT_NE(folder.read("a.xyz").find("Lattice=\"33.333"), std::string::npos);
}

TEST(Xyz, LeavesTheFileAsItWasWhenItCannotWrite) {
  const TemporaryFolder folder;
  const auto path = folder.write("a.xyz", "old");
  auto s = three_particles();
  s.type_names = {"two words", "b"};
  EXPECT_EQ(error_of([&] { write_xyz(path, s); }),
            "invalid_argument: the name 'two words' of type 0 is empty or has a space or quote, which XYZ files cannot "
            "hold");
  s.type_names.clear();
  s.positions(0, 0) = std::numeric_limits<double>::infinity();
  EXPECT_EQ(error_of([&] { write_xyz(path, s); }).substr(0, 16), "invalid_argument");
  EXPECT_EQ(folder.read("a.xyz"), "old");
  EXPECT_EQ(folder.files(), 1u);
  EXPECT_EQ(error_of([&] { write_xyz("/nowhere/a.xyz", three_particles()); }).substr(0, 9), "not_found");
  EXPECT_EQ(error_of([&] { XyzWriter("/nowhere/a.xyz"); }).substr(0, 9), "not_found");
}

TEST(XyzWriter, GoesOnBehindTheStepOfTheCheckpoint) {
  const TemporaryFolder folder;
  const auto path = folder.path("run.xyz");
  const auto s = three_particles();
  XyzWriter writer(path);
  for (std::int64_t step : {0, 10, 20, 30}) writer.write(s, {.step = step});
  writer.sync();
  writer.close();
  EXPECT_EQ(error_of([&] { writer.write(s); }), "failed_precondition: " + path + ": closed before");
  const std::string all = folder.read("run.xyz");

  auto again = XyzWriter::continuing(path, 25);
  EXPECT_EQ(again.last_step(), 20);
  again.write(s, {.step = 30});
  again.close();
  EXPECT_EQ(folder.read("run.xyz"), all);

  // What a killed writer left is taken away, wherever it ended.
  const std::size_t third = all.size() / 4 * 3;
  for (std::size_t size = all.size() - 1; size > third + 2; size -= 7) {
    folder.write("run.xyz", all.substr(0, size));
    EXPECT_EQ(XyzWriter::continuing(path, 100).last_step(), 20) << size;
    EXPECT_TRUE(all.starts_with(folder.read("run.xyz")));
  }
  EXPECT_EQ(XyzWriter::continuing(path, -1).last_step(), std::nullopt);
  EXPECT_EQ(folder.read("run.xyz"), "");
  EXPECT_EQ(XyzWriter::continuing(folder.path("new.xyz"), 5).last_step(), std::nullopt);
}

TEST(XyzWriter, DoesNotTouchWhatItCannotContinue) {
  const TemporaryFolder folder;
  for (const std::string text : {"step,energy\n1,2\n", "1\nno step\nAr 0 0 0\n"}) {
    const auto path = folder.write("a.xyz", text);
    EXPECT_EQ(error_of([&] { XyzWriter::continuing(path, 0); }).substr(0, 16), "invalid_argument");
    EXPECT_EQ(folder.read("a.xyz"), text);
  }
}

TEST(XyzWriter, TakesBackAFrameThatFailed) {
  const TemporaryFolder folder;
  const auto path = folder.path("run.xyz");
  XyzWriter writer(path);
  writer.write(three_particles(), {.step = 1});
  const std::string before = folder.read("run.xyz");
  auto broken = three_particles();
  broken.positions(1, 1) = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(error_of([&] { writer.write(broken, {.step = 2}); }),
            "invalid_argument: system: positions of particle 1 are not finite along y");
  EXPECT_EQ(folder.read("run.xyz"), before);
  EXPECT_EQ(error_of([] {
              XyzWriter full("/dev/full");
              full.write(three_particles());
            }).substr(0, 18),
            "resource_exhausted");
}

}  // namespace
}  // namespace lagoon::files
