// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "runner/row.hpp"
#include "runner/runner.hpp"

// What rows of an idle one beside busy ones share, be they isolates or workers of a pool.
namespace lagoon::bench {

/// Loops over all cores of this thread's isolate, in chunks of so many steps of compute(), until told to stop.
void burn_until(const std::atomic<bool>& stop, std::uint64_t steps);

/// Ours beside so many busy ones; figures are the 99th percentile of so many samples.
using IdleBeside = std::function<Side(const std::vector<std::size_t>& busy, std::size_t samples)>;

/// A row named `beside_threads`, whose rival is a thread beside busy threads, and one named `beside_arenas`, whose
/// rival is a task for an idle arena beside a busy one.
void add_rows_beside_busy(Rows& rows, const RunOptions& options, const std::string& beside_threads,
                          const std::string& beside_arenas, const IdleBeside& ours);

}  // namespace lagoon::bench
