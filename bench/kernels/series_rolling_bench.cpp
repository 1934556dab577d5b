// SPDX-License-Identifier: Apache-2.0
// Statistics of windows that slide along a series, on one thread, beside bottleneck's.
#include <fmt/core.h>
#include <lagoon/engine/isolate.hpp>
#include <lagoon/kernels/timeseries/rolling.hpp>

#include <cmath>
#include <memory>
#include <random>
#include <stdexcept>

#include "kernels/python_side.hpp"
#include "runner/timing.hpp"
#include "suites.hpp"

namespace lagoon::bench {
namespace {

constexpr std::ptrdiff_t kWindow = 1000;

using Rolling = Tensor<double, 1> (*)(View<const double, 1>, std::ptrdiff_t, const timeseries::RollingOptions&);

/// Numbers about 10, in an isolate of one core here and in an array of Python's own.
class Series {
 public:
  explicit Series(std::ptrdiff_t n) {
    isolate_.run([&] { numbers_ = Tensor<double, 1>({n}); });
    std::mt19937_64 random(20240501);
    std::normal_distribution<double> normal(10, 3);
    for (std::ptrdiff_t i = 0; i < n; ++i) numbers_[i] = normal(random);
    python_.load(numbers_.data(), n, 0);
  }

  /// Its memory is the isolate's, as in a call.
  Tensor<double, 1> run(Rolling rolling) {
    return isolate_.run([&] { return rolling(numbers_.view(), kWindow, {.compute = {.parallel = false}}); });
  }
  double size() const { return static_cast<double>(numbers_.size()); }

  Side bottleneck(const std::string& row, const Tensor<double, 1>& ours) const {
    return python_.side(row, size(), within(some(ours), 0, 1e-8));  // theirs drift along the series
  }

 private:
  static std::vector<double> some(const Tensor<double, 1>& result) {
    const std::ptrdiff_t full = result.size() - (kWindow - 1), step = std::max<std::ptrdiff_t>(1, full / 64);
    std::vector<double> numbers;
    for (std::ptrdiff_t i = 0; i < full; i += step) numbers.push_back(result[kWindow - 1 + i]);
    return numbers;
  }

  Engine engine_;
  Isolate isolate_{engine_, {.name = "series"}};
  Tensor<double, 1> numbers_;
  PythonSide python_{1, "series_rolling_peer.py"};
};

Row row(const std::string& name, const char* call, double goal, std::ptrdiff_t n, Rolling rolling) {
  return {"series." + name,
          kMillionItems,
          Better::higher,
          goal,
          [=] {
            const auto series = std::make_shared<Series>(n);
            const Tensor<double, 1> expected = series->run(rolling);
            Side ours{call, rate_of(series->size(), [=] { benchmark::DoNotOptimize(series->run(rolling)); })};
            return Pair{std::move(ours), series->bottleneck(name, expected)};
          },
          Judge::ratio,
          0.2};
}

}  // namespace

void add_rolling_rows(Rows& rows, const RunOptions& options) {
  const std::ptrdiff_t n = options.quick ? 1'000'000 : 10'000'000;
  rows.push_back(row("rolling_mean", "rolling_mean", 1.5, n, &timeseries::rolling_mean));
  rows.push_back(row("rolling_std", "rolling_standard_deviation", 2, n, &timeseries::rolling_standard_deviation));
  rows.push_back(row("rolling_median", "rolling_median", 1.2, n / 10, &timeseries::rolling_median));
  rows.push_back(row("rolling_minimum", "rolling_minimum", 1.5, n, &timeseries::rolling_minimum));
}

}  // namespace lagoon::bench
