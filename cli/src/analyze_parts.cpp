// SPDX-License-Identifier: Apache-2.0
#include "analyze_parts.hpp"

#include <fmt/format.h>

#include "text.hpp"

namespace lagoon::cli {
namespace {

constexpr std::size_t kInFlight = 8;                // calls for columns at once: no worker runs dry
constexpr std::size_t kCorrelationColumns = 2'000;  // a matrix of more is neither read nor drawn by anybody

}  // namespace

CallOptions AnalysisCalls::options() {
  CallOptions o = session_.call_options();
  o.count_copies = true;
  ++analysis_.run.calls;
  return o;
}

void AnalysisCalls::failed(const std::string& column, const char* what, const Status& status) {
  if (status.code() == Errc::cancelled || status.code() == Errc::deadline_exceeded) throw Error(status);
  analysis_.failed.push_back({column, what, status.message()});
}

// ---- columns

services::SummarizeRequest ColumnStatistics::request_for(const files::Column& column) const {
  services::SummarizeRequest request;
  request.data.values = column.values;
  request.bins = bins_;
  return request;
}

void ColumnStatistics::take_first() {
  auto [i, reply] = std::move(open_.front());
  open_.pop_front();
  ColumnFacts& into = calls_.analysis().columns[i];
  into.name = table_.columns[i].name;
  if (auto answer = calls_.take(std::move(reply), into.name, "statistics")) {
    const services::Summary& s = *answer;
    into = {into.name, s.count, s.missing, s.mean,     s.standard_deviation, s.minimum,          s.q1,
            s.median,  s.q3,    s.maximum, s.skewness, s.kurtosis,           {s.edges, s.counts}};
  }
}

void ColumnStatistics::run() {
  const std::size_t n = table_.columns.size();
  calls_.analysis().columns.resize(n);
  for (std::size_t i = 0; i < n; ++i) {
    if (open_.size() == kInFlight) take_first();
    open_.emplace_back(i, statistics_.start<services::Summarize>(request_for(table_.columns[i]), calls_.options()));
  }
  while (!open_.empty()) take_first();
  if (correlation_ != "none") correlate();
}

void ColumnStatistics::correlate() {
  const std::size_t n = table_.columns.size();
  if (n < 2) return;
  if (n > kCorrelationColumns)
    return calls_.failed("all columns", "correlation",
                         Status(Errc::resource_exhausted,
                                fmt::format("{} are more than the {} it is computed for; choose with --columns",
                                            counted(n, "column"), grouped(kCorrelationColumns))));
  services::MatrixRequest request;
  request.method = correlation_;
  for (const files::Column& c : table_.columns) request.columns.push_back(c.values);
  const auto answer = calls_.take(statistics_.start<services::Correlate>(std::move(request), calls_.options()),
                                  "all columns", "correlation");
  if (!answer) return;
  CorrelationFacts& c = calls_.analysis().correlation;
  c.method = correlation_;
  c.rows = answer->rows;
  for (std::size_t i = 0; i < n; ++i) {
    c.columns.push_back(table_.columns[i].name);
    auto& row = c.matrix.emplace_back();
    for (std::size_t j = 0; j < n; ++j)
      row.push_back(answer->values(static_cast<std::ptrdiff_t>(i), static_cast<std::ptrdiff_t>(j)));
  }
}

// ---- series

SeriesAnalysis::SeriesAnalysis(AnalysisCalls& calls, std::vector<TimedColumn> columns, std::int64_t period)
    : calls_(calls), series_(calls.endpoint()), columns_(std::move(columns)) {
  for (const TimedColumn& c : columns_)
    open_.push_back(
        series_.start<services::Examine>({.data = {c.values}, .times = c.times, .period = period}, calls_.options()));
}

void SeriesAnalysis::finish() {
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const auto answer = calls_.take(std::move(open_[i]), columns_[i].name, "series");
    if (!answer) continue;
    calls_.analysis().series.push_back(facts_of(columns_[i], *answer));
    for (LinePlot& plot : plots_of(columns_[i], *answer)) calls_.analysis().plots.push_back(std::move(plot));
  }
}

// ---- the target

TargetAnalysis::TargetAnalysis(AnalysisCalls& calls, LearningTable table)
    : calls_(calls), learning_(calls.endpoint()), table_(std::move(table)) {
  forest_ = learning_.start<services::FitForest>(
      {.x = table_.features, .y = table_.target, .target = table_.target_name}, calls_.options());
  linear_ = learning_.start<services::FitLinear>(
      {.x = table_.features, .y = table_.target, .target = table_.target_name}, calls_.options());
}

void TargetAnalysis::finish() {
  const auto forest = calls_.take(std::move(forest_), table_.target_name, "random forest");
  const auto linear = calls_.take(std::move(linear_), table_.target_name, "linear model");
  if (forest && linear) calls_.analysis().learning = facts_of(table_, *forest, *linear);
}

}  // namespace lagoon::cli
