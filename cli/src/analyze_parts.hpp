// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lagoon/kernels/files/table.hpp>
#include <lagoon/rpc/caller.hpp>
#include <lagoon/services/learning.hpp>
#include <lagoon/services/statistics.hpp>
#include <lagoon/services/timeseries.hpp>

#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "analysis.hpp"
#include "learning_facts.hpp"
#include "progress.hpp"
#include "session.hpp"

// The analyses that `lagoon analyze` makes of one table, side by side over a pool: each starts its calls, and takes
// their answers later.
namespace lagoon::cli {

/// How calls are made, and where their answers go.
class AnalysisCalls {
 public:
  AnalysisCalls(const Session& session, Endpoint& endpoint, Progress& progress, Analysis& into)
      : session_(session), endpoint_(endpoint), progress_(progress), analysis_(into) {}

  Endpoint& endpoint() noexcept { return endpoint_; }
  Analysis& analysis() noexcept { return analysis_; }
  CallOptions options();

  /// The answer. Ends of the whole command are thrown; otherwise what could not be computed becomes a line of the
  /// analysis, and there is no answer.
  template <class M>
  std::optional<typename M::Response> take(Reply<M> reply, const std::string& column, const char* what) {
    auto result = reply.try_get();
    analysis_.run.copied_bytes += reply.report().copies.copied_bytes;
    progress_.update(static_cast<double>(++done_));
    if (result.ok()) return std::move(*result);
    failed(column, what, result.status());
    return std::nullopt;
  }
  void failed(const std::string& column, const char* what, const Status& status);

 private:
  const Session& session_;
  Endpoint& endpoint_;
  Progress& progress_;
  Analysis& analysis_;
  std::size_t done_ = 0;
};

/// Statistics of each column, and how columns go together.
class ColumnStatistics {
 public:
  /// bins  of histograms; 0: as suits the data
  ColumnStatistics(AnalysisCalls& calls, const files::Table& table, std::string correlation, std::int64_t bins)
      : calls_(calls),
        statistics_(calls.endpoint()),
        table_(table),
        correlation_(std::move(correlation)),
        bins_(bins) {}
  void run();

 private:
  services::SummarizeRequest request_for(const files::Column& column) const;
  void take_first();
  void correlate();

  AnalysisCalls& calls_;
  Caller<services::Statistics> statistics_;
  const files::Table& table_;
  const std::string correlation_;
  const std::int64_t bins_;
  std::deque<std::pair<std::size_t, Reply<services::Summarize>>> open_;
};

/// Columns as series in time.
class SeriesAnalysis {
 public:
  SeriesAnalysis(AnalysisCalls& calls, std::vector<TimedColumn> columns, std::int64_t period);
  void finish();

 private:
  AnalysisCalls& calls_;
  Caller<services::TimeSeries> series_;
  std::vector<TimedColumn> columns_;
  std::vector<Reply<services::Examine>> open_;
};

/// One column from the others.
class TargetAnalysis {
 public:
  TargetAnalysis(AnalysisCalls& calls, LearningTable table);
  void finish();

 private:
  AnalysisCalls& calls_;
  Caller<services::Learning> learning_;
  LearningTable table_;
  Reply<services::FitForest> forest_;
  Reply<services::FitLinear> linear_;
};

}  // namespace lagoon::cli
