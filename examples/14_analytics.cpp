// SPDX-License-Identifier: Apache-2.0
// Three kinds of analysis of one table, side by side over a pool: nobody copies a column, and the answers come back as
// one report. With --isolation process the workers are processes, which get each column by one copy into shared memory.
#include <lagoon/rpc.hpp>
#include <lagoon/services/builtin.hpp>

#include <cmath>
#include <cstdio>
#include <numbers>
#include <string>
#include <vector>

namespace services = lagoon::services;

/// A year of hourly load of a grid, with the temperature and the wind that go with it.
struct Year {
  lagoon::Frozen<double, 1> load, temperature, wind;
};

Year made_up_year() {
  constexpr std::ptrdiff_t kHours = 365 * 24;
  lagoon::Tensor<double, 1> load({kHours}), temperature({kHours}), wind({kHours});
  for (std::ptrdiff_t h = 0; h < kHours; ++h) {
    const double t = static_cast<double>(h), day = 2 * std::numbers::pi * t / 24;
    const double noise = std::fmod(std::abs(std::sin(12.9898 * t) * 43758.5453), 1.0) - 0.5;
    temperature[h] = 10 - 8 * std::cos(day / 365) + 4 * std::sin(day) + noise;
    wind[h] = 6 + 3 * std::sin(0.013 * t) + 2 * noise;
    load[h] = 60 + 0.001 * t + 12 * std::sin(day) - 1.5 * temperature[h] - 0.2 * wind[h] + 2 * noise;
  }
  return {std::move(load).freeze(), std::move(temperature).freeze(), std::move(wind).freeze()};
}

int main(int argc, char** argv) {
  if (lagoon::is_worker()) return lagoon::worker_main(services::builtin_services());
  const bool apart = argc == 3 && std::string(argv[1]) == "--isolation" && std::string(argv[2]) == "process";
  const auto isolation = apart ? lagoon::Isolation::process : lagoon::Isolation::thread;

  const Year year = made_up_year();
  lagoon::Engine engine;
  lagoon::Pool pool(engine, services::builtin_services(), {.name = "analytics", .workers = 3, .isolation = isolation});

  lagoon::Caller<services::Statistics> statistics(pool);
  lagoon::Caller<services::TimeSeries> series(pool);
  lagoon::Caller<services::Learning> learning(pool);

  // All three begin before the first answer is waited for.
  auto forest = learning.start<services::FitForest>(
      {.x = {.columns = {year.temperature, year.wind}, .names = {"temperature", "wind"}},
       .y = year.load,
       .target = "load"});
  auto examined = series.start<services::Examine>({.data = {year.load}, .period = 24});
  auto summary = statistics.start<services::Summarize>({.data = {year.load}}, {.count_copies = true});

  const services::Summary s = summary.get();
  std::printf("load: %.1f on average, half of the hours between %.1f and %.1f (%zu bytes copied)\n", s.mean, s.q1, s.q3,
              static_cast<std::size_t>(summary.report().copies.copied_bytes));
  const services::ExamineReply e = examined.get();
  std::printf("in time: %+.4f per hour, season of %lld hours with strength %.2f\n", e.trend.line.slope,
              static_cast<long long>(e.decomposition.period), e.decomposition.seasonal_strength);
  const services::ForestReply f = forest.get();
  std::printf("from the weather: R2 %.2f, by temperature %.2f, by wind %.2f\n", f.out_of_bag_score, f.importances[0],
              f.importances[1]);

  for (const lagoon::MethodReport& m : pool.report())
    if (m.totals.calls() > 0)
      std::printf("%.*s.%.*s took %.1f ms\n", static_cast<int>(m.service.size()), m.service.data(),
                  static_cast<int>(m.method.size()), m.method.data(), 1e-6 * m.totals.latency.mean());
  return e.decomposition.seasonal_strength > 0.8 && f.importances[0] > f.importances[1] ? 0 : 1;
}
