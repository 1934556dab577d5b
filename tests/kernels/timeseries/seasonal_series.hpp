// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <fstream>
#include <lagoon/core/tensor.hpp>
#include <limits>
#include <numbers>
#include <random>
#include <string>
#include <vector>

#include "../expect.hpp"
#include "../looks.hpp"

// Series that tests of seasons share, and files of known answers.
namespace lagoon::test {

inline constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

/// A rising line, a sine of that period, what looks like noise, and now and then an outlier; the same anywhere.
inline std::vector<double> seasonal_series(int n, int period) {
  std::vector<double> x;
  for (int i = 0; i < n; ++i)
    x.push_back(0.03 * i + 2 * std::sin(2 * std::numbers::pi * i / period) + std::fmod(i * 0.6180339887498949, 1.0) -
                0.5 + (i % 37 == 5 ? 3 : 0));
  return x;
}

/// Normal noise; the seed is part of the test.
inline std::vector<double> noise(std::size_t n, unsigned seed, double deviation = 1) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> draw(0, deviation);
  std::vector<double> x(n);
  for (double& v : x) v = draw(random);
  return x;
}

inline double sine(double i, double period) { return std::sin(2 * std::numbers::pi * i / period); }

inline std::vector<double> copied(View<const double, 1> x) {
  std::vector<double> all;
  for (std::ptrdiff_t i = 0; i < x.size(); ++i) all.push_back(x[i]);
  return all;
}

/// One column of a file of comma-separated numbers; what is not a number ("NA") is NaN. `only`: rows that begin with
/// it.
inline std::vector<double> column(const std::string& path, int index, bool header, const std::string& only = "") {
  std::ifstream in(path);
  EXPECT_TRUE(in) << path;
  std::vector<double> numbers;
  std::string line;
  if (header) std::getline(in, line);
  while (std::getline(in, line)) {
    if (line.find_first_not_of(" \r") == std::string::npos) continue;
    std::vector<std::string> cells{""};
    for (char c : line)
      if (c == ',')
        cells.emplace_back();
      else if (c != ' ' && c != '"' && c != '\r')
        cells.back() += c;
    if (!only.empty() && cells.front() != only) continue;
    const std::string& cell = cells.at(static_cast<std::size_t>(index));
    numbers.push_back(cell == "NA" ? kNan : std::stod(cell));
  }
  return numbers;
}

/// Skips the calling test where known answers are not there.
#define LAGOON_NEEDS_CASES() \
  if (lagoon::test::known_answer("").empty()) GTEST_SKIP() << "no LAGOON_CASES"

inline std::vector<double> logarithms(std::vector<double> x) {
  for (double& v : x) v = std::log(v);
  return x;
}

}  // namespace lagoon::test
