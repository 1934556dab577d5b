// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <lagoon/kernels/dynamics/minimize.hpp>
#include <lagoon/kernels/dynamics/model.hpp>
#include <lagoon/kernels/dynamics/simulation.hpp>
#include <lagoon/kernels/dynamics/system.hpp>
#include <lagoon/kernels/files/lammps_data.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lagoon::dynamics {

/// What a run file says of a type of particles, beside how it acts on others.
struct TypeOptions {
  std::string name;              ///< chemical symbol; "": types go by number
  std::optional<double> mass;    ///< in place of what the system's file says
  std::optional<double> charge;  ///< the same, of all particles of this type
};

/// Where particles come from: a lattice, or a file.
struct StartOptions {
  std::optional<LatticeOptions> lattice;
  std::string file;                                 ///< "" with a lattice; relative ones lie beside the run file
  std::optional<files::LammpsUnits> lammps_units;   ///< of a LAMMPS file that does not say
  std::optional<files::AtomStyle> atom_style;       ///< the same
  Units units;                                      ///< of all numbers of the run file
  std::optional<std::array<Boundary, 3>> boundary;  ///< in place of the file's; a lattice's is periodic
  std::optional<double> temperature;                ///< to draw velocities for
  std::uint64_t seed = 1;                           ///< of these velocities
  std::vector<TypeOptions> types;                   ///< as many as Model::types
};

/// What a run leaves behind. Names are as written, "" where nothing was asked for.
struct OutputOptions {
  std::int64_t every = 100;  ///< steps between observations: rows of energies, JSON lines, points of plots
  std::int64_t print = 0;    ///< steps between lines of the table on the terminal; 0: as `every`
  std::string energies;      ///< CSV
  std::string trajectory;    ///< .xyz (extended XYZ) or .dcd
  std::int64_t trajectory_every = 0;
  bool unwrapped = false;             ///< the trajectory's positions, as if the box did not repeat
  std::string checkpoint;             ///< where one goes at the end, on interrupts, and
  std::int64_t checkpoint_every = 0;  ///< so often; 0: then only
  std::string final_state;            ///< .xyz or .data (LAMMPS)
  std::string report;                 ///< HTML
  std::string radial_distribution;    ///< CSV, of the final state
  double radial_distance = 0;         ///< up to there, length; 0: three cutoffs, or half the box where that is less
  int radial_bins = 200;
};

/// A whole run, as a TOML file describes it:
///
///   [system]
///   lattice = "fcc"
///   cells = 6
///   spacing = 0.526
///   mass = 39.948
///   units = "nano"
///   temperature = 94.4
///
///   [model]
///   types = [{name = "Ar", epsilon = 0.996, sigma = 0.3405}]
///   cutoff = 0.85
///
///   [run]
///   steps = 10000
///   time_step = 0.002
///
///   [output]
///   energies = "argon.csv"
///
/// docs/run-files.md names all keys.
struct RunFile {
  std::string path;  ///< as it was given
  StartOptions start;
  Model model;
  SimulationOptions options;
  std::int64_t steps = 0;
  unsigned workers = 0;  ///< cores; 0: all
  std::optional<MinimizeOptions> minimize;
  OutputOptions output;
  std::size_t system_line = 1, model_line = 1;  ///< where these sections begin, for messages
};

/// throws  invalid_argument "argon.toml:12:8: ..." naming what is wrong there and what is allowed; not_found,
///         permission_denied, resource_exhausted (a run file above 1 MiB)
RunFile read_run_file(const std::string& path);
/// The same of a text.
///   path  for messages, and where relative names of files begin
RunFile parse_run_file(std::string_view text, const std::string& path);

/// The file that the system is read from, beside the run file unless its name is absolute; "" with a lattice.
std::string start_file(const RunFile& run);

/// The system at the start: read or made, not yet minimised; velocities drawn where the run file has a temperature and
/// does not minimise.
///   throws  what the readers and `check` throw, with the line of the run file in front
System make_system(const RunFile& run);

/// Minimises where the run file asks for it, then draws velocities.
///   returns  what `minimize` found, its system moved into `system`; or nothing
std::optional<Minimum> prepare(System& system, const RunFile& run);

/// The first thing in which a simulation (of a checkpoint) is another than the run file describes, as
/// "time_step is 0.002 there and 0.001 in argon.toml"; "" when it can be continued.
std::string difference(const Simulation& simulation, const RunFile& run);

}  // namespace lagoon::dynamics
