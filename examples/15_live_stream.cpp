// SPDX-License-Identifier: Apache-2.0
// A stream that is judged while it comes: points go up, a verdict for each comes down, two boilers on one stream.
#include <lagoon/rpc.hpp>
#include <lagoon/services/stream_analysis.hpp>

#include <cmath>
#include <cstdio>

namespace services = lagoon::services;

double noise(int second, double seed) {
  return std::fmod(std::abs(std::sin(12.9898 * second + seed) * 43758.5453), 1.0) - 0.5;
}
/// Of the north boiler: what it is every second, but for two minutes in which its valve is stuck.
double north(int second) {
  return second >= 5000 && second < 5120 ? 92.0 : 70 + 2 * std::sin(0.01 * second) + 3 * noise(second, 1);
}
double south(int second) { return 65 + std::cos(0.02 * second) + 2 * noise(second, 2); }

int main() {
  lagoon::Engine engine;
  lagoon::Isolate isolate(engine, {.name = "live"});
  lagoon::Local local(isolate, {services::stream_analysis_service()});
  lagoon::Caller<services::StreamAnalysis> analysis(local);

  auto live = analysis.start<services::WatchStream>();
  live.write({.options = lagoon::streaming::WatcherOptions{.window_time = 300}, .no_point = true});

  int points = 0, anomalies = 0, stuck = -1;
  const auto look = [&](const lagoon::streaming::Verdict& v) {
    ++points;
    if (!v.anomaly) return;
    ++anomalies;
    if (stuck < 0 && v.series == "north") stuck = static_cast<int>(v.time);
    std::printf("%s at %.0f s: %.1f where %.1f was expected, score %.2f; the last 5 minutes: %.1f +- %.1f\n",
                v.series.c_str(), v.time, v.value, v.expected, v.score, v.window.mean, v.window.standard_deviation);
  };
  for (int second = 0; second < 8000; ++second)
    for (const char* name : {"north", "south"}) {
      const double celsius = name[0] == 'n' ? north(second) : south(second);
      live.write({.point = {.series = name, .time = static_cast<double>(second), .value = celsius}});
      look(live.read()->verdict);  // or later, or in another thread: the stream buffers within its window
    }
  live.close();
  while (auto late = live.read()) look(late->verdict);

  std::printf("%d points, %d anomalies, the first of the north boiler at %d s\n", points, anomalies, stuck);
  return points == 16000 && stuck >= 5000 && stuck < 5120 && anomalies < 10 ? 0 : 1;
}
