// SPDX-License-Identifier: Apache-2.0
// `lagoon series`: one column of a table in time, by the TimeSeries service.
#include <fmt/format.h>
#include <lagoon/kernels/files/csv.hpp>
#include <lagoon/rpc/caller.hpp>

#include "commands.hpp"
#include "json.hpp"
#include "report.hpp"
#include "series_facts.hpp"
#include "session.hpp"
#include "table_input.hpp"
#include "text.hpp"

namespace lagoon::cli {
namespace {

/// What `lagoon series --json` prints.
struct SeriesDocument {
  std::string file;
  std::vector<std::string> notes;  ///< what was done to the rows before
  SeriesFacts series;
  LAGOON_FIELDS(SeriesDocument, file, notes, series)
};

/// The column that is meant.
const files::Column& chosen(const files::Table& table, const std::string& name) {
  if (!name.empty()) return table.column(name);
  if (table.columns.size() == 1) return table.columns.front();
  std::string there;
  for (const files::Column& c : table.columns) there += (there.empty() ? "" : ", ") + c.name;
  throw UsageError(fmt::format("series: --column is missing; there are {}", there));
}

/// The series beside its parts.
void write_parts(const std::string& path, const files::Column& time, const TimedColumn& column,
                 const services::DecompositionReply& d) {
  files::Table table;
  table.source = path;
  table.rows = static_cast<std::size_t>(column.values.size());
  if (!column.time.empty()) table.columns.push_back(time);
  table.columns.push_back({.name = column.name, .values = column.values});
  table.columns.push_back({.name = "trend", .values = d.trend});
  table.columns.push_back({.name = "season", .values = d.seasonal});
  table.columns.push_back({.name = "remainder", .values = d.remainder});
  files::write_csv(path, table);
}

Report report_on(const SeriesDocument& document, const TimedColumn& column, const services::ExamineReply& reply,
                 const CallReport& call) {
  Report r;
  const SeriesFacts& f = document.series;
  r.title = f.column;
  r.lead = fmt::format("{} of {}, examined in {}", counted(static_cast<std::uint64_t>(f.count), "value"), document.file,
                       human_duration(std::chrono::duration<double>(call.processing).count()));
  r.tiles = {{grouped(static_cast<std::uint64_t>(f.count)), "values"},
             {grouped(static_cast<std::uint64_t>(f.missing)), "missing"},
             {number(slope_of(f).factor * f.line.slope, 4), "trend per " + slope_of(f).unit}};
  if (f.period > 0) r.tiles.emplace_back(grouped(static_cast<std::uint64_t>(f.period)), "period (rows)");
  r.series = plots_of(column, reply);
  r.facts = {{"file", document.file},
             {"p of the trend (Mann-Kendall)", number(f.test.p, 4)},
             {"strength of trend and season",
              fmt::format("{}, {}", number(f.trend_strength, 3), number(f.seasonal_strength, 3))},
             {"array bytes copied for calls", human_bytes(static_cast<double>(call.copies.copied_bytes))},
             {"lagoon", LAGOON_VERSION}};
  r.version = LAGOON_VERSION;
  return r;
}

std::string text_of(const SeriesDocument& document) {
  std::string text = text_of(document.series);
  for (const std::string& note : document.notes) text += fmt::format("note: {}\n", note);
  return text;
}

}  // namespace

Exit series(const SeriesCommand& command, const CommonOptions& common, const StopControl& stop, Output& output) {
  Session session(common, stop);
  SeriesDocument document;
  document.file = command.table.file;
  files::Table table = read_table(command.table, {command.column}, session, output.progress());
  const files::Column time = session.run("order", [&] { return take_time(table, command.table.time, document.notes); });
  const files::Column& values = chosen(table, command.column);
  const TimedColumn column{
      .name = values.name, .time = time.name, .dates = time.dates, .times = time.values, .values = values.values};

  CallReport report;
  CallOptions options = session.call_options();
  options.report = &report;
  options.count_copies = true;
  Caller<services::TimeSeries> caller(session.endpoint());
  const services::ExamineReply reply = [&] {
    const TraceScope scope(session.trace_context());
    return caller.call<services::Examine>({.data = {column.values},
                                           .times = column.times,
                                           .period = command.period,
                                           .lags = command.lags,
                                           .robust = !command.plain},
                                          options);
  }();
  document.series = facts_of(column, reply);

  if (!command.parts.empty()) {
    if (reply.decomposition.period == 0)
      throw Error(Errc::invalid_argument, fmt::format("{}: '{}' has no period to decompose by; say one with --period",
                                                      table.source, column.name));
    write_parts(command.parts, time, column, reply.decomposition);
    output.note(fmt::format("parts: {}", command.parts));
  }
  if (!common.report.empty()) {
    Report page = report_on(document, column, reply, report);
    page.trace = session.trace_json();
    write_report(common.report, page);
  }
  session.write_trace();
  output.result(common.json ? pretty(document_of("series", document)) + "\n" : text_of(document));
  return Exit::ok;
}

}  // namespace lagoon::cli
