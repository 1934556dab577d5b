// SPDX-License-Identifier: Apache-2.0
// Seasonal and trend decompositions of 1e4 numbers, on one thread, beside statsmodels'.
#include <fmt/core.h>
#include <lagoon/engine/isolate.hpp>
#include <lagoon/kernels/timeseries/seasonality.hpp>

#include <cmath>
#include <memory>
#include <numbers>
#include <random>
#include <stdexcept>

#include "kernels/python_side.hpp"
#include "runner/timing.hpp"
#include "suites.hpp"

namespace lagoon::bench {
namespace {

struct Setting {
  std::ptrdiff_t period;
  bool robust;
};

/// A drift, a week, a year and noise, in an isolate here and in an array of Python's own.
class Seasons {
 public:
  explicit Seasons(Setting setting) : setting_(setting) {
    constexpr std::ptrdiff_t kDays = 10'000;
    isolate_.run([&] { numbers_ = Tensor<double, 1>({kDays}); });
    std::mt19937_64 random(11);
    std::normal_distribution<double> noise(0, 0.5);
    for (std::ptrdiff_t i = 0; i < kDays; ++i) {
      const auto day = static_cast<double>(i), turn = 2 * std::numbers::pi * day;
      numbers_[i] = 0.001 * day + std::sin(turn / 7) + 2 * std::sin(turn / 365) + noise(random);
    }
    python_.load(numbers_.data(), numbers_.size(), 0);
  }

  /// Its memory is the isolate's, as in a call.
  timeseries::Decomposition run() {
    return isolate_.run([&] {
      return timeseries::stl(numbers_.view(), setting_.period,
                             {.robust = setting_.robust, .compute = {.parallel = false}});
    });
  }
  double size() const { return static_cast<double>(numbers_.size()); }

  Side statsmodels(const std::string& row, const timeseries::Decomposition& ours) const {
    auto expected = some(ours.trend);
    for (double v : some(ours.seasonal)) expected.push_back(v);
    return python_.side(row, size(), within(std::move(expected), 1e-9));
  }

 private:
  static std::vector<double> some(const Tensor<double, 1>& part) {
    std::vector<double> numbers;
    for (std::ptrdiff_t i = 0; i < part.size(); i += part.size() / 64) numbers.push_back(part[i]);
    return numbers;
  }

  const Setting setting_;
  Engine engine_;
  Isolate isolate_{engine_, {.name = "seasons"}};
  Tensor<double, 1> numbers_;
  PythonSide python_{1, "series_stl_peer.py"};
};

Row row(const std::string& name, std::optional<double> goal, Setting setting) {
  return {"series." + name,
          kMillionItems,
          Better::higher,
          goal,
          [=] {
            const auto seasons = std::make_shared<Seasons>(setting);
            const timeseries::Decomposition expected = seasons->run();
            Side ours{"stl", rate_of(seasons->size(), [=] { benchmark::DoNotOptimize(seasons->run()); })};
            return Pair{std::move(ours), seasons->statsmodels(name, expected)};
          },
          Judge::ratio,
          0.2,
          5};
}

}  // namespace

void add_stl_rows(Rows& rows) {
  rows.push_back(row("stl_p7", 10, {7, false}));
  rows.push_back(row("stl_p365", 20, {365, false}));
  rows.push_back(row("stl_p7_robust", {}, {7, true}));
}

}  // namespace lagoon::bench
