// SPDX-License-Identifier: Apache-2.0
#include <lagoon/kernels/dynamics/run_file.hpp>

#include <charconv>
#include <string_view>
#include <vector>

namespace lagoon::dynamics {
namespace {

std::string shown(double x) {
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, x);
  return {text, end.ptr};
}

/// A setting as a name and a number; words go as their place among the words of their key.
struct Setting {
  std::string name;
  double value = 0;
};

template <class E>
double number_of(E e) {
  return static_cast<double>(static_cast<int>(e));
}

std::vector<Setting> settings_of(const Model& m) {
  std::vector<Setting> all;
  all.push_back({"the number of types", static_cast<double>(m.types.size())});
  for (std::size_t i = 0; i < m.types.size(); ++i) {
    all.push_back({"epsilon of type " + std::to_string(i), m.types[i].epsilon});
    all.push_back({"sigma of type " + std::to_string(i), m.types[i].sigma});
  }
  all.push_back({"cutoff", m.cutoff});
  all.push_back({"truncation", number_of(m.truncation)});
  all.push_back({"tail", number_of(m.tail)});
  all.push_back({"mixing", number_of(m.mixing)});
  all.push_back({"the number of mixed pairs", static_cast<double>(m.mixed.size())});
  for (const MixedPair& p : m.mixed)
    for (const double value : {double(p.a), double(p.b), p.pair.epsilon, p.pair.sigma}) all.push_back({"mixed", value});
  all.push_back({"electrostatics", number_of(m.electrostatics)});
  if (m.electrostatics == Electrostatics::reaction_field) all.push_back({"dielectric", m.dielectric});
  if (m.electrostatics == Electrostatics::damped_shifted_force) all.push_back({"damping", m.damping});
  all.push_back({"the number of bonds' types", static_cast<double>(m.bonds.size())});
  for (const HarmonicBond& b : m.bonds)
    for (const double value : {b.k, b.length}) all.push_back({"bonds", value});
  all.push_back({"the number of angles' types", static_cast<double>(m.angles.size())});
  for (const HarmonicAngle& a : m.angles)
    for (const double value : {a.k, a.angle}) all.push_back({"angles", value});
  all.push_back({"exclude_bonded", number_of(m.exclude_bonded)});
  return all;
}

std::vector<Setting> settings_of(const SimulationOptions& o) {
  std::vector<Setting> all = {{"time_step", o.time_step},
                              {"precision", number_of(o.precision)},
                              {"seed", static_cast<double>(o.seed)},
                              {"kind of thermostat", static_cast<double>(o.thermostat.index())}};
  if (const auto* t = std::get_if<Langevin>(&o.thermostat)) {
    all.push_back({"temperature of the thermostat", t->temperature});
    all.push_back({"friction", t->friction});
  }
  if (const auto* t = std::get_if<VelocityRescaling>(&o.thermostat)) {
    all.push_back({"temperature of the thermostat", t->temperature});
    all.push_back({"time of the thermostat", t->time});
  }
  all.push_back({"barostat", number_of(o.barostat.has_value())});
  if (o.barostat) {
    all.push_back({"pressure", o.barostat->pressure});
    all.push_back({"time of the barostat", o.barostat->time});
    all.push_back({"compressibility", o.barostat->compressibility});
  }
  return all;
}

/// Words have no numbers that a person would know.
bool is_number(std::string_view name) {
  for (const char* word : {"truncation", "tail", "mixing", "electrostatics", "exclude_bonded", "precision",
                           "kind of thermostat", "barostat"})
    if (name == word) return false;
  return true;
}

std::string first_difference(const std::vector<Setting>& there, const std::vector<Setting>& here,
                             const std::string& file) {
  for (std::size_t i = 0; i < std::min(there.size(), here.size()); ++i) {
    if (there[i].name != here[i].name) return here[i].name + " of " + file + " is not there";
    if (there[i].value == here[i].value) continue;
    if (!is_number(here[i].name)) return here[i].name + " is not what " + file + " says";
    return here[i].name + " is " + shown(there[i].value) + " there and " + shown(here[i].value) + " in " + file;
  }
  return "";
}

}  // namespace

std::string difference(const Simulation& simulation, const RunFile& run) {
  std::string found = first_difference(settings_of(simulation.options()), settings_of(run.options), run.path);
  if (found.empty()) found = first_difference(settings_of(simulation.model()), settings_of(run.model), run.path);
  return found;
}

}  // namespace lagoon::dynamics
