// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <lagoon/kernels/dynamics/simulation.hpp>

#include "commands.hpp"
#include "md_files.hpp"

namespace lagoon::cli {

/// Takes a simulation from step to step, and does what the run file wants at some of them: rows of energies, lines of
/// the table, frames, checkpoints. What is done depends on the step alone, so that a run in parts leaves the same files
/// as one in one piece.
class MdSteps {
 public:
  MdSteps(dynamics::Simulation& simulation, const dynamics::RunFile& run, MdFiles& files, History& history,
          Output& output, bool json);

  /// What is due at the step where a run begins.
  void begin() { arrive(); }
  /// Until that step.
  ///   progress  is told of the steps reached, some times a second
  ///   throws    what Simulation::advance throws; what was due at the last whole step is not done then, see arrive()
  void reach(std::int64_t last, const std::function<void(std::int64_t)>& progress);
  /// Does what is due at the current step, unless that is done.
  void arrive();
  /// The last line of the table, unless it is there.
  void end();

 private:
  std::int64_t next_stop(std::int64_t last) const;
  void print(const ObservationFacts& moment);

  dynamics::Simulation& simulation_;
  const dynamics::OutputOptions& wanted_;
  MdFiles& files_;
  History& history_;
  Output& output_;
  bool json_;
  std::int64_t arrived_ = -1, printed_ = -1;
};

}  // namespace lagoon::cli
