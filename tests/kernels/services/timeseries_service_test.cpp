// SPDX-License-Identifier: Apache-2.0
// Each method of lagoon.TimeSeries, called as a stranger calls it: what goes in, what comes out, what is refused.
#include <lagoon/kernels/timeseries.hpp>

#include <cmath>
#include <cstring>
#include <limits>
#include <numbers>
#include <vector>

#include "service_test.hpp"

namespace lagoon::services {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

/// A line, a week and a little that is neither.
Frozen<double, 1> weekly(std::ptrdiff_t n = 140) {
  Tensor<double, 1> x({n});
  for (std::ptrdiff_t i = 0; i < n; ++i) {
    const double t = static_cast<double>(i);
    x[i] = 3 + 0.05 * t + 2 * std::sin(2 * std::numbers::pi * t / 7) + 0.1 * std::sin(11.3 * t);
  }
  return std::move(x).freeze();
}

bool same_bits(View<const double, 1> a, View<const double, 1> b) {
  return a.extents() == b.extents() && std::memcmp(a.data(), b.data(), static_cast<std::size_t>(a.size()) * 8) == 0;
}

using TimeSeriesService = ServiceTest<TimeSeries>;

TEST_F(TimeSeriesService, AnswersAsTheKernelsDo) {
  const Frozen<double, 1> x = weekly();
  const TrendReply trend = call<Trend>(TrendRequest{.data = {x}});
  EXPECT_EQ(trend.line.slope, timeseries::line_fit(x).slope);
  EXPECT_EQ(trend.test.s, timeseries::mann_kendall(x).s);
  EXPECT_EQ(trend.robust.slope, timeseries::theil_sen(x).slope);
  EXPECT_TRUE(same_bits(call<Stl>(StlRequest{.data = {x}, .period = 7}).trend, timeseries::stl(x, 7).trend));
  EXPECT_TRUE(same_bits(call<Decompose>(DecomposeRequest{.data = {x}, .period = 7}).figure,
                        timeseries::decompose(x, 7).figure));
  EXPECT_TRUE(same_bits(call<Rolling>(RollingRequest{.data = {x}, .window = 5, .statistic = "median"}).values,
                        timeseries::rolling_median(x, 5)));
  EXPECT_TRUE(same_bits(call<Exponential>(ExponentialRequest{.data = {x}, .alpha = 0.2}).values,
                        timeseries::exponential_mean(x, {.alpha = 0.2})));
  const auto correlation = call<Autocorrelation>(AutocorrelationRequest{.data = {x}, .lags = 14});
  EXPECT_EQ(correlation.values, timeseries::autocorrelation(x, 14));
  EXPECT_EQ(correlation.test.statistic, timeseries::ljung_box(x, 14).statistic);
  EXPECT_NEAR(correlation.bound, 1.96 / std::sqrt(140.0), 1e-4);
  const auto cross = call<CrossCorrelation>(CrossCorrelationRequest{.x = {x}, .y = {x}, .lags = 3});
  EXPECT_EQ(cross.lags, (std::vector<std::int64_t>{-3, -2, -1, 0, 1, 2, 3}));
  EXPECT_NEAR(cross.values[3], 1, 1e-12);
}

TEST_F(TimeSeriesService, TimesGoAlongWithTheValues) {
  Tensor<double, 1> times({140});
  for (std::ptrdiff_t i = 0; i < 140; ++i) times[i] = 10.0 * static_cast<double>(i);
  const TrendReply trend = call<Trend>(TrendRequest{.data = {weekly()}, .times = std::move(times).freeze()});
  EXPECT_NEAR(trend.line.slope, timeseries::line_fit(weekly()).slope / 10, 1e-12);
  EXPECT_NEAR(trend.robust.slope, timeseries::theil_sen(weekly()).slope / 10, 1e-12);
}

TEST_F(TimeSeriesService, FindsThePeriodThatNobodyGave) {
  EXPECT_EQ(call<Stl>(StlRequest{.data = {weekly()}}).period, 7);
  EXPECT_NEAR(call<Periods>(PeriodsRequest{.data = {weekly()}}).periods.front().length, 7, 0.1);
  const Frozen<double, 1> line = Frozen<double, 1>::adopt(std::vector<double>(50, 1.0));
  EXPECT_NE(error_of<Stl>(StlRequest{.data = {line}}).find("no period is given, and none is found"), std::string::npos);
}

TEST_F(TimeSeriesService, ExaminesAllSideBySide) {
  const ExamineReply r = call<Examine>(ExamineRequest{.data = {weekly()}});
  EXPECT_TRUE(r.notes.empty());
  EXPECT_EQ(r.decomposition.period, 7);
  EXPECT_GT(r.decomposition.seasonal_strength, 0.95);
  EXPECT_NEAR(r.trend.line.slope, 0.05, 0.01);
  EXPECT_EQ(r.autocorrelation.values.size(), 22u);  // 10 log10(140) = 21.46, and lag 0
  EXPECT_EQ(r.decomposition.trend.size(), 140);
}

TEST_F(TimeSeriesService, WhatOneSeriesCannotHaveIsANote) {
  const Frozen<double, 1> few = Frozen<double, 1>::adopt(std::vector<double>{1, 2, kNan, 5});
  const ExamineReply r = call<Examine>(ExamineRequest{.data = {few}, .period = 12});
  ASSERT_EQ(r.notes.size(), 1u);
  EXPECT_EQ(r.notes[0].find("decomposition: "), 0u);
  EXPECT_EQ(r.trend.line.count, 3);
  EXPECT_EQ(r.trend.line.missing, 1);
  EXPECT_EQ(r.decomposition.period, 0);
}

TEST_F(TimeSeriesService, RefusesWhatItDoesNotKnow) {
  EXPECT_EQ(error_of<Rolling>(RollingRequest{.data = {weekly()}, .window = 3, .statistic = "mode"}),
            "rolling: statistic 'mode' is not known; there are mean, standard_deviation, median, minimum, maximum");
  EXPECT_NE(error_of<Decompose>(DecomposeRequest{.data = {weekly()}, .period = 7, .composition = "x"}).find("additive"),
            std::string::npos);
  EXPECT_NE(error_of<Trend>(TrendRequest{}), "no error");
  EXPECT_NE(error_of<Autocorrelation>(AutocorrelationRequest{}), "no error");
  EXPECT_NE(error_of<Periods>(PeriodsRequest{.data = {weekly()}, .most = -1}), "no error");
}

}  // namespace
}  // namespace lagoon::services
