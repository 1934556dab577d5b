// SPDX-License-Identifier: Apache-2.0
// A Lennard-Jones crystal that melts, beside LAMMPS and GROMACS; threads, replicas, and what a simulation holds.
#include <fmt/core.h>
#include <lagoon/rpc.hpp>
#include <lagoon/services/dynamics.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <optional>
#include <stdexcept>

#include "kernels/melt.hpp"
#include "runner/process_memory.hpp"
#include "runner/timing.hpp"
#include "suites.hpp"

namespace lagoon::bench {
namespace {

using dynamics::Precision;
using rivals::Melt;
using rivals::Melter;
using rivals::Melting;

constexpr Unit kMillionSteps{"M atom-steps/s", 1e-6};
constexpr Unit kPerAtom{"B/atom", 1};
constexpr std::ptrdiff_t kCells = 20, kFewCells = 10;  // 32,000 and 4,000 particles

struct Way {
  Precision precision = Precision::f64;
  double skin = 0;  // 0: as the kernel chooses
  unsigned threads = 1;
};

/// The melt in an isolate that has so many cores.
class Ours {
 public:
  Ours(const Melt& melt, const Way& way)
      : melt_(melt), way_(way), engine_({.cores = way.threads}), isolate_(engine_, {.name = "melt"}) {}

  Melting run(std::int64_t steps) {
    return isolate_.run([&] {
      dynamics::Simulation melting(system_of(melt_), model_of(melt_),
                                   {.time_step = melt_.time_step, .precision = way_.precision, .skin = way_.skin});
      Melting told;
      told.potential = melting.observe().potential() / static_cast<double>(melt_.particles());
      told.seconds = seconds_of([&] { melting.advance(steps); });
      told.temperature = melting.observe().temperature;
      const auto lists = melting.lists();
      lists_ = fmt::format("{} lists in {} steps, {:.1f} pairs per particle computed for {:.1f}", lists.builds, steps,
                           lists.pairs_computed, lists.pairs_needed);
      return told;
    });
  }
  /// How lists of pairs did in the last run.
  const std::string& lists() const { return lists_; }

 private:
  const Melt melt_;
  const Way way_;
  Engine engine_;
  Isolate isolate_;
  std::string lists_;
};

std::string threads_of(unsigned threads) { return threads == 1 ? "one thread" : fmt::format("{} threads", threads); }

Melter melter_of(const std::shared_ptr<Ours>& ours, const Way& way) {
  return {"Simulation::advance, " + threads_of(way.threads), [ours](std::int64_t steps) { return ours->run(steps); }};
}

/// How far two may be apart that melt the same crystal.
struct Apart {
  double potential;    // of the crystal, relative: the digits of who has fewer
  double temperature;  // after the last step, relative: velocities, or roundings, differ, and trajectories with them
};
constexpr Apart kBothDouble{1e-8, 0.05}, kOneMixed{1e-4, 0.05}, kBothSame{0, 0};

void check_agree(const Melting& a, const Melting& b, const Apart& apart, const std::string& name) {
  const auto differ = [](double x, double y, double allowed) { return !(std::abs(x - y) <= allowed * std::abs(x)); };
  if (differ(a.potential, b.potential, apart.potential) || differ(a.temperature, b.temperature, apart.temperature))
    throw std::runtime_error(
        fmt::format("{} melts something else: {:.12g} and {:.12g} per particle at the first step, "
                    "temperature {:.9g} and {:.9g} after the last",
                    name, b.potential, a.potential, b.temperature, a.temperature));
}

/// One run is one repetition; each must agree with what is expected.
Side side_of(const Melter& melter, double particles, std::int64_t steps, const Melting& expected, const Apart& apart) {
  return {melter.name,
          [=](benchmark::State& state) {
            std::vector<double> seconds;
            for (auto _ : state) {
              const Melting told = melter.run(steps);
              check_agree(expected, told, apart, melter.name);
              seconds.push_back(told.seconds);
            }
            set_figure(state, particles * static_cast<double>(steps) / median(std::move(seconds)));
          },
          1};
}

/// The fastest of a rival's settings, by a fifth of the steps, the first of which warms it. Those that fail are left
/// out.
const Melter* fastest(const std::vector<Melter>& melters, std::int64_t steps, std::string& note, std::string& why) {
  const Melter* best = nullptr;
  double least = 0;
  for (const Melter& melter : melters) {
    try {
      melter.run(1);  // warms it
      double seconds = std::numeric_limits<double>::infinity();
      for (int k = 0; k < 3; ++k) seconds = std::min(seconds, melter.run(std::max<std::int64_t>(1, steps / 5)).seconds);
      if (melters.size() > 1) note += fmt::format("; {} {:.3g} ms", melter.name, 1e3 * seconds);
      if (best && seconds >= least) continue;
      best = &melter;
      least = seconds;
    } catch (const std::exception& e) {
      why = e.what();
    }
  }
  return best;
}

using Rival = std::vector<Melter> (*)(const Melt&, unsigned);

Pair beside(const std::string& name, Rival rival, std::ptrdiff_t cells, std::int64_t steps, const Way& way) {
  const Melt melt = crystal(cells);
  const double particles = static_cast<double>(melt.particles());
  const auto ours = std::make_shared<Ours>(melt, way);
  const Melting expected = ours->run(steps);
  Pair pair{side_of(melter_of(ours, way), particles, steps, expected, kBothSame), {}, ours->lists()};
  std::string why;
  try {
    const std::vector<Melter> melters = rival(melt, way.threads);
    if (const Melter* best = fastest(melters, steps, pair.note, why))
      pair.rival =
          side_of(*best, particles, steps, expected, way.precision == Precision::f64 ? kBothDouble : kOneMixed);
  } catch (const std::exception& e) {
    why = e.what();
  }
  if (!pair.rival.repetition) pair.rival = absent(name, why);
  return pair;
}

Pair threads_pair(std::ptrdiff_t cells, std::int64_t steps, Precision precision) {
  const Melt melt = crystal(cells);
  const double particles = static_cast<double>(melt.particles());
  const Way two{.precision = precision, .threads = 2}, one{.precision = precision, .threads = 1};
  const auto ours = std::make_shared<Ours>(melt, two);
  const Melting expected = ours->run(steps);
  return {side_of(melter_of(ours, two), particles, steps, expected, kBothSame),
          side_of(melter_of(std::make_shared<Ours>(melt, one), one), particles, steps, expected, kBothSame)};
}

struct Replica {
  std::uint64_t seed = 0;
  std::int64_t cells = 0, steps = 0;
  LAGOON_FIELDS(Replica, seed, cells, steps)
};
struct Energy {
  double total = 0;
  LAGOON_FIELDS(Energy, total)
};
using Melts = Unary<"melt", Replica, Energy>;
using Replicas = Contract<"bench.Replicas", Melts>;

Service replicas_service() {
  return serve<Replicas>(on<Melts>([](const Replica& replica) {
    const int cells = static_cast<int>(replica.cells);
    const Melt melt;
    dynamics::System system =
        dynamics::fcc({.cells = {cells, cells, cells}, .spacing = dynamics::fcc_spacing(melt.density)});
    dynamics::set_temperature(system, melt.temperature, replica.seed);
    dynamics::Simulation run(std::move(system), model_of(melt), {.time_step = melt.time_step});
    run.advance(replica.steps);
    return Energy{run.observe().total()};
  }));
}

/// Replicas from start to end, over isolates of one core each.
class Replicated {
 public:
  Replicated(unsigned isolates, std::int64_t cells, std::int64_t steps)
      : cells_(cells), steps_(steps), pool_(engine_, {replicas_service()}, {.workers = isolates}) {}

  void run() {
    std::vector<Reply<Melts>> replies;
    for (std::uint64_t seed = 1; seed <= kReplicas; ++seed)
      replies.push_back(caller_.start<Melts>({seed, cells_, steps_}));
    std::vector<double> energies;
    for (Reply<Melts>& reply : replies) energies.push_back(reply.get().total);
    if (!expected_.empty() && energies != expected_) throw std::runtime_error("replicas differ from run to run");
    expected_ = std::move(energies);
  }
  const std::vector<double>& energies() const { return expected_; }
  double atom_steps() const { return static_cast<double>(kReplicas * 4 * cells_ * cells_ * cells_ * steps_); }

 private:
  static constexpr std::int64_t kReplicas = 8;
  const std::int64_t cells_, steps_;
  std::vector<double> expected_;
  Engine engine_{{.cores = 1}};  // of each isolate: they are side by side, with a thread each
  Pool pool_;
  Caller<Replicas> caller_{pool_};
};

Pair replicas_pair(std::int64_t cells, std::int64_t steps) {
  const auto side = [](const char* name, const std::shared_ptr<Replicated>& replicas) {
    return Side{name, rate_of(replicas->atom_steps(), [replicas] { replicas->run(); }), 1};
  };
  const auto two = std::make_shared<Replicated>(2, cells, steps), one = std::make_shared<Replicated>(1, cells, steps);
  two->run();
  one->run();
  if (two->energies() != one->energies()) throw std::runtime_error("replicas differ by where they run");
  return {side("8 calls to a pool of two isolates", two), side("8 calls to one isolate", one)};
}

/// What an isolate holds at most, while it makes a simulation and takes steps. Small blocks from elsewhere than the
/// isolate's memory are not counted there, so a note tells what the process grew by at the first.
Pair memory_pair(std::ptrdiff_t cells, std::int64_t steps) {
  const auto peak = [=](Precision precision) {
    const Melt melt;
    const int edge = static_cast<int>(cells);
    Engine engine({.cores = 1});
    Isolate isolate(engine, {.name = "melt"});
    isolate.run([&] {
      dynamics::System system =
          dynamics::fcc({.cells = {edge, edge, edge}, .spacing = dynamics::fcc_spacing(melt.density)});
      dynamics::set_temperature(system, melt.temperature, 1);
      dynamics::Simulation run(std::move(system), model_of(melt),
                               {.time_step = melt.time_step, .precision = precision});
      run.advance(steps);
    });
    return static_cast<double>(isolate.memory()->use().peak) / static_cast<double>(4 * cells * cells * cells);
  };
  forget_peak();
  const double before = memory_of_process("VmRSS");
  peak(Precision::f64);
  const double grown = (memory_of_process("VmHWM") - before) / static_cast<double>(4 * cells * cells * cells);
  Pair pair;
  pair.ours = {"peak of the isolate",
               [=](benchmark::State& state) {
                 double most = 0;
                 for (auto _ : state) most = std::max({most, peak(Precision::f64), peak(Precision::mixed)});
                 set_figure(state, most);
               },
               1};
  pair.note = fmt::format("the process grew by {:.0f} B/atom at the first", grown);
  return pair;
}

/// The crystal in an isolate with a service, and what its first step gives.
class Stepped {
 public:
  explicit Stepped(std::ptrdiff_t cells) : melt_(crystal(cells)), system_(system_of(melt_)) {
    request_.state.positions = melt_.positions;
    request_.state.velocities = melt_.velocities;
    request_.state.lengths = system_.box.length;
    request_.model.cutoff = melt_.cutoff;
    request_.settings.time_step = melt_.time_step;
    isolate_.run([&] { kept_.emplace(system_.copy(), model_of(melt_), options()); });
    called_ = caller_.call<services::SimulateStep>(request_);
  }
  ~Stepped() {
    isolate_.run([&] { kept_.reset(); });
  }
  Stepped(const Stepped&) = delete;
  Stepped& operator=(const Stepped&) = delete;

  void call() { called_ = caller_.call<services::SimulateStep>(request_); }
  /// All that the handler has to do.
  void direct() {
    isolate_.run([&] {
      dynamics::Simulation run(system_.copy(), model_of(melt_), options());
      run.advance(1);
      direct_ = {run.positions().freeze(), run.velocities().freeze(), run.forces().freeze(), run.box().length,
                 run.observe()};
    });
  }
  /// One step more of a simulation that is kept.
  void advance() {
    isolate_.run([&] { kept_->advance(1); });
  }
  void check() const {
    bool same = called_.observation.total() == direct_.observation.total();
    for (std::ptrdiff_t i = 0; i < melt_.particles(); ++i)
      for (std::ptrdiff_t d = 0; d < 3; ++d)
        same =
            same && called_.positions(i, d) == direct_.positions(i, d) && called_.forces(i, d) == direct_.forces(i, d);
    if (!same) throw std::runtime_error("a step through a call differs from a step of the kernel");
  }

 private:
  dynamics::SimulationOptions options() const { return {.time_step = melt_.time_step}; }

  const Melt melt_;
  const dynamics::System system_;
  services::StepRequest request_;
  Engine engine_;
  Isolate isolate_{engine_, {.name = "steps"}};
  Local service_{isolate_, {services::dynamics_service()}};
  Caller<services::Dynamics> caller_{service_};
  std::optional<dynamics::Simulation> kept_;
  services::StepReply called_, direct_;
};

/// A call for one step beside what its handler does, or beside a step of a simulation that is kept.
Pair service_pair(std::ptrdiff_t cells, bool kept) {
  const auto steps = std::make_shared<Stepped>(cells);
  steps->direct();
  steps->check();
  Side rival = kept ? Side{"Simulation::advance(1), kept", time_of(1, [steps] { steps->advance(); })}
                    : Side{"the same step in the isolate", time_of(1, [steps] { steps->direct(); })};
  return {{"call of lagoon.Dynamics for a step", time_of(1, [steps] { steps->call(); })}, std::move(rival)};
}

}  // namespace

void add_dynamics_rows(Rows& rows, const RunOptions& options) {
  const std::ptrdiff_t cells = options.quick ? kFewCells : kCells;
  const std::int64_t long_run = options.quick ? 100 : 1000;
  const std::string melt = "md.lj_melt_32000";
  const auto add = [&](const std::string& name, double goal, std::function<Pair()> make, std::size_t repetitions) {
    rows.push_back({name, kMillionSteps, Better::higher, goal, std::move(make), Judge::ratio, 0, repetitions});
  };
  for (const double skin : {0.0, 0.3})
    for (const unsigned threads : {1u, 2u})
      add(
          melt + (skin > 0 ? ".skin_0.3" : "") + (threads == 2 ? ".two_threads" : ""), 2.5,
          [=] { return beside("LAMMPS -sf opt", rivals::lammps, cells, 100, {.skin = skin, .threads = threads}); }, 9);
  for (const unsigned threads : {1u, 2u})
    add(
        melt + ".mixed" + (threads == 2 ? ".two_threads" : ""), 1.2,
        [=] {
          return beside("GROMACS", rivals::gromacs, cells, long_run,
                        {.precision = Precision::mixed, .threads = threads});
        },
        5);
  add(
      melt + ".two_over_one", 1.9, [=] { return threads_pair(cells, 100, Precision::f64); }, 9);
  add(
      melt + ".mixed.two_over_one", 1.9, [=] { return threads_pair(cells, 100, Precision::mixed); }, 9);
  const std::int64_t replica_cells = options.quick ? 6 : kFewCells;
  add(
      "md.replicas", 1.9, [=] { return replicas_pair(replica_cells, 100); }, 9);
  rows.push_back({"md.memory_per_atom", kPerAtom, Better::lower, 1024, [=] { return memory_pair(cells, 40); },
                  Judge::figure, 0, 3});
  rows.push_back({"md.service_overhead", kMilliseconds, Better::lower, 1.02, [=] { return service_pair(cells, false); },
                  Judge::ratio, 0.5, 9});
  rows.push_back({"md.service_overhead.over_kept", kMilliseconds, Better::lower, std::nullopt,
                  [=] { return service_pair(cells, true); }, Judge::ratio, 0.5, 9});
}

}  // namespace lagoon::bench
