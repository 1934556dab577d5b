// SPDX-License-Identifier: Apache-2.0
#include <lagoon/kernels/statistics/covariance.hpp>

#include <reference/statistics.hpp>

#include "series.hpp"

namespace lagoon::statistics {
namespace {

/// Columns that depend on each other; rounding to 1/grain makes ties.
Tensor<double, 2> table(std::ptrdiff_t rows, std::ptrdiff_t columns, double offset, double grain = 0) {
  const auto noise = normal(static_cast<std::size_t>(rows * columns));
  Tensor<double, 2> x({rows, columns});
  for (std::ptrdiff_t i = 0; i < x.size(); ++i) {
    const double v = noise[static_cast<std::size_t>(i)] + (i % columns ? 0.5 * (x.data()[i - 1] - offset) : 0);
    x.data()[i] = (grain > 0 ? std::round(v * grain) / grain : v) + offset;
  }
  return x;
}

std::vector<double> column(View<const double, 2> x, std::ptrdiff_t k) {
  std::vector<double> v;
  for (std::ptrdiff_t r = 0; r < x.extent(0); ++r) v.push_back(x(r, k));
  return v;
}

std::vector<double> all_of(const Tensor<double, 2>& t) { return {t.data(), t.data() + t.size()}; }

TEST(Covariance, EqualsTheReference) {
  for (std::ptrdiff_t columns : {1, 3, 16, 17, 40})
    for (std::ptrdiff_t rows : {2, 5, 257, 5001})
      for (double offset : {0.0, 1e6}) {
        const auto x = table(rows, columns, offset);
        const auto c = covariance(x);
        ASSERT_EQ(c.extent(0), columns);
        for (std::ptrdiff_t i = 0; i < columns; ++i)
          for (std::ptrdiff_t j = 0; j <= i; j += 3) {
            const auto want = static_cast<double>(reference::covariance(column(x, i), column(x, j)));
            EXPECT_NEAR(c(i, j), want, 1e-12) << rows << "x" << columns << " " << i << "," << j;
            EXPECT_EQ(c(i, j), c(j, i));
          }
      }
}

TEST(Covariance, OfOneRowIsNotKnown) {
  const auto x = table(1, 3, 0);
  EXPECT_TRUE(std::isnan(covariance(x)(0, 0)));
  EXPECT_EQ(covariance(x, {.ddof = 0})(0, 1), 0);
  error_of(Errc::invalid_argument, [] { covariance(Tensor<double, 2>({0, 3})); });
  error_of(Errc::invalid_argument, [] { correlation(Tensor<double, 2>({3, 0})); });
}

TEST(Covariance, DoesNotDependOnStridesOrElementType) {
  const auto x = table(3000, 20, 5, 1024);  // exact in float
  const auto c = all_of(covariance(x));
  Tensor<double, 2> turned({20, 3000});
  Tensor<float, 2> single({3000, 20});
  for (std::ptrdiff_t r = 0; r < 3000; ++r)
    for (std::ptrdiff_t k = 0; k < 20; ++k) {
      turned(k, r) = x(r, k);
      single(r, k) = static_cast<float>(x(r, k));
    }
  EXPECT_EQ(all_of(covariance(turned.view().transposed())), c);
  EXPECT_EQ(all_of(covariance(single)), c);
  const View<const double, 2> flipped(x.data() + 19, {3000, 20}, {20, -1});
  EXPECT_NEAR(covariance(flipped)(0, 1), covariance(x)(19, 18), 1e-12);
}

TEST(Covariance, HasTheSameBitsForAnyNumberOfCores) {
  const auto x = table(50000, 10, 3);
  expect_same_bits([&] { return all_of(covariance(x)); });
  expect_same_bits([&] { return all_of(correlation(x, {.method = Correlation::spearman})); });
}

TEST(Covariance, TreatsNanAsAsked) {
  auto x = table(4000, 5, 0);
  Tensor<double, 2> kept({3998, 5});
  for (std::ptrdiff_t r = 2; r < 4000; ++r)
    for (std::ptrdiff_t k = 0; k < 5; ++k) kept(r - 2, k) = x(r, k);
  x(0, 3) = x(1, 3) = kNan;
  const auto c = covariance(x);
  EXPECT_TRUE(std::isnan(c(3, 3)) && std::isnan(c(0, 3)));
  EXPECT_FALSE(std::isnan(c(0, 1)));
  EXPECT_NEAR(covariance(x, {.nan = NanPolicy::omit})(3, 4), covariance(kept)(3, 4), 1e-13);
  for (auto method : {Correlation::pearson, Correlation::spearman, Correlation::kendall}) {
    EXPECT_TRUE(std::isnan(correlation(x, {.method = method})(3, 2)));
    EXPECT_FALSE(std::isnan(correlation(x, {.method = method})(1, 2)));
    EXPECT_NEAR(correlation(x, {.method = method, .nan = NanPolicy::omit})(3, 4),
                correlation(kept, {.method = method})(3, 4), 1e-13);
  }
  const auto message = error_of(Errc::invalid_argument, [&] { covariance(x, {.nan = NanPolicy::fail}); });
  EXPECT_NE(message.find("row 0, column 3"), std::string::npos) << message;
  for (std::ptrdiff_t r = 0; r < 4000; ++r) x(r, 0) = kNan;
  EXPECT_TRUE(std::isnan(correlation(x, {.method = Correlation::spearman, .nan = NanPolicy::omit})(1, 2)));
  EXPECT_TRUE(std::isnan(covariance(x, {.nan = NanPolicy::omit})(1, 2)));
}

TEST(Correlation, EqualsTheReferenceWithAndWithoutTies) {
  for (double grain : {0.0, 2.0}) {
    const auto x = table(700, 4, 1, grain);
    const auto pearson = correlation(x);
    const auto spearman = correlation(x, {.method = Correlation::spearman});
    const auto kendall = correlation(x, {.method = Correlation::kendall});
    for (std::ptrdiff_t i = 0; i < 4; ++i) {
      EXPECT_EQ(pearson(i, i), 1);
      EXPECT_EQ(spearman(i, i), 1);
      EXPECT_EQ(kendall(i, i), 1);
      for (std::ptrdiff_t j = 0; j < i; ++j) {
        const auto a = column(x, i), b = column(x, j);
        EXPECT_NEAR(pearson(i, j), static_cast<double>(reference::pearson(a, b)), 1e-13);
        const auto rank_a = reference::ranks(a), rank_b = reference::ranks(b);
        EXPECT_NEAR(spearman(i, j), static_cast<double>(reference::pearson(rank_a, rank_b)), 1e-13);
        EXPECT_NEAR(kendall(i, j), static_cast<double>(reference::kendall(a, b)), 1e-13);
      }
    }
  }
}

TEST(Correlation, OfAConstantIsNotKnown) {
  auto x = table(1000, 3, 0);
  for (std::ptrdiff_t r = 0; r < 1000; ++r) x(r, 1) = 0.1;
  for (auto method : {Correlation::pearson, Correlation::spearman, Correlation::kendall}) {
    EXPECT_TRUE(std::isnan(correlation(x, {.method = method})(1, 1)));
    EXPECT_TRUE(std::isnan(correlation(x, {.method = method})(0, 1)));
    EXPECT_FALSE(std::isnan(correlation(x, {.method = method})(0, 2)));
  }
}

TEST(Correlation, OfALineIsOne) {
  Tensor<double, 2> x({100, 3});
  for (std::ptrdiff_t r = 0; r < 100; ++r) {
    x(r, 0) = static_cast<double>(r);
    x(r, 1) = 3 * x(r, 0) + 1e6;
    x(r, 2) = -std::exp(0.1 * x(r, 0));
  }
  for (auto method : {Correlation::pearson, Correlation::spearman, Correlation::kendall})
    EXPECT_NEAR(correlation(x, {.method = method})(0, 1), 1, 1e-15);
  EXPECT_EQ(correlation(x, {.method = Correlation::kendall})(0, 2), -1);
}

TEST(Ranks, ShareTheirMeanWhenTied) {
  const auto r = ranks(std::vector<double>{3, 1, 3, 2});
  EXPECT_EQ(std::vector<double>(r.data(), r.data() + 4), (std::vector<double>{3.5, 1, 3.5, 2}));
}

}  // namespace
}  // namespace lagoon::statistics
