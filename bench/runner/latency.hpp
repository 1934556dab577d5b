// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstddef>
#include <thread>
#include <vector>

#include "runner/timing.hpp"

namespace lagoon::bench {

/// The 99th percentile of the time of `samples` calls, each after a rest of 2 ms; the worst over the numbers of busy
/// neighbours. `with(count, measure)` surrounds itself with that many and calls measure(call).
template <class With>
auto worst_p99(std::vector<std::size_t> busy, std::size_t samples, With with) {
  return [busy, samples, with](benchmark::State& state) {
    double worst = 0;
    for (auto _ : state) {
      for (std::size_t count : busy) {
        with(count, [&](auto&& call) {
          std::this_thread::sleep_for(std::chrono::milliseconds(20));  // the neighbours are at work
          std::vector<double> seconds;
          for (std::size_t i = 0; i < samples; ++i) {
            std::this_thread::sleep_for(std::chrono::milliseconds(2));
            const auto begin = Steady::now();
            call();
            seconds.push_back(seconds_since(begin));
          }
          worst = std::max(worst, quantile(std::move(seconds), 0.99));
        });
      }
    }
    set_figure(state, worst);
  };
}

}  // namespace lagoon::bench
