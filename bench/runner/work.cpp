// SPDX-License-Identifier: Apache-2.0
#include "runner/work.hpp"

#include <algorithm>
#include <limits>

#include "runner/timing.hpp"

namespace lagoon::bench {

[[gnu::noinline]] std::uint64_t answer(std::uint64_t question) noexcept { return question * 0x9e3779b97f4a7c15u + 1; }

[[gnu::noinline]] double compute(double seed, std::uint64_t steps) noexcept {
  double x = 1 + seed * 1e-9, sum = 0;
  for (std::uint64_t i = 0; i < steps; ++i) {
    x = x * 1.0000001 + 1e-7;
    sum += x * x;
  }
  return sum;
}

std::uint64_t steps_for(double seconds) {
  static const double per_second = [] {
    constexpr std::uint64_t kSteps = 2'000'000;
    double best = std::numeric_limits<double>::max();  // the quickest of ten: others may use the machine
    for (int i = 0; i < 10; ++i) {
      const auto begin = Steady::now();
      benchmark::DoNotOptimize(compute(i, kSteps));
      best = std::min(best, seconds_since(begin));
    }
    return kSteps / best;
  }();
  return std::max<std::uint64_t>(1, static_cast<std::uint64_t>(seconds * per_second));
}

}  // namespace lagoon::bench
