// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <sys/stat.h>
#include <lagoon/kernels/files/atomic_file.hpp>
#include <lagoon/kernels/files/csv.hpp>
#include <lagoon/kernels/files/npy.hpp>
#include <lagoon/kernels/simd.hpp>
#include <lagoon/rpc/caller.hpp>
#include <lagoon/services/statistics.hpp>

#include <chrono>
#include <deque>
#include <numeric>

#include "analysis.hpp"
#include "commands.hpp"
#include "json.hpp"
#include "report.hpp"
#include "session.hpp"
#include "text.hpp"

namespace lagoon::cli {
namespace {

using Seconds = std::chrono::duration<double>;

constexpr std::size_t kInFlight = 8;                // calls for columns at once: the isolate never runs dry
constexpr std::size_t kCorrelationColumns = 2'000;  // a matrix of more is neither read nor drawn by anybody

double since(TimePoint begin) { return Seconds(system_clock().now() - begin).count(); }

std::uint64_t size_of(const std::string& path) {
  struct stat there {};
  return ::stat(path.c_str(), &there) == 0 && S_ISREG(there.st_mode) ? static_cast<std::uint64_t>(there.st_size) : 0;
}

files::Table read_table(const AnalyzeCommand& command, Session& session, Progress& progress) {
  const std::string path = command.file == "-" ? "/dev/stdin" : command.file;
  if (path.ends_with(".npy")) {
    files::Table table = session.run("read", [&] { return files::read_npy_table(path, command.csv.max_columns); });
    for (const std::string& name : command.csv.columns) table.column(name);  // throws what is wrong with it
    if (!command.csv.columns.empty())
      std::erase_if(table.columns, [&](const files::Column& c) {
        return std::find(command.csv.columns.begin(), command.csv.columns.end(), c.name) == command.csv.columns.end();
      });
    return table;
  }
  files::CsvOptions options = command.csv;
  std::string_view stage;
  options.progress = [&](const files::ReadProgress& p) {
    if (p.stage != stage) progress.begin(std::string(p.stage), static_cast<double>(p.total), "B");
    stage = p.stage;
    progress.update(static_cast<double>(p.done));
  };
  files::Table table = session.run("read", [&] { return files::read_csv(path, options); });
  progress.end();
  return table;
}

/// Statistics of all columns by calls to the service.
class Describer {
 public:
  Describer(const AnalyzeCommand& command, Session& session, Progress& progress, Analysis& into)
      : command_(command), session_(session), progress_(progress), analysis_(into), statistics_(session.endpoint()) {}

  void describe(const files::Table& table) {
    const TraceScope scope(session_.trace_context());
    const TraceSpan span("statistics", "command");
    const std::size_t n = table.columns.size();
    analysis_.columns.resize(n);
    progress_.begin("statistics", static_cast<double>(n), "columns");
    std::deque<std::pair<std::size_t, Reply<services::Summarize>>> open;
    auto finish_one = [&] {
      auto [i, reply] = std::move(open.front());
      open.pop_front();
      take(table.columns[i], std::move(reply), analysis_.columns[i]);
      progress_.update(static_cast<double>(i + 1));
    };
    for (std::size_t i = 0; i < n; ++i) {
      if (open.size() == kInFlight) finish_one();
      open.emplace_back(i, statistics_.start<services::Summarize>(request_for(table.columns[i]), options()));
    }
    while (!open.empty()) finish_one();
    if (command_.correlation != "none") correlate(table);
    progress_.end();
  }

 private:
  CallOptions options() {
    CallOptions o = session_.call_options();
    o.count_copies = true;
    ++analysis_.run.calls;
    return o;
  }

  services::SummarizeRequest request_for(const files::Column& column) const {
    services::SummarizeRequest request;
    request.data.values = column.values;
    request.bins = static_cast<std::int64_t>(command_.bins);
    return request;
  }

  /// Ends of the whole command are thrown; what concerns one column is an item that failed.
  void failed(const std::string& column, const char* what, const Status& status) {
    if (status.code() == Errc::cancelled || status.code() == Errc::deadline_exceeded) throw Error(status);
    analysis_.failed.push_back({column, what, status.message()});
  }

  void take(const files::Column& column, Reply<services::Summarize> reply, ColumnFacts& into) {
    into.name = column.name;
    auto result = reply.try_get();
    analysis_.run.copied_bytes += reply.report().copies.copied_bytes;
    if (!result.ok()) return failed(column.name, "statistics", result.status());
    const services::Summary& s = *result;
    into = {column.name, s.count, s.missing, s.mean,     s.standard_deviation, s.minimum,          s.q1,
            s.median,    s.q3,    s.maximum, s.skewness, s.kurtosis,           {s.edges, s.counts}};
  }

  void correlate(const files::Table& table) {
    const std::size_t n = table.columns.size();
    if (n < 2) return;
    if (n > kCorrelationColumns)
      return failed("all columns", "correlation",
                    Status(Errc::resource_exhausted,
                           fmt::format("{} are more than the {} it is computed for; choose with --columns",
                                       counted(n, "column"), grouped(kCorrelationColumns))));
    services::MatrixRequest request;
    request.method = command_.correlation;
    for (const files::Column& c : table.columns) request.columns.push_back(c.values);
    auto reply = statistics_.start<services::Correlate>(std::move(request), options());
    auto result = reply.try_get();
    if (!result.ok()) return failed("all columns", "correlation", result.status());
    CorrelationFacts& c = analysis_.correlation;
    c.method = command_.correlation;
    c.rows = result->rows;
    for (std::size_t i = 0; i < n; ++i) {
      c.columns.push_back(table.columns[i].name);
      auto& row = c.matrix.emplace_back();
      for (std::size_t j = 0; j < n; ++j)
        row.push_back(result->values(static_cast<std::ptrdiff_t>(i), static_cast<std::ptrdiff_t>(j)));
    }
  }

  const AnalyzeCommand& command_;
  Session& session_;
  Progress& progress_;
  Analysis& analysis_;
  Caller<services::Statistics> statistics_;
};

void refuse_without_numbers(const files::Table& table) {
  if (!table.columns.empty()) return;
  std::string why = fmt::format("{}: no column holds numbers", table.source);
  if (table.rows == 0)
    why = fmt::format("{}: there are no rows below the header", table.source);
  else if (!table.skipped.empty() && table.skipped.front().line)
    why += fmt::format(" (line {}: '{}'); see --header, --skip-rows, --delimiter and --decimal",
                       table.skipped.front().line, table.skipped.front().example);
  throw Error(Errc::invalid_argument, why);
}

void write_report(const Analysis& analysis, const Session& session, const std::string& path) {
  Report report = report_on(analysis);
  report.trace = session.trace_json();
  files::AtomicFile file(path);
  file.write(html_of(report));
  file.commit();
}

}  // namespace

Exit analyze(const AnalyzeCommand& command, const CommonOptions& common, const StopControl& stop, Output& output) {
  Session session(common, stop);
  Analysis a;
  a.run.version = LAGOON_VERSION;
  a.run.started = utc_now();
  a.run.cores = session.cores();
  a.run.isa = simd::isa_name();
  a.run.isolate = session.isolate().name();
  a.run.memory_limit = session.memory_limit();
  a.run.file_bytes = size_of(command.file);

  TimePoint begin = system_clock().now();
  const files::Table table = read_table(command, session, output.progress());
  a.run.read_seconds = since(begin);
  a.file = command.file;
  a.rows = table.rows;
  for (const files::SkippedColumn& s : table.skipped)
    a.skipped.push_back({s.name, std::string(name(s.kind)), s.example, s.line, s.began_as_numbers});
  refuse_without_numbers(table);
  output.detail(fmt::format("read {} x {} in {}", counted(a.rows, "row"), counted(table.columns.size(), "column"),
                            human_duration(a.run.read_seconds)));

  begin = system_clock().now();
  Describer(command, session, output.progress(), a).describe(table);
  a.run.statistics_seconds = since(begin);
  a.run.peak_bytes = session.memory().peak;
  output.detail(fmt::format("described in {}", human_duration(a.run.statistics_seconds)));

  if (!common.report.empty()) write_report(a, session, common.report);
  session.write_trace();
  output.result(common.json ? pretty(document_of("analysis", a)) + "\n" : text_of(a, terminal_columns(1)));
  return a.failed.empty() ? Exit::ok : Exit::failed;
}

}  // namespace lagoon::cli
