// SPDX-License-Identifier: Apache-2.0
#include <lagoon/monitor/json.hpp>
#include <lagoon/monitor/page.hpp>
#include <lagoon/monitor/run_report.hpp>

#include <algorithm>
#include <cstdio>
#include <map>
#include <optional>

#include "page_assets.hpp"

namespace lagoon {
namespace {

constexpr std::size_t kPoints = 600;  // a plot has no more pixels to show them
constexpr std::size_t kCurves = 12;   // of workers in one plot

using Curve = std::vector<std::optional<double>>;

struct WorkerCurves {
  std::string worker;
  Curve cores, memory;
  LAGOON_FIELDS(WorkerCurves, worker, cores, memory)
};

struct Curves {
  std::vector<double> at;
  std::vector<double> calls_per_second, failures_per_second, cores, queued, workers, memory, memory_limit;
  Curve p50, p99, p999;
  std::vector<WorkerCurves> by_worker;
  LAGOON_FIELDS(Curves, at, calls_per_second, failures_per_second, cores, queued, workers, memory, memory_limit, p50,
                p99, p999, by_worker)
};

struct PoolPage {
  std::string title, lead;
  std::vector<std::vector<std::string>> tiles, facts;
  Curves curves;
  PoolInterval total;
  std::vector<std::string> warnings, notes;
  std::vector<page::Track> timeline;
  page::Run run;
  LAGOON_FIELDS(PoolPage, title, lead, tiles, facts, curves, total, warnings, notes, timeline, run)
};

std::string text_of(const char* format, double x) {
  char text[64];
  std::snprintf(text, sizeof text, format, x);
  return text;
}

std::string time_text(double seconds) {
  if (seconds < 10e-6) return text_of("%.0f ns", seconds * 1e9);
  if (seconds < 1e-3) return text_of("%.0f us", seconds * 1e6);
  if (seconds < 1) return text_of("%.1f ms", seconds * 1e3);
  return text_of("%.2f s", seconds);
}

/// Neighbours in one point: rates are means, latencies and what is held the greatest.
void put_point(const PoolInterval* first, const PoolInterval* last, Curves& c) {
  double seconds = 0, calls = 0, failures = 0, core_seconds = 0, queued = 0, workers = 0, memory = 0, limit = 0;
  std::optional<double> p50, p99, p999;
  std::map<std::string_view, std::pair<double, double>> by_worker;  // core seconds, memory
  for (const PoolInterval* i = first; i != last; ++i) {
    seconds += i->seconds;
    calls += static_cast<double>(i->calls);
    failures += static_cast<double>(i->failed_calls);
    core_seconds += i->cores * i->seconds;
    queued = std::max(queued, static_cast<double>(i->queued));
    workers = std::max(workers, static_cast<double>(i->workers.size()));
    double held = 0, allowed = 0;
    for (const WorkerInterval& w : i->workers) {
      held += static_cast<double>(w.memory);
      allowed += static_cast<double>(w.memory_limit);
      auto& [cpu, most] = by_worker[w.worker];
      cpu += w.cores * i->seconds;
      most = std::max(most, static_cast<double>(w.memory));
    }
    memory = std::max(memory, held);
    limit = std::max(limit, allowed);
    if (i->calls == 0) continue;
    p50 = std::max(p50.value_or(0), i->latency.p50);
    p99 = std::max(p99.value_or(0), i->latency.p99);
    p999 = std::max(p999.value_or(0), i->latency.p999);
  }
  const auto rate = [&](double amount) { return seconds > 0 ? amount / seconds : 0; };
  c.at.push_back((last - 1)->at);
  c.calls_per_second.push_back(rate(calls));
  c.failures_per_second.push_back(rate(failures));
  c.cores.push_back(rate(core_seconds));
  c.queued.push_back(queued);
  c.workers.push_back(workers);
  c.memory.push_back(memory);
  c.memory_limit.push_back(limit);
  c.p50.push_back(p50);
  c.p99.push_back(p99);
  c.p999.push_back(p999);
  for (WorkerCurves& w : c.by_worker) {
    const auto found = by_worker.find(w.worker);
    w.cores.push_back(found == by_worker.end() ? std::nullopt : std::optional(rate(found->second.first)));
    w.memory.push_back(found == by_worker.end() ? std::nullopt : std::optional(found->second.second));
  }
}

Curves curves_of(const RunReport& report, std::vector<std::string>& notes) {
  Curves c;
  const auto& history = report.history;
  std::map<std::string, double> busy;
  for (const PoolInterval& i : history)
    for (const WorkerInterval& w : i.workers) busy[w.worker] += w.cores * i.seconds;
  std::vector<std::pair<double, std::string>> busiest;
  for (const auto& [worker, cpu] : busy) busiest.emplace_back(cpu, worker);
  std::stable_sort(busiest.begin(), busiest.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  if (busiest.size() > kCurves) {
    notes.push_back("Curves are drawn for the busiest " + std::to_string(kCurves) + " of " +
                    std::to_string(busiest.size()) + " workers.");
    busiest.resize(kCurves);
  }
  std::sort(busiest.begin(), busiest.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  for (const auto& [cpu, worker] : busiest) c.by_worker.push_back({worker, {}, {}});
  const std::size_t step = std::max<std::size_t>(1, (history.size() + kPoints - 1) / kPoints);
  // The last interval ends when the monitor is told to: rates of a short one say nothing, so it joins the one before.
  const std::size_t n = history.size();
  const bool joins = n > 1 && history[n - 1].seconds < 0.1 * history[n - 2].seconds;
  for (std::size_t k = 0; k < n - joins; k += step) {
    const std::size_t end = std::min(k + step, n);
    put_point(history.data() + k, history.data() + (joins && end == n - 1 ? n : end), c);
  }
  if (step > 1)
    notes.push_back("Each point stands for " + std::to_string(step) +
                    " intervals: the mean of rates, the greatest of latencies and of memory.");
  if (report.forgotten)
    notes.push_back(std::to_string(report.forgotten) + " earlier intervals are in the tables, not in the plots.");
  if (report.missed) notes.push_back(std::to_string(report.missed) + " looks failed, the latest: " + report.missed_why);
  return c;
}

std::string sections_of(const std::vector<MethodGraph>& graphs) {
  std::string html(page::assets::pool);
  if (graphs.empty()) return html;
  html += "<section id=\"graphs\"><h2>Graphs of methods</h2>\n";
  for (const MethodGraph& g : graphs)
    html += "<figure class=\"card\"><figcaption><b>" + page::escaped(g.method) +
            "</b></figcaption><div class=\"wide\">" + svg_of(g) + "</div></figure>\n";
  return html + "</section>\n";
}

}  // namespace

std::string PoolWarning::text() const {
  if (what == "memory")
    return where + " holds " + text_of("%.0f", 100 * value) + " % of the memory it may (" +
           text_of("%.0f", 100 * limit) + " % is the mark)";
  return where + ": p99 is " + time_text(value) + " (" + time_text(limit) + " is the mark)";
}

std::string json_of(const RunReport& report) { return json::pretty(json::document_of("pool_run", report)) + "\n"; }

std::string html_of(const RunReport& report, const PageExtras& extras) {
  PoolPage p;
  const PoolInterval& t = report.total;
  p.title = "pool " + report.pool;
  p.lead = std::to_string(t.calls) + " calls in " + time_text(t.seconds) + ", " + text_of("%.0f", t.calls_per_second) +
           " a second";
  p.tiles = {{std::to_string(t.calls), "calls"},           {std::to_string(t.failed_calls), "failed"},
             {time_text(t.latency.p50), "median latency"}, {time_text(t.latency.p99), "p99 latency"},
             {time_text(t.latency.p999), "p99.9 latency"}, {text_of("%.2f", t.cores), "cores busy"},
             {std::to_string(t.workers.size()), "workers"}};
  p.facts = {{"pool", report.pool},
             {"state at the end", t.status},
             {"watched", time_text(t.seconds)},
             {"workers at most", std::to_string(t.most_workers)},
             {"workers started meanwhile", std::to_string(t.counts.created)},
             {"workers ended meanwhile", std::to_string(t.counts.terminated)},
             {"starts that failed", std::to_string(t.counts.failed)},
             {"workers that hung", std::to_string(t.counts.hung)},
             {"workers that were unhealthy", std::to_string(t.counts.unhealthy)},
             {"calls moved to another worker", std::to_string(t.counts.moved)},
             {"lagoon", report.version}};
  p.curves = curves_of(report, p.notes);
  p.total = t;
  for (const PoolWarning& w : report.warnings) p.warnings.push_back("at " + time_text(w.at) + ": " + w.text());
  if (report.more_warnings) p.warnings.push_back("and " + std::to_string(report.more_warnings) + " more");
  p.timeline = page::tracks_of(extras.trace);
  p.run.version = report.version;
  return page::html_of({p.title, sections_of(extras.graphs), page::assets::script, detail::to_value(p)});
}

}  // namespace lagoon
