// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <lagoon/core/fields.hpp>
#include <lagoon/kernels/dynamics/simulation.hpp>
#include <string>
#include <vector>

namespace lagoon::cli {

/// A moment of a run, as files and JSON lines have it; units are those of the run file.
struct ObservationFacts {
  std::int64_t step = 0;
  double time = 0;
  double potential = 0, kinetic = 0, total = 0, conserved = 0;
  double temperature = 0, pressure = 0, volume = 0;
  double pair = 0, coulomb = 0, bond = 0, angle = 0, tail = 0;
  LAGOON_FIELDS(ObservationFacts, step, time, potential, kinetic, total, conserved, temperature, pressure, volume, pair,
                coulomb, bond, angle, tail)
};
ObservationFacts facts_of(const dynamics::Observation& observation);

/// A file that a run left behind.
struct WrittenFile {
  std::string what, file;
  LAGOON_FIELDS(WrittenFile, what, file)
};

/// What --dry-run --json says of a run.
struct MdPlan {
  std::string file, units;
  std::int64_t particles = 0, types = 0;
  std::vector<double> box;  ///< edges, length
  double temperature = 0, cutoff = 0, time_step = 0;
  std::int64_t steps = 0;
  std::vector<WrittenFile> files;
  LAGOON_FIELDS(MdPlan, file, units, particles, types, box, temperature, cutoff, time_step, steps, files)
};

/// How a run went: the last line of --json.
struct MdFacts {
  std::string file, units;
  std::int64_t particles = 0;
  std::int64_t first_step = 0;  ///< where this run of the command began
  std::int64_t last_step = 0;
  double seconds = 0;  ///< of the steps
  double steps_per_second = 0;
  double ns_per_day = 0;  ///< 0 in units without a picosecond
  std::int64_t list_builds = 0, list_prunes = 0;
  double pairs_computed = 0, pairs_needed = 0;  ///< per particle
  std::uint32_t cores = 0;
  std::string isa, precision;
  std::uint64_t peak_bytes = 0;
  std::vector<WrittenFile> files;
  LAGOON_FIELDS(MdFacts, file, units, particles, first_step, last_step, seconds, steps_per_second, ns_per_day,
                list_builds, list_prunes, pairs_computed, pairs_needed, cores, isa, precision, peak_bytes, files)
};

/// Moments for plots: of too many every second is dropped, so that a run of any length keeps some thousand.
class History {
 public:
  void add(const ObservationFacts& moment);
  const std::vector<ObservationFacts>& moments() const noexcept { return moments_; }

 private:
  std::vector<ObservationFacts> moments_;
  std::int64_t seen_ = 0, stride_ = 1;
};

}  // namespace lagoon::cli
