// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <benchmark/benchmark.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace lagoon::bench {

/// What figures are shown in. Sides report seconds, or something per second; scale turns that into the unit.
struct Unit {
  const char* name;
  double scale;
};
inline constexpr Unit kNanoseconds{"ns", 1e9}, kMicroseconds{"us", 1e6}, kMilliseconds{"ms", 1e3};
inline constexpr Unit kMillionCalls{"M calls/s", 1e-6}, kMillionItems{"M items/s", 1e-6},
    kThousandTasks{"k tasks/s", 1e-3};
inline constexpr Unit kGigabytes{"GB/s", 1e-9}, kGigaflops{"GFLOP/s", 1e-9}, kPerSecond{"/s", 1};
inline constexpr Unit kOfBudgets{"budgets", 1};

enum class Better { lower, higher };
/// What the goal is compared with: ours / rival, or our figure itself.
enum class Judge { ratio, figure };

/// One side of a comparison. `repetition` is a Google Benchmark function that leaves its figure, in seconds or per
/// second, in the counter "figure" (runner/timing.hpp has the loops that do).
struct Side {
  std::string name;
  std::function<void(benchmark::State&)> repetition;
  std::uint64_t iterations = 0;  ///< of the state's loop in one repetition; 0: as many as fill the row's seconds
  std::string missing = {};      ///< why this side cannot be had; then it has no repetition
};

inline Side absent(std::string name, std::string why) { return {std::move(name), {}, 0, std::move(why)}; }

/// Both sides of a row with all that they stand on. Made when the row starts, gone when it ends.
struct Pair {
  Side ours;
  Side rival = {};        ///< none where the goal is a figure of its own that nobody else has (Judge::figure)
  std::string note = {};  ///< printed behind the row
};

/// One line of the report: a figure of ours beside a rival's, and a goal.
struct Row {
  std::string name;  ///< dotted; the part before the first dot is the suite
  Unit unit;
  Better better;
  std::optional<double> goal;
  std::function<Pair()> make;
  Judge judge = Judge::ratio;
  double seconds = 0.1;         ///< that one repetition of one side takes, about
  std::size_t repetitions = 9;  ///< of each side; 5 where one is long
};

using Rows = std::vector<Row>;

}  // namespace lagoon::bench
