// SPDX-License-Identifier: Apache-2.0
// Statistics of 1e8 numbers, and the covariances of 64 columns, beside the fastest call of numpy, scipy, bottleneck.
#include <lagoon/kernels/statistics/covariance.hpp>
#include <lagoon/kernels/statistics/moments.hpp>
#include <lagoon/kernels/statistics/quantiles.hpp>

#include <array>

#include "kernels/numbers.hpp"
#include "rivals/rivals.hpp"
#include "runner/timing.hpp"
#include "suites.hpp"

namespace lagoon::bench {
namespace {

using statistics::MomentsOptions;
using statistics::QuantileOptions;

constexpr ComputeOptions kOneThread{.parallel = false};
constexpr std::array kPercent{1.0, 5.0, 10.0, 25.0, 50.0, 75.0, 90.0, 95.0, 99.0};

using Data = std::shared_ptr<Numbers>;
using Result = std::vector<double>;

/// Ours on the thread that measures, and Python's candidates for the same result.
Pair beside_python(const Data& data, const std::string& row, const std::string& name,
                   const std::function<Result()>& f) {
  const Result expected = f();
  Side ours{name, rate_of(data->bytes(), [data, f] { benchmark::DoNotOptimize(f()); })};
  return {std::move(ours), data->python(row, expected), data->read_rate()};
}

Result mean(const Data& data) { return {statistics::mean(data->series(), {.compute = kOneThread})}; }
Result variance(const Data& data) { return {statistics::variance(data->series(), {.compute = kOneThread})}; }
Result skew_kurtosis(const Data& data) {
  const auto m = statistics::moments(data->series(), {.compute = kOneThread});
  return {m.skewness, m.kurtosis};
}
Result median(const Data& data) { return {statistics::median(data->series(), {.compute = kOneThread})}; }
Result percentiles9(const Data& data) {
  return statistics::percentiles(data->series(), kPercent, {.compute = kOneThread});
}
Result covariance64(const Data& data) {
  const auto c = statistics::covariance(data->table(), {.compute = kOneThread});
  return Result(c.data(), c.data() + c.size());
}

Row row(const Data& data, const std::string& name, double goal, Result (*f)(const Data&), const char* call,
        std::size_t repetitions) {
  return {"stats." + name,
          kGigabytes,
          Better::higher,
          goal,
          [=] { return beside_python(data, name, call, [=] { return f(data); }); },
          Judge::ratio,
          0.2,
          repetitions};
}

}  // namespace

void add_statistics_rows(Rows& rows, const RunOptions& options) {
  auto data = std::make_shared<Numbers>(options.quick);
  rows.push_back(
      {"stats.mean_over_read_loop",
       kGigabytes,
       Better::higher,
       {},
       [data] {
         const Result ready = mean(data);
         Side ours{"mean", rate_of(data->bytes(), [data] { benchmark::DoNotOptimize(mean(data)); })};
         return Pair{std::move(ours), rivals::read_loop(data->data(), static_cast<std::size_t>(data->bytes()))};
       },
       Judge::ratio,
       0.2});
  rows.push_back(row(data, "mean", 0.97, mean, "mean", 9));
  rows.push_back({"stats.mean.two_threads", kGigabytes, Better::higher, 1.5,
                  [data] {
                    return beside_python(data, "mean", "mean, two threads", [data] {
                      return data->isolate().run([&] { return Result{statistics::mean(data->series())}; });
                    });
                  },
                  Judge::ratio, 0.2});
  rows.push_back(row(data, "variance", 4, variance, "variance", 9));
  rows.push_back(row(data, "skew_kurtosis", 35, skew_kurtosis, "moments", 5));
  rows.push_back(row(data, "median", 6, median, "median", 5));
  rows.push_back(row(data, "percentiles9", 10, percentiles9, "percentiles", 5));
  rows.push_back(row(data, "covariance64", 3, covariance64, "covariance", 9));
}

}  // namespace lagoon::bench
