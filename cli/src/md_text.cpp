// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <array>
#include <cmath>

#include "md_run.hpp"
#include "text.hpp"

namespace lagoon::cli {
namespace {

constexpr int kWidth = 14;  // of a column: eight digits, sign, point, exponent

std::string cell(std::string_view text, int width = kWidth) { return fmt::format("{:>{}}", text, width); }

std::string thermostat_text(const dynamics::SimulationOptions& o, const dynamics::Units& u) {
  if (const auto* t = std::get_if<dynamics::Langevin>(&o.thermostat))
    return fmt::format("Langevin at {} {}, friction {}/{}", number(t->temperature), u.temperature, number(t->friction),
                       u.time);
  if (const auto* t = std::get_if<dynamics::VelocityRescaling>(&o.thermostat))
    return fmt::format("velocity rescaling at {} {} within {} {}", number(t->temperature), u.temperature,
                       number(t->time), u.time);
  return "none: constant energy";
}

std::string boundary_text(const dynamics::Box& box) {
  constexpr std::array kNames = {"periodic", "reflecting", "open"};
  const auto name = [&](std::size_t d) { return std::string(kNames[static_cast<std::size_t>(box.boundary[d])]); };
  return name(0) == name(1) && name(1) == name(2) ? name(0) : name(0) + ", " + name(1) + ", " + name(2);
}

}  // namespace

std::string plan_text(const dynamics::RunFile& run, const dynamics::System& s, std::int64_t steps,
                      const MdPaths& paths) {
  const dynamics::Units& u = s.units;
  const auto n = static_cast<std::uint64_t>(s.size());
  std::vector<std::vector<std::string>> rows;
  const auto say = [&](const char* name, std::string value) { rows.push_back({name, "", std::move(value)}); };
  say("particles", fmt::format("{} of {}", grouped(n), counted(run.model.types.size(), "type")));
  say("box", fmt::format("{} x {} x {} {}, {}", number(s.box.length[0]), number(s.box.length[1]),
                         number(s.box.length[2]), u.length, boundary_text(s.box)));
  say("density", fmt::format("{} / {}^3", number(static_cast<double>(n) / s.box.volume()), u.length));
  say("temperature", fmt::format("{} {}", number(s.velocities.empty() ? 0 : dynamics::temperature(s)), u.temperature));
  say("cutoff", fmt::format("{} {}", number(run.model.cutoff), u.length));
  say("thermostat", thermostat_text(run.options, u));
  if (run.options.barostat)
    say("barostat",
        fmt::format("cell rescaling at {} {}/{}^3", number(run.options.barostat->pressure), u.energy, u.length));
  if (run.minimize)
    say("minimised first",
        fmt::format("{} steps at most", grouped(static_cast<std::uint64_t>(run.minimize->max_steps))));
  say("steps",
      fmt::format("{} of {} {}: {} {}", grouped(static_cast<std::uint64_t>(steps)), number(run.options.time_step),
                  u.time, number(static_cast<double>(steps) * run.options.time_step), u.time));
  for (const WrittenFile& f : paths.all()) say(f.what.c_str(), f.file);
  std::string text;
  for (const auto& row : rows) text += fmt::format("{:<20}{}\n", row[0], row[2]);
  return text;
}

std::string table_head(const dynamics::Units& u) {
  const std::string pressure = fmt::format("{}/{}^3", u.energy, u.length);
  std::string names, units;
  for (const auto& [name, unit] : {std::pair<std::string, std::string>{"time", u.time},
                                   {"potential", u.energy},
                                   {"kinetic", u.energy},
                                   {"total", u.energy},
                                   {"temperature", u.temperature},
                                   {"pressure", u.name == "reduced" ? "" : pressure}}) {
    names += cell(name);
    units += cell(unit);
  }
  return cell("step", 12) + names + "\n" + cell("", 12) + units + "\n";
}

std::string table_row(const ObservationFacts& o) {
  std::string line = cell(grouped(static_cast<std::uint64_t>(o.step)), 12);
  for (const double x : {o.time, o.potential, o.kinetic, o.total, o.temperature, o.pressure})
    line += cell(number(x, 8));
  return line + "\n";
}

std::string summary_text(const MdFacts& f) {
  const auto steps = static_cast<std::uint64_t>(f.last_step - f.first_step);
  std::string text =
      fmt::format("\n{} with {} in {}", counted(steps, "step"),
                  counted(static_cast<std::uint64_t>(f.particles), "particle"), human_duration(f.seconds));
  if (steps > 0) text += fmt::format(": {} steps/s", number(f.steps_per_second, 4));
  if (f.ns_per_day > 0) text += fmt::format(", {} ns/day", number(f.ns_per_day, 4));
  text += fmt::format("\npair lists: {}, {}", counted(static_cast<std::uint64_t>(f.list_builds), "build"),
                      counted(static_cast<std::uint64_t>(f.list_prunes), "pruning"));
  if (f.pairs_needed > 0)
    text += fmt::format("; {} pairs computed per particle, {} within the cutoff", number(f.pairs_computed, 4),
                        number(f.pairs_needed, 4));
  text += "\n";
  for (const WrittenFile& file : f.files) text += fmt::format("{:<20}{}\n", file.what, file.file);
  return text;
}

}  // namespace lagoon::cli
