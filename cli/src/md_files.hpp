// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <lagoon/kernels/dynamics/checkpoint.hpp>
#include <lagoon/kernels/dynamics/run_file.hpp>
#include <lagoon/kernels/files/dcd.hpp>
#include <lagoon/kernels/files/xyz.hpp>
#include <optional>
#include <string>
#include <variant>

#include "energies_file.hpp"
#include "md_run.hpp"

namespace lagoon::cli {

/// The files that grow along a run, and its checkpoint. A checkpoint is written when all before it is on disk, so that
/// a run which dies at any moment can go on from it: rows and frames that came later are cut off then.
class MdFiles {
 public:
  /// New files in place of what is there.
  MdFiles(const dynamics::RunFile& run, MdPaths paths);
  /// The files of a run up to this step.
  ///   kept   is given each observation that stays
  MdFiles(const dynamics::RunFile& run, MdPaths paths, std::int64_t step,
          const std::function<void(const ObservationFacts&)>& kept);

  void observed(const ObservationFacts& moment);
  void frame(const dynamics::Simulation& simulation);
  void checkpoint(const dynamics::Simulation& simulation);
  /// What only the end of a run has.
  void final_state(const dynamics::System& system, const dynamics::Simulation& simulation);
  void radial_distribution(const dynamics::RadialDistribution& radial);
  void sync();

  const MdPaths& paths() const noexcept { return paths_; }
  /// The step of the last checkpoint, when there is one of this run.
  std::optional<std::int64_t> checkpointed() const noexcept { return checkpointed_; }

 private:
  const dynamics::RunFile& run_;
  MdPaths paths_;
  std::optional<EnergiesFile> energies_;
  std::variant<std::monostate, files::XyzWriter, files::DcdWriter> trajectory_;
  std::optional<std::int64_t> checkpointed_;
};

}  // namespace lagoon::cli
