// SPDX-License-Identifier: Apache-2.0
// Each method of lagoon.Dynamics, called as a stranger calls it: what goes in, what comes out, what is refused.
#include <lagoon/kernels/dynamics.hpp>

#include <cstring>
#include <optional>
#include <vector>

#include "service_test.hpp"

namespace lagoon::services {
namespace {

template <class A, class B>
bool same_bits(const A& a, const B& b) {
  return a.extents() == b.extents() &&
         std::memcmp(a.data(), b.data(), static_cast<std::size_t>(a.size()) * sizeof(*a.data())) == 0;
}

dynamics::System liquid() {
  dynamics::System s = dynamics::fcc({.cells = {4, 4, 4}, .spacing = dynamics::fcc_spacing(0.8)});
  dynamics::set_temperature(s, 1.4, 3);
  return s;
}

ParticleState state_of(dynamics::System s) {
  return {.positions = std::move(s.positions).freeze(),
          .velocities = std::move(s.velocities).freeze(),
          .lengths = s.box.length};
}

using DynamicsService = ServiceTest<Dynamics>;

TEST_F(DynamicsService, MovesParticlesAsTheKernelDoes) {
  const StepReply reply = caller_.call<SimulateStep>({.state = state_of(liquid()), .steps = 30});
  dynamics::Simulation direct(liquid(), {}, {});
  direct.advance(30);
  EXPECT_TRUE(same_bits(reply.positions, direct.positions()));
  EXPECT_TRUE(same_bits(reply.velocities, direct.velocities()));
  EXPECT_TRUE(same_bits(reply.forces, direct.forces()));
  EXPECT_EQ(reply.observation.step, 30);
  EXPECT_EQ(reply.observation.potential(), direct.observe().potential());
  EXPECT_EQ(reply.lengths, direct.box().length);
}

TEST_F(DynamicsService, CopiesNoArrayOnItsWay) {
  auto pending = caller_.start<SimulateStep>({.state = state_of(liquid())}, {.count_copies = true});
  const CopyReport copies = pending.report().copies;
  EXPECT_EQ(copies.copied_bytes, 0u);
  // Positions and velocities in; the same and forces out.
  EXPECT_EQ(copies.shared_bytes, 5 * 256 * 3 * sizeof(double));
}

TEST_F(DynamicsService, GoesOnFromItsOwnReplies) {
  // Noise counts on from first_step, so ten calls of one step are ten draws and not ten times the same.
  StepRequest request{.state = state_of(liquid())};
  request.settings.thermostat = {.kind = "langevin", .temperature = 1.4, .friction = 2};
  double heat = 0;
  for (int k = 0; k < 10; ++k) {
    const StepReply reply = caller_.call<SimulateStep>(request);
    EXPECT_EQ(reply.observation.step, k + 1);
    request.state.positions = reply.positions;
    request.state.velocities = reply.velocities;
    request.settings.first_step = reply.observation.step;
    heat = reply.observation.kinetic;
  }
  auto whole = StepRequest{.state = state_of(liquid()), .settings = request.settings, .steps = 10};
  whole.settings.first_step = 0;
  // Lists made anew change the order of sums, and nothing else.
  EXPECT_NEAR(caller_.call<SimulateStep>(whole).observation.kinetic, heat, 1e-9 * heat);
}

TEST_F(DynamicsService, StreamsATrajectoryWithItsProgress) {
  TrajectoryRequest request{.state = state_of(liquid()), .steps = 25, .every = 10};
  std::vector<std::int64_t> steps;
  std::optional<Frame> last;
  for (Frame& frame : caller_.start<RunTrajectory>(request)) {
    EXPECT_EQ(frame.total, 25);
    EXPECT_EQ(frame.processed, frame.observation.step);
    EXPECT_DOUBLE_EQ(frame.progress, static_cast<double>(frame.processed) / 25);
    steps.push_back(frame.processed);
    last = std::move(frame);
  }
  EXPECT_EQ(steps, (std::vector<std::int64_t>{0, 10, 20, 25}));
  dynamics::Simulation direct(liquid(), {}, {});
  for (const std::int64_t n : {10, 10, 5}) direct.advance(n);
  EXPECT_TRUE(same_bits(last->positions, direct.positions()));

  request.particles = false;
  for (const Frame& frame : caller_.start<RunTrajectory>(request)) EXPECT_TRUE(frame.positions.empty());
}

TEST_F(DynamicsService, EndsATrajectoryThatNobodyReads) {
  auto stream = caller_.start<RunTrajectory>({.state = state_of(liquid()), .steps = 1'000'000'000, .every = 1});
  EXPECT_TRUE(stream.read());
  stream.cancel();
  EXPECT_THROW(while (stream.read()){}, Error);
}

TEST_F(DynamicsService, TellsEnergiesAndForces) {
  const EnergyReply reply = caller_.call<EnergyOf>({.state = state_of(liquid())});
  const auto direct = dynamics::forces(liquid(), {});
  EXPECT_EQ(reply.potential, direct.energies.potential());
  EXPECT_TRUE(same_bits(reply.forces, direct.forces));
  EXPECT_TRUE(caller_.call<EnergyOf>({.state = state_of(liquid()), .forces = false}).forces.empty());
}

TEST_F(DynamicsService, RunsReplicasSideBySideToTheSameBits) {
  Pool pool(engine_, {dynamics_service()}, {.workers = 2});
  const Caller<Dynamics> replicas(pool);
  std::vector<Reply<SimulateStep>> replies;
  for (int k = 0; k < 6; ++k)
    replies.push_back(replicas.start<SimulateStep>({.state = state_of(liquid()), .steps = 20}));
  const StepReply first = replies[0].get();
  for (std::size_t k = 1; k < replies.size(); ++k) EXPECT_TRUE(same_bits(replies[k].get().positions, first.positions));
}

TEST_F(DynamicsService, NamesWhatItDoesNotKnow) {
  ForceField model;
  model.truncation = "rounded";
  EXPECT_EQ(error_of<EnergyOf>(EnergyRequest{.state = state_of(liquid()), .model = model}),
            "model.truncation 'rounded' is not known; there are cut, shifted, force_shifted");
  StepRequest request{.state = state_of(liquid())};
  request.settings.thermostat.kind = "nose";
  EXPECT_EQ(error_of<SimulateStep>(request),
            "settings.thermostat.kind 'nose' is not known; there are none, langevin, velocity_rescaling");
  request = {.state = state_of(liquid())};
  request.state.boundary[1] = "soft";
  EXPECT_EQ(error_of<SimulateStep>(request),
            "state.boundary 'soft' is not known; there are periodic, reflecting, open");
  request = {.state = state_of(liquid())};
  request.state.types = Tensor<std::int64_t, 1>::filled({256}, 5'000'000'000).freeze();
  EXPECT_NE(error_of<SimulateStep>(request).find("particle 0 is of type"), std::string::npos);
  request = {.state = state_of(liquid()), .steps = -1};
  EXPECT_EQ(error_of<SimulateStep>(request), "simulation: advance(-1); time does not go back");
}

}  // namespace
}  // namespace lagoon::services
