// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <lagoon/core/fields.hpp>
#include <lagoon/rpc/pool_report.hpp>
#include <string>
#include <vector>

namespace lagoon {

/// Latencies from the call to its end, in seconds; zero when nothing has ended.
struct Latency {
  double mean = 0, p50 = 0, p99 = 0, p999 = 0, most = 0;
  LAGOON_FIELDS(Latency, mean, p50, p99, p999, most)
};

struct FailureCount {
  std::string code;  ///< "deadline_exceeded"
  std::uint64_t calls = 0;
  LAGOON_FIELDS(FailureCount, code, calls)
};

/// Calls of a method that ended in the interval.
struct MethodInterval {
  std::string service, method;
  std::uint64_t calls = 0;
  double calls_per_second = 0;
  std::vector<FailureCount> failures;  ///< codes that occurred
  Latency latency;
  double processing_seconds = 0;  ///< within handlers, those that sleep or are suspended as well
  LAGOON_FIELDS(MethodInterval, service, method, calls, calls_per_second, failures, latency, processing_seconds)
};

/// What a worker did in the interval, and is at its end.
struct WorkerInterval {
  std::string worker, state;
  std::uint64_t calls = 0;  ///< given to it
  double calls_per_second = 0;
  double cores = 0;  ///< kept busy, on average
  double busy = 0;   ///< handlers that ran, on average
  std::uint64_t running = 0, queued = 0;
  std::uint64_t memory = 0, memory_peak = 0;  ///< bytes
  std::uint64_t memory_limit = 0;             ///< bytes; 0: none
  double age = 0;                             ///< seconds
  LAGOON_FIELDS(WorkerInterval, worker, state, calls, calls_per_second, cores, busy, running, queued, memory,
                memory_peak, memory_limit, age)

  /// Part of its limit that is held; 0 without one.
  double memory_share() const noexcept {
    return memory_limit ? static_cast<double>(memory) / static_cast<double>(memory_limit) : 0;
  }
};

/// How often in the interval; see PoolCounts.
struct CountsInterval {
  std::uint64_t created = 0, terminated = 0, failed = 0, hung = 0, unhealthy = 0, moved = 0;
  LAGOON_FIELDS(CountsInterval, created, terminated, failed, hung, unhealthy, moved)
};

/// What a pool did between two looks at it: the difference of two PoolReports, as plain numbers in seconds and bytes
/// that need nothing of the pool.
///
///   const PoolReport before = pool.overview();
///   ...
///   std::cout << interval_between(before, pool.overview()).latency.p99;
struct PoolInterval {
  std::string pool;
  std::string status;  ///< "ok", or why it takes no calls any more
  double at = 0;       ///< the end: seconds since the pool was made
  double seconds = 0;  ///< its length
  std::uint64_t calls = 0, failed_calls = 0;
  double calls_per_second = 0;
  Latency latency;           ///< of all methods
  double cores = 0;          ///< that all workers kept busy, on average
  std::uint64_t queued = 0;  ///< calls that wait for a worker at the end
  std::uint64_t most_workers = 0;
  CountsInterval counts;
  std::vector<WorkerInterval> workers;  ///< those that live at the end
  std::vector<MethodInterval> methods;
  LAGOON_FIELDS(PoolInterval, pool, status, at, seconds, calls, failed_calls, calls_per_second, latency, cores, queued,
                most_workers, counts, workers, methods)
};

/// Pure. A worker that is not in the earlier report, or is younger in the later one, began in between.
PoolInterval interval_between(const PoolReport& from, const PoolReport& to);
/// All that it did since it was made.
PoolInterval since_start(const PoolReport& report);

/// One line of JSON, schema "lagoon.pool", and back.
///   throws  Error(invalid_argument): not JSON, another schema or version
std::string json_of(const PoolInterval& interval);
PoolInterval pool_interval_from_json(std::string_view text);

}  // namespace lagoon
