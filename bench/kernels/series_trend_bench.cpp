// SPDX-License-Identifier: Apache-2.0
// Correlations and trends of series, on one thread, beside scipy's and statsmodels'.
#include <fmt/core.h>
#include <lagoon/engine/isolate.hpp>
#include <lagoon/kernels/timeseries/correlation.hpp>
#include <lagoon/kernels/timeseries/trend.hpp>

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
    try {
      peer_ = std::make_shared<PythonPeer>(1, "series_trend_peer.py");
      const Handover file(numbers_.data(), numbers_.size());
      peer_->ask(fmt::format("load {}", file.path()));
    } catch (const std::exception& e) {
      no_peer_ = e.what();
    }
  }

  /// Its memory is the isolate's, as in a call.
  Result run(Call call) {
    return isolate_.run([&] { return call(numbers_.view()); });
  }

  /// The fastest of Python's ways. Throws in a repetition whose result is not ours to 1e-10.
  Side python(const std::string& row, const Result& expected) const {
    if (!peer_) return absent("scipy, statsmodels", no_peer_);
    const auto chosen = peer_->ask("choose " + row);
    const int runs = std::clamp(static_cast<int>(0.2 / chosen.at("fastest").get<double>()), 1, 100);
    return {chosen.at("name").get<std::string>(),
            [peer = peer_, runs, expected](benchmark::State& state) {
              for (auto _ : state) {
                const auto answer = peer->ask(fmt::format("time {}", runs));
                check(expected, answer.at("result").get<Result>());
                set_figure(state, answer.at("seconds").get<double>());
              }
            },
            1};
  }

 private:
  static void check(const Result& ours, const Result& theirs) {
    bool same = ours.size() == theirs.size();
    for (std::size_t i = 0; same && i < ours.size(); ++i) same = std::abs(ours[i] - theirs[i]) <= 1e-10;
    if (!same) throw std::runtime_error("the result of Python differs from ours");
  }

  Engine engine_;
  Isolate isolate_{engine_, {.name = "series"}};
  Tensor<double, 1> numbers_;
  std::shared_ptr<PythonPeer> peer_;
  std::string no_peer_;
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
