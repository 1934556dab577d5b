// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lagoon/kernels/dynamics/simulation.hpp>
#include <memory>
#include <string>

namespace lagoon::dynamics {

/// Writes all that a trajectory needs to go on: the system with its bonds, the model, the options, where particles and
/// lists are, and what thermostat and barostat hold. Appears under `path` when it is whole, in place of what was there.
///   throws   failed_precondition (a potential of one's own: a file cannot hold a function), and what AtomicFile throws
void write_checkpoint(const std::string& path, const Simulation& simulation);

/// Goes on where `write_checkpoint` was: the steps that follow come out the same to the bit, on the same instruction
/// set.
///   threads   any number
///   throws    not_found, data_loss (cut short, changed, or no checkpoint), invalid_argument (of another version)
std::unique_ptr<Simulation> read_checkpoint(const std::string& path);

}  // namespace lagoon::dynamics
