// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <lagoon/kernels/dynamics/model.hpp>
#include <lagoon/kernels/dynamics/system.hpp>
#include <lagoon/kernels/files/xyz.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lagoon::files {

/// Unit styles of LAMMPS. lj is Units::reduced() as it is; real (Angstrom, fs, kcal/mol, g/mol) and metal (Angstrom,
/// ps, eV, g/mol) become Units::nano().
enum class LammpsUnits { lj, real, metal };

/// What stands in the lines of "Atoms".
///   atomic     id type x y z
///   charge     id type q x y z
///   molecular  id molecule type x y z
///   full       id molecule type q x y z
/// with three image flags behind, or none.
enum class AtomStyle { atomic, charge, molecular, full };

struct LammpsDataOptions {
  std::optional<LammpsUnits> units{};  ///< none: as the first line says ("units = real"), else lj
  std::optional<AtomStyle> style{};    ///< none: as "Atoms # full" says, else by the number of words
  bool unwrap = false;                 ///< adds image flags times the box: for displacements
  std::ptrdiff_t max_particles = kMaxParticles;
};

/// A data file's particles, and how they act on one another as far as it says.
struct LammpsData {
  dynamics::System system;  ///< in the order of ids; masses are 1 where there are none
  /// `types`, `mixed`, `bonds`, `angles` as there are coefficients (none: empty), with LAMMPS's K without 1/2 doubled;
  /// `mixing` is LAMMPS's own, geometric. `cutoff` when all pairs have the same one, else what it was.
  dynamics::Model model;
  bool has_masses = false, has_pairs = false, has_cutoff = false;
  std::vector<std::string> skipped;  ///< sections that are not understood: "Dihedrals", "Pair Coeffs # buck"
};

/// Particles, bonds, angles and coefficients (lj/cut, harmonic) from a data file of LAMMPS's.
///
///   LammpsData water = read_lammps_data("data.spce", {.units = LammpsUnits::real});
///
///   throws  not_found, permission_denied; invalid_argument with file and line: a number that is none, an id that is
///           there twice or not at all, a type that is not there, tilt factors, units that are not those asked for,
///           pairs with cutoffs that differ; resource_exhausted: max_particles, budget; cancelled, deadline_exceeded
///   source  LAMMPS's documentation of read_data and of its unit styles
LammpsData read_lammps_data(const std::string& path, const LammpsDataOptions& options = {});
/// The same of a text in memory, called `name` in errors.
LammpsData parse_lammps_data(std::string_view text, const std::string& name, const LammpsDataOptions& options = {});

struct LammpsWriteOptions {
  std::optional<LammpsUnits> units{};  ///< none: lj for reduced units, real for nano
  std::optional<AtomStyle> style{};    ///< none: full with bonds, angles or charges, else atomic
};

/// Writes a data file that LAMMPS reads with `atom_style` and `units` as the file says; digits read back as the same
/// numbers, to the bit in lj units. In full style molecules are what bonds hold together. Coefficients are written when
/// there is a model; of several types each pair has its own, so that LAMMPS mixes nothing.
///   throws  invalid_argument (see dynamics::check; units that do not go together; a style that cannot hold charges or
///           bonds that are there); not_found (folder), permission_denied, resource_exhausted: then `path` is as it was
void write_lammps_data(const std::string& path, const dynamics::System& system, const dynamics::Model* model = nullptr,
                       const LammpsWriteOptions& options = {});

}  // namespace lagoon::files
