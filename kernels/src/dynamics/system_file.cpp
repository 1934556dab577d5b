// SPDX-License-Identifier: Apache-2.0
#include "system_file.hpp"

#include <lagoon/core/error.hpp>
#include <lagoon/kernels/files/lammps_data.hpp>
#include <lagoon/kernels/files/pdb.hpp>
#include <lagoon/kernels/files/xyz.hpp>

namespace lagoon::dynamics::detail {
namespace {

bool is_xyz(const std::string& path) { return path.ends_with(".xyz") || path.ends_with(".extxyz"); }
bool is_lammps(const std::string& path) { return path.ends_with(".data"); }
bool is_pdb(const std::string& path) { return path.ends_with(".pdb"); }

}  // namespace

bool is_system_file(const std::string& path) { return is_xyz(path) || is_lammps(path) || is_pdb(path); }

System read_system_file(const std::string& path, const StartOptions& start) {
  if (is_xyz(path)) return files::read_xyz(path, {.units = start.units}).system;
  System s = is_pdb(path)
                 ? files::read_pdb(path).system
                 : files::read_lammps_data(path, {.units = start.lammps_units, .style = start.atom_style}).system;
  if (s.units.name != start.units.name)
    throw Error(Errc::invalid_argument,
                path + " is in " + s.units.name + " units, the run in " + start.units.name + "; give units = '" +
                    s.units.name + "'" + (is_lammps(path) ? ", or lammps_units if the file is not what it seems" : ""));
  return s;
}

}  // namespace lagoon::dynamics::detail
