// SPDX-License-Identifier: Apache-2.0
#include <numbers>

#include "run_file_sections.hpp"

namespace lagoon::dynamics::detail {
namespace {

void read_types(const TomlReader& in, Model& model, std::vector<TypeOptions>& types) {
  const auto tables = in.tables("types", {"name", "epsilon", "sigma", "mass", "charge"});
  if (tables.empty()) in.fail("types", "[model] lacks types, as types = [{epsilon = 1, sigma = 1}]");
  model.types.clear();
  for (const TomlReader& t : tables) {
    model.types.push_back({t.number("epsilon", Range::not_negative), t.number("sigma", Range::positive)});
    TypeOptions o;
    o.name = t.text_or("name", "");
    if (t.has("mass")) o.mass = t.number("mass", Range::positive);
    if (t.has("charge")) o.charge = t.number("charge", Range::any);
    if (!types.empty() && types.front().name.empty() != o.name.empty())
      t.fail(t.place(), "either all types have a name or none");
    for (const TypeOptions& other : types)
      if (!o.name.empty() && other.name == o.name) t.fail("name", "'" + o.name + "' names two types");
    types.push_back(std::move(o));
  }
}

/// A type by its name, or by its number from 0.
int type_of(const TomlReader& in, const char* key, const std::vector<TypeOptions>& types) {
  const Toml& value = in.get(key).value;
  if (value.as<std::int64_t>())
    return static_cast<int>(in.integer_of(value, key, 0, static_cast<std::int64_t>(types.size()) - 1));
  std::vector<std::pair<std::string, int>> names;
  for (std::size_t i = 0; i < types.size(); ++i)
    if (!types[i].name.empty()) names.emplace_back(types[i].name, static_cast<int>(i));
  if (names.empty()) in.refuse(value, key, "the number of a type, from 0");
  return in.word(value, key, names);
}

void read_mixed(const TomlReader& in, Model& model, const std::vector<TypeOptions>& types) {
  for (const TomlReader& t : in.tables("mixed", {"a", "b", "epsilon", "sigma"})) {
    MixedPair pair{type_of(t, "a", types),
                   type_of(t, "b", types),
                   {t.number("epsilon", Range::not_negative), t.number("sigma", Range::positive)}};
    if (pair.a == pair.b) t.fail("b", "a and b are the same type, whose epsilon and sigma stand in 'types'");
    for (const MixedPair& other : model.mixed)
      if ((other.a == pair.a && other.b == pair.b) || (other.a == pair.b && other.b == pair.a))
        t.fail(t.place(), "these two types were mixed above");
    model.mixed.push_back(pair);
  }
}

void read_charges(const TomlReader& in, Model& model) {
  model.electrostatics = in.choice_or<Electrostatics>("electrostatics",
                                                      {{"none", Electrostatics::none},
                                                       {"reaction_field", Electrostatics::reaction_field},
                                                       {"damped_shifted_force", Electrostatics::damped_shifted_force}},
                                                      Electrostatics::none);
  if (in.has("dielectric")) {
    if (model.electrostatics != Electrostatics::reaction_field)
      in.fail("dielectric", "'dielectric' is for electrostatics = 'reaction_field'");
    model.dielectric = in.number_of(in.get("dielectric").value, "dielectric", Range::positive, /*infinite=*/true);
  }
  if (in.has("damping")) {
    if (model.electrostatics != Electrostatics::damped_shifted_force)
      in.fail("damping", "'damping' is for electrostatics = 'damped_shifted_force'");
    model.damping = in.number("damping", Range::not_negative);
  }
}

void read_bonded(const TomlReader& in, Model& model) {
  for (const TomlReader& t : in.tables("bonds", {"k", "length"}))
    model.bonds.push_back({t.number("k", Range::not_negative), t.number("length", Range::not_negative)});
  for (const TomlReader& t : in.tables("angles", {"k", "angle", "degrees"})) {
    if (t.has("angle") == t.has("degrees")) t.fail("degrees", t.name() + " has either 'angle' (radians) or 'degrees'");
    const double angle = t.has("angle") ? t.number("angle", Range::not_negative)
                                        : t.number("degrees", Range::not_negative) * std::numbers::pi / 180;
    if (angle > std::numbers::pi) t.fail(t.has("angle") ? "angle" : "degrees", "an angle is a half turn at most");
    model.angles.push_back({t.number("k", Range::not_negative), angle});
  }
  model.exclude_bonded = in.flag_or("exclude_bonded", model.exclude_bonded);
}

bool ends_with_any(const std::string& name, std::initializer_list<const char*> ends) {
  for (const char* end : ends)
    if (name.ends_with(end)) return true;
  return false;
}

}  // namespace

Model read_model(const TomlReader& in, std::vector<TypeOptions>& types) {
  Model model;
  read_types(in, model, types);
  model.cutoff = in.number("cutoff", Range::positive);
  model.truncation = in.choice_or<Truncation>(
      "truncation",
      {{"cut", Truncation::cut}, {"shifted", Truncation::shifted}, {"force_shifted", Truncation::force_shifted}},
      Truncation::cut);
  model.tail = in.flag_or("tail", false);
  if (model.tail && model.truncation != Truncation::cut)
    in.fail("tail", "tail = true needs truncation = 'cut': nothing is missing beyond a shifted potential");
  model.mixing = in.choice_or<Mixing>(
      "mixing", {{"lorentz_berthelot", Mixing::lorentz_berthelot}, {"geometric", Mixing::geometric}},
      Mixing::lorentz_berthelot);
  read_mixed(in, model, types);
  read_charges(in, model);
  read_bonded(in, model);
  return model;
}

OutputOptions read_output(const TomlReader& in) {
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  OutputOptions o;
  o.every = in.integer_or("every", 1, kMost, o.every);
  o.print = in.integer_or("print", 1, kMost, o.every);
  o.energies = in.text_or("energies", "");
  if (const auto t = in.table("trajectory", {"file", "every", "unwrapped"})) {
    o.trajectory = t->text("file");
    if (!ends_with_any(o.trajectory, {".xyz", ".extxyz", ".dcd"}))
      t->refuse(t->get("file").value, "file", "a name that ends in .xyz, .extxyz or .dcd");
    o.trajectory_every = t->integer("every", 1, kMost);
    o.unwrapped = t->flag_or("unwrapped", false);
  }
  if (const auto t = in.table("checkpoint", {"file", "every"})) {
    o.checkpoint = t->text_or("file", "");
    o.checkpoint_every = t->integer_or("every", 1, kMost, 0);
  }
  o.final_state = in.text_or("final", "");
  if (!o.final_state.empty() && !ends_with_any(o.final_state, {".xyz", ".extxyz", ".data"}))
    in.refuse(in.get("final").value, "final", "a name that ends in .xyz, .extxyz or .data");
  o.report = in.text_or("report", "");
  if (const auto t = in.table("radial_distribution", {"file", "distance", "bins"})) {
    o.radial_distribution = t->text_or("file", "");
    o.radial_distance = t->number_or("distance", Range::positive, 0);
    o.radial_bins = static_cast<int>(t->integer_or("bins", 1, 100'000, o.radial_bins));
  }
  return o;
}

}  // namespace lagoon::dynamics::detail
