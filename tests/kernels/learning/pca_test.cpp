// SPDX-License-Identifier: Apache-2.0
#include <lagoon/engine/stop.hpp>
#include <lagoon/kernels/learning/pca.hpp>

#include <numeric>
#include <reference/learning_linear.hpp>

#include "tables.hpp"

namespace lagoon::learning {
namespace {

/// Columns of different spread that go together, about a mean.
Tensor<double, 2> table(std::ptrdiff_t n, std::ptrdiff_t p, double mean = 2) {
  Tensor<double, 2> x = noise(n, p);
  for (std::ptrdiff_t i = 0; i < n; ++i)
    for (std::ptrdiff_t j = 0; j < p; ++j)
      x(i, j) = mean + x(i, j) * static_cast<double>(j + 1) + (j > 0 ? 0.5 * (x(i, j - 1) - mean) : 0);
  return x;
}

void expect_orthonormal(View<const double, 2> components) {
  for (std::ptrdiff_t a = 0; a < components.extent(0); ++a) {
    double largest = 0;
    for (std::ptrdiff_t b = 0; b <= a; ++b) {
      double product = 0;
      for (std::ptrdiff_t j = 0; j < components.extent(1); ++j) product += components(a, j) * components(b, j);
      EXPECT_NEAR(product, a == b ? 1 : 0, 1e-13);
    }
    for (std::ptrdiff_t j = 0; j < components.extent(1); ++j)
      if (std::abs(components(a, j)) > std::abs(largest)) largest = components(a, j);
    EXPECT_GT(largest, 0);
  }
}

TEST(Components, HaveTheReferencesVariances) {
  for (std::ptrdiff_t p : {1, 3, 10, 33})
    for (std::ptrdiff_t n : {p + 1, p + 5, std::ptrdiff_t{9000}}) {
      const Tensor<double, 2> x = table(n, p);
      const Pca m = pca(x);
      const auto want = reference::principal_variances(x);
      const auto k = static_cast<std::size_t>(std::min(n, p));
      ASSERT_EQ(m.variances.size(), k);
      EXPECT_EQ(m.count, n);
      EXPECT_TRUE(m.converged);
      for (std::size_t i = 0; i < k; ++i) {
        // Singular values are right to some roundings of the largest; their squares to twice that.
        EXPECT_NEAR(m.variances[i], static_cast<double>(want[i]), 1e-13 * m.variances[0]) << n << "x" << p;
        EXPECT_NEAR(m.singular_values[i] * m.singular_values[i], m.variances[i] * static_cast<double>(n - 1),
                    1e-12 * m.variances[0] * static_cast<double>(n));
      }
      EXPECT_NEAR(std::accumulate(m.ratios.begin(), m.ratios.end(), 0.0), 1, 1e-14);
      expect_orthonormal(m.components);
    }
}

TEST(Components, OfIrisAreAsPublished) {
  const std::string path = known_answer("ml/iris.csv");
  if (path.empty()) GTEST_SKIP() << "LAGOON_CASES is not set";
  const Pca m = pca(read_case(path).x);
  const double want[] = {4.228241706034864, 0.24267074792863344, 0.07820950004291942, 0.023835092973449434};
  for (std::size_t k = 0; k < 4; ++k) EXPECT_GE(digits(m.variances[k], want[k]), 12) << k;
}

TEST(Components, KeepSmallVariancesThatTheCovarianceWouldLose) {
  // Two columns that differ by 1e-9 of their spread: beside the covariance's largest number that is 1e-18.
  const Tensor<double, 2> a = noise(1000, 2, 3);
  Tensor<double, 2> x({1000, 2});
  double mean = 0, squares = 0;
  for (std::ptrdiff_t i = 0; i < 1000; ++i) {
    x(i, 0) = a(i, 0);
    x(i, 1) = a(i, 0) + 1e-9 * a(i, 1);
    mean += (x(i, 1) - x(i, 0)) / 1000;
  }
  double with = 0, own = 0, mean_a = 0;
  for (std::ptrdiff_t i = 0; i < 1000; ++i) mean_a += a(i, 0) / 1000;
  for (std::ptrdiff_t i = 0; i < 1000; ++i) {
    const double d = x(i, 1) - x(i, 0) - mean;
    squares += d * d;
    with += d * (a(i, 0) - mean_a);
    own += (a(i, 0) - mean_a) * (a(i, 0) - mean_a);
  }
  const double left = squares - with * with / own;                      // of the difference, beside what both share
  EXPECT_NEAR(pca(x).variances[1], left / 2 / 999, 1e-5 * left / 999);  // epsilon over 1e-9 is 2e-7, some times over
}

TEST(Components, DoNotDependOnWhereTheTableIs) {
  Tensor<double, 2> x = table(3000, 4, 0);
  for (std::ptrdiff_t i = 0; i < x.size(); ++i) x.data()[i] = std::round(x.data()[i] * 1024) / 1024;
  const Pca near = pca(x);
  for (std::ptrdiff_t i = 0; i < x.size(); ++i) x.data()[i] += 1e9;  // exact
  const Pca far = pca(x);
  for (std::size_t k = 0; k < 4; ++k) EXPECT_NEAR(far.variances[k], near.variances[k], 1e-13 * near.variances[0]);
}

TEST(Components, OfStandardisedColumnsDoNotDependOnUnits) {
  const Tensor<double, 2> x = table(500, 4);
  Tensor<double, 2> other({500, 5});
  const double unit[] = {1e3, 1e-200, 1e200, 1};
  for (std::ptrdiff_t i = 0; i < 500; ++i) {
    for (std::ptrdiff_t j = 0; j < 4; ++j) other(i, j) = x(i, j) * unit[j];
    other(i, 4) = 0.1;
  }
  const Pca m = pca(x, {.standardise = true}), same = pca(other, {.standardise = true});
  EXPECT_EQ(same.scale[4], 1);
  for (std::size_t k = 0; k < 4; ++k) {
    EXPECT_NEAR(m.variances[k], same.variances[k], 1e-12);
    EXPECT_NEAR(m.ratios[k], m.variances[k] / 4, 1e-14);  // each column counts 1
  }
  EXPECT_NEAR(same.variances[4], 0, 1e-28);
}

TEST(Components, OfFewerRowsThanColumnsAreAsManyAsRows) {
  for (std::ptrdiff_t n : {2, 3, 7}) {
    const Pca m = pca(table(n, 20));
    EXPECT_EQ(m.components.extent(0), n);
    EXPECT_EQ(m.components.extent(1), 20);
    expect_orthonormal(m.components);
    EXPECT_NEAR(m.variances[static_cast<std::size_t>(n - 1)], 0, 1e-24);  // the mean took one
    EXPECT_GT(m.variances[static_cast<std::size_t>(n - 2)], 1);
  }
}

TEST(Components, OfEqualRowsVaryByNothing) {
  const Pca m = pca(Tensor<double, 2>::filled({50, 3}, 0.1));
  for (double v : m.variances) EXPECT_NEAR(v, 0, 1e-32);
  expect_orthonormal(m.components);
}

TEST(Components, ThereAndBackIsTheTable) {
  const Tensor<double, 2> x = table(700, 6);
  for (bool standardise : {false, true}) {
    const Pca all = pca(x, {.standardise = standardise}), few = pca(x, {.components = 2, .standardise = standardise});
    const Tensor<double, 2> scores = transform(all, x), back = inverse_transform(all, scores);
    for (std::ptrdiff_t i = 0; i < x.size(); ++i) EXPECT_NEAR(back.data()[i], x.data()[i], 1e-12);
    const Tensor<double, 2> first = transform(few, x);
    ASSERT_EQ(first.extent(1), 2);
    double mean = 0, squares = 0;
    for (std::ptrdiff_t i = 0; i < 700; ++i) {
      EXPECT_NEAR(first(i, 1), scores(i, 1), 1e-12);
      mean += scores(i, 0) / 700;
      squares += scores(i, 0) * scores(i, 0);
    }
    EXPECT_NEAR(mean, 0, 1e-13);
    EXPECT_NEAR(squares / 699, all.variances[0], 1e-11);
    EXPECT_EQ(inverse_transform(few, first).extent(1), 6);
  }
}

TEST(Components, HaveTheSameBitsForAnyNumberOfCoresAndAnyStrides) {
  const Tensor<double, 2> x = table(40'000, 5);
  const auto all_of = [](const Pca& m, View<const double, 2> table) {
    std::vector<double> v = numbers(m.components);
    v.insert(v.end(), m.variances.begin(), m.variances.end());
    for (double s : numbers(inverse_transform(m, transform(m, table)))) v.push_back(s);
    return v;
  };
  expect_same_bits([&] { return all_of(pca(x), x); });
  Tensor<double, 2> turned({5, 40'000});
  for (std::ptrdiff_t i = 0; i < 40'000; ++i)
    for (std::ptrdiff_t j = 0; j < 5; ++j) turned(j, i) = x(i, j);
  EXPECT_EQ(all_of(pca(turned.view().transposed()), turned.view().transposed()), all_of(pca(x), x));
}

TEST(Components, AreNotMadeOfWhatCannotBe) {
  const auto message = [&](const auto& f) { return error_of(Errc::invalid_argument, f); };
  EXPECT_EQ(message([] { pca(noise(1, 3)); }), "pca: one row does not vary; at least 2 are needed");
  EXPECT_EQ(message([] { pca(Tensor<double, 2>({3, 0})); }), "pca: the table is 3x0; it needs a row and a column");
  EXPECT_EQ(message([] { pca(noise(5, 3), {.components = 4}); }),
            "pca: components is 4; 0 to 3 are allowed for 5 rows of 3");
  message([] { pca(noise(5, 3), {.components = -1}); });
  Tensor<double, 2> x = noise(300, 3);
  x(299, 2) = kNan;
  EXPECT_EQ(message([&] { pca(x); }), "pca: row 299, column 2 is NaN");
  const Pca m = pca(noise(30, 3), {.components = 2});
  EXPECT_EQ(message([&] { transform(m, noise(2, 4)); }), "transform: x has 4 columns, the model 3");
  EXPECT_EQ(message([&] { inverse_transform(m, noise(2, 3)); }), "inverse_transform: x has 3 columns, the model 2");
  EXPECT_EQ(transform(m, Tensor<double, 2>({0, 3})).extent(0), 0);
}

TEST(Components, EndWhenTheCallDoes) {
  const Tensor<double, 2> x = noise(20'000, 3);
  StopControl stop;
  stop.request_stop();
  const StopScope scope(&stop);
  error_of(Errc::cancelled, [&] { pca(x); });
}

}  // namespace
}  // namespace lagoon::learning
