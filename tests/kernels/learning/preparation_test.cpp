// SPDX-License-Identifier: Apache-2.0
#include <lagoon/kernels/learning/linear.hpp>
#include <lagoon/kernels/learning/preparation.hpp>
#include <lagoon/kernels/learning/scores.hpp>

#include <algorithm>
#include <map>
#include <reference/statistics.hpp>

#include "tables.hpp"

namespace lagoon::learning {
namespace {

using Labels = std::vector<std::int64_t>;

std::vector<double> column(View<const double, 2> x, std::ptrdiff_t j) {
  std::vector<double> v;
  for (std::ptrdiff_t i = 0; i < x.extent(0); ++i)
    if (!std::isnan(x(i, j))) v.push_back(x(i, j));
  return v;
}

std::map<std::int64_t, std::int64_t> counts(const Labels& rows, const Labels& labels) {
  std::map<std::int64_t, std::int64_t> found;
  for (std::int64_t row : rows) ++found[labels[static_cast<std::size_t>(row)]];
  return found;
}

/// Both parts ascend, and together are all rows.
void expect_partition(const Split& s, std::ptrdiff_t n) {
  EXPECT_TRUE(std::is_sorted(s.train.begin(), s.train.end()));
  EXPECT_TRUE(std::is_sorted(s.test.begin(), s.test.end()));
  Labels all = s.train;
  all.insert(all.end(), s.test.begin(), s.test.end());
  std::sort(all.begin(), all.end());
  ASSERT_EQ(all.size(), static_cast<std::size_t>(n));
  for (std::ptrdiff_t i = 0; i < n; ++i) EXPECT_EQ(all[static_cast<std::size_t>(i)], i);
}

TEST(Standardizer, EqualsTheReference) {
  for (std::ptrdiff_t n : {2, 3, 1000, 20'000})
    for (double mean : {0.0, 1e6}) {
      Tensor<double, 2> x = noise(n, 7, 1, mean);
      for (std::ptrdiff_t i = 0; i + 2 < n; i += 5) x(i, 3) = kNan;
      const Standardizer m = fit_standardizer(x);
      for (std::ptrdiff_t j = 0; j < 7; ++j) {
        const auto want = reference::moments(column(x, j), 0);
        const auto k = static_cast<std::size_t>(j);
        EXPECT_NEAR(m.mean[k], static_cast<double>(want.mean), 1e-14 * (mean + 1));
        EXPECT_NEAR(m.scale[k], static_cast<double>(std::sqrt(want.variance)), 1e-13);
      }
    }
}

TEST(Standardizer, LeavesConstantsAndSingleNumbersAlone) {
  Tensor<double, 2> x = Tensor<double, 2>::filled({9, 2}, 0.1);
  for (std::ptrdiff_t i = 1; i < 9; ++i) x(i, 1) = kNan;
  const Standardizer m = fit_standardizer(x);
  EXPECT_EQ(m.mean, (std::vector<double>{0.1, 0.1}));
  EXPECT_EQ(m.scale, (std::vector<double>{1, 1}));
  const Tensor<double, 2> z = transform(m, x);
  EXPECT_EQ(z(5, 0), 0);
  EXPECT_TRUE(std::isnan(z(5, 1)));
}

TEST(Standardizer, TakesNumbersWhoseSquaresOverflow) {
  const Tensor<double, 2> x = noise(100, 1, 3);
  Tensor<double, 2> odd({100, 2});
  for (std::ptrdiff_t i = 0; i < 100; ++i) {
    odd(i, 0) = x(i, 0) * 0x1p+900;
    odd(i, 1) = x(i, 0) * 0x1p-900;
  }
  const double scale = fit_standardizer(x).scale[0];
  const Standardizer m = fit_standardizer(odd);
  EXPECT_NEAR(m.scale[0] * 0x1p-900, scale, 1e-14);
  EXPECT_NEAR(m.scale[1] * 0x1p+900, scale, 1e-14);
}

TEST(Standardizer, ThereAndBackIsTheTable) {
  const Tensor<double, 2> x = noise(3000, 4, 5, 7);
  const Standardizer m = fit_standardizer(x);
  const Tensor<double, 2> z = transform(m, x), back = inverse_transform(m, z);
  const Standardizer of_z = fit_standardizer(z);
  for (std::size_t j = 0; j < 4; ++j) {
    EXPECT_NEAR(of_z.mean[j], 0, 1e-14);
    EXPECT_NEAR(of_z.scale[j], 1, 1e-14);
  }
  for (std::ptrdiff_t i = 0; i < x.size(); ++i) EXPECT_NEAR(back.data()[i], x.data()[i], 1e-14);
  expect_same_bits([&] { return numbers(transform(fit_standardizer(x), x)); });
}

TEST(Standardizer, RefusesWhatItCannotUse) {
  const auto message = [&](const auto& f) { return error_of(Errc::invalid_argument, f); };
  Tensor<double, 2> x = Tensor<double, 2>::filled({3, 2}, kNan);
  x(0, 0) = 1;
  EXPECT_EQ(message([&] { fit_standardizer(x); }), "fit_standardizer: column 1 has no numbers");
  x(0, 1) = -std::numeric_limits<double>::infinity();
  EXPECT_EQ(message([&] { fit_standardizer(x); }), "fit_standardizer: column 1 has an infinity");
  message([] { fit_standardizer(Tensor<double, 2>({0, 2})); });
  const Standardizer m = fit_standardizer(noise(3, 2));
  EXPECT_EQ(message([&] { transform(m, noise(3, 1)); }), "transform: x has 1 columns, the model 2");
  message([&] { inverse_transform(m, noise(3, 3)); });
}

TEST(Splits, HaveTheShareThatWasAskedFor) {
  for (std::ptrdiff_t n : {2, 3, 10, 1001})
    for (double share : {0.001, 0.25, 0.5, 0.999}) {
      const Split s = train_test_split(n, share, 1);
      expect_partition(s, n);
      EXPECT_EQ(static_cast<std::ptrdiff_t>(s.test.size()),
                std::clamp<std::ptrdiff_t>(std::llround(share * static_cast<double>(n)), 1, n - 1));
    }
}

TEST(Splits, AreTheSameForTheSameSeed) {
  EXPECT_EQ(train_test_split(12, 0.25, 1).test, (Labels{1, 3, 5}));  // on any machine
  EXPECT_EQ(train_test_split(100, 0.25, 1).test, train_test_split(100, 0.25, 1).test);
  EXPECT_NE(train_test_split(100, 0.25, 1).test, train_test_split(100, 0.25, 2).test);
  EXPECT_NE(k_folds(100, 4, 1)[0].test, train_test_split(100, 0.25, 1).test);
}

TEST(Splits, TakeEachRowAboutAsOften) {
  std::vector<int> taken(20, 0);
  for (std::uint64_t seed = 0; seed < 4000; ++seed)
    for (std::int64_t row : train_test_split(20, 0.25, seed).test) ++taken[static_cast<std::size_t>(row)];
  // 4000 draws at a quarter: 1000 with deviation 27; five of them.
  for (int t : taken) EXPECT_NEAR(t, 1000, 137);
}

TEST(Splits, KeepTheSharesOfLabels) {
  Labels labels;
  for (std::int64_t i = 0; i < 1000; ++i) labels.push_back(i % 10 == 0 ? 7 : i % 3 == 0 ? -2 : 40);
  const auto all = counts(train_test_split(labels, 0.5, 1).train, labels);
  const Split s = train_test_split(labels, 0.2, 3);
  expect_partition(s, 1000);
  EXPECT_EQ(s.test.size(), 200u);
  std::map<std::int64_t, std::int64_t> whole;
  for (std::int64_t l : labels) ++whole[l];
  for (const auto& [label, count] : counts(s.test, labels))
    EXPECT_NEAR(static_cast<double>(count), 0.2 * static_cast<double>(whole[label]), 1) << label;
  EXPECT_EQ(all.size(), 3u);
}

TEST(Folds, TestEachRowOnce) {
  Labels labels;
  for (std::int64_t i = 0; i < 103; ++i) labels.push_back(i % 7 < 2);
  for (std::ptrdiff_t k : {2, 5, 10, 103})
    for (const auto& folds : {k_folds(103, k, 1), k_folds(labels, k, 1)}) {
      ASSERT_EQ(folds.size(), static_cast<std::size_t>(k));
      std::vector<int> tested(103, 0);
      for (const Split& s : folds) {
        expect_partition(s, 103);
        EXPECT_TRUE(s.test.size() == static_cast<std::size_t>(103 / k) ||
                    s.test.size() == static_cast<std::size_t>(103 / k + 1));
        for (std::int64_t row : s.test) ++tested[static_cast<std::size_t>(row)];
      }
      EXPECT_EQ(std::count(tested.begin(), tested.end(), 1), 103);
    }
}

TEST(Folds, KeepTheSharesOfLabels) {
  Labels labels(150);
  for (std::size_t i = 0; i < 150; ++i) labels[i] = static_cast<std::int64_t>(i / 50);
  for (const Split& s : k_folds(labels, 10, 5))
    for (const auto& [label, count] : counts(s.test, labels)) EXPECT_EQ(count, 5) << label;
  for (const Split& s : k_folds(labels, 7, 5))
    for (const auto& [label, count] : counts(s.test, labels)) EXPECT_NEAR(static_cast<double>(count), 50.0 / 7, 1);
}

TEST(Splits, AreNotMadeOfWhatCannotBe) {
  const auto message = [&](const auto& f) { return error_of(Errc::invalid_argument, f); };
  EXPECT_EQ(message([] { train_test_split(1, 0.5, 1); }), "train_test_split: 1 rows; at least 2 are needed");
  message([] { train_test_split(Labels{}, 0.5, 1); });
  for (double share : {0.0, 1.0, -1.0, kNan}) message([=] { train_test_split(10, share, 1); });
  EXPECT_EQ(message([] { k_folds(5, 6, 1); }), "k_folds: 6 folds of 5 rows; 2 to as many as rows");
  message([] { k_folds(5, 1, 1); });
  message([] { k_folds(-1, 2, 1); });
}

TEST(Rows, AreTakenInTheOrderAsked) {
  const Tensor<double, 2> x = noise(10, 3);
  const Labels rows{7, 0, 7};
  const Tensor<double, 2> taken = take_rows(x, rows);
  ASSERT_EQ(taken.extent(0), 3);
  for (std::ptrdiff_t j = 0; j < 3; ++j) {
    EXPECT_EQ(taken(0, j), x(7, j));
    EXPECT_EQ(taken(1, j), x(0, j));
    EXPECT_EQ(taken(2, j), x(7, j));
  }
  EXPECT_EQ(take_rows(x.view().column(1), rows)[1], x(0, 1));
  EXPECT_EQ(take_rows(View<const std::int64_t, 1>(rows), Labels{1})[0], 0);
  EXPECT_EQ(take_rows(x, Labels{}).extent(0), 0);
  EXPECT_EQ(error_of(Errc::out_of_range,
                     [&] {
                       take_rows(x, Labels{0, 10});
                     }),
            "take_rows: rows[1] is 10; there are 10");
  error_of(Errc::out_of_range, [&] { take_rows(x.view().column(0), Labels{-1}); });
}

TEST(CrossValidation, JudgesByRowsThatWereNotSeen) {
  const Tensor<double, 2> x = noise(200, 2, 1), e = noise(200, 1, 2);
  std::vector<double> y;
  for (std::ptrdiff_t i = 0; i < 200; ++i) y.push_back(x(i, 0) - 2 * x(i, 1) + 0.5 * e(i, 0));
  const View<const double, 1> target(y);
  const auto scores = cross_validate(k_folds(200, 5, 1), [&](const Split& s) {
    const LinearModel m = fit_linear(take_rows(x, s.train), take_rows(target, s.train));
    return r2_score(take_rows(target, s.test), predict(m, take_rows(x, s.test)));
  });
  ASSERT_EQ(scores.size(), 5u);
  for (double r2 : scores) EXPECT_NEAR(r2, 0.95, 0.03);  // a variance of 5 beside one of 0.25
}

}  // namespace
}  // namespace lagoon::learning
