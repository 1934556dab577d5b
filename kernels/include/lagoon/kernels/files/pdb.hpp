// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <lagoon/kernels/dynamics/system.hpp>
#include <lagoon/kernels/files/xyz.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace lagoon::files {

/// What a PDB file says of an atom beside its place.
struct PdbAtom {
  std::int64_t serial = 0;
  std::string name;     ///< "CA"
  std::string residue;  ///< "ALA"
  std::int64_t residue_number = 0;
  char chain = ' ';
};

struct PdbStructure {
  dynamics::System system;  ///< in nano units; types are elements, in the order in which they appear
  std::vector<PdbAtom> atoms;
};

/// Atoms and bonds of a PDB file.
///
///   PdbStructure ala = read_pdb("ala.pdb");
///   print(ala.atoms[0].name, ala.system.positions(0, 0), "nm");
///
/// Read are ATOM and HETATM of the first MODEL, of alternate locations the first one of each residue; CRYST1 as a
/// periodic box (without it, or with the 1 x 1 x 1 of structures that have none: an open one around the atoms); CONECT
/// as bonds of type 0, each once. Elements stand in columns 77-78 or are guessed from the name; masses are standard
/// atomic weights. Serial numbers beyond 99,999 may be hybrid-36. Formal charges are not read.
///   throws  not_found, permission_denied; invalid_argument with file, line and columns: what is no number, an element
///           that cannot be told, a triclinic cell; resource_exhausted: max_particles, budget; cancelled,
///           deadline_exceeded
///   source  wwPDB, Atomic Coordinate Entry Format 3.3
PdbStructure read_pdb(const std::string& path, std::ptrdiff_t max_particles = kMaxParticles);
/// The same of a text in memory, called `name` in errors.
PdbStructure parse_pdb(std::string_view text, const std::string& name, std::ptrdiff_t max_particles = kMaxParticles);

}  // namespace lagoon::files
