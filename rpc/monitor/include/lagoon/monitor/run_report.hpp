// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lagoon/monitor/interval.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace lagoon {

/// Something that should not be so, told when it begins.
struct PoolWarning {
  double at = 0;      ///< seconds since the pool was made
  std::string what;   ///< "memory" of a worker, or "latency" of a method
  std::string where;  ///< "crew/2", "lab.Stats.sum"
  double value = 0;   ///< a part of the limit, or seconds
  double limit = 0;
  std::string text() const;
  LAGOON_FIELDS(PoolWarning, at, what, where, value, limit)
};

/// What a pool did while it was watched.
struct RunReport {
  std::string pool, version;          ///< of Lagoon
  PoolInterval total;                 ///< from the first look to the last
  std::vector<PoolInterval> history;  ///< the latest, oldest first
  std::uint64_t forgotten = 0;        ///< intervals before those in history
  std::uint64_t missed = 0;           ///< looks that failed
  std::string missed_why;             ///< the latest of them
  std::vector<PoolWarning> warnings;  ///< the first of them
  std::uint64_t more_warnings = 0;    ///< that are not in the list
  LAGOON_FIELDS(RunReport, pool, version, total, history, forgotten, missed, warnings, more_warnings, missed_why)
};

/// JSON, schema "lagoon.pool_run".
std::string json_of(const RunReport& report);

/// The graph behind a method, to be drawn.
struct MethodGraph {
  struct Node {
    std::string name, type;
    std::vector<std::uint32_t> inputs;  ///< nodes before it
  };
  std::string method;
  std::vector<Node> nodes;
};

/// What Graph::dump() says, as nodes.
///   throws  Error(invalid_argument): it is nothing that dump() writes
MethodGraph graph_of_dump(std::string method, std::string_view dump);

/// A drawing, an <svg> element: from left to right, each node behind those that it reads.
///   throws  Error(invalid_argument): an input that does not come before its node
std::string svg_of(const MethodGraph& graph);

/// What a page shows besides the report.
struct PageExtras {
  std::string trace{};  ///< in Chrome's JSON format (Trace::write_json), or ""
  std::vector<MethodGraph> graphs{};
};

/// One HTML page with all plots, data and script inside; it fetches nothing.
///
///   std::ofstream("run.html") << lagoon::html_of(monitor.finish());
std::string html_of(const RunReport& report, const PageExtras& extras = {});

}  // namespace lagoon
