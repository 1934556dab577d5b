// SPDX-License-Identifier: Apache-2.0
#include <lagoon/kernels/timeseries/correlation.hpp>
#include <lagoon/kernels/timeseries/trend.hpp>

#include <reference/timeseries.hpp>

#include "trend_series.hpp"

namespace lagoon::timeseries {
namespace {

using test::digits;
using test::error_of;
using test::kInfinity;
using test::kNan;
using test::kTiedTimes;
using test::kTiedValues;
using test::noise;
using test::rainfall;
using test::steps;

TEST(LineFit, EqualsTheReference) {
  for (std::size_t n : {3u, 10u, 2047u, 2049u, 140000u})
    for (double first : {0.0, 1e6}) {
      const auto t = steps(n, first), x = noise(n, 0.01);
      const auto want = reference::line_fit(t, x);
      const LineFit fit = line_fit(t, x);
      EXPECT_EQ(fit.count, static_cast<std::int64_t>(n));
      // The line of noise is rounded like the noise, of size 1, over the length of the series.
      EXPECT_NEAR(fit.slope, static_cast<double>(want.slope), 1e-15);
      EXPECT_NEAR(fit.intercept, static_cast<double>(want.intercept), 1e-15 * (10 + first));
      EXPECT_GE(digits(fit.slope_error, static_cast<double>(want.slope_error)), 13);
      EXPECT_GE(digits(fit.intercept_error, static_cast<double>(want.intercept_error)), 13);
      EXPECT_NEAR(fit.r2, static_cast<double>(want.r2), 1e-14);
    }
}

TEST(LineFit, EqualsScipy) {  // scipy.stats.linregress; the quantile is that of scipy.stats.t
  const LineFit fit = line_fit(kTiedTimes, kTiedValues);
  EXPECT_GE(digits(fit.slope, 0.06652721228194688), 14);
  EXPECT_GE(digits(fit.intercept, 4.094916140599903), 14);
  EXPECT_GE(digits(fit.slope_error, 0.07419256357890681), 14);
  EXPECT_GE(digits(fit.intercept_error, 1.0380332451312833), 14);
  EXPECT_GE(digits(fit.r2, 0.04275891918951548), 13);
  EXPECT_GE(digits(fit.p, 0.3817243936090319), 12);
  EXPECT_GE(digits(fit.t, fit.slope / fit.slope_error), 15);
  EXPECT_GE(digits(fit.slope_high, fit.slope + 2.1009220402410382 * fit.slope_error), 12);
  EXPECT_GE(digits(fit.slope_low, fit.slope - 2.1009220402410382 * fit.slope_error), 12);
}

TEST(LineFit, OfPointsOnALineIsThatLine) {
  std::vector<double> x;
  for (int i = 0; i < 5000; ++i) x.push_back(7 - 2 * i);
  const LineFit fit = line_fit(x);
  EXPECT_EQ(fit.slope, -2);
  EXPECT_EQ(fit.intercept, 7);
  EXPECT_EQ(fit.r2, 1);
  EXPECT_EQ(fit.residual_deviation, 0);
  EXPECT_EQ(fit.p, 0);
}

TEST(LineFit, OfAConstantSeriesIsFlatAndExplainsNothing) {
  const LineFit fit = line_fit(std::vector<double>(70000, 0.1));
  EXPECT_EQ(fit.slope, 0);
  EXPECT_EQ(fit.intercept, 0.1);
  EXPECT_EQ(fit.slope_error, 0);
  EXPECT_TRUE(std::isnan(fit.r2));
  EXPECT_TRUE(std::isnan(fit.p));
}

TEST(LineFit, OfOneOrTwoObservationsKnowsWhatTheyTell) {
  const LineFit one = line_fit(std::vector<double>{5}), two = line_fit(std::vector<double>{5, 8});
  EXPECT_TRUE(std::isnan(one.slope) && std::isnan(one.intercept));
  EXPECT_EQ(two.slope, 3);
  EXPECT_EQ(two.intercept, 5);
  EXPECT_EQ(two.r2, 1);
  EXPECT_TRUE(std::isnan(two.slope_error) && std::isnan(two.p) && std::isnan(two.slope_low));
}

TEST(LineFit, TreatsNanAsAsked) {
  std::vector<double> t = steps(3000), x = noise(3000, 0.1), kept_t, kept_x;
  x[7] = t[9] = x[2500] = kNan;
  for (std::size_t i = 0; i < x.size(); ++i)
    if (!std::isnan(x[i]) && !std::isnan(t[i])) kept_t.push_back(t[i]), kept_x.push_back(x[i]);
  const LineFit through = line_fit(t, x), without = line_fit(t, x, {.nan = NanPolicy::omit});
  EXPECT_TRUE(std::isnan(through.slope) && std::isnan(through.p) && std::isnan(through.slope_high));
  EXPECT_EQ(through.missing, 3);
  EXPECT_EQ(without.count, 2997);
  EXPECT_EQ(without.missing, 3);
  EXPECT_GE(digits(without.slope, line_fit(kept_t, kept_x).slope), 14);
  const auto message = [&] { line_fit(t, x, {.nan = NanPolicy::fail}); };
  EXPECT_EQ(error_of(Errc::invalid_argument, message), "line_fit: element 7 is NaN");
  x[7] = 0;
  EXPECT_EQ(error_of(Errc::invalid_argument, message), "line_fit: time 9 is NaN");
}

TEST(LineFit, MovesWithTheDataInAnyOrderAndStride) {
  const auto t = steps(4000), x = noise(4000, 0.003);
  const LineFit fit = line_fit(t, x);
  std::vector<double> scaled, later, spread(2 * x.size(), kNan);
  for (double v : x) scaled.push_back(5 - 4 * v);
  for (double v : t) later.push_back(v + 1000);
  for (std::size_t i = 0; i < x.size(); ++i) spread[2 * i] = x[i];
  EXPECT_GE(digits(line_fit(t, scaled).slope, -4 * fit.slope), 12);
  EXPECT_GE(digits(line_fit(later, x).slope, fit.slope), 12);
  EXPECT_NEAR(line_fit(later, x).intercept, fit.intercept - 1000 * fit.slope, 1e-13);
  EXPECT_GE(digits(line_fit(scaled, t).r2, fit.r2), 12);  // which is a square of a correlation
  EXPECT_EQ(line_fit(x).slope, fit.slope);
  EXPECT_EQ(line_fit(View<const double, 1>(spread.data(), {4000}, {2})).p, fit.p);
  std::vector<double> back_t(t.rbegin(), t.rend()), back_x(x.rbegin(), x.rend());
  EXPECT_GE(digits(line_fit(back_t, back_x).slope, fit.slope), 12);
}

TEST(LineFit, HasTheSameBitsForAnyNumberOfCores) {
  const auto x = noise(500003, 1e-6);
  test::expect_same_bits([&] {
    const LineFit fit = line_fit(x);
    return std::vector{fit.slope, fit.intercept, fit.slope_error, fit.intercept_error, fit.r2, fit.p};
  });
}

TEST(LineFit, RefusesWhatHasNoLine) {
  const std::vector<double> x{1, 2, 3}, none;
  EXPECT_EQ(error_of(Errc::invalid_argument, [&] { line_fit(none); }), "line_fit: the series is empty");
  EXPECT_EQ(error_of(Errc::invalid_argument,
                     [&] {
                       line_fit(std::vector<double>{1, 2}, x);
                     }),
            "line_fit: there are 2 times and 3 numbers of x");
  EXPECT_EQ(error_of(Errc::invalid_argument, [&] { line_fit(none, x); }),
            "line_fit: there are 0 times and 3 numbers of x");
  EXPECT_EQ(error_of(Errc::invalid_argument,
                     [&] {
                       line_fit(std::vector<double>{1, kInfinity, 2}, x);
                     }),
            "line_fit: time 1 is infinite");
  EXPECT_EQ(error_of(Errc::invalid_argument,
                     [&] {
                       line_fit(std::vector<double>{4, 4, 4}, x);
                     }),
            "line_fit: all times are 4.000000; a line needs two different ones");
  for (double confidence : {0.0, 1.0, -1.0, kNan})
    EXPECT_NE(error_of(Errc::invalid_argument, [&] { line_fit(x, {.confidence = confidence}); }).find("confidence"),
              std::string::npos);
}

TEST(LineFit, ReachesNistsCertifiedValues) {
  if (test::known_answer("").empty()) GTEST_SKIP() << "no LAGOON_CASES";
  std::ifstream in(test::known_answer("stats/nist/Norris.dat"));
  std::vector<double> y, x;
  std::string line;
  for (int i = 0; i < 60; ++i) std::getline(in, line);
  for (double a, b; in >> a >> b;) y.push_back(a), x.push_back(b);
  ASSERT_EQ(x.size(), 36u);
  const LineFit fit = line_fit(x, y);
  EXPECT_GE(digits(fit.intercept, -0.262323073774029), 12);
  EXPECT_GE(digits(fit.intercept_error, 0.232818234301152), 12);
  EXPECT_GE(digits(fit.slope, 1.00211681802045), 12);
  EXPECT_GE(digits(fit.slope_error, 4.29796848199937e-4), 12);
  EXPECT_GE(digits(fit.residual_deviation, 0.884796396144373), 12);
}

TEST(MannKendall, EqualsTheCountOfAllPairs) {
  for (std::size_t n : {1u, 2u, 3u, 50u, 1000u})
    for (int values : {2, 10, 1000000}) {
      auto x = noise(n, 0.001);
      for (double& v : x) v = std::floor(v * values / 4);
      const MannKendall test = mann_kendall(x);
      EXPECT_EQ(test.s, reference::rising(x)) << n << ' ' << values;
      const auto pairs = static_cast<double>(n) * static_cast<double>(n - 1) / 2;
      if (n > 1) {
        EXPECT_DOUBLE_EQ(test.tau, static_cast<double>(test.s) / pairs);
      }
    }
}

TEST(MannKendall, EqualsScipysTau) {  // scipy.stats.kendalltau with 0 ... 19
  EXPECT_GE(digits(mann_kendall(kTiedValues).tau_b, 0.21999285034854363), 14);
}

TEST(MannKendall, EqualsThePublishedTestOfARainfallSeries) {
  const MannKendall test = mann_kendall(rainfall(), {.nan = NanPolicy::omit});
  EXPECT_EQ(test.s, -1959);
  EXPECT_GE(digits(test.variance, 4889800.333333333), 15);
  EXPECT_GE(digits(test.z, -0.8854562842589916), 15);
  EXPECT_GE(digits(test.p, 0.37591058740506833), 14);
  EXPECT_GE(digits(test.tau, -0.03153167653875869), 15);
}

TEST(MannKendall, OfARisingSeriesIsCertain) {
  const MannKendall test = mann_kendall(steps(360));
  EXPECT_EQ(test.s, 64620);
  EXPECT_EQ(test.tau, 1);
  EXPECT_EQ(test.tau_b, 1);
  EXPECT_LT(test.p, 1e-150);
}

TEST(MannKendall, OfAConstantSeriesSeesNoTrend) {
  const MannKendall test = mann_kendall(std::vector<double>(360, 3.5));
  EXPECT_EQ(test.s, 0);
  EXPECT_EQ(test.variance, 0);
  EXPECT_EQ(test.z, 0);
  EXPECT_EQ(test.p, 1);
  EXPECT_EQ(test.tau, 0);
  EXPECT_TRUE(std::isnan(test.tau_b));
}

TEST(MannKendall, DependsOnTheOrderAlone) {
  const auto x = noise(999, 0.001);
  std::vector<double> bent, reversed(x.rbegin(), x.rend());
  for (double v : x) bent.push_back(std::exp(v));
  const MannKendall test = mann_kendall(x);
  EXPECT_EQ(mann_kendall(View<const double, 1>(x.data() + 998, {999}, {-1})).s, -test.s);
  EXPECT_EQ(mann_kendall(reversed).z, -test.z);
  EXPECT_EQ(mann_kendall(bent).s, test.s);
  EXPECT_EQ(mann_kendall(std::vector<double>{-kInfinity, 0, kInfinity}).s, 3);
}

TEST(MannKendall, TreatsNanAsAsked) {
  const auto x = rainfall();
  const MannKendall through = mann_kendall(x);
  EXPECT_TRUE(std::isnan(through.p) && std::isnan(through.tau) && std::isnan(through.variance));
  EXPECT_EQ(through.missing, 7);
  EXPECT_EQ(through.count, 353);
  EXPECT_EQ(error_of(Errc::invalid_argument, [&] { mann_kendall(x, {.nan = NanPolicy::fail}); }),
            "mann_kendall: element 14 is NaN");
  const MannKendall none = mann_kendall(std::vector<double>{kNan}, {.nan = NanPolicy::omit});
  EXPECT_EQ(none.count, 0);
  EXPECT_EQ(none.p, 1);
}

TEST(MannKendall, RefusesMorePairsThanItCanCount) {
  const double one = 1;
  const View<const double, 1> endless(&one, {std::ptrdiff_t{1} << 32}, {0});
  const auto message = error_of(Errc::invalid_argument, [&] { mann_kendall(endless); });
  EXPECT_NE(message.find("4294967296"), std::string::npos) << message;
  EXPECT_EQ(error_of(Errc::invalid_argument, [] { mann_kendall(std::vector<double>{}); }),
            "mann_kendall: the series is empty");
}

TEST(Trends, EqualThoseOfR) {
  if (test::known_answer("").empty()) GTEST_SKIP() << "no LAGOON_CASES";
  const auto rows = test::rows_of(test::known_answer("timeseries/trend_R.csv"));
  ASSERT_EQ(rows.size(), 5u);
  for (const auto& row : rows) {
    const auto x = test::column(test::known_answer("timeseries/" + row[0] + "_data.csv"), 1);
    const LineFit fit = line_fit(steps(x.size(), 1), x);  // R counts from 1
    EXPECT_GE(digits(fit.intercept, std::stod(row[1])), 9) << row[0];
    EXPECT_GE(digits(fit.slope, std::stod(row[2])), 9) << row[0];
    EXPECT_GE(digits(fit.slope_error, std::stod(row[3])), 9) << row[0];
    EXPECT_GE(digits(fit.r2, std::stod(row[4])), 9) << row[0];
    const MannKendall test = mann_kendall(x);
    EXPECT_GE(digits(test.tau_b, std::stod(row[5])), 9) << row[0];
    EXPECT_GE(digits(ljung_box(x, 12).statistic, std::stod(row[8])), 9) << row[0];
  }
}

}  // namespace
}  // namespace lagoon::timeseries
