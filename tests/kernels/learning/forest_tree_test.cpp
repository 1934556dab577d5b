// SPDX-License-Identifier: Apache-2.0
// One tree of all rows and columns, where a forest is what the book says of a tree.
#include <lagoon/kernels/learning/forest.hpp>

#include <reference/learning_forest.hpp>

#include "../expect.hpp"
#include "forest_cases.hpp"

namespace lagoon::learning {
namespace {

using namespace test;

ForestOptions one_tree(std::ptrdiff_t columns, std::int64_t bins) {
  return {.trees = 1, .features = columns, .bins = bins, .bootstrap = false};
}

std::vector<std::vector<double>> rows_of(View<const double, 2> x) {
  std::vector<std::vector<double>> rows;
  for (std::ptrdiff_t i = 0; i < x.extent(0); ++i) {
    rows.emplace_back();
    for (std::ptrdiff_t j = 0; j < x.extent(1); ++j) rows.back().push_back(x(i, j));
  }
  return rows;
}

TEST(TreeOfNumbers, EqualsTheReference) {
  // Two splits are equally good when two columns part the rows alike, which large leaves of continuous numbers make
  // unlikely: there is one tree.
  for (const auto& [n, leaf, depth] : {std::tuple{60, 10, 0}, {300, 10, 0}, {300, 1, 3}, {700, 20, 0}}) {
    const Case c = friedman(n + 500, 5, static_cast<unsigned>(n));
    const auto x = c.x.view().slice(0, 0, n);
    const std::vector<double> y(c.y.begin(), c.y.begin() + n);
    auto options = one_tree(5, 0);
    options.leaf = leaf;
    options.depth = depth;
    const Forest forest = Forest::regress(x, y, options);
    const reference::CartTree tree(rows_of(x), y, static_cast<std::size_t>(leaf),
                                   depth ? static_cast<std::size_t>(depth) : 100);
    EXPECT_EQ(static_cast<std::size_t>(forest.nodes()), tree.nodes());
    const auto said = forest.predict(c.x);
    const auto rows = rows_of(c.x);
    for (std::ptrdiff_t i = 0; i < said.size(); ++i)
      ASSERT_NEAR(said[i], tree.predict(rows[static_cast<std::size_t>(i)]), 1e-12) << n << " row " << i;
  }
}

TEST(TreeOfLabels, OfOneColumnEqualsTheReference) {
  // One column leaves no choice among columns, and of equally good thresholds both take the least.
  for (const std::int64_t leaf : {1, 3}) {
    Case c = uniform_table(400, 1, 3);
    std::mt19937_64 random(4);
    std::vector<double> y;
    for (std::ptrdiff_t i = 0; i < 400; ++i) {
      c.labels.push_back(7 * (random() % 5 == 0 ? random() % 2 : c.x(i, 0) > 0.3 && c.x(i, 0) < 0.6));
      y.push_back(c.labels.back() == 7);
    }
    auto options = one_tree(1, 0);
    options.leaf = leaf;
    const Forest forest = Forest::classify(c.x, c.labels, options);
    const reference::CartTree tree(rows_of(c.x), y, static_cast<std::size_t>(leaf), 100);
    EXPECT_EQ(static_cast<std::size_t>(forest.nodes()), tree.nodes());
    const Case other = uniform_table(500, 1, 5);
    const auto said = forest.predict_probabilities(other.x);
    for (std::ptrdiff_t i = 0; i < 500; ++i) EXPECT_NEAR(said(i, 1), tree.predict({other.x(i, 0)}), 1e-15);
  }
}

TEST(TreeOfManyLabels, SplitsTwoOfThemAsTheTreeOfTwoDoes) {
  // A third label far away is split off at once; what is left is the tree of two.
  const Case two = friedman(600, 4, 8);
  Case three{Tensor<double, 2>({1800, 4}), two.labels, {}};
  std::copy_n(two.x.data(), two.x.size(), three.x.data());
  for (std::ptrdiff_t i = 600; i < 1800; ++i) {
    for (std::ptrdiff_t j = 0; j < 4; ++j) three.x(i, j) = 100 + static_cast<double>(i);
    three.labels.push_back(9);
  }
  auto options = one_tree(4, 0);
  options.leaf = 20;
  const Forest a = Forest::classify(two.x, two.labels, options);
  const Forest b = Forest::classify(three.x, three.labels, options);
  EXPECT_EQ(b.nodes(), a.nodes() + 2);
  const auto pa = a.predict_probabilities(two.x), pb = b.predict_probabilities(two.x);
  for (std::ptrdiff_t i = 0; i < 600; ++i) {
    EXPECT_NEAR(pa(i, 1), pb(i, 1), 1e-15);
    EXPECT_EQ(pb(i, 2), 0);
  }
}

TEST(Bins, OfFewDifferentNumbersAreThoseNumbers) {
  // Rounded to 40 numbers, each has a bin: the rows of a node are split alike, whatever the way they are counted.
  Case c = friedman(3000, 6, 21);
  for (std::ptrdiff_t i = 0; i < c.x.size(); ++i) c.x.data()[i] = std::round(c.x.data()[i] * 40) / 40;
  for (const std::int64_t leaf : {5, 100}) {
    auto exact = one_tree(6, 0), binned = one_tree(6, 256);
    exact.leaf = binned.leaf = leaf;
    const auto a = Forest::regress(c.x, c.y, exact).predict(c.x), b = Forest::regress(c.x, c.y, binned).predict(c.x);
    for (std::ptrdiff_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], 1e-12);
    const auto p = Forest::classify(c.x, c.labels, exact).predict_labels(c.x);
    const auto q = Forest::classify(c.x, c.labels, binned).predict_labels(c.x);
    for (std::ptrdiff_t i = 0; i < p.size(); ++i) EXPECT_EQ(p[i], q[i]);
  }
}

TEST(Tree, FitsWhatItHasLearned) {
  // Down to single rows, of which no two are equal: also beside thresholds, also where half a column is zeros.
  for (const std::int64_t bins : {0, 256}) {
    Case c = friedman(250, 3, 30);
    for (std::ptrdiff_t i = 0; i < 125; ++i) c.x(2 * i, 0) = 0;
    const auto said = Forest::regress(c.x, c.y, one_tree(3, bins)).predict(c.x);
    for (std::ptrdiff_t i = 0; i < 250; ++i) EXPECT_EQ(said[i], c.y[static_cast<std::size_t>(i)]);
    const auto labels = Forest::classify(c.x, c.labels, one_tree(3, bins)).predict_labels(c.x);
    EXPECT_EQ(share_of_hits(labels, c.labels.data()), 1);
  }
}

TEST(Tree, OfHugeTinyAndNeighbouringNumbersKeepsThemApart) {
  const double tiny = std::numeric_limits<double>::denorm_min(), huge = std::numeric_limits<double>::max();
  const std::vector<double> x{-huge, -1, -tiny, -0.0, tiny, 2 * tiny, 1, std::nextafter(1, 2), huge};
  const View<const double, 2> table(x.data(), {9, 1});
  const std::vector<double> y{huge, -huge, tiny, 3, 4, 5, 6, 1e-300, -1e300};
  for (const std::int64_t bins : {0, 256}) {
    const auto said = Forest::regress(table, y, one_tree(1, bins)).predict(table);
    // Answers are kept to 2^-1074 of the greatest.
    for (std::size_t i = 0; i < x.size(); ++i)
      EXPECT_NEAR(said[static_cast<std::ptrdiff_t>(i)], y[i], std::abs(y[i]) * 1e-15 + 1e-14) << i;
  }
}

TEST(Tree, AsDeepAsItHasRowsIsNoTrouble) {
  // Answers that grow so fast that each split takes off the greatest alone, for as long as squares are numbers.
  const std::ptrdiff_t n = 1000;
  Tensor<double, 2> x({n, 1});
  std::vector<double> y;
  for (std::ptrdiff_t i = 0; i < n; ++i) {
    x(i, 0) = static_cast<double>(i);
    y.push_back(std::ldexp(1, static_cast<int>(i) - 500));
  }
  const Forest forest = Forest::regress(x, y, one_tree(1, 0));
  EXPECT_GT(forest.depth(), 500);
  EXPECT_EQ(forest.nodes(), 2 * n - 1);
  EXPECT_EQ(forest.predict(x)[n - 1], y.back());
}

TEST(Tree, OfAlternatingLabelsTakesOffOneRowAtATime) {
  const std::ptrdiff_t n = 2000;
  Tensor<double, 2> x({n, 1});
  std::vector<std::int64_t> labels;
  for (std::ptrdiff_t i = 0; i < n; ++i) {
    x(i, 0) = static_cast<double>(i);
    labels.push_back(i % 2);
  }
  const Forest forest = Forest::classify(x, labels, one_tree(1, 0));
  EXPECT_EQ(forest.depth(), n - 1);
  EXPECT_EQ(share_of_hits(forest.predict_labels(x), labels.data()), 1);
}

TEST(Tree, SplitsWhereNoSplitHelpsByItself) {
  // Exclusive or: the first split gains nothing, and without it there is no second.
  const std::vector<double> x{0, 0, 0, 1, 1, 0, 1, 1};
  const View<const double, 2> table(x.data(), {4, 2});
  const std::vector<std::int64_t> labels{0, 1, 1, 0};
  for (const std::int64_t bins : {0, 2, 256})
    for (const std::uint64_t seed : {1, 2, 3}) {
      auto options = one_tree(1, bins);
      options.seed = seed;
      EXPECT_EQ(share_of_hits(Forest::classify(table, labels, options).predict_labels(table), labels.data()), 1);
    }
}

TEST(Tree, KeepsToDepthLeafAndSplit) {
  const Case c = friedman(500, 4, 40);
  auto options = one_tree(4, 256);
  options.depth = 1;
  const Forest stump = Forest::classify(c.x, c.labels, options);
  EXPECT_EQ(stump.nodes(), 3);
  EXPECT_EQ(stump.depth(), 1);
  options.depth = 0;
  options.leaf = 251;
  EXPECT_EQ(Forest::classify(c.x, c.labels, options).nodes(), 1);
  options.leaf = 1;
  options.split = 501;
  EXPECT_EQ(Forest::classify(c.x, c.labels, options).nodes(), 1);
  options.split = std::numeric_limits<std::int64_t>::max();
  options.leaf = options.split;
  EXPECT_EQ(Forest::classify(c.x, c.labels, options).nodes(), 1);
  options.leaf = 50;
  options.split = 2;
  EXPECT_LE(Forest::classify(c.x, c.labels, options).nodes(), 2 * 10 - 1);
}

}  // namespace
}  // namespace lagoon::learning
