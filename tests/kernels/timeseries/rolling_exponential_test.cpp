// SPDX-License-Identifier: Apache-2.0
#include <lagoon/engine/stop.hpp>
#include <lagoon/kernels/timeseries/rolling.hpp>

#include <cmath>
#include <limits>
#include <random>
#include <reference/timeseries_rolling.hpp>

#include "../expect.hpp"

namespace lagoon::timeseries {
namespace {

using test::error_of;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

std::vector<double> normal(std::size_t n, double mean = 0) {
  std::mt19937_64 random(3);
  std::normal_distribution<double> draw(mean, 1);
  std::vector<double> x(n);
  for (double& v : x) v = draw(random);
  return x;
}

void expect_near(double got, long double wanted, double tolerance) {
  if (std::isnan(wanted))
    EXPECT_TRUE(std::isnan(got)) << got;
  else
    EXPECT_NEAR(got, static_cast<double>(wanted), tolerance);
}

TEST(Exponential, EqualsTheDefinition) {
  auto x = normal(120, 20), gaps = x;
  for (std::size_t i = 0; i < gaps.size(); ++i)
    if (i < 3 || i % 5 == 1 || (i > 60 && i < 75)) gaps[i] = kNan;
  for (const auto& series : {x, gaps})
    for (const double alpha : {0.02, 0.3, 0.95})
      for (const bool adjust : {true, false}) {
        const auto wanted = reference::exponential(series, alpha, adjust);
        const auto mean = exponential_mean(series, {alpha, adjust});
        const auto deviation = exponential_standard_deviation(series, {alpha, adjust});
        for (std::size_t i = 0; i < series.size(); ++i) {
          const auto k = static_cast<std::ptrdiff_t>(i);
          // Each step rounds a mean of size 20; earlier roundings are forgotten like numbers.
          expect_near(mean[k], wanted[i].mean, 1e-13);
          expect_near(deviation[k], std::sqrt(adjust ? wanted[i].unbiased : wanted[i].variance), 1e-13);
        }
      }
}

TEST(Exponential, GivesWhatPandasDoes) {
  // pandas' recursion (ignore_na=False) by hand, alpha 0.3; the deviation without `adjust` is that of bias=True.
  const std::vector<double> x{2, kNan, 4, 8, kNan, kNan, 1};
  const double adjusted[] = {
      2, 2, 3.3422818791946307, 5.622124326970142, 5.622124326970142, 5.622124326970142, 2.9044250503748641};
  const double adjusted_deviation[] = {
      kNan, kNan, 1.4142135623730949, 3.0903824554052344, 3.0903824554052344, 3.0903824554052344, 3.5912453589423632};
  const double recursive[] = {
      2, 2, 2.759493670886076, 4.3316455696202532, 4.3316455696202532, 4.3316455696202532, 2.7772230643541942};
  const double recursive_deviation[] = {
      kNan, kNan, 0.97064757026231974, 2.5350976464252319, 2.5350976464252319, 2.5350976464252319, 2.4881330140752524};
  for (std::ptrdiff_t i = 0; i < 7; ++i) {
    expect_near(exponential_mean(x, {0.3, true})[i], adjusted[i], 2e-15);
    expect_near(exponential_standard_deviation(x, {0.3, true})[i], adjusted_deviation[i], 4e-15);
    expect_near(exponential_mean(x, {0.3, false})[i], recursive[i], 2e-15);
    expect_near(exponential_standard_deviation(x, {0.3, false})[i], recursive_deviation[i], 4e-15);
  }
}

TEST(Exponential, MeanOfEqualNumbersIsThatNumber) {
  for (const bool adjust : {true, false}) {
    const std::vector<double> x(3000, 0.1);
    for (const double alpha : {1e-9, 0.3, 1.0}) {
      const auto mean = exponential_mean(x, {alpha, adjust}),
                 deviation = exponential_standard_deviation(x, {alpha, adjust});
      for (std::ptrdiff_t i = 1; i < 3000; ++i) {
        ASSERT_EQ(mean[i], 0.1);
        if (alpha < 1) {
          ASSERT_EQ(deviation[i], 0);
        }
      }
      EXPECT_TRUE(std::isnan(deviation[0]));
    }
  }
}

TEST(Exponential, OfAlphaOneIsTheSeries) {
  auto x = normal(100);
  x[20] = kInfinity;
  for (const bool adjust : {true, false})
    for (std::ptrdiff_t i = 0; i < 100; ++i)
      EXPECT_EQ(exponential_mean(x, {1, adjust})[i], x[static_cast<std::size_t>(i)]);
}

TEST(Exponential, OfATinyAlphaIsTheMeanOfAll) {
  const auto x = normal(1000, 5);
  const auto mean = exponential_mean(x, {1e-12, true}), deviation = exponential_standard_deviation(x, {1e-12, true});
  EXPECT_NEAR(mean[999], static_cast<double>(reference::window_mean(x)), 1e-8);
  EXPECT_NEAR(deviation[999], static_cast<double>(reference::window_deviation(x)), 1e-8);
}

TEST(Exponential, KeepsAnInfinity) {
  auto x = normal(50);
  x[10] = kInfinity;
  x[30] = -kInfinity;
  const auto mean = exponential_mean(x, {0.5, true});
  EXPECT_TRUE(std::isfinite(mean[9]));
  EXPECT_EQ(mean[10], kInfinity);
  EXPECT_EQ(mean[29], kInfinity);
  EXPECT_TRUE(std::isnan(mean[30]));
}

TEST(Exponential, ForgetsInALongGap) {
  auto x = normal(20000);
  std::fill(x.begin() + 10, x.end() - 1, kNan);
  const auto mean = exponential_mean(x, {0.5, true}), deviation = exponential_standard_deviation(x, {0.5, true});
  EXPECT_EQ(mean[19998], mean[9]);
  EXPECT_EQ(deviation[19998], deviation[9]);
  EXPECT_EQ(mean[19999], x[19999]);
}

TEST(Exponential, OfNothingIsNothing) {
  EXPECT_EQ(exponential_mean(std::vector<double>{}).size(), 0);
  EXPECT_TRUE(std::isnan(exponential_mean(std::vector<double>{kNan})[0]));
}

TEST(Exponential, RefusesWeightsOutsideOfTheirRange) {
  for (const double alpha : {0.0, -1.0, 1.5, kNan})
    error_of(Errc::invalid_argument, [&] { exponential_mean(normal(5), {alpha, true}); });
  EXPECT_EQ(error_of(Errc::invalid_argument,
                     [] {
                       exponential_standard_deviation(normal(5), {2, true});
                     }),
            "exponential_standard_deviation: alpha is 2.000000; above 0, up to 1, is allowed");
}

TEST(Exponential, EndsWhenTheCallDoes) {
  StopControl stop;
  stop.request_stop();
  const StopScope scope(&stop);
  error_of(Errc::cancelled, [&] { exponential_mean(normal(5)); });
}

}  // namespace
}  // namespace lagoon::timeseries
