// SPDX-License-Identifier: Apache-2.0
// Correlations and trends of series, on one thread, beside scipy's and statsmodels'.
#include <fmt/core.h>
#include <lagoon/engine/isolate.hpp>
#include <lagoon/kernels/timeseries/correlation.hpp>
#include <lagoon/kernels/timeseries/trend.hpp>

#include <cmath>
#include <memory>
#include <random>
#include <stdexcept>

#include "kernels/python_side.hpp"
#include "runner/timing.hpp"
#include "suites.hpp"

namespace lagoon::bench {
namespace {

constexpr ComputeOptions kOneThread{.parallel = false};

using Result = std::vector<double>;
using Call = Result (*)(View<const double, 1> x);

/// Noise about a slope, in an isolate here and in an array of Python's own.
class Noise {
 public:
  explicit Noise(std::ptrdiff_t count) {
    isolate_.run([&] { numbers_ = Tensor<double, 1>({count}); });
    std::mt19937_64 random(11);
    std::normal_distribution<double> noise;
    for (std::ptrdiff_t i = 0; i < count; ++i) numbers_[i] = noise(random) + 0.0005 * static_cast<double>(i);
    python_.load(numbers_.data(), numbers_.size(), 0);
  }

  /// Its memory is the isolate's, as in a call.
  Result run(Call call) {
    return isolate_.run([&] { return call(numbers_.view()); });
  }

  Side python(const std::string& row, const Result& expected) const {
    return python_.side(row, 0, within(expected, 1e-10));
  }

 private:
  Engine engine_;
  Isolate isolate_{engine_, {.name = "series"}};
  Tensor<double, 1> numbers_;
  PythonSide python_{1, "series_trend_peer.py"};
};

Result correlations(View<const double, 1> x) { return timeseries::autocorrelation(x, 1000, {.compute = kOneThread}); }

Result line_of_slopes(View<const double, 1> x) {
  const auto line = timeseries::theil_sen(x, {.compute = kOneThread});
  return {line.slope, line.intercept, line.slope_low, line.slope_high};
}

Result tau(View<const double, 1> x) { return {timeseries::mann_kendall(x, {.compute = kOneThread}).tau_b}; }

Row row(const std::string& name, std::optional<double> goal, std::ptrdiff_t count, Call call, const char* what) {
  return {"series." + name,
          kMilliseconds,
          Better::lower,
          goal,
          [=] {
            const auto noise = std::make_shared<Noise>(count);
            const Result expected = noise->run(call);
            Side ours{what, time_of(1, [=] { benchmark::DoNotOptimize(noise->run(call)); })};
            return Pair{std::move(ours), noise->python(name, expected)};
          },
          Judge::ratio,
          0.2};
}

}  // namespace

void add_trend_rows(Rows& rows) {
  rows.push_back(row("acf_1e6", 0.5, 1'000'000, correlations, "autocorrelation"));
  rows.push_back(row("theil_sen_2000", 0.1, 2000, line_of_slopes, "theil_sen"));
  rows.push_back(row("mann_kendall_2000", {}, 2000, tau, "mann_kendall"));
}

}  // namespace lagoon::bench
