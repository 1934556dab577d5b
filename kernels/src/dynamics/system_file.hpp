// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lagoon/kernels/dynamics/run_file.hpp>
#include <string>

namespace lagoon::dynamics::detail {

/// Whether a file of that name can be read: .xyz or .extxyz, .data (LAMMPS), .pdb.
bool is_system_file(const std::string& path);

/// The particles of such a file, of a trajectory its last frame.
///   throws   invalid_argument (units that are not those of the run), what the readers throw
System read_system_file(const std::string& path, const StartOptions& start);

}  // namespace lagoon::dynamics::detail
