// SPDX-License-Identifier: Apache-2.0
#include "runner/runner.hpp"

#include <cmath>
#include <limits>
#include <stdexcept>

#include "runner/cpu_use.hpp"
#include "runner/timing.hpp"

namespace lagoon::bench {
namespace {

constexpr double kDisturbed = 0.1;  // cores that others may use while a repetition counts as clean
constexpr double kTick = 0.015;     // and what a clock tick that falls on the wrong side may add
constexpr double kUnsteady = 0.25;  // spread of the rival above which the row says so

class Collector final : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(const Context&) override { return true; }
  void ReportRuns(const std::vector<Run>& runs) override { last = runs.back(); }
  Run last;
};

struct Repetition {
  double figure = 0;
  std::uint64_t iterations = 0;
};

/// Google Benchmark's loop around one repetition. Registered anew each time, because the library runs repetitions of
/// one benchmark in a row, or all in an order that is random; alternation is up to us.
Repetition run(const Side& side, std::uint64_t iterations, double seconds) {
  std::string failure;
  benchmark::ClearRegisteredBenchmarks();
  auto* registered = benchmark::RegisterBenchmark("side", [&](benchmark::State& state) {
    try {
      side.repetition(state);
    } catch (const std::exception& e) {
      failure = e.what();
      state.SkipWithError("exception");
    }
  });
  registered->UseRealTime();
  if (iterations) {
    registered->Iterations(static_cast<benchmark::IterationCount>(iterations));
  } else {
    registered->MinTime(seconds);
  }
  Collector collector;
  benchmark::RunSpecifiedBenchmarks(&collector, "side");
  benchmark::ClearRegisteredBenchmarks();
  if (collector.last.error_occurred)
    throw std::runtime_error(side.name + ": " + (failure.empty() ? collector.last.error_message : failure));
  return {collector.last.counters.at("figure").value, static_cast<std::uint64_t>(collector.last.iterations)};
}

struct Measured {
  double ours, rival;
  double others;  // cores that others used meanwhile
};

std::string percent(double share) { return std::to_string(std::lround(100 * share)) + " %"; }

}  // namespace

double Figures::median() const { return repetitions.empty() ? std::nan("") : bench::median(repetitions); }
double Figures::spread() const {
  if (repetitions.size() < 2) return 0;
  return (quantile(repetitions, 0.75) - quantile(repetitions, 0.25)) / median();
}

Outcome measure(const Row& row, const RunOptions& options) {
  Outcome outcome;
  try {
    const Pair pair = row.make();
    outcome.note = pair.note;
    outcome.ours.name = pair.ours.name;
    outcome.rival.name = pair.rival.name;
    outcome.reason = !pair.ours.missing.empty() ? pair.ours.missing : pair.rival.missing;
    const double seconds = options.quick ? row.seconds / 5 : row.seconds;
    std::size_t wanted = options.quick ? 3 : row.repetitions;
    if (options.repetitions) wanted = options.repetitions;

    // The first run of a side warms it up, and finds how many iterations fill a repetition.
    const auto prepare = [&](const Side& side) -> std::uint64_t {
      if (!side.repetition) return 0;
      const Repetition first = run(side, side.iterations, seconds);
      return side.iterations ? side.iterations : first.iterations;
    };
    const std::uint64_t ours = prepare(pair.ours), rival = prepare(pair.rival);

    std::vector<Measured> all, clean;
    while (all.size() < 2 * wanted && clean.size() < wanted) {
      if (all.size() == wanted && (options.quick || clean.size() == wanted)) break;
      Measured m{};
      const auto begin = Steady::now();
      const CpuUse before = CpuUse::now();
      if (ours) m.ours = run(pair.ours, ours, 0).figure * row.unit.scale;
      if (rival) m.rival = run(pair.rival, rival, 0).figure * row.unit.scale;
      const double wall = seconds_since(begin);
      m.others = std::max(0.0, CpuUse::now().others_since(before) - kTick) / wall;
      all.push_back(m);
      if (m.others < kDisturbed) clean.push_back(m);
    }
    const bool enough = clean.size() >= std::min<std::size_t>(wanted, 5);
    double others = 0;
    for (const Measured& m : enough ? clean : all) {
      if (ours) outcome.ours.repetitions.push_back(m.ours);
      if (rival) outcome.rival.repetitions.push_back(m.rival);
      others += m.others / static_cast<double>(all.size());
    }
    const auto add_note = [&](const std::string& text) { outcome.note += (outcome.note.empty() ? "" : "; ") + text; };
    if (!enough) add_note("other processes used " + percent(others) + " of a core meanwhile");
    if (outcome.rival.spread() > kUnsteady)
      add_note("unsteady: the rival's spread is " + percent(outcome.rival.spread()));
  } catch (const std::exception& e) {
    outcome.reason = e.what();
  }
  return outcome;
}

}  // namespace lagoon::bench
