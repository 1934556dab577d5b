// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lagoon/kernels/dynamics/observables.hpp>
#include <lagoon/kernels/dynamics/run_file.hpp>
#include <optional>
#include <string>

#include "command.hpp"
#include "md_facts.hpp"
#include "report.hpp"

namespace lagoon::cli {

/// Where the files of a run go; "" where there is none.
struct MdPaths {
  std::string energies, trajectory, checkpoint, final_state, report, radial_distribution;

  /// Those that there are, with what they hold.
  std::vector<WrittenFile> all() const;
};

/// Names as the run file and the command line have them: relative ones in the folder, a checkpoint always.
///   throws  invalid_argument: two of them are the same file, or one is a file that the run reads
MdPaths paths_of(const dynamics::RunFile& run, const MdCommand& command, const CommonOptions& common);

/// What `lagoon md` knows of a run when it is over.
struct MdRun {
  const dynamics::RunFile& file;
  MdFacts facts;
  History history;
  std::string started;  ///< UTC, ISO 8601
  std::optional<dynamics::RadialDistribution> radial;
};

/// "argon.toml: 864 particles of 1 type in a box of 3.16 x 3.16 x 3.16 nm, ..."
std::string plan_text(const dynamics::RunFile& run, const dynamics::System& system, std::int64_t steps,
                      const MdPaths& paths);
/// The head of the table of observations: names and units.
std::string table_head(const dynamics::Units& units);
std::string table_row(const ObservationFacts& moment);
std::string summary_text(const MdFacts& facts);

Report report_on(const MdRun& run);

}  // namespace lagoon::cli
