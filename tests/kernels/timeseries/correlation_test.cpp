// SPDX-License-Identifier: Apache-2.0
#include <lagoon/kernels/timeseries/correlation.hpp>

#include <map>
#include <reference/timeseries.hpp>

#include "trend_series.hpp"

namespace lagoon::timeseries {
namespace {

using test::error_of;
using test::kInfinity;
using test::kNan;
using test::noise;

std::vector<double> with_gaps(std::vector<double> x) {
  for (std::size_t i = 0; i < x.size(); ++i)
    if (i % 7 == 2 || (i > 20 && i < 30)) x[i] = kNan;
  return x;
}

/// Noise that remembers: its correlations are not all small.
std::vector<double> coloured(std::size_t n, unsigned seed = 11) {
  auto x = noise(n, 0, seed);
  for (std::size_t i = 1; i < n; ++i) x[i] += 0.8 * x[i - 1];
  return x;
}

TEST(Autocorrelation, EqualsTheReference) {
  for (std::size_t n : {2u, 3u, 17u, 200u, 3000u})
    for (double offset : {0.0, 1e6}) {
      auto x = coloured(n);
      for (double& v : x) v += offset;
      const auto lags = static_cast<std::ptrdiff_t>(n) + 2;  // beyond the end too
      const auto r = autocorrelation(x, lags), c = autocovariance(x, lags);
      ASSERT_EQ(r.size(), n + 3);
      for (std::ptrdiff_t k = 0; k <= lags; k += 1 + k / 20) {
        // The mean is rounded like a number of size `offset`, and deviations from it are of size 1.
        const double tolerance = 1e-14 + 4e-16 * offset;
        EXPECT_NEAR(r[k], static_cast<double>(reference::autocorrelation(x, k)), tolerance) << n << ' ' << k;
        EXPECT_NEAR(c[k], static_cast<double>(reference::cross_covariance(x, x, k)), 5 * tolerance) << n << ' ' << k;
      }
      EXPECT_EQ(r[0], 1);
    }
}

TEST(Autocorrelation, OfALongSeriesEqualsTheReferenceForFewAndManyLags) {
  const auto x = coloured(60000);
  for (std::ptrdiff_t lags : {5, 100, 700, 2500, 20000, 59999}) {
    const auto r = autocorrelation(x, lags);
    for (std::ptrdiff_t k : {std::ptrdiff_t{1}, std::ptrdiff_t{4}, lags / 2, lags - 1, lags})
      EXPECT_NEAR(r[k], static_cast<double>(reference::autocorrelation(x, k)), 1e-14) << lags << ' ' << k;
  }
}

TEST(Autocorrelation, LeavesOutProductsWithMissingFactors) {
  const auto x = with_gaps(coloured(1200));
  for (std::ptrdiff_t lags : {30, 1199}) {
    const auto r = autocorrelation(x, lags, {.nan = NanPolicy::omit});
    for (std::ptrdiff_t k = 0; k < std::min<std::ptrdiff_t>(lags, 1150); k += 13)
      EXPECT_NEAR(r[k], static_cast<double>(reference::autocorrelation(x, k)), 1e-13) << k;
  }
  // 1 - mean, a gap, 3 - mean: one product at lag 2 over 1 + 2, none at lag 1, squares over 2.
  const auto c = autocovariance(std::vector<double>{1, kNan, 3}, 3, {.nan = NanPolicy::omit});
  EXPECT_EQ(c[0], 1);
  EXPECT_TRUE(std::isnan(c[1]));
  EXPECT_DOUBLE_EQ(c[2], -1.0 / 3);
  EXPECT_EQ(c[3], 0);
}

TEST(Autocorrelation, TreatsNanAsAsked) {
  const auto x = with_gaps(noise(100));
  for (double v : autocorrelation(x, 5)) EXPECT_TRUE(std::isnan(v));
  for (double v : partial_autocorrelation(x, 5)) EXPECT_TRUE(std::isnan(v));
  for (double v : cross_correlation(noise(100), x, 5)) EXPECT_TRUE(std::isnan(v));
  const std::string message =
      error_of(Errc::invalid_argument, [&] { autocorrelation(x, 5, {.nan = NanPolicy::fail}); });
  EXPECT_EQ(message, "autocorrelation: element 2 is NaN");
  const std::vector<double> nothing{kNan, kNan};
  EXPECT_TRUE(std::isnan(autocovariance(nothing, 0, {.nan = NanPolicy::omit})[0]));
}

TEST(Autocorrelation, OfAConstantSeriesIsNaN) {
  for (std::size_t n : {1u, 2u, 5000u})
    for (std::ptrdiff_t lags : {3, 1500}) {
      const std::vector<double> x(n, 0.1);
      for (double v : autocovariance(x, lags)) EXPECT_EQ(v, 0);
      const auto r = autocorrelation(x, lags);
      EXPECT_TRUE(std::isnan(r[0]));
      const auto y = noise(n);
      for (double v : cross_correlation(x, y, 1)) EXPECT_TRUE(std::isnan(v));
      EXPECT_TRUE(std::isnan(partial_autocorrelation(x, 2)[0]));
    }
}

TEST(Autocorrelation, DoesNotDependOnShiftScaleDirectionOrStride) {
  const auto x = coloured(5000);
  for (std::ptrdiff_t lags : {20, 900}) {
    const auto r = autocorrelation(x, lags);
    std::vector<double> changed, spread(3 * x.size(), kNan);
    for (double v : x) changed.push_back(100 - 8 * v);
    for (std::size_t i = 0; i < x.size(); ++i) spread[3 * i] = x[i];
    const auto n = static_cast<std::ptrdiff_t>(x.size());
    const auto other = autocorrelation(changed, lags);
    const auto strided = autocorrelation(View<const double, 1>(spread.data(), {n}, {3}), lags);
    const auto reversed = autocorrelation(View<const double, 1>(x.data() + n - 1, {n}, {-1}), lags);
    for (std::ptrdiff_t k = 0; k <= lags; ++k) {
      EXPECT_NEAR(other[k], r[k], 1e-13);
      EXPECT_EQ(strided[k], r[k]);
      EXPECT_NEAR(reversed[k], r[k], 1e-14);
    }
  }
}

TEST(Autocorrelation, OfHugeAndTinyNumbersDoesNotOverflow) {
  const auto x = coloured(3000);
  for (std::ptrdiff_t lags : {10, 1000})
    for (double scale : {0x1p1000, 0x1p-1000}) {  // powers of two do not round
      std::vector<double> far;
      for (double v : x) far.push_back(v * scale);
      EXPECT_EQ(autocorrelation(far, lags), autocorrelation(x, lags));
      EXPECT_EQ(cross_correlation(far, x, lags), cross_correlation(x, x, lags));
    }
  auto broken = x;
  broken[7] = kInfinity;
  for (double v : autocorrelation(broken, 3)) EXPECT_TRUE(std::isnan(v));
}

TEST(Autocorrelation, HasTheSameBitsForAnyNumberOfCores) {
  const auto x = coloured(400001);
  for (std::ptrdiff_t lags : {24, 1000, 30000}) test::expect_same_bits([&] { return autocorrelation(x, lags); });
}

TEST(Autocorrelation, RefusesWhatIsNoQuestion) {
  const std::vector<double> x{1, 2, 3}, none;
  EXPECT_EQ(error_of(Errc::invalid_argument, [&] { autocorrelation(none, 1); }),
            "autocorrelation: the series is empty");
  EXPECT_EQ(error_of(Errc::invalid_argument, [&] { autocovariance(x, -1); }),
            "autocovariance: lags is -1; it must be 0 or more");
  EXPECT_EQ(error_of(Errc::invalid_argument, [&] { cross_correlation(x, std::vector<double>{1}, 1); }),
            "cross_correlation: x has 3 numbers, y has 1");
}

TEST(Autocorrelation, HasNoRoomForAnyNumberOfLags) {
  const std::vector<double> x{1, 2, 3}, gap{1, kNan};
  for (std::ptrdiff_t lags : {std::ptrdiff_t{1} << 50, std::numeric_limits<std::ptrdiff_t>::max()}) {
    error_of(Errc::resource_exhausted, [&] { autocorrelation(x, lags); });
    error_of(Errc::resource_exhausted, [&] { partial_autocorrelation(gap, lags); });
    error_of(Errc::resource_exhausted, [&] { cross_correlation(x, x, lags); });
  }
}

TEST(PartialAutocorrelation, SolvesTheEquationsOfYuleAndWalker) {
  const auto x = coloured(300);
  const auto partial = partial_autocorrelation(x, 40);
  EXPECT_EQ(partial[0], 1);
  for (std::ptrdiff_t k = 1; k <= 40; ++k)  // elimination and recursion round differently, by a condition of 1e2
    EXPECT_NEAR(partial[k], static_cast<double>(reference::partial_autocorrelation(x, k)), 1e-13) << k;
}

TEST(PartialAutocorrelation, OfAnAutoregressionEndsAtItsOrder) {
  const auto partial = partial_autocorrelation(coloured(200000), 5);
  // Estimates of 200,000 numbers scatter by 1 / sqrt(200000) = 0.0022.
  EXPECT_NEAR(partial[1], 0.8, 0.01);
  for (int k = 2; k <= 5; ++k) EXPECT_NEAR(partial[k], 0, 0.01);
}

TEST(CrossCorrelation, EqualsTheReference) {
  const auto x = coloured(2000, 3), y = coloured(2000, 4);
  const auto gaps = with_gaps(y);
  for (std::ptrdiff_t lags : {0, 30, 1999, 2005})
    for (const auto* other : {&y, &gaps}) {
      const auto r = cross_correlation(x, *other, lags, {.nan = NanPolicy::omit});
      ASSERT_EQ(r.size(), static_cast<std::size_t>(2 * lags + 1));
      const long double scale =
          std::sqrt(reference::cross_covariance(x, x, 0)) * std::sqrt(reference::cross_covariance(*other, *other, 0));
      for (std::ptrdiff_t k = -std::min<std::ptrdiff_t>(lags, 1900); k <= std::min<std::ptrdiff_t>(lags, 1900); k += 7)
        EXPECT_NEAR(r[lags + k], static_cast<double>(reference::cross_covariance(x, *other, k) / scale), 1e-13) << k;
    }
}

TEST(CrossCorrelation, FindsADelayAndItsDirection) {
  const auto x = noise(3000);
  std::vector<double> late(x.size(), 0.0);
  for (std::size_t i = 9; i < x.size(); ++i) late[i] = x[i - 9];
  const auto r = cross_correlation(late, x, 20);  // late[t + 9] is x[t]
  EXPECT_EQ(std::max_element(r.begin(), r.end()) - r.begin(), 20 + 9);
  auto mirrored = cross_correlation(x, late, 20);
  std::reverse(mirrored.begin(), mirrored.end());
  EXPECT_EQ(r, mirrored);
}

TEST(LjungBox, EqualsStatsmodels) {  // acorr_ljungbox of 0.15, lags 5, model_df 0 and 2
  const LjungBox plain = ljung_box(test::kTiedValues, 5), fitted = ljung_box(test::kTiedValues, 5, 2);
  EXPECT_NEAR(plain.statistic, 3.02570173, 5e-9);
  EXPECT_NEAR(plain.p, 0.69602321, 5e-9);
  EXPECT_EQ(fitted.statistic, plain.statistic);
  EXPECT_EQ(fitted.degrees_of_freedom, 3);
  EXPECT_NEAR(fitted.p, 0.38767943, 5e-9);
}

TEST(LjungBox, TellsNoiseFromMemory) {
  EXPECT_GT(ljung_box(noise(5000), 20).p, 0.001);
  EXPECT_LT(ljung_box(coloured(5000), 20).p, 1e-100);
}

TEST(LjungBox, RefusesWhatHasNoAnswer) {
  const std::vector<double> x{1, 2, 4, 3, kNan};
  const CorrelationOptions omit{.nan = NanPolicy::omit};
  EXPECT_EQ(error_of(Errc::invalid_argument, [&] { ljung_box(x, 0, 0, omit); }),
            "ljung_box: lags is 0; it must be 1 or more and below the length, 5");
  EXPECT_EQ(error_of(Errc::invalid_argument, [&] { ljung_box(x, 4, 0, omit); }),
            "ljung_box: lags is 4; it must be below the number of observations, 4");
  EXPECT_EQ(error_of(Errc::invalid_argument, [&] { ljung_box(x, 2, 2, omit); }),
            "ljung_box: fitted is 2; it must be 0 or more and below lags, 2");
  EXPECT_TRUE(std::isnan(ljung_box(x, 2).p));
  EXPECT_TRUE(std::isnan(ljung_box(std::vector<double>(9, 4.0), 2).statistic));
}

TEST(Correlations, EqualThoseOfR) {
  if (test::known_answer("").empty()) GTEST_SKIP() << "no LAGOON_CASES";
  std::map<std::string, std::vector<std::vector<std::string>>> answers;
  for (const auto& row : test::rows_of(test::known_answer("timeseries/acf_R.csv"))) answers[row[0]].push_back(row);
  ASSERT_EQ(answers.size(), 5u);
  for (const auto& [name, rows] : answers) {
    const auto x = test::column(test::known_answer("timeseries/" + name + "_data.csv"), 1);
    const auto r = autocorrelation(x, 24), partial = partial_autocorrelation(x, 24), c = autocovariance(x, 24);
    for (std::size_t k = 0; k <= 24; ++k) {
      EXPECT_NEAR(r[k], std::stod(rows[k][2]), 1e-12) << name << ' ' << k;
      if (k > 0) {
        EXPECT_NEAR(partial[k], std::stod(rows[k][3]), 1e-12) << name << ' ' << k;
      }
      EXPECT_NEAR(c[k], std::stod(rows[k][4]), 1e-12 * c[0]) << name << ' ' << k;
    }
  }
  const auto wanted = test::column(test::known_answer("timeseries/ccf_mdeaths_fdeaths_R.csv"), 1);
  const auto got = cross_correlation(test::column(test::known_answer("timeseries/mdeaths_data.csv"), 1),
                                     test::column(test::known_answer("timeseries/fdeaths_data.csv"), 1), 12);
  ASSERT_EQ(wanted.size(), got.size());
  for (std::size_t k = 0; k < got.size(); ++k) EXPECT_NEAR(got[k], wanted[k], 1e-12) << k;
}

}  // namespace
}  // namespace lagoon::timeseries
