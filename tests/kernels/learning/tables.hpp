// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>
#include <lagoon/core/tensor.hpp>
#include <lagoon/kernels/files/csv.hpp>

#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "../expect.hpp"

// What tests of linear models and components look at.
namespace lagoon::learning {

using test::error_of;
using test::expect_same_bits;
using test::known_answer;

inline constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

/// Normally distributed numbers, the same for the same seed.
inline Tensor<double, 2> noise(std::ptrdiff_t rows, std::ptrdiff_t columns, std::uint64_t seed = 1, double mean = 0) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> normal(mean, 1);
  Tensor<double, 2> x({rows, columns});
  for (std::ptrdiff_t i = 0; i < x.size(); ++i) x.data()[i] = normal(random);
  return x;
}

/// The columns side by side.
inline Tensor<double, 2> table_of(const std::vector<std::vector<double>>& columns) {
  const auto p = static_cast<std::ptrdiff_t>(columns.size());
  Tensor<double, 2> x({static_cast<std::ptrdiff_t>(columns[0].size()), p});
  for (std::ptrdiff_t i = 0; i < x.extent(0); ++i)
    for (std::ptrdiff_t j = 0; j < p; ++j) x(i, j) = columns[static_cast<std::size_t>(j)][static_cast<std::size_t>(i)];
  return x;
}

inline std::vector<double> numbers(View<const double, 2> x) {
  std::vector<double> all;
  for (std::ptrdiff_t i = 0; i < x.extent(0); ++i)
    for (std::ptrdiff_t j = 0; j < x.extent(1); ++j) all.push_back(x(i, j));
  return all;
}

/// Digits that are right: NIST's log relative error, against the number as it is printed.
inline double digits(double got, double want) {
  if (got == want) return 16;
  return std::min(16.0, -std::log10(std::abs(got - want) / (want == 0 ? 1 : std::abs(want))));
}

/// Columns of a file of known answers, the last one apart.
struct Case {
  Tensor<double, 2> x;
  std::vector<double> y;
};
inline Case read_case(const std::string& path) {
  const files::Table table = files::read_csv(path);
  std::vector<std::vector<double>> columns;
  for (const files::Column& c : table.columns) columns.emplace_back(c.values.data(), c.values.data() + c.values.size());
  std::vector<double> y = columns.back();
  columns.pop_back();
  return {table_of(columns), std::move(y)};
}

}  // namespace lagoon::learning
