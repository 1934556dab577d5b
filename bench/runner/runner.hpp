// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>
#include <cstddef>
#include <string>
#include <vector>

#include "runner/row.hpp"

namespace lagoon::bench {

struct RunOptions {
  std::size_t repetitions = 0;  ///< 0: what each row asks for
  bool quick = false;           ///< three short repetitions and small data: to see that it runs, not how fast
};

/// What a side did: one figure per repetition, in the row's unit.
struct Figures {
  std::string name;
  std::vector<double> repetitions;
  double median() const;
  /// Distance between the quartiles of the repetitions, as a share of the median.
  double spread() const;
};

struct Outcome {
  Figures ours, rival;
  std::string reason;  ///< why there is no ratio; empty when there is one
  std::string note;
  bool has_ratio() const { return reason.empty(); }
  /// ours / rival.
  double ratio() const { return ours.median() / rival.median(); }
};

/// Makes the row's two sides and measures them in turn: ours, rival, ours, rival...
///
/// A pair of repetitions during which other processes used the machine is measured again, up to twice as many pairs
/// in all. Which pairs count is decided by the CPU time of others alone, never by the figures.
Outcome measure(const Row& row, const RunOptions& options);

/// CPU time of this process counts as ours, not as a disturbance; so does that of a rival in a process of its own.
void count_as_own(pid_t process);

}  // namespace lagoon::bench
