// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>
#include <tbb/task_arena.h>
#include <lagoon/core/error.hpp>

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <random>
#include <string>
#include <vector>

namespace lagoon::statistics {

inline constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
inline constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// Normal numbers about `mean`; the seed is part of the test.
inline std::vector<double> normal(std::size_t n, double mean = 0, double deviation = 1, unsigned seed = 7) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> draw(mean, deviation);
  std::vector<double> x(n);
  for (double& v : x) v = draw(random);
  return x;
}

/// Correct significant digits (log relative error), 16 for all.
inline double digits(double got, long double wanted) {
  if (got == static_cast<double>(wanted)) return 16;
  const long double error = std::fabs(got - wanted) / (wanted == 0 ? 1 : std::fabs(wanted));
  return std::min(16.0, -std::log10(static_cast<double>(error)));
}

/// Runs f in arenas of 1, 2 and 4 threads: all results must have the bits of the first.
template <class F>
void expect_same_bits(F f) {
  std::vector<double> first;
  for (int threads : {1, 2, 4}) {
    tbb::task_arena arena(threads);
    std::vector<double> now;
    arena.execute([&] { now = f(); });
    if (first.empty()) first = now;
    ASSERT_EQ(first.size(), now.size());
    for (std::size_t i = 0; i < now.size(); ++i)
      EXPECT_EQ(std::bit_cast<std::uint64_t>(first[i]), std::bit_cast<std::uint64_t>(now[i]))
          << "result " << i << " with " << threads << " threads";
  }
}

/// f throws lagoon::Error with this code.  returns  its message
template <class F>
std::string error_of(Errc code, F f) {
  try {
    f();
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), code) << e.what();
    return e.what();
  }
  ADD_FAILURE() << "no error";
  return {};
}

/// Path of a file of known answers; empty when they are not here ($LAGOON_CASES).
inline std::string case_file(const std::string& name) {
  const char* folder = std::getenv("LAGOON_CASES");
  return folder && *folder ? std::string(folder) + "/stats/" + name : std::string();
}

}  // namespace lagoon::statistics
