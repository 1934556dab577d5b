// SPDX-License-Identifier: Apache-2.0
#include <lagoon/kernels/dynamics/run_file.hpp>

#include <lagoon/core/error.hpp>
#include <lagoon/kernels/files/table.hpp>

#include <algorithm>

#include "system_file.hpp"

namespace lagoon::dynamics {
namespace {

/// f, with the section's line in front of what it finds wrong.
template <class F>
auto at_line(const RunFile& run, std::size_t line, F&& f) {
  try {
    return f();
  } catch (const Error& e) {
    if (e.code() != Errc::invalid_argument && e.code() != Errc::out_of_range) throw;
    throw Error(Status(e.code(), run.path + ":" + std::to_string(line) + ": " + e.status().message())
                    .with_detail("file", run.path)
                    .with_detail("line", std::to_string(line)));
  }
}

[[noreturn]] void refuse(const std::string& what) { throw Error(Errc::invalid_argument, what); }

/// The file's types become those of the run file, by their names.
void match_names(System& s, const std::vector<TypeOptions>& types, const std::string& file) {
  std::vector<std::string> known;
  for (const TypeOptions& t : types) known.push_back(t.name);
  std::vector<std::int32_t> number;
  std::vector<double> masses(types.size(), 0);
  for (std::size_t i = 0; i < s.type_names.size(); ++i) {
    const auto at = static_cast<std::size_t>(std::find(known.begin(), known.end(), s.type_names[i]) - known.begin());
    if (at == known.size()) {
      const std::string near = files::nearest(s.type_names[i], known);
      refuse(file + " has particles '" + s.type_names[i] + "', [model] has no type of that name" +
             (near.empty() ? "" : "; did you mean '" + near + "'?"));
    }
    number.push_back(static_cast<std::int32_t>(at));
    if (i < s.masses.size()) masses[at] = s.masses[i];
  }
  if (s.types.empty()) {
    s.types = Tensor<std::int32_t, 1>::zeros({s.size()});
  }
  for (std::ptrdiff_t i = 0; i < s.types.size(); ++i) s.types[i] = number.at(static_cast<std::size_t>(s.types[i]));
  s.masses = masses;
  s.type_names = known;
}

void set_masses(System& s, const std::vector<TypeOptions>& types) {
  s.masses.resize(std::max(s.masses.size(), types.size()), 0);
  std::vector<bool> used(s.masses.size(), false);
  if (s.types.empty() && s.size() > 0) used[0] = true;
  for (std::ptrdiff_t i = 0; i < s.types.size(); ++i) used.at(static_cast<std::size_t>(s.types[i])) = true;
  for (std::size_t t = 0; t < s.masses.size(); ++t) {
    if (t < types.size() && types[t].mass) s.masses[t] = *types[t].mass;
    if (s.masses[t] > 0) continue;
    if (used[t])
      refuse("type " + std::to_string(t) +
             (t < types.size() && !types[t].name.empty() ? " '" + types[t].name + "'" : "") +
             " has no mass; give types = [{mass = ...}]");
    s.masses[t] = 1;  // of no particle
  }
}

void set_charges(System& s, const std::vector<TypeOptions>& types) {
  if (std::none_of(types.begin(), types.end(), [](const TypeOptions& t) { return t.charge.has_value(); })) return;
  if (s.charges.empty()) s.charges = Tensor<double, 1>::zeros({s.size()});
  for (std::ptrdiff_t i = 0; i < s.size(); ++i) {
    const auto t = static_cast<std::size_t>(s.types.empty() ? 0 : s.types[i]);
    if (t < types.size() && types[t].charge) s.charges[i] = *types[t].charge;
  }
}

System read_start(const RunFile& run) {
  const std::string path = start_file(run);
  System s = detail::read_system_file(path, run.start);
  const bool named = !run.start.types.empty() && !run.start.types.front().name.empty();
  if (named && !s.type_names.empty()) match_names(s, run.start.types, path);
  return s;
}

}  // namespace

std::string start_file(const RunFile& run) {
  const std::string& file = run.start.file;
  const auto slash = run.path.rfind('/');
  return file.empty() || file.starts_with('/') || slash == std::string::npos ? file
                                                                             : run.path.substr(0, slash + 1) + file;
}

System make_system(const RunFile& run) {
  System s;
  if (run.start.lattice) {
    s = at_line(run, run.system_line, [&] { return fcc(*run.start.lattice); });
    if (!run.start.types.empty() && !run.start.types.front().name.empty())
      for (const TypeOptions& t : run.start.types) s.type_names.push_back(t.name);
  } else {
    s = at_line(run, run.system_line, [&] { return read_start(run); });
  }
  at_line(run, run.model_line, [&] {
    set_masses(s, run.start.types);
    set_charges(s, run.start.types);
  });
  if (run.start.boundary) s.box.boundary = *run.start.boundary;
  at_line(run, run.system_line, [&] { check(s); });
  at_line(run, run.model_line, [&] { check(run.model, s); });
  if (run.start.temperature && !run.minimize) set_temperature(s, *run.start.temperature, run.start.seed);
  return s;
}

std::optional<Minimum> prepare(System& system, const RunFile& run) {
  if (!run.minimize) return std::nullopt;
  Minimum found = minimize(std::move(system), run.model, *run.minimize);
  system = std::move(found.system);
  if (run.start.temperature) set_temperature(system, *run.start.temperature, run.start.seed);
  return found;
}

}  // namespace lagoon::dynamics
