// SPDX-License-Identifier: Apache-2.0
#pragma once

// One tree as the book of Breiman, Friedman, Olshen and Stone has it: at each node all columns and all midpoints are
// tried, and each time all rows are looked at again. In long double, one thread; never the fastest, easy to believe.

#include <algorithm>
#include <cstddef>
#include <memory>
#include <vector>

namespace lagoon::reference {

/// A tree of numbers; labels 0 and 1 are numbers too, whose variance is half their Gini impurity and whose means are
/// shares of label 1.
class CartTree {
 public:
  using Row = std::vector<double>;

  /// leaf    least rows of a leaf
  /// depth   most splits on the way to one
  CartTree(const std::vector<Row>& x, const std::vector<double>& y, std::size_t leaf, std::size_t depth) {
    std::vector<std::size_t> all(x.size());
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
    root_ = grow(x, y, all, leaf, depth);
  }

  double predict(const Row& row) const {
    const Node* node = root_.get();
    while (node->left) node = row[node->feature] <= node->threshold ? node->left.get() : node->right.get();
    return node->mean;
  }
  std::size_t nodes() const { return count(*root_); }

 private:
  struct Node {
    double mean = 0, threshold = 0;
    std::size_t feature = 0;
    std::unique_ptr<Node> left, right;
  };

  static long double mean(const std::vector<double>& y, const std::vector<std::size_t>& rows) {
    long double sum = 0;
    for (std::size_t i : rows) sum += y[i];
    return sum / static_cast<long double>(rows.size());
  }
  static long double squares(const std::vector<double>& y, const std::vector<std::size_t>& rows) {
    const long double middle = mean(y, rows);
    long double sum = 0;
    for (std::size_t i : rows) sum += (y[i] - middle) * (y[i] - middle);
    return sum;
  }

  static std::unique_ptr<Node> grow(const std::vector<Row>& x, const std::vector<double>& y,
                                    const std::vector<std::size_t>& rows, std::size_t leaf, std::size_t depth) {
    auto node = std::make_unique<Node>();
    node->mean = static_cast<double>(mean(y, rows));
    const bool same = std::all_of(rows.begin(), rows.end(), [&](std::size_t i) { return y[i] == y[rows[0]]; });
    if (same || depth == 0) return node;
    std::vector<std::size_t> best_left, best_right;
    long double least = 0;
    for (std::size_t j = 0; j < x[0].size(); ++j) {
      std::vector<double> values;
      for (std::size_t i : rows) values.push_back(x[i][j]);
      std::sort(values.begin(), values.end());
      for (std::size_t k = 1; k < values.size(); ++k) {
        if (values[k] == values[k - 1]) continue;
        const double threshold = (values[k - 1] + values[k]) / 2;
        std::vector<std::size_t> left, right;
        for (std::size_t i : rows) (x[i][j] <= threshold ? left : right).push_back(i);
        if (left.size() < leaf || right.size() < leaf) continue;
        const long double rest = squares(y, left) + squares(y, right);
        if (!best_left.empty() && rest >= least) continue;
        least = rest;
        node->feature = j;
        node->threshold = threshold;
        best_left = left;
        best_right = right;
      }
    }
    if (best_left.empty()) return node;
    node->left = grow(x, y, best_left, leaf, depth - 1);
    node->right = grow(x, y, best_right, leaf, depth - 1);
    return node;
  }
  static std::size_t count(const Node& node) { return node.left ? 1 + count(*node.left) + count(*node.right) : 1; }

  std::unique_ptr<Node> root_;
};

}  // namespace lagoon::reference
