// SPDX-License-Identifier: Apache-2.0
#include <lagoon/services/statistics.hpp>

#include <lagoon/engine/parallel.hpp>
#include <lagoon/kernels/statistics.hpp>
#include <lagoon/kernels/statistics/histogram.hpp>
#include <lagoon/kernels/statistics/streaming.hpp>
#include <lagoon/rpc/serve.hpp>
#include <lagoon/rpc/serve_graph.hpp>

#include <algorithm>
#include <array>
#include <cmath>

#include "side_by_side.hpp"

namespace lagoon::services {
namespace {

using statistics::NanPolicy;

NanPolicy policy(bool omit_missing) { return omit_missing ? NanPolicy::omit : NanPolicy::propagate; }

Status empty(const char* method) {
  return Status(Errc::invalid_argument, std::string(method) + ": data.values is empty");
}

/// Bins of equal width over the numbers of x: `bins` of them, or as many as the data ask for.
statistics::Histogram equal_bins(View<const double, 1> x, std::int64_t bins) {
  if (bins < 0) throw Error(Errc::out_of_range, "histogram: " + std::to_string(bins) + " bins");
  if (bins == 0) return statistics::histogram(x);
  const auto [low, high] = statistics::extrema(x, {.nan = NanPolicy::omit});
  if (!std::isfinite(low) || !std::isfinite(high) || low == high) return statistics::histogram(x);
  return statistics::histogram(x, bins, low, high);
}

// ---- summarize: three kernels side by side

Result<statistics::Moments> moments_of(const SummarizeRequest& r) {
  if (r.data.values.empty()) return empty("summarize");
  return statistics::moments(r.data.values, {.nan = policy(r.omit_missing)});
}

Result<std::vector<double>> quartiles_of(const SummarizeRequest& r) {
  if (r.data.values.empty()) return empty("summarize");
  return statistics::percentiles(r.data.values, std::array{25.0, 50.0, 75.0}, {.nan = policy(r.omit_missing)});
}

Result<statistics::Histogram> histogram_of(const SummarizeRequest& r) {
  if (r.data.values.empty()) return empty("summarize");
  const auto [low, high] = statistics::extrema(r.data.values, {.nan = NanPolicy::omit});
  if (std::isnan(low) || (std::isinf(low) && std::isinf(high))) return statistics::Histogram{};  // nothing to draw
  return equal_bins(r.data.values, r.bins);
}

Summary summary_of(const statistics::Moments& m, const std::vector<double>& q, const statistics::Histogram& h) {
  return {.count = m.count,
          .missing = m.missing,
          .mean = m.mean,
          .standard_deviation = m.standard_deviation,
          .minimum = m.minimum,
          .q1 = q[0],
          .median = q[1],
          .q3 = q[2],
          .maximum = m.maximum,
          .skewness = m.skewness,
          .kurtosis = m.kurtosis,
          .edges = h.edges,
          .counts = h.counts};
}

Graph<SummarizeRequest, Summary> summarize_graph() {
  Graph<SummarizeRequest, Summary> g;
  const auto request = g.input();
  const auto moments = g.add("moments", moments_of, request);
  const auto quartiles = g.add("quartiles", quartiles_of, request);
  const auto histogram = g.add("histogram", histogram_of, request);
  g.output(g.add("summary", summary_of, moments, quartiles, histogram));
  return g;
}

// ---- the others, one kernel each

statistics::Moments moments(const MomentsRequest& r) {
  return statistics::moments(r.data.values, {.ddof = r.ddof, .nan = policy(r.omit_missing)});
}

Result<Percentiles> percentiles(const PercentilesRequest& r) {
  if (r.method < 1 || r.method > 9)
    return Status(Errc::out_of_range, "percentiles: method " + std::to_string(r.method) + "; 1 to 9 are defined");
  return Percentiles{statistics::percentiles(
      r.data.values, r.percent,
      {.method = static_cast<statistics::QuantileMethod>(r.method), .nan = policy(r.omit_missing)})};
}

HistogramCounts histogram(const HistogramRequest& r) {
  const statistics::Histogram h = r.edges.empty()
                                      ? equal_bins(r.data.values, r.bins)
                                      : statistics::histogram(r.data.values, std::span<const double>(r.edges));
  return {h.edges, h.counts, h.below, h.above, h.missing};
}

/// The request's variables as one table.
Frozen<double, 2> table_of(const MatrixRequest& r, const char* method) {
  return r.columns.empty() ? r.table : side_by_side(r.columns, method);
}

/// Rows without a missing value.
std::int64_t complete_rows(View<const double, 2> x) {
  constexpr std::ptrdiff_t kRows = 1024;
  return parallel_reduce<std::int64_t>(
      x.extent(0), {kRows},
      [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
        std::array<bool, kRows> missing{};  // column by column, since most tables were given so
        for (std::ptrdiff_t j = 0; j < x.extent(1); ++j)
          for (std::ptrdiff_t i = begin; i < end; ++i)
            missing[static_cast<std::size_t>(i - begin)] |= std::isnan(x(i, j));
        return static_cast<std::int64_t>(std::count(missing.begin(), missing.begin() + (end - begin), false));
      },
      [](std::int64_t a, std::int64_t b) { return a + b; });
}

MatrixReply covariance(const MatrixRequest& r) {
  const Frozen<double, 2> table = table_of(r, "covariance");
  auto values = statistics::covariance(table.view(), {.nan = policy(r.omit_missing)});
  return {std::move(values).freeze(), r.omit_missing ? complete_rows(table) : table.extent(0)};
}

Result<MatrixReply> correlate(const MatrixRequest& r) {
  statistics::Correlation method{};
  if (r.method == "pearson") {
    method = statistics::Correlation::pearson;
  } else if (r.method == "spearman") {
    method = statistics::Correlation::spearman;
  } else if (r.method == "kendall") {
    method = statistics::Correlation::kendall;
  } else {
    return Status(Errc::invalid_argument,
                  "correlate: method " + r.method + " is not known; pearson, spearman and kendall are");
  }
  const Frozen<double, 2> table = table_of(r, "correlate");
  auto values = statistics::correlation(table.view(), {.method = method, .nan = policy(r.omit_missing)});
  return MatrixReply{std::move(values).freeze(), r.omit_missing ? complete_rows(table) : table.extent(0)};
}

statistics::Moments accumulate(Reader<Series> pieces) {
  statistics::StreamingMoments total;
  for (const Series& piece : pieces) total.add(piece.values);
  return total.moments();
}

}  // namespace

Service statistics_service() {
  return serve<Statistics>(on<Summarize>(summarize_graph()), on<Moments>(moments), on<PercentilesOf>(percentiles),
                           on<Histogram>(histogram), on<Covariance>(covariance), on<Correlate>(correlate),
                           on<Accumulate>(accumulate));
}

}  // namespace lagoon::services
