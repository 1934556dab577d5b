// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <lagoon/core/status.hpp>
#include <lagoon/engine/clock.hpp>
#include <lagoon/rpc/balancer.hpp>
#include <lagoon/rpc/endpoint.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace lagoon {

enum class WorkerState : std::uint8_t {
  serving,  ///< takes calls
  leaving,  ///< finishes the calls it has, and ends
  hung,     ///< a handler did not stop when it was told to; takes no calls, and ends when the handler does
};
std::string_view name(WorkerState state) noexcept;

/// What a worker is and does. Counts and times are totals since it was started.
struct WorkerReport {
  std::string worker;
  WorkerState state = WorkerState::serving;
  int process = 0;          ///< its number, of a worker that is one
  std::uint64_t calls = 0;  ///< that it was given
  WorkerLoad load;
  std::size_t memory_peak = 0;       ///< bytes
  std::chrono::nanoseconds cpu{0};   ///< of all threads, while they worked for it
  std::chrono::nanoseconds busy{0};  ///< in handlers; those that run side by side count each
  std::chrono::nanoseconds age{0};   ///< since it was started
};

/// What happened in a pool since it was made.
struct PoolCounts {
  std::uint64_t created = 0;     ///< workers started
  std::uint64_t terminated = 0;  ///< workers that have ended
  std::uint64_t failed = 0;      ///< attempts to start one that failed
  std::uint64_t hung = 0;        ///< workers given up because a handler would not stop
  std::uint64_t unhealthy = 0;   ///< workers replaced because their health check failed
  std::uint64_t died = 0;        ///< worker processes that ended by themselves
  std::uint64_t moved = 0;       ///< calls that one worker had not started and another was given
};

/// A pool at one moment: who works, at what, and what has been done so far. Rates are differences of two of these.
struct PoolReport {
  std::string pool;
  TimePoint at;                     ///< of the engine's clock
  std::chrono::nanoseconds age{0};  ///< since the pool was made
  std::size_t queued = 0;           ///< calls that wait for a worker
  std::size_t most_workers = 0;     ///< that there may be
  PoolCounts counts;
  std::vector<WorkerReport> workers;  ///< those that live
  std::vector<MethodReport> methods;  ///< with the calls of all workers, those that have ended among them
  Status status;                      ///< ok, or why the pool takes no calls any more
};

}  // namespace lagoon
