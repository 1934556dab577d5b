// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <sys/stat.h>
#include <lagoon/kernels/simd.hpp>
#include <lagoon/rpc/pool.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <optional>

#include "analysis.hpp"
#include "analyze_parts.hpp"
#include "commands.hpp"
#include "json.hpp"
#include "report.hpp"
#include "session.hpp"
#include "table_input.hpp"
#include "text.hpp"

namespace lagoon::cli {
namespace {

using Seconds = std::chrono::duration<double>;

constexpr unsigned kAnalyses = 3;           // that may run side by side: columns, series, the target
constexpr std::size_t kSeriesColumns = 12;  // of which each takes four plots of a report

double since(TimePoint begin) { return Seconds(system_clock().now() - begin).count(); }

std::uint64_t size_of(const std::string& path) {
  struct stat there {};
  return ::stat(path.c_str(), &there) == 0 && S_ISREG(there.st_mode) ? static_cast<std::uint64_t>(there.st_size) : 0;
}

/// What the workers and methods of the pool did.
void note_run(const Pool& pool, RunFacts& run) {
  const PoolReport report = pool.overview();
  for (const WorkerReport& w : report.workers) {
    run.workers.push_back({w.worker, w.calls, Seconds(w.cpu).count(), Seconds(w.busy).count(), w.memory_peak});
    run.peak_bytes += w.memory_peak;
  }
  for (const MethodReport& m : report.methods) {
    const std::uint64_t calls = m.totals.calls();
    if (calls == 0) continue;
    run.methods.push_back({fmt::format("{}.{}", m.service, m.method), calls, m.totals.failures(),
                           1e-6 * m.totals.latency.mean(),
                           1e-6 * static_cast<double>(m.totals.latency.quantile(0.99))});
  }
}

/// The columns that are looked at as series: the target, or all.
std::vector<TimedColumn> timed_columns(const files::Table& table, const files::Column& time,
                                       const AnalyzeCommand& command, Analysis& a) {
  std::vector<TimedColumn> columns;
  if (command.table.time.empty() && command.period == 0) return columns;
  for (const files::Column& c : table.columns) {
    if (!command.target.empty() && c.name != command.target) continue;
    if (columns.size() == kSeriesColumns) {
      a.notes.push_back(fmt::format("the first {} columns are looked at as series; choose with --columns or --target",
                                    kSeriesColumns));
      break;
    }
    columns.push_back(
        {.name = c.name, .time = time.name, .dates = time.dates, .times = time.values, .values = c.values});
  }
  return columns;
}

/// All analyses of the table, side by side over a pool.
void analyse(const AnalyzeCommand& command, const files::Table& table, const files::Column& time, Session& session,
             Pool& pool, Progress& progress, Analysis& a) {
  const TraceScope scope(session.trace_context());
  const TraceSpan span("analysis", "command");
  const std::vector<TimedColumn> timed = timed_columns(table, time, command, a);
  const std::size_t calls = table.columns.size() + timed.size() + (command.target.empty() ? 1 : 3);
  progress.begin("analysis", static_cast<double>(calls), "calls");
  AnalysisCalls made(session, pool, progress, a);
  std::optional<TargetAnalysis> target;  // the longest begins first
  if (!command.target.empty())
    target.emplace(made, session.run("rows", [&] { return learning_table(table, command.target); }));
  SeriesAnalysis series(made, timed, command.period);
  ColumnStatistics(made, table, command.correlation, static_cast<std::int64_t>(command.bins)).run();
  series.finish();
  if (target) target->finish();
  progress.end();
  note_run(pool, a.run);
}

}  // namespace

Exit analyze(const AnalyzeCommand& command, const CommonOptions& common, const StopControl& stop, Output& output) {
  Session session(common, stop);
  Pool& pool = session.open_pool({.name = "analysis",
                                  .workers = std::max(kAnalyses, session.cores()),
                                  .worker = {.memory_limit = session.memory_limit()}});
  Analysis a;
  a.run.version = LAGOON_VERSION;
  a.run.started = utc_now();
  a.run.cores = session.cores();
  a.run.isa = simd::isa_name();
  a.run.isolate = session.isolate().name();
  a.run.memory_limit = session.memory_limit();
  a.run.file_bytes = size_of(command.table.file);

  TimePoint begin = system_clock().now();
  files::Table table = read_table(command.table, {command.target}, session, output.progress());
  a.run.read_seconds = since(begin);
  a.file = command.table.file;
  a.rows = table.rows;
  for (const files::SkippedColumn& s : table.skipped)
    a.skipped.push_back({s.name, std::string(name(s.kind)), s.example, s.line, s.began_as_numbers});
  if (!command.target.empty()) table.column(command.target);  // throws what is wrong with it, before anything is done
  const files::Column time = session.run("order", [&] { return take_time(table, command.table.time, a.notes); });
  output.detail(fmt::format("read {} x {} in {}", counted(a.rows, "row"), counted(table.columns.size(), "column"),
                            human_duration(a.run.read_seconds)));

  begin = system_clock().now();
  analyse(command, table, time, session, pool, output.progress(), a);
  a.run.analysis_seconds = since(begin);
  a.run.peak_bytes += session.memory().peak;
  output.detail(fmt::format("analysed in {}", human_duration(a.run.analysis_seconds)));

  if (!common.report.empty()) {
    Report report = report_on(a);
    report.trace = session.trace_json();
    write_report(common.report, report);
  }
  session.write_trace();
  output.result(common.json ? pretty(document_of("analysis", a)) + "\n" : text_of(a, terminal_columns(1)));
  return a.failed.empty() ? Exit::ok : Exit::failed;
}

}  // namespace lagoon::cli
