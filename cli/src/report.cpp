// SPDX-License-Identifier: Apache-2.0
#include "report.hpp"

#include <fmt/format.h>

#include <lagoon/kernels/files/atomic_file.hpp>
#include <lagoon/monitor/page.hpp>

#include <algorithm>

#include "report_assets.hpp"
#include "text.hpp"

namespace lagoon::cli {
namespace {

constexpr std::size_t kHistograms = 60;  // a browser draws no more in reasonable time
constexpr std::size_t kTableColumns = 2000;
constexpr std::size_t kHeatColumns = 60;

struct PlotColumn {
  std::string name;
  std::int64_t count = 0, missing = 0;
  double mean = 0, deviation = 0, min = 0, q1 = 0, median = 0, q3 = 0, max = 0, skewness = 0, kurtosis = 0;
  std::vector<double> edges;
  std::vector<std::int64_t> counts;
  LAGOON_FIELDS(PlotColumn, name, count, missing, mean, deviation, min, q1, median, q3, max, skewness, kurtosis, edges,
                counts)
};

struct PlotMatrix {
  std::string note;
  std::vector<std::string> columns;
  std::vector<std::vector<double>> matrix;
  LAGOON_FIELDS(PlotMatrix, note, columns, matrix)
};

struct PlotLearning {
  std::string title, note;
  std::vector<FeatureFacts> features;
  std::vector<std::string> notes;
  LAGOON_FIELDS(PlotLearning, title, note, features, notes)
};

struct Plots {
  std::string title, lead;
  std::vector<std::vector<std::string>> tiles, facts;
  std::vector<PlotColumn> columns;
  std::vector<SkippedFacts> skipped;
  std::vector<std::string> notes;
  PlotMatrix correlation;
  std::vector<LinePlot> lines, series;
  std::optional<PlotLearning> learning;
  std::vector<WorkerFacts> workers;
  std::vector<MethodFacts> methods;
  std::vector<page::Track> timeline;
  page::Run run;
  LAGOON_FIELDS(Plots, title, lead, tiles, facts, columns, skipped, notes, correlation, lines, series, learning,
                workers, methods, timeline, run)
};

void put_learning(const LearningFacts& f, Plots& p) {
  const bool labels = f.task == "classify";
  std::string note =
      fmt::format("A random forest over {}: {} {} on rows that its trees did not see. A linear model: R2 {}.",
                  counted(static_cast<std::uint64_t>(f.rows), "row"), labels ? "accuracy" : "R2",
                  number(f.forest_score, 4), number(f.linear_r2, 4));
  if (f.left_out > 0)
    note += fmt::format(" {} with a missing value left out.", counted(static_cast<std::uint64_t>(f.left_out), "row"));
  p.learning = PlotLearning{fmt::format("What tells {}", f.target), std::move(note), f.features, f.notes};
}

void put_analysis(const Analysis& a, Plots& p) {
  p.series = a.plots;
  p.workers = a.run.workers;
  p.methods = a.run.methods;
  if (a.learning) put_learning(*a.learning, p);
  for (std::size_t i = 0; i < std::min(a.columns.size(), kTableColumns); ++i) {
    const ColumnFacts& c = a.columns[i];
    p.columns.push_back({c.name,
                         c.count,
                         c.missing,
                         c.mean,
                         c.standard_deviation,
                         c.minimum,
                         c.q1,
                         c.median,
                         c.q3,
                         c.maximum,
                         c.skewness,
                         c.kurtosis,
                         {},
                         {}});
    if (i >= kHistograms) continue;
    p.columns.back().edges = c.histogram.edges;
    p.columns.back().counts = c.histogram.counts;
  }
  p.skipped = a.skipped;
  if (a.columns.size() > kTableColumns)
    p.notes.push_back(
        fmt::format("Only the first {} of {} are shown.", grouped(kTableColumns), counted(a.columns.size(), "column")));
  if (a.columns.size() > kHistograms)
    p.notes.push_back(fmt::format("Distributions are drawn for the first {}.", counted(kHistograms, "column")));
  p.notes.insert(p.notes.end(), a.notes.begin(), a.notes.end());
  for (const SeriesFacts& series : a.series)
    for (const std::string& note : series.notes) p.notes.push_back(fmt::format("{}: {}", series.column, note));
  for (const FailedItem& f : a.failed) p.notes.push_back(fmt::format("{} of {} failed: {}", f.what, f.column, f.error));
  const CorrelationFacts& c = a.correlation;
  const std::size_t n = std::min(c.columns.size(), kHeatColumns);
  p.correlation.columns.assign(c.columns.begin(), c.columns.begin() + static_cast<std::ptrdiff_t>(n));
  for (std::size_t i = 0; i < n; ++i)
    p.correlation.matrix.emplace_back(c.matrix[i].begin(), c.matrix[i].begin() + static_cast<std::ptrdiff_t>(n));
  if (n == 0) return;
  std::string method = c.method;
  method[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(method[0])));
  p.correlation.note =
      fmt::format("{}'s coefficient over {} with a value in every column.{}", method, counted(c.rows, "row"),
                  n < c.columns.size() ? fmt::format(" The first {} columns are shown.", n) : "");
}

}  // namespace

Report report_on(const Analysis& a) {
  Report r;
  r.analysis = &a;
  const auto slash = a.file.rfind('/');
  r.title = slash == std::string::npos ? a.file : a.file.substr(slash + 1);
  std::uint64_t missing = 0, values = 0;
  for (const ColumnFacts& c : a.columns) {
    missing += c.missing;
    values += c.count;
  }
  r.lead = fmt::format("{} described on {} in {}", counted(a.columns.size(), "column"), counted(a.run.cores, "core"),
                       human_duration(a.run.read_seconds + a.run.analysis_seconds));
  r.tiles = {{grouped(a.rows), "rows"},
             {grouped(a.columns.size()), "columns of numbers"},
             {grouped(a.skipped.size()), "columns left out"},
             {grouped(values), "values"},
             {grouped(missing), "missing"},
             {human_bytes(static_cast<double>(a.run.file_bytes)), "file"}};
  const RunFacts& f = a.run;
  r.facts = {
      {"file", a.file},
      {"started", f.started},
      {"reading", human_duration(f.read_seconds)},
      {"analysis", human_duration(f.analysis_seconds)},
      {"calls", fmt::format("{} to {}", grouped(f.calls), counted(f.workers.size(), "isolate"))},
      {"array bytes copied for calls", human_bytes(static_cast<double>(f.copied_bytes))},
      {"array bytes held at most", fmt::format("{} of {} allowed", human_bytes(static_cast<double>(f.peak_bytes)),
                                               human_bytes(static_cast<double>(f.memory_limit)))},
      {"cores", grouped(f.cores)},
      {"instruction set", f.isa},
      {"lagoon", f.version}};
  r.version = f.version;
  return r;
}

void write_report(const std::string& path, const Report& report) {
  files::AtomicFile file(path);
  file.write(html_of(report));
  file.commit();
}

std::string html_of(const Report& r) {
  Plots p;
  p.title = r.title;
  p.lead = r.lead;
  for (const auto& [a, b] : r.tiles) p.tiles.push_back({a, b});
  for (const auto& [a, b] : r.facts) p.facts.push_back({a, b});
  p.run.version = r.version;
  if (r.analysis) put_analysis(*r.analysis, p);
  p.lines = r.lines;
  p.series.insert(p.series.end(), r.series.begin(), r.series.end());
  p.timeline = page::tracks_of(r.trace);
  Value data = detail::to_value(p);
  std::get<Value::Object>(data.data).emplace_back("answer", r.answer);
  return page::html_of({r.title, std::string(assets::sections), assets::script, std::move(data)});
}

}  // namespace lagoon::cli
