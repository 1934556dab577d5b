// SPDX-License-Identifier: Apache-2.0
// lagoon_bench [SUITE...] --json FILE: figures of ours beside rivals, measured in one run and in turn.
#include <fmt/core.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <cstdio>

#include <lagoon/rpc/process.hpp>

#include "runner/cores.hpp"
#include "runner/machine.hpp"
#include "runner/report.hpp"
#include "runner/runner.hpp"
#include "suites.hpp"

namespace {

using namespace lagoon::bench;

Rows all_rows(const RunOptions& options) {
  Rows rows;
  add_unary_rows(rows);
  add_payload_rows(rows);
  add_stream_rows(rows);
  add_pool_rows(rows);
  add_process_rows(rows, options);
  add_process_service_rows(rows, options);
  add_balance_rows(rows);
  add_monitor_rows(rows);
  add_replace_rows(rows);
  add_pool_fairness_rows(rows, options);
  add_memory_bomb_rows(rows);
  add_stop_rows(rows, options);
  add_graph_rows(rows);
  add_scaling_rows(rows);
  add_fairness_rows(rows, options);
  add_memory_rows(rows);
  add_task_rows(rows);
  add_statistics_rows(rows, options);
  add_rolling_rows(rows, options);
  add_stl_rows(rows);
  add_trend_rows(rows);
  add_matrix_rows(rows, options);
  add_linear_rows(rows, options);
  add_dynamics_rows(rows, options);
  add_analytics_rows(rows, options);
  add_stream_kernel_rows(rows);
  add_cluster_rows(rows, options);
  add_learn_forest_rows(rows, options);
  add_image_batch_rows(rows, options);
  add_image_single_rows(rows, options);
  return rows;
}

/// "rpc" and "rpc.unary" choose all rows below them, a whole name one row.
bool chosen(const std::string& name, const std::vector<std::string>& suites) {
  if (suites.empty()) return true;
  return std::any_of(suites.begin(), suites.end(), [&](const std::string& s) {
    return name.rfind(s, 0) == 0 && (name.size() == s.size() || name[s.size()] == '.');
  });
}

}  // namespace

int main(int argc, char** argv) {
  if (lagoon::is_worker()) return lagoon::worker_main(worker_services());
#ifdef LAGOON_BENCH_UNOPTIMIZED
  std::fputs("lagoon_bench: built without optimisation, to see that it compiles; ./dev bench builds and runs it\n",
             stderr);
  return 2;
#endif
  CLI::App app("Lagoon beside its rivals: measured in one process and run, in turn, medians of repetitions");
  std::vector<std::string> suites;
  std::string json;
  RunOptions options;
  bool list = false;
  app.add_option("SUITE", suites,
                 "rows to run, by the beginning of their name: rpc, engine.scaling, ...; all by default");
  app.add_option("--json", json, "write the report to this file as well");
  app.add_flag("--list", list, "name the rows and their goals, and run none");
  app.add_flag("--quick", options.quick, "small data and short repetitions, three of them: to see that it runs");
  app.add_option("--repetitions", options.repetitions, "of each side; 5 to 9 by default")->check(CLI::Range(1, 1000));
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) ? 2 : 0;
  }

  const Rows rows = all_rows(options);
  for (const std::string& suite : suites) {
    if (std::any_of(rows.begin(), rows.end(), [&](const Row& row) { return chosen(row.name, {suite}); })) continue;
    fmt::print(stderr, "lagoon_bench: no row begins with \"{}\"; --list names them\n", suite);
    return 2;
  }
  if (list) {
    for (const Row& row : rows) {
      if (!chosen(row.name, suites)) continue;
      const std::string goal =
          row.goal ? fmt::format("{} {}", row.better == Better::lower ? "<=" : ">=", *row.goal) : "";
      fmt::print("{:44} {:8} {:10} {}\n", row.name, goal, row.judge == Judge::figure ? row.unit.name : "ratio",
                 row.better == Better::lower ? "lower is better" : "higher is better");
    }
    return 0;
  }

  const auto about = machine();
  Report report(about);
  for (const Row& row : rows) {
    if (!chosen(row.name, suites)) continue;
    report.begin(row);
    report.add(row, measure(row, options));
  }
  report.end();
  if (json.empty()) return 0;
  try {
    report.write_json(json, about);
  } catch (const std::exception& e) {
    fmt::print(stderr, "lagoon_bench: {}\n", e.what());
    return 1;
  }
  return 0;
}
