// SPDX-License-Identifier: Apache-2.0
// A run that goes on from a file comes out the same to the bit, and a file that is not whole is refused.
#include <lagoon/kernels/dynamics/checkpoint.hpp>

#include <filesystem>
#include <memory>
#include <optional>

#include "../files/temporary_folder.hpp"
#include "systems.hpp"

namespace lagoon::dynamics {
namespace {

using files::TemporaryFolder;

std::string file_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}
void make_file(const std::string& path, const std::string& bytes) { std::ofstream(path, std::ios::binary) << bytes; }

bool same_bits(const Tensor<double, 2>& a, const Tensor<double, 2>& b) {
  return a.extents() == b.extents() && std::memcmp(a.data(), b.data(), a.bytes()) == 0;
}

/// A liquid with everything that a checkpoint has to remember.
std::unique_ptr<Simulation> liquid(const SimulationOptions& options, std::array<Boundary, 3> boundary = kPeriodic) {
  System s = shaken({5, 5, 4}, 0.7, 0.05);
  s.box.boundary = boundary;
  s.box.origin = {-1, 0.25, 3};
  for (std::ptrdiff_t i = 0; i < s.size(); ++i)
    for (std::size_t d = 0; d < 3; ++d) s.positions(i, static_cast<std::ptrdiff_t>(d)) += s.box.origin[d];
  s.masses = {1, 2};
  s.types = Tensor<std::int32_t, 1>({s.size()});
  s.charges = Tensor<double, 1>({s.size()});
  for (std::ptrdiff_t i = 0; i < s.size(); ++i) {
    s.types[i] = static_cast<std::int32_t>(i % 2);
    s.charges[i] = i % 2 ? 0.3 : -0.3;
  }
  s.bonds = {{0, 1, 0}, {1, 4, 0}};
  s.angles = {{0, 1, 4, 0}};
  set_temperature(s, 1.3, 4);
  Model m = mixture(2);
  m.truncation = Truncation::force_shifted;
  m.electrostatics = Electrostatics::reaction_field;
  m.bonds = {{50, 1.1}};
  m.angles = {{5, 1.9}};
  return std::make_unique<Simulation>(std::move(s), std::move(m), options);
}

TEST(Checkpoints, GoOnToTheSameBits) {
  const TemporaryFolder folder;
  const std::string path = folder.path("run.checkpoint");
  const SimulationOptions all[] = {
      {.time_step = 0.002},
      {.time_step = 0.002, .precision = Precision::mixed},
      {.time_step = 0.002, .skin = 0.1, .thermostat = Langevin{1.2, 1}, .seed = 8},
      {.time_step = 0.002, .thermostat = VelocityRescaling{1.2, 0.3}},
      {.time_step = 0.002, .thermostat = VelocityRescaling{1.2, 0.3}, .barostat = CellRescaling{1, 2, 0.3}},
      {.time_step = 0.002, .first_step = 1234},
  };
  for (const SimulationOptions& options : all) {
    const auto run = liquid(options);
    // Between two builds of the lists, and away from the barostat's steps.
    for (const std::int64_t before : {0, 1, 33, 100}) {
      run->advance(before);
      write_checkpoint(path, *run);
      const auto again = read_checkpoint(path);
      EXPECT_EQ(again->step(), run->step());
      EXPECT_EQ(again->observe().potential(), run->observe().potential());
      EXPECT_EQ(again->observe().kinetic, run->observe().kinetic);
      run->advance(60);
      again->advance(60);
      EXPECT_TRUE(same_bits(again->positions(true), run->positions(true)));
      EXPECT_TRUE(same_bits(again->velocities(), run->velocities()));
      EXPECT_EQ(again->box().length, run->box().length);
      const Observation a = again->observe(), b = run->observe();
      EXPECT_EQ(a.potential(), b.potential());
      EXPECT_EQ(a.energies.bond, b.energies.bond);
      if (!options.barostat) {
        EXPECT_EQ(a.conserved, b.conserved);
      }
    }
  }
}

TEST(Checkpoints, GoOnWithWallsAndOpenSpace) {
  const TemporaryFolder folder;
  const std::string path = folder.path("run.checkpoint");
  for (const auto& boundary : {kReflecting, kOpen}) {
    const auto run = liquid({.time_step = 0.001}, boundary);
    run->advance(50);
    write_checkpoint(path, *run);
    const auto again = read_checkpoint(path);
    run->advance(200);
    again->advance(200);
    EXPECT_TRUE(same_bits(again->positions(), run->positions()));
  }
}

TEST(Checkpoints, DoNotDisturbTheRun) {
  const TemporaryFolder folder;
  const auto a = liquid({}), b = liquid({});
  for (int k = 0; k < 5; ++k) {
    a->advance(7);
    write_checkpoint(folder.path("x"), *a);
  }
  b->advance(35);
  EXPECT_TRUE(same_bits(a->positions(), b->positions()));
}

TEST(Checkpoints, OfNoParticlesAndOfOne) {
  const TemporaryFolder folder;
  for (const std::ptrdiff_t n : {0, 1}) {
    Simulation run(scatter({.n = n}), Model{}, {});
    run.advance(3);
    write_checkpoint(folder.path("x"), run);
    EXPECT_EQ(read_checkpoint(folder.path("x"))->system().size(), n);
  }
}

TEST(Checkpoints, ThatAreNotWholeAreRefused) {
  const TemporaryFolder folder;
  const std::string path = folder.path("run.checkpoint");
  write_checkpoint(path, *liquid({}));
  const std::string whole = file_of(path);
  const auto error = [&](const std::string& bytes) {
    make_file(path, bytes);
    try {
      read_checkpoint(path);
    } catch (const Error& e) {
      return e.code();
    }
    return Errc::ok;
  };
  for (std::size_t k = 0; k < 512; ++k) EXPECT_EQ(error(whole.substr(0, whole.size() * k / 512)), Errc::data_loss) << k;
  std::mt19937_64 random(5);
  for (int k = 0; k < 500; ++k) {
    std::string changed = whole;
    changed[random() % changed.size()] ^= static_cast<char>(1 << random() % 8);
    const Errc code = error(changed);
    EXPECT_TRUE(code == Errc::data_loss || code == Errc::invalid_argument) << k;
  }
  EXPECT_EQ(error("lagoon checkpoint 2\n" + whole.substr(20)), Errc::invalid_argument);
  EXPECT_EQ(error(whole), Errc::ok);
  std::filesystem::remove(path);
  EXPECT_THROW(read_checkpoint(path), Error);
}

TEST(Checkpoints, OfAPotentialOfOnesOwnAreRefusedBeforeAnythingIsWritten) {
  const TemporaryFolder folder;
  Model m;
  m.pair = pair_function([](double r) { return PairValue{1 / r, 1 / (r * r)}; });
  const Simulation run(shaken({4, 4, 4}, 0.5, 0.05), m, {});
  EXPECT_THROW(write_checkpoint(folder.path("x"), run), Error);
  EXPECT_FALSE(std::filesystem::exists(folder.path("x")));
}

}  // namespace
}  // namespace lagoon::dynamics
