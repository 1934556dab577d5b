// SPDX-License-Identifier: Apache-2.0
#include <lagoon/kernels/learning/scores.hpp>

#include <reference/learning_linear.hpp>

#include "tables.hpp"

namespace lagoon::learning {
namespace {

using Labels = std::vector<std::int64_t>;

TEST(Scores, OfAHandfulAreThoseOfTheFormulas) {
  const std::vector<double> y{3, -0.5, 2, 7}, p{2.5, 0, 2, 8};
  EXPECT_NEAR(r2_score(y, p), 1 - 1.5 / 29.1875, 1e-15);
  EXPECT_NEAR(root_mean_square_error(y, p), std::sqrt(1.5 / 4), 1e-15);
  EXPECT_EQ(mean_absolute_error(y, p), 0.5);
  EXPECT_EQ(accuracy(Labels{1, 2, 3, 4}, Labels{1, 2, 0, 4}), 0.75);
}

TEST(Scores, OfPerfectPredictionsArePerfect) {
  const std::vector<double> y = numbers(noise(100'000, 1, 1, 1e6));
  EXPECT_EQ(r2_score(y, y), 1);
  EXPECT_EQ(root_mean_square_error(y, y), 0);
  EXPECT_EQ(mean_absolute_error(y, y), 0);
  EXPECT_EQ(accuracy(Labels{5}, Labels{5}), 1);
}

TEST(Scores, OfTheMeanExplainNothing) {
  const std::vector<double> y{1, 2, 6}, mean{3, 3, 3};
  EXPECT_EQ(r2_score(y, mean), 0);
  EXPECT_TRUE(std::isnan(r2_score(mean, y)));  // a constant has nothing to explain
  EXPECT_TRUE(std::isnan(r2_score(std::vector<double>{1}, std::vector<double>{1})));
}

TEST(Scores, HaveTheSameBitsForAnyNumberOfCoresAndStrides) {
  const std::vector<double> y = numbers(noise(300'000, 1, 1)), p = numbers(noise(300'000, 1, 2));
  const auto all = [](View<const double, 1> a, View<const double, 1> b) {
    return std::vector<double>{r2_score(a, b), root_mean_square_error(a, b), mean_absolute_error(a, b)};
  };
  expect_same_bits([&] { return all(y, p); });
  Tensor<double, 2> both({300'000, 2});
  for (std::ptrdiff_t i = 0; i < 300'000; ++i) {
    both(i, 0) = y[static_cast<std::size_t>(i)];
    both(i, 1) = p[static_cast<std::size_t>(i)];
  }
  EXPECT_EQ(all(both.view().column(0), both.view().column(1)), all(y, p));
}

TEST(Confusions, CountWhatWasTakenForWhat) {
  const Confusion c = confusion(Labels{9, -1, 9, 9, 4}, Labels{9, 9, -1, 9, 100});
  EXPECT_EQ(c.labels, (Labels{-1, 4, 9, 100}));
  const std::vector<std::vector<std::int64_t>> want{{0, 0, 1, 0}, {0, 0, 0, 1}, {1, 0, 2, 0}, {0, 0, 0, 0}};
  for (std::ptrdiff_t i = 0; i < 4; ++i)
    for (std::ptrdiff_t j = 0; j < 4; ++j)
      EXPECT_EQ(c.counts(i, j), want[static_cast<std::size_t>(i)][static_cast<std::size_t>(j)]) << i << "," << j;
}

TEST(AdjustedRandIndex, EqualsTheReference) {
  Labels a, b;
  const Tensor<double, 2> x = noise(300, 2, 3);
  for (std::ptrdiff_t i = 0; i < 300; ++i) {
    a.push_back(std::lround(x(i, 0) * 2));
    b.push_back(std::lround(x(i, 0) * 2 + 0.4 * x(i, 1)) + 100);
  }
  EXPECT_NEAR(adjusted_rand_index(a, b), static_cast<double>(reference::adjusted_rand_index(a, b)), 1e-14);
  EXPECT_GT(adjusted_rand_index(a, b), 0.2);
}

TEST(AdjustedRandIndex, DoesNotLookAtNames) {
  const Labels a{0, 0, 1, 1, 2, 2}, renamed{7, 7, -1, -1, 0, 0}, mixed{0, 1, 0, 1, 0, 1};
  EXPECT_EQ(adjusted_rand_index(a, renamed), 1);
  EXPECT_EQ(adjusted_rand_index(a, mixed), adjusted_rand_index(mixed, renamed));
  EXPECT_LT(adjusted_rand_index(a, mixed), 0);
  // Published: sklearn's documentation of adjusted_rand_score.
  EXPECT_NEAR(adjusted_rand_index(Labels{0, 0, 1, 2}, Labels{0, 0, 1, 1}), 0.5714285714285714, 1e-15);
}

TEST(AdjustedRandIndex, OfTheOnlyClusteringThereIsIsOne) {
  EXPECT_EQ(adjusted_rand_index(Labels{3}, Labels{4}), 1);
  EXPECT_EQ(adjusted_rand_index(Labels{1, 1, 1}, Labels{2, 2, 2}), 1);
  EXPECT_EQ(adjusted_rand_index(Labels{1, 2, 3}, Labels{4, 5, 6}), 1);
  EXPECT_EQ(adjusted_rand_index(Labels{1, 1, 1}, Labels{4, 5, 6}), 0);
}

TEST(Scores, OfNothingAreErrors) {
  const std::vector<double> none, one{1};
  const auto message = [&](const auto& f) { return error_of(Errc::invalid_argument, f); };
  EXPECT_EQ(message([&] { r2_score(none, none); }), "r2_score: there are no y");
  EXPECT_EQ(message([&] { root_mean_square_error(one, none); }),
            "root_mean_square_error: y has 1 numbers, predicted has 0");
  message([&] { mean_absolute_error(none, one); });
  message([] { accuracy(Labels{}, Labels{}); });
  message([] { confusion(Labels{1}, Labels{1, 2}); });
  EXPECT_EQ(message([] { adjusted_rand_index(Labels{}, Labels{}); }), "adjusted_rand_index: there are no a");
}

}  // namespace
}  // namespace lagoon::learning
