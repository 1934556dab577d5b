// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "md_run.hpp"
#include "text.hpp"

namespace lagoon::cli {
namespace {

/// One quantity of all moments.
Series series_of(const MdRun& run, const char* name, double ObservationFacts::*quantity) {
  Series s;
  s.name = name;
  for (const ObservationFacts& o : run.history.moments()) {
    s.x.push_back(o.time);
    s.y.push_back(o.*quantity);
  }
  return s;
}

/// There is no conserved energy with a barostat, and no pressure where space is open.
bool is_known(const Series& s) {
  return std::any_of(s.y.begin(), s.y.end(), [](double y) { return std::isfinite(y); });
}

/// "94.2 +- 2.1": mean and standard deviation over the second half, when the start is forgotten.
std::string level(const Series& s, const std::string& unit) {
  const std::size_t begin = s.y.size() / 2;
  double sum = 0, squares = 0, n = 0;
  for (std::size_t i = begin; i < s.y.size(); ++i) {
    if (!std::isfinite(s.y[i])) continue;
    sum += s.y[i];
    ++n;
  }
  if (n < 2) return "";
  const double mean = sum / n;
  for (std::size_t i = begin; i < s.y.size(); ++i)
    if (std::isfinite(s.y[i])) squares += (s.y[i] - mean) * (s.y[i] - mean);
  return fmt::format("{} \u00b1 {} {}", number(mean, 5), number(std::sqrt(squares / (n - 1)), 3), unit);
}

std::string named(const char* quantity, const std::string& unit) {
  return unit.empty() ? quantity : fmt::format("{} ({})", quantity, unit);
}

std::vector<LinePlot> plots_of(const MdRun& run) {
  const dynamics::Units& u = run.file.start.units;
  const std::string time = named("time", u.time), energy = named("energy", u.energy);
  std::vector<LinePlot> plots;
  plots.push_back(
      {"Energies",
       "",
       time,
       energy,
       {series_of(run, "potential", &ObservationFacts::potential),
        series_of(run, "kinetic", &ObservationFacts::kinetic), series_of(run, "total", &ObservationFacts::total)}});
  Series conserved = series_of(run, "conserved energy", &ObservationFacts::conserved);
  if (is_known(conserved)) {
    const double first = conserved.y.front();
    for (double& y : conserved.y) y -= first;
    plots.push_back({"Drift of the conserved energy", "", time, energy, {std::move(conserved)}});
  }
  const Series temperature = series_of(run, "temperature", &ObservationFacts::temperature);
  plots.push_back(
      {"Temperature", level(temperature, u.temperature), time, named("temperature", u.temperature), {temperature}});
  const Series pressure = series_of(run, "pressure", &ObservationFacts::pressure);
  if (is_known(pressure)) {
    const std::string unit = fmt::format("{}/{}\u00b3", u.energy, u.length);
    plots.push_back({"Pressure", level(pressure, unit), time, named("pressure", unit), {pressure}});
  }
  if (run.file.options.barostat)
    plots.push_back({"Volume",
                     "",
                     time,
                     named("volume", u.length + "\u00b3"),
                     {series_of(run, "volume", &ObservationFacts::volume)}});
  if (run.radial) {
    const dynamics::RadialDistribution& g = *run.radial;
    const auto n = static_cast<std::size_t>(g.r.size());
    plots.push_back({"Radial distribution at the end",
                     "",
                     named("distance", u.length),
                     "g",
                     {{"g", {g.r.data(), g.r.data() + n}, {g.g.data(), g.g.data() + n}}}});
  }
  return plots;
}

}  // namespace

Report report_on(const MdRun& run) {
  const MdFacts& f = run.facts;
  const auto steps = static_cast<std::uint64_t>(f.last_step - f.first_step);
  Report r;
  const auto slash = f.file.rfind('/');
  r.title = slash == std::string::npos ? f.file : f.file.substr(slash + 1);
  r.lead = fmt::format("{} of {} on {} in {}", counted(steps, "step"),
                       counted(static_cast<std::uint64_t>(f.particles), "particle"), counted(f.cores, "core"),
                       human_duration(f.seconds));
  r.tiles = {{grouped(static_cast<std::uint64_t>(f.particles)), "particles"},
             {grouped(static_cast<std::uint64_t>(f.last_step)), "steps"},
             {number(f.steps_per_second, 4), "steps/s"}};
  if (f.ns_per_day > 0) r.tiles.emplace_back(number(f.ns_per_day, 4), "ns/day");
  r.lines = plots_of(run);
  r.facts = {{"run file", f.file},
             {"started", run.started},
             {"steps", fmt::format("{} to {}", grouped(static_cast<std::uint64_t>(f.first_step)),
                                   grouped(static_cast<std::uint64_t>(f.last_step)))},
             {"time step", fmt::format("{} {}", number(run.file.options.time_step), run.file.start.units.time)},
             {"precision", f.precision},
             {"pair lists", fmt::format("{}, {}", counted(static_cast<std::uint64_t>(f.list_builds), "build"),
                                        counted(static_cast<std::uint64_t>(f.list_prunes), "pruning"))},
             {"pairs per particle",
              fmt::format("{} computed, {} within the cutoff", number(f.pairs_computed, 4), number(f.pairs_needed, 4))},
             {"array bytes held at most", human_bytes(static_cast<double>(f.peak_bytes))},
             {"cores", grouped(f.cores)},
             {"instruction set", f.isa}};
  for (const WrittenFile& file : f.files) r.facts.emplace_back(file.what, file.file);
  r.facts.emplace_back("lagoon", LAGOON_VERSION);
  r.version = LAGOON_VERSION;
  return r;
}

}  // namespace lagoon::cli
