// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <lagoon/engine/clock.hpp>
#include <lagoon/monitor/run_report.hpp>
#include <lagoon/rpc/pool.hpp>
#include <memory>

namespace lagoon {

struct MonitorOptions {
  std::chrono::nanoseconds interval = std::chrono::seconds(1);
  std::size_t keep = 3600;                                 ///< intervals in the report: the latest
  std::function<void(const PoolInterval&)> on_interval{};  ///< from the monitor's thread and finish(); does not throw
  std::function<void(const PoolWarning&)> on_warning{};    ///< the same
  double memory_share = 0.9;                               ///< of a worker's limit: above it is a warning
  std::chrono::nanoseconds p99_limit = std::chrono::seconds(1);  ///< of a method in an interval: the same
  const Clock* clock = nullptr;  ///< null: the machine's; otherwise outlives the monitor
  bool publish = false;          ///< each interval, as a line of JSON, to `lagoon top` and to others of this user
  std::string publish_folder{};  ///< of the socket; "": lagoon::publish_folder()
};

/// Looks at a pool at each interval, and keeps what it saw.
///
///   lagoon::Monitor monitor(pool, {.on_interval = [](const lagoon::PoolInterval& i) {
///     std::printf("%.0f calls/s, p99 %.3f ms\n", i.calls_per_second, 1e3 * i.latency.p99);
///   }});
///   ... the work ...
///   std::ofstream("run.html") << lagoon::html_of(monitor.finish());
/// A warning is told when a limit is crossed, and not again before the value was below it.
///   cost    one thread that sleeps; a look takes about a microsecond for each method of each worker
class Monitor {
 public:
  /// look   the pool as it is now; called from the monitor's thread, and from finish(). What it throws is counted
  ///        (RunReport::missed), but for the first time, here
  /// throws  invalid_argument (interval not above zero); resource_exhausted: no thread; what Publisher throws
  explicit Monitor(std::function<PoolReport()> look, MonitorOptions options = {});
  /// The pool outlives the monitor, or finish().
  explicit Monitor(const Pool& pool, MonitorOptions options = {});
  ~Monitor();
  Monitor(const Monitor&) = delete;
  Monitor& operator=(const Monitor&) = delete;

  /// What was seen until now.
  RunReport report() const;
  /// Looks once more, stops, publishes no more, and gives the final report; again it gives the same one. Not from a
  /// callback.
  RunReport finish();

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace lagoon
