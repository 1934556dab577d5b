// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <fstream>
#include <lagoon/core/tensor.hpp>
#include <lagoon/kernels/learning/forest.hpp>
#include <numbers>
#include <random>
#include <sstream>
#include <string>
#include <vector>

// Tables that tests of forests share.
namespace lagoon::learning::test {

struct Case {
  Tensor<double, 2> x;
  std::vector<std::int64_t> labels;
  std::vector<double> y;
  /// The last `count` rows.
  View<const double, 2> last(std::ptrdiff_t count) const { return x.view().slice(0, x.extent(0) - count, x.extent(0)); }
};

/// n x p uniform numbers in (0, 1); answers are left to the caller.
inline Case uniform_table(std::ptrdiff_t n, std::ptrdiff_t p, unsigned seed) {
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> uniform(0, 1);
  Case c{Tensor<double, 2>({n, p}), {}, {}};
  for (std::ptrdiff_t i = 0; i < n * p; ++i) c.x.data()[i] = uniform(random);
  return c;
}

/// Friedman's first: of p columns five matter, and of fewer those that are there.
///   source  Friedman 1991, "Multivariate adaptive regression splines"
inline Case friedman(std::ptrdiff_t n, std::ptrdiff_t p, unsigned seed, double noise = 1) {
  Case c = uniform_table(n, p, seed);
  std::mt19937_64 random(seed + 1000);
  std::normal_distribution<double> normal(0, 1);
  for (std::ptrdiff_t i = 0; i < n; ++i) {
    double x[5] = {};
    std::copy_n(&c.x(i, 0), std::min<std::ptrdiff_t>(p, 5), x);
    c.y.push_back(10 * std::sin(std::numbers::pi * x[0] * x[1]) + 20 * (x[2] - 0.5) * (x[2] - 0.5) + 10 * x[3] +
                  5 * x[4] + noise * normal(random));
    c.labels.push_back(c.y.back() > 14);
  }
  return c;
}

/// A file of known answers: a line of names, then numbers, of which the last of a line is the target.
inline Case read_case(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  std::vector<std::vector<double>> rows;
  while (std::getline(file, line)) {
    std::istringstream cells(line);
    rows.emplace_back();
    for (std::string cell; std::getline(cells, cell, ',');) rows.back().push_back(std::stod(cell));
  }
  const auto n = std::ssize(rows), p = std::ssize(rows.at(0)) - 1;
  Case c{Tensor<double, 2>({n, p}), {}, {}};
  for (std::ptrdiff_t i = 0; i < n; ++i) {
    const auto& row = rows[static_cast<std::size_t>(i)];
    for (std::ptrdiff_t j = 0; j < p; ++j) c.x(i, j) = row[static_cast<std::size_t>(j)];
    c.y.push_back(row.back());
    c.labels.push_back(static_cast<std::int64_t>(row.back()));
  }
  return c;
}

inline double share_of_hits(const Tensor<std::int64_t, 1>& said, const std::int64_t* right) {
  std::ptrdiff_t hits = 0;
  for (std::ptrdiff_t i = 0; i < said.size(); ++i) hits += said[i] == right[i];
  return static_cast<double>(hits) / static_cast<double>(said.size());
}

inline double r2(const Tensor<double, 1>& said, const double* right) {
  double mean = 0, missed = 0, spread = 0;
  for (std::ptrdiff_t i = 0; i < said.size(); ++i) mean += right[i] / static_cast<double>(said.size());
  for (std::ptrdiff_t i = 0; i < said.size(); ++i) {
    missed += (right[i] - said[i]) * (right[i] - said[i]);
    spread += (right[i] - mean) * (right[i] - mean);
  }
  return 1 - missed / spread;
}

}  // namespace lagoon::learning::test
