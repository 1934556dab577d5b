// SPDX-License-Identifier: Apache-2.0
// Points through the stream of lagoon.StreamAnalysis, and three analyses of one table side by side.
#include <fmt/core.h>
#include <sys/resource.h>
#include <lagoon/rpc.hpp>
#include <lagoon/services/builtin.hpp>

#include <cmath>
#include <memory>
#include <numbers>
#include <stdexcept>
#include <thread>
#include <vector>

#include "runner/timing.hpp"
#include "suites.hpp"

namespace lagoon::bench {
namespace {

using services::WatchItem;
using services::WatchReply;
using services::WatchStream;

constexpr Unit kMillionPoints{"M points/s per core", 1e-6};

/// A season, a slow wave and noise, as a function of the point's number.
double level(std::int64_t i) {
  const double t = static_cast<double>(i);
  const double noise = std::fmod(std::abs(std::sin(12.9898 * t) * 43758.5453), 1.0) - 0.5;
  return 20 + 3 * std::sin(2 * std::numbers::pi * t / 288) + std::sin(t / 5000) + noise;
}

/// Seconds that all threads of this process have computed.
double cpu_seconds() {
  rusage use{};
  getrusage(RUSAGE_SELF, &use);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  };
  return seconds(use.ru_utime) + seconds(use.ru_stime);
}

/// A stream of one sensor, with the statistics of the last 100 points beside each verdict.
class Live {
 public:
  Live() {
    for (std::size_t i = 0; i < values_.size(); ++i) values_[i] = level(static_cast<std::int64_t>(i));
  }

  /// Points per second of CPU time, of caller and service together: writes in one thread, reads in another.
  double points_per_core_second(std::int64_t points) {
    auto both = caller_.start<WatchStream>();
    const double begin = cpu_seconds();
    std::thread writer([&] {
      for (std::int64_t i = 0; i < points; ++i) both.write(item(i));
      both.close();
    });
    std::int64_t read = 0;
    while (both.read()) ++read;
    writer.join();
    const double seconds = cpu_seconds() - begin;
    if (read != points) throw std::runtime_error(fmt::format("{} verdicts for {} points", read, points));
    return static_cast<double>(points) / seconds;
  }

  /// From the writing of a point to its verdict, 99th percentile, when a point comes each 20 us.
  double verdict_p99(std::int64_t points) {
    auto both = caller_.start<WatchStream>();
    std::vector<double> seconds;
    seconds.reserve(static_cast<std::size_t>(points));
    for (std::int64_t i = 0; i < points; ++i) {
      const auto begin = Steady::now();
      both.write(item(i));
      if (!both.read()) throw std::runtime_error("a point without a verdict");
      seconds.push_back(seconds_since(begin));
      while (seconds_since(begin) < 20e-6) {
      }
    }
    both.close();
    return quantile(std::move(seconds), 0.99);
  }

 private:
  WatchItem item(std::int64_t i) const {
    return {.point = {.series = "sensor",
                      .time = static_cast<double>(i),
                      .value = values_[static_cast<std::size_t>(i) % values_.size()]}};
  }

  std::vector<double> values_ = std::vector<double>(1 << 16);
  Engine engine_;
  Isolate isolate_{engine_, {.name = "live"}};
  Local local_{isolate_, {services::stream_analysis_service()}};
  Caller<services::StreamAnalysis> caller_{local_};
};

/// One table, three questions, over a pool of two isolates with a core each.
class Joined {
 public:
  explicit Joined(bool quick) : rows_(quick ? 4'000 : 30'000) {
    std::vector<Tensor<double, 1>> columns;
    for (int j = 0; j < kColumns; ++j) columns.emplace_back(Extents<1>{rows_});
    for (std::ptrdiff_t i = 0; i < rows_; ++i) {
      double sum = 0;
      for (int j = 1; j < kColumns; ++j) {
        const double x = level(i * 7 + j * 1'000'003);
        columns[static_cast<std::size_t>(j)][i] = x;
        sum += x * (j % 3);
      }
      columns[0][i] = sum + level(i);
    }
    for (auto& c : columns) columns_.push_back(std::move(c).freeze());
  }

  void together() {
    auto forest = start_forest();
    auto series = start_series();
    auto correlation = start_correlation();
    for (const auto& c : columns_) summaries_.push_back(statistics_.start<services::Summarize>({.data = {c}}));
    finish(forest, series, correlation);
  }
  /// The analyses one at a time: seconds of each.
  std::vector<double> alone() {
    return {seconds_of([&] { start_forest().get(); }), seconds_of([&] { start_series().get(); }), seconds_of([&] {
              start_correlation().get();
              for (const auto& c : columns_) statistics_.call<services::Summarize>({.data = {c}});
            })};
  }
  void longest() { start_forest().get(); }

 private:
  static constexpr int kColumns = 12;

  Reply<services::FitForest> start_forest() {
    services::Features x;
    x.columns.assign(columns_.begin() + 1, columns_.end());
    return learning_.start<services::FitForest>({.x = std::move(x), .y = columns_[0], .trees = 40});
  }
  Reply<services::Examine> start_series() {
    return series_.start<services::Examine>({.data = {columns_[0]}, .period = 288});
  }
  Reply<services::Correlate> start_correlation() {
    services::MatrixRequest request;
    request.columns = columns_;
    return statistics_.start<services::Correlate>(std::move(request));
  }
  void finish(Reply<services::FitForest>& forest, Reply<services::Examine>& series,
              Reply<services::Correlate>& correlation) {
    for (auto& s : summaries_) s.get();
    summaries_.clear();
    correlation.get();
    series.get();
    forest.get();
  }

  const std::ptrdiff_t rows_;
  std::vector<Frozen<double, 1>> columns_;
  Engine engine_{{.cores = 1}};  // of each isolate
  Pool pool_{engine_, services::builtin_services(), {.workers = 2}};
  Caller<services::Statistics> statistics_{pool_};
  Caller<services::TimeSeries> series_{pool_};
  Caller<services::Learning> learning_{pool_};
  std::vector<Reply<services::Summarize>> summaries_;
};

Pair joined_pair(bool quick) {
  const auto joined = std::make_shared<Joined>(quick);
  const std::vector<double> alone = joined->alone();
  if (alone[0] < alone[1] + alone[2])
    throw std::runtime_error("learning is not the longest of the three, so the row says nothing");
  return {{"three analyses together", time_of(1, [joined] { joined->together(); }), 1},
          {"the longest alone", time_of(1, [joined] { joined->longest(); }), 1},
          fmt::format("alone: learning {:.0f} ms, series {:.0f} ms, statistics {:.0f} ms", 1e3 * alone[0],
                      1e3 * alone[1], 1e3 * alone[2])};
}

}  // namespace

void add_analytics_rows(Rows& rows, const RunOptions& options) {
  const std::int64_t points = options.quick ? 100'000 : 2'000'000, paced = options.quick ? 2'000 : 50'000;
  rows.push_back({"stream.points_per_second", kMillionPoints, Better::higher, 1,
                  [points] {
                    const auto live = std::make_shared<Live>();
                    return Pair{{"points and verdicts through the service",
                                 [=](benchmark::State& state) {
                                   std::vector<double> rates;
                                   for (auto _ : state) rates.push_back(live->points_per_core_second(points));
                                   set_figure(state, median(std::move(rates)));
                                 },
                                 1}};
                  },
                  Judge::figure, 2, 5});
  rows.push_back({"stream.verdict_p99_ms", kMilliseconds, Better::lower, 1,
                  [paced] {
                    const auto live = std::make_shared<Live>();
                    return Pair{{"from a point to its verdict",
                                 [=](benchmark::State& state) {
                                   std::vector<double> worst;
                                   for (auto _ : state) worst.push_back(live->verdict_p99(paced));
                                   set_figure(state, median(std::move(worst)));
                                 },
                                 1}};
                  },
                  Judge::figure, 1, 5});
  rows.push_back({"analyze.join", kMilliseconds, Better::lower, 1.1,
                  [quick = options.quick] { return joined_pair(quick); }, Judge::ratio, 1, 5});
}

}  // namespace lagoon::bench
