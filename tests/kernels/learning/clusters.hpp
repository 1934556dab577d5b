// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <lagoon/core/tensor.hpp>
#include <limits>
#include <numeric>
#include <random>
#include <sstream>

#include "../expect.hpp"
#include "../looks.hpp"
#include "reference/learning_clusters.hpp"

// Tables that tests of clusters are made of.
namespace lagoon::test {

inline constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

using Table = Tensor<double, 2>;

inline reference::Rows rows_of(View<const double, 2> x) {
  reference::Rows rows(static_cast<std::size_t>(x.extent(0)));
  for (std::ptrdiff_t i = 0; i < x.extent(0); ++i)
    for (std::ptrdiff_t j = 0; j < x.extent(1); ++j) rows[static_cast<std::size_t>(i)].push_back(x(i, j));
  return rows;
}

/// Rows around `centres` places in a cube of edge 20, with deviation `spread`; every eighth anywhere in the cube.
inline Table blobs(unsigned seed, std::ptrdiff_t rows, std::ptrdiff_t columns, int centres, double spread) {
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> place(-10, 10);
  std::normal_distribution<double> normal(0, spread);
  Table middle({centres, columns}), x({rows, columns});
  for (std::ptrdiff_t i = 0; i < middle.size(); ++i) middle.data()[i] = place(random);
  for (std::ptrdiff_t i = 0; i < rows; ++i)
    for (std::ptrdiff_t j = 0; j < columns; ++j)
      x(i, j) = i % 8 == 7 ? place(random) : middle(i % centres, j) + normal(random);
  return x;
}

inline Table constant(std::ptrdiff_t rows, std::ptrdiff_t columns, double value) {
  return Table::filled({rows, columns}, value);
}

template <class T>
std::vector<T> list(const Tensor<T, 1>& x) {
  return {x.data(), x.data() + x.size()};
}

/// The same table with its columns far apart and backwards in memory.
class Strided {
 public:
  explicit Strided(View<const double, 2> x)
      : numbers_(static_cast<std::size_t>(6 * x.size()), kNan), rows_(x.extent(0)), columns_(x.extent(1)) {
    for (std::ptrdiff_t i = 0; i < rows_; ++i)
      for (std::ptrdiff_t j = 0; j < columns_; ++j) const_cast<double&>(view()(i, j)) = x(i, j);
  }
  View<const double, 2> view() const {
    return {numbers_.data() + 3 * rows_ * (columns_ - 1) + 1, {rows_, columns_}, {3, -3 * rows_}};
  }

 private:
  std::vector<double> numbers_;
  std::ptrdiff_t rows_, columns_;
};

/// Rows in an order of no meaning.
inline std::vector<std::ptrdiff_t> shuffled(std::ptrdiff_t rows) {
  std::vector<std::ptrdiff_t> order(static_cast<std::size_t>(rows));
  std::iota(order.begin(), order.end(), 0);
  std::shuffle(order.begin(), order.end(), std::mt19937_64(7));
  return order;
}
inline Table reordered(View<const double, 2> x, const std::vector<std::ptrdiff_t>& order) {
  Table y({x.extent(0), x.extent(1)});
  for (std::ptrdiff_t i = 0; i < x.extent(0); ++i)
    for (std::ptrdiff_t j = 0; j < x.extent(1); ++j) y(i, j) = x(order[static_cast<std::size_t>(i)], j);
  return y;
}

/// Clusters numbered by their first rows, so that partitions can be compared; -1 stays.
inline std::vector<std::int64_t> partition(const std::vector<std::int64_t>& labels) {
  std::vector<std::int64_t> numbers(labels.size() + 1, -1), result;
  std::int64_t next = 0;
  for (std::int64_t label : labels) {
    if (label >= 0 && numbers[static_cast<std::size_t>(label)] < 0) numbers[static_cast<std::size_t>(label)] = next++;
    result.push_back(label < 0 ? label : numbers[static_cast<std::size_t>(label)]);
  }
  return result;
}

/// Fisher's irises: 150 x 4. Empty without the known answers.
inline Table iris() {
  std::ifstream in(known_answer("ml/iris.csv"));
  std::string line;
  if (!std::getline(in, line)) return {};
  Table x({150, 4});
  for (std::ptrdiff_t i = 0; i < 150; ++i) {
    std::getline(in, line);
    std::stringstream cells(line);
    for (std::ptrdiff_t j = 0; j < 4; ++j) {
      std::string cell;
      std::getline(cells, cell, ',');
      x(i, j) = std::stod(cell);
    }
  }
  return x;
}

}  // namespace lagoon::test
