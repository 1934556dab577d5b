// SPDX-License-Identifier: Apache-2.0
#include "report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "json.hpp"
#include "report_assets.hpp"
#include "text.hpp"

namespace lagoon::cli {
namespace {

constexpr std::size_t kHistograms = 60;  // a browser draws no more in reasonable time
constexpr std::size_t kTableColumns = 2000;
constexpr std::size_t kHeatColumns = 60;
constexpr std::size_t kSpans = 4000;  // the longest are kept

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

struct PlotSpan {
  std::string name, category;
  double begin = 0, end = 0;  // seconds
  LAGOON_FIELDS(PlotSpan, name, category, begin, end)
};

struct PlotTrack {
  std::string name;
  std::vector<PlotSpan> spans;
  LAGOON_FIELDS(PlotTrack, name, spans)
};

struct PlotRun {
  std::string version;
  LAGOON_FIELDS(PlotRun, version)
};

struct Plots {
  std::string title, lead;
  std::vector<std::vector<std::string>> tiles, facts;
  std::vector<PlotColumn> columns;
  std::vector<SkippedFacts> skipped;
  std::vector<std::string> notes;
  PlotMatrix correlation;
  std::vector<PlotTrack> timeline;
  PlotRun run;
  LAGOON_FIELDS(Plots, title, lead, tiles, facts, columns, skipped, notes, correlation, timeline, run)
};

std::string text_at(const Value& v, std::string_view key) {
  const Value* f = v.find(key);
  const auto* text = f ? std::get_if<std::string>(&f->data) : nullptr;
  return text ? *text : "";
}

double number_at(const Value& v, std::string_view key) {
  const Value* f = v.find(key);
  if (!f) return 0;
  if (const auto* x = std::get_if<double>(&f->data)) return *x;
  if (const auto* n = std::get_if<std::int64_t>(&f->data)) return static_cast<double>(*n);
  return 0;
}

/// Spans of a trace by track, longest kept when there are too many, times in seconds from the first.
std::vector<PlotTrack> tracks_of(const std::string& trace) {
  if (trace.empty()) return {};
  const Value all = parse_json(trace, "trace");
  const Value* events = all.find("traceEvents");
  const auto* list = std::get_if<Value::List>(events ? &events->data : &all.data);
  if (!list) return {};
  using Key = std::pair<double, double>;  // process, thread
  std::map<Key, std::string> names;
  std::map<double, std::string> processes;
  std::vector<std::pair<Key, PlotSpan>> spans;
  for (const Value& e : *list) {
    const Key key = {number_at(e, "pid"), number_at(e, "tid")};
    const std::string phase = text_at(e, "ph"), name = text_at(e, "name");
    const Value* arguments = e.find("args");
    if (phase == "M" && arguments && name == "thread_name") names[key] = text_at(*arguments, "name");
    if (phase == "M" && arguments && name == "process_name") processes[key.first] = text_at(*arguments, "name");
    if (phase != "X") continue;
    const double begin = number_at(e, "ts") * 1e-6;
    spans.push_back({key, {name, text_at(e, "cat"), begin, begin + number_at(e, "dur") * 1e-6}});
  }
  if (spans.size() > kSpans) {
    std::nth_element(spans.begin(), spans.begin() + kSpans, spans.end(), [](const auto& a, const auto& b) {
      return a.second.end - a.second.begin > b.second.end - b.second.begin;
    });
    spans.resize(kSpans);
  }
  double first = spans.empty() ? 0 : spans.front().second.begin;
  for (const auto& [key, s] : spans) first = std::min(first, s.begin);
  std::map<Key, PlotTrack> tracks;
  for (auto& [key, s] : spans) {
    s.begin -= first;
    s.end -= first;
    tracks[key].spans.push_back(std::move(s));
  }
  std::vector<PlotTrack> out;
  std::map<double, int> threads;
  for (auto& [key, track] : tracks) {
    const double process = key.first;  // clang 14 captures no structured bindings
    const bool alone =
        std::count_if(tracks.begin(), tracks.end(), [&](const auto& t) { return t.first.first == process; }) == 1;
    const std::string name = processes.contains(key.first) ? processes[key.first] : names[key];
    track.name = alone ? name : fmt::format("{}, thread {}", name, ++threads[key.first]);
    out.push_back(std::move(track));
  }
  return out;
}

void put_analysis(const Analysis& a, Plots& p) {
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

std::string escaped(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c == '&')
      out += "&amp;";
    else if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else
      out += c;
  }
  return out;
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
                       human_duration(a.run.read_seconds + a.run.statistics_seconds));
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
      {"statistics", human_duration(f.statistics_seconds)},
      {"calls", fmt::format("{} to isolate {}", grouped(f.calls), f.isolate)},
      {"array bytes copied for calls", human_bytes(static_cast<double>(f.copied_bytes))},
      {"array bytes held at most", fmt::format("{} of {} allowed", human_bytes(static_cast<double>(f.peak_bytes)),
                                               human_bytes(static_cast<double>(f.memory_limit)))},
      {"cores", grouped(f.cores)},
      {"instruction set", f.isa},
      {"lagoon", f.version}};
  r.version = f.version;
  return r;
}

std::string html_of(const Report& r) {
  Plots p;
  p.title = r.title;
  p.lead = r.lead;
  for (const auto& [a, b] : r.tiles) p.tiles.push_back({a, b});
  for (const auto& [a, b] : r.facts) p.facts.push_back({a, b});
  p.run.version = r.version;
  if (r.analysis) put_analysis(*r.analysis, p);
  p.timeline = tracks_of(r.trace);
  Value data = detail::to_value(p);
  std::get<Value::Object>(data.data).emplace_back("answer", r.answer);

  const std::map<std::string_view, std::string> parts = {{"title", escaped(r.title)},
                                                         {"style", std::string(assets::style)},
                                                         {"data", for_script(data)},
                                                         {"chart", std::string(assets::chart)},
                                                         {"script", std::string(assets::script)}};
  std::string html;
  std::string_view page = assets::page;
  for (;;) {
    const auto open = page.find("{{");
    if (open == std::string_view::npos) break;
    const auto close = page.find("}}", open);
    html += page.substr(0, open);
    html += parts.at(page.substr(open + 2, close - open - 2));
    page.remove_prefix(close + 2);
  }
  return html += page;
}

}  // namespace lagoon::cli
