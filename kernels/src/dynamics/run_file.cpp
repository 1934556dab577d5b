// SPDX-License-Identifier: Apache-2.0
#include <lagoon/kernels/dynamics/run_file.hpp>

#include <lagoon/core/error.hpp>

#include <cmath>
#include <limits>

#include "files/byte_source.hpp"
#include "run_file_sections.hpp"
#include "system_file.hpp"

namespace lagoon::dynamics {
namespace {

using detail::Range;
using detail::TomlReader;

constexpr std::size_t kMostBytes = 1 << 20;
constexpr std::int64_t kMostSteps = std::int64_t{1} << 52;  // steps times a time step stay exact
constexpr double kMostParticles = 0x1p30;

std::array<int, 3> read_cells(const TomlReader& in) {
  const detail::TomlEntry& e = in.get("cells");
  std::array<int, 3> cells{};
  if (const auto* items = e.value.as<detail::Toml::Array>()) {
    if (items->size() != 3) in.refuse(e.value, "cells", "a whole number, or three, along x, y and z");
    for (std::size_t d = 0; d < 3; ++d) cells[d] = static_cast<int>(in.integer_of((*items)[d], "cells", 1, 1 << 20));
  } else {
    cells.fill(static_cast<int>(in.integer_of(e.value, "cells", 1, 1 << 20)));
  }
  if (4.0 * cells[0] * cells[1] * cells[2] > kMostParticles)
    in.refuse(e.value, "cells", "cells of 4 particles that make 2^30 together at most");
  return cells;
}

LatticeOptions read_lattice(const TomlReader& in, const Units& units) {
  in.choice<int>("lattice", {{"fcc", 0}});
  for (const char* key : {"lammps_units", "atom_style"})
    if (in.has(key)) in.fail(key, std::string("'") + key + "' is for systems from a LAMMPS file, not for a lattice");
  LatticeOptions lattice;
  lattice.cells = read_cells(in);
  if (in.has("spacing") == in.has("density"))
    in.fail("density", in.name() + ": a lattice has either 'spacing' (length) or 'density' (particles per volume)");
  lattice.spacing =
      in.has("spacing") ? in.number("spacing", Range::positive) : fcc_spacing(in.number("density", Range::positive));
  lattice.units = units;
  lattice.mass = in.number_or("mass", Range::positive, 1);
  return lattice;
}

std::array<Boundary, 3> read_boundary(const TomlReader& in) {
  const std::vector<std::pair<std::string, Boundary>> words = {
      {"periodic", Boundary::periodic}, {"reflecting", Boundary::reflecting}, {"open", Boundary::open}};
  const detail::Toml& value = in.get("boundary").value;
  std::array<Boundary, 3> boundary{};
  const auto* items = value.as<detail::Toml::Array>();
  if (items && items->size() != 3)
    in.refuse(value, "boundary", "a word, or three along x, y and z, of 'periodic', 'reflecting' and 'open'");
  for (std::size_t d = 0; d < 3; ++d) boundary[d] = in.word(items ? (*items)[d] : value, "boundary", words);
  return boundary;
}

void read_style(const TomlReader& in, StartOptions& start) {
  using files::AtomStyle;
  using files::LammpsUnits;
  for (const char* key : {"lammps_units", "atom_style"})
    if (in.has(key) && !start.file.ends_with(".data"))
      in.fail(key, std::string("'") + key + "' is for files of LAMMPS's, which end in .data");
  if (in.has("lammps_units"))
    start.lammps_units = in.choice<LammpsUnits>(
        "lammps_units", {{"lj", LammpsUnits::lj}, {"real", LammpsUnits::real}, {"metal", LammpsUnits::metal}});
  if (in.has("atom_style"))
    start.atom_style = in.choice<AtomStyle>("atom_style", {{"atomic", AtomStyle::atomic},
                                                           {"charge", AtomStyle::charge},
                                                           {"molecular", AtomStyle::molecular},
                                                           {"full", AtomStyle::full}});
}

StartOptions read_start(const TomlReader& in) {
  StartOptions start;
  start.units =
      in.choice_or<Units>("units", {{"reduced", Units::reduced()}, {"nano", Units::nano()}}, Units::reduced());
  if (in.has("lattice") == in.has("file"))
    in.fail("file", in.name() + " has either a 'lattice' or a 'file' (.xyz, .data or .pdb)");
  if (in.has("lattice")) {
    start.lattice = read_lattice(in, start.units);
  } else {
    for (const char* key : {"cells", "spacing", "density", "mass"})
      if (in.has(key)) in.fail(key, std::string("'") + key + "' is for a lattice, not for systems from a file");
    start.file = in.text("file");
    if (!detail::is_system_file(start.file))
      in.refuse(in.get("file").value, "file", "a name that ends in .xyz, .extxyz, .data (LAMMPS) or .pdb");
    read_style(in, start);
  }
  if (in.has("boundary")) start.boundary = read_boundary(in);
  if (in.has("temperature")) start.temperature = in.number("temperature", Range::not_negative);
  start.seed = static_cast<std::uint64_t>(in.integer_or("seed", 0, std::numeric_limits<std::int64_t>::max(), 1));
  return start;
}

Thermostat read_thermostat(const TomlReader& in) {
  enum class Kind { langevin, velocity_rescaling };
  const Kind kind =
      in.choice<Kind>("kind", {{"langevin", Kind::langevin}, {"velocity_rescaling", Kind::velocity_rescaling}});
  const double temperature = in.number("temperature", Range::not_negative);
  if (kind == Kind::langevin) {
    if (in.has("time")) in.fail("time", "'time' is for velocity_rescaling; langevin has a 'friction' (1 / time)");
    return Langevin{temperature, in.number("friction", Range::positive)};
  }
  if (in.has("friction"))
    in.fail("friction", "'friction' is for langevin; velocity_rescaling has a 'time' of relaxation");
  return VelocityRescaling{temperature, in.number("time", Range::positive)};
}

CellRescaling read_barostat(const TomlReader& in, const Units& units) {
  CellRescaling barostat;
  in.choice_or<int>("kind", {{"cell_rescaling", 0}}, 0);
  if (in.has("pressure") == in.has("pressure_bar"))
    in.fail("pressure_bar", in.name() + " has either 'pressure' (energy / length^3) or 'pressure_bar'");
  if (in.has("pressure")) {
    barostat.pressure = in.number("pressure", Range::any);
  } else {
    if (!(units.pressure_bar > 0))
      in.fail("pressure_bar", "there is no bar in " + units.name + " units; use 'pressure'");
    barostat.pressure = in.number("pressure_bar", Range::any) / units.pressure_bar;
  }
  barostat.time = in.number("time", Range::positive);
  barostat.compressibility = in.number_or("compressibility", Range::positive, barostat.compressibility);
  return barostat;
}

MinimizeOptions read_minimize(const TomlReader& in) {
  MinimizeOptions o;
  o.force_tolerance = in.number_or("force_tolerance", Range::positive, o.force_tolerance);
  o.max_steps = in.integer_or("max_steps", 1, kMostSteps, o.max_steps);
  o.max_move = in.number_or("max_move", Range::positive, o.max_move);
  return o;
}

void read_run(const TomlReader& in, RunFile& run) {
  run.steps = in.integer("steps", 0, kMostSteps);
  run.options.time_step = in.number("time_step", Range::positive);
  run.options.precision =
      in.choice_or<Precision>("precision", {{"f64", Precision::f64}, {"mixed", Precision::mixed}}, Precision::f64);
  run.options.skin = in.number_or("skin", Range::positive, 0);
  run.options.seed = static_cast<std::uint64_t>(in.integer_or("seed", 0, std::numeric_limits<std::int64_t>::max(), 1));
  run.workers = static_cast<unsigned>(in.integer_or("workers", 1, 4096, 0));
}

std::size_t line_of(const TomlReader& root, const char* section) { return root.get(section).place.line; }

}  // namespace

RunFile parse_run_file(std::string_view text, const std::string& path) {
  const detail::Toml document = detail::parse_toml(text, path);
  const TomlReader root(document, {}, path, "",
                        {"system", "model", "run", "thermostat", "barostat", "minimize", "output"});
  for (const char* section : {"system", "model", "run"}) root.get(section);
  RunFile run;
  run.path = path;
  run.system_line = line_of(root, "system");
  run.model_line = line_of(root, "model");
  run.start =
      read_start(*root.table("system", {"lattice", "cells", "spacing", "density", "mass", "file", "lammps_units",
                                        "atom_style", "units", "boundary", "temperature", "seed"}));
  const TomlReader model =
      *root.table("model", {"types", "cutoff", "truncation", "tail", "mixing", "mixed", "electrostatics", "dielectric",
                            "damping", "bonds", "angles", "exclude_bonded"});
  run.model = detail::read_model(model, run.start.types);
  read_run(*root.table("run", {"steps", "time_step", "precision", "skin", "seed", "workers"}), run);
  if (const auto in = root.table("thermostat", {"kind", "temperature", "friction", "time"}))
    run.options.thermostat = read_thermostat(*in);
  if (const auto in = root.table("barostat", {"kind", "pressure", "pressure_bar", "time", "compressibility"})) {
    if (std::holds_alternative<std::monostate>(run.options.thermostat))
      in->fail(in->place(), "[barostat] needs a [thermostat] beside it");
    run.options.barostat = read_barostat(*in, run.start.units);
  }
  if (const auto in = root.table("minimize", {"force_tolerance", "max_steps", "max_move"}))
    run.minimize = read_minimize(*in);
  if (const auto in = root.table("output", {"every", "print", "energies", "trajectory", "checkpoint", "final", "report",
                                            "radial_distribution"}))
    run.output = detail::read_output(*in);
  return run;
}

RunFile read_run_file(const std::string& path) {
  const files::ByteSource source = files::ByteSource::open(path);
  if (source.size() > kMostBytes)
    throw Error(Errc::resource_exhausted,
                path + ": " + std::to_string(source.size()) + " bytes; run files have 1 MiB at most");
  Tensor<char, 1> bytes;
  return parse_run_file(source.read(0, source.size(), bytes), path);
}

}  // namespace lagoon::dynamics
