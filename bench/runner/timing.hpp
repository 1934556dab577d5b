// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <vector>

namespace lagoon::bench {

using Steady = std::chrono::steady_clock;

inline double seconds_since(Steady::time_point begin) {
  return std::chrono::duration<double>(Steady::now() - begin).count();
}

template <class F>
double seconds_of(F&& f) {
  const auto begin = Steady::now();
  f();
  return seconds_since(begin);
}

/// The sample below which a share `q` of all lies.
template <class T>
T quantile(std::vector<T> samples, double q) {
  if (samples.empty()) return {};
  const auto at = static_cast<std::size_t>(q * static_cast<double>(samples.size() - 1) + 0.5);
  std::nth_element(samples.begin(), samples.begin() + static_cast<std::ptrdiff_t>(at), samples.end());
  return samples[at];
}
template <class T>
T median(std::vector<T> samples) {
  return quantile(std::move(samples), 0.5);
}

inline void set_figure(benchmark::State& state, double figure) { state.counters["figure"] = figure; }

/// The median over batches of the mean time of one call in a batch: a clock costs 23 ns, and a neighbour's time slice
/// spoils a few batches instead of the mean. Batches take 2 us or more.
///   returns  seconds per call
template <class F>
double median_of_batches(benchmark::State& state, std::size_t batch, F&& call) {
  std::vector<float> seconds;
  seconds.reserve(state.max_iterations);
  for (auto _ : state) {
    const auto begin = Steady::now();
    for (std::size_t i = 0; i < batch; ++i) call();
    seconds.push_back(static_cast<float>(seconds_since(begin) / static_cast<double>(batch)));
  }
  return static_cast<double>(median(std::move(seconds)));
}

/// Figure: seconds per call.
template <class F>
auto time_of(std::size_t batch, F call) {
  return [batch, call](benchmark::State& state) mutable { set_figure(state, median_of_batches(state, batch, call)); };
}

/// Figure: things per second, `things` of them in one call.
template <class F>
auto rate_of(double things, F call) {
  return [things, call](benchmark::State& state) mutable {
    set_figure(state, things / median_of_batches(state, 1, call));
  };
}

/// Figure: seconds of one call by itself, each after `before`, which is not timed.
template <class Before, class F>
auto time_of_each(Before before, F call) {
  return [before, call](benchmark::State& state) mutable {
    std::vector<float> seconds;
    seconds.reserve(state.max_iterations);
    for (auto _ : state) {
      before();
      const auto begin = Steady::now();
      call();
      seconds.push_back(static_cast<float>(seconds_since(begin)));
    }
    set_figure(state, static_cast<double>(median(std::move(seconds))));
  };
}

}  // namespace lagoon::bench
