// SPDX-License-Identifier: Apache-2.0
// Statistics of windows that slide along a series, on one thread, beside bottleneck's.
#include <fmt/core.h>
#include <lagoon/engine/isolate.hpp>
#include <lagoon/kernels/timeseries/rolling.hpp>

#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>
#include <random>
#include <stdexcept>

#include "kernels/handover.hpp"
#include "rivals/python_peer.hpp"
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
    try {
      peer_ = std::make_shared<PythonPeer>(1, "series_rolling_peer.py");
      const Handover file(numbers_.data(), n);
      peer_->ask(fmt::format("load {} {} 0", file.path(), n));
    } catch (const std::exception& e) {
      no_peer_ = e.what();
    }
  }

  /// Its memory is the isolate's, as in a call.
  Tensor<double, 1> run(Rolling rolling) {
    return isolate_.run([&] { return rolling(numbers_.view(), kWindow, {.compute = {.parallel = false}}); });
  }
  double size() const { return static_cast<double>(numbers_.size()); }

  /// Throws in a repetition whose result is not ours.
  Side bottleneck(const std::string& row, const Tensor<double, 1>& ours) const {
    if (!peer_) return absent("bottleneck", no_peer_);
    const auto chosen = peer_->ask(fmt::format("choose {} {}", row, kWindow));
    const int runs = std::clamp(static_cast<int>(0.2 / chosen.at("fastest").get<double>()), 1, 9);
    return {chosen.at("name").get<std::string>(),
            [peer = peer_, runs, expected = some(ours), n = size()](benchmark::State& state) {
              for (auto _ : state) {
                const auto answer = peer->ask(fmt::format("time {}", runs));
                check(expected, answer.at("result").get<std::vector<double>>());
                set_figure(state, n / answer.at("seconds").get<double>());
              }
            },
            1};
  }

 private:
  static std::vector<double> some(const Tensor<double, 1>& result) {
    const std::ptrdiff_t full = result.size() - (kWindow - 1), step = std::max<std::ptrdiff_t>(1, full / 64);
    std::vector<double> numbers;
    for (std::ptrdiff_t i = 0; i < full; i += step) numbers.push_back(result[kWindow - 1 + i]);
    return numbers;
  }
  static void check(const std::vector<double>& ours, const std::vector<double>& theirs) {
    bool same = ours.size() == theirs.size();
    for (std::size_t i = 0; same && i < ours.size(); ++i)
      same = std::abs(ours[i] - theirs[i]) <= 1e-8 * std::abs(ours[i]);  // theirs drift along the series
    if (!same) throw std::runtime_error("the result of bottleneck differs from ours");
  }

  Engine engine_;
  Isolate isolate_{engine_, {.name = "series"}};
  Tensor<double, 1> numbers_;
  std::shared_ptr<PythonPeer> peer_;
  std::string no_peer_;
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
