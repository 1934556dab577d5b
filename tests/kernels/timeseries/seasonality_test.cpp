// SPDX-License-Identifier: Apache-2.0
// STL beside plain loops and by its properties; seasonality_peer_test.cpp has what others compute.
#include <lagoon/kernels/timeseries/seasonality.hpp>

#include <algorithm>
#include <reference/timeseries_seasonality.hpp>

#include "../peak.hpp"
#include "seasonal_series.hpp"

namespace lagoon::timeseries {
namespace {

using test::copied;
using test::error_of;
using test::kNan;
using test::seasonal_series;

reference::StlSetting reference_of(const StlOptions& o, int period) {
  const auto smoother = [](std::ptrdiff_t window, int degree, std::ptrdiff_t jump) {
    return reference::Smoother{static_cast<int>(window), degree, static_cast<int>(jump)};
  };
  reference::StlSetting s;
  s.period = period;
  s.seasonal = smoother(o.seasonal, o.seasonal_degree, o.seasonal_jump);
  auto trend = static_cast<int>(std::ceil(1.5 * period / (1 - 1.5 / static_cast<double>(o.seasonal))));
  trend += trend % 2 == 0;
  const int low_pass = period + 1 + period % 2;
  s.trend = smoother(o.trend ? o.trend : trend, o.trend_degree, o.trend_jump);
  s.low_pass = smoother(o.low_pass ? o.low_pass : low_pass, o.low_pass_degree, o.low_pass_jump);
  s.inner = o.inner ? o.inner : o.robust ? 2 : 5;
  s.outer = o.outer >= 0 ? o.outer : o.robust ? 15 : 0;
  return s;
}

void expect_like_reference(const std::vector<double>& x, int period, const StlOptions& options) {
  const auto want = reference::stl(x, reference_of(options, period));
  const Decomposition d = stl(x, period, options);
  // Numbers of size 10, windows of at most some hundred points, and rounds that move errors on: a few hundred ulps.
  // A weight is a function of the remainder over its median, which is 100 times smaller than the numbers.
  for (std::size_t i = 0; i < x.size(); ++i) {
    const auto k = static_cast<std::ptrdiff_t>(i);
    EXPECT_NEAR(d.seasonal[k], want.seasonal[i], 1e-11) << i;
    EXPECT_NEAR(d.trend[k], want.trend[i], 1e-11) << i;
    if (d.weights.size() > 0) {
      EXPECT_NEAR(d.weights[k], want.weights[i], 1e-9) << i;
    }
    if (std::isnan(x[i]))
      EXPECT_TRUE(std::isnan(d.remainder[k]));
    else
      EXPECT_EQ(d.remainder[k], x[i] - d.seasonal[k] - d.trend[k]);
    if (testing::Test::HasFailure()) break;
  }
}

TEST(Stl, EqualsTheReference) {
  for (int period : {2, 5, 12, 49})
    for (int n : {98, 99, 151})
      for (bool robust : {false, true}) {
        SCOPED_TRACE(testing::Message() << "period " << period << ", n " << n << ", robust " << robust);
        expect_like_reference(seasonal_series(n, period), period, {.robust = robust});
      }
}

TEST(Stl, EqualsTheReferenceInEveryOption) {
  const auto x = seasonal_series(131, 7);
  for (bool robust : {false, true})
    for (int degree : {0, 1})
      for (std::ptrdiff_t jump : {1, 2, 5, 1000})
        for (std::ptrdiff_t window : {3, 11, 131, 501}) {
          SCOPED_TRACE(testing::Message()
                       << "robust " << robust << ", degree " << degree << ", jump " << jump << ", window " << window);
          expect_like_reference(x, 7,
                                {.seasonal = window,
                                 .trend = window,
                                 .seasonal_degree = degree,
                                 .low_pass_degree = 1 - degree,
                                 .trend_jump = jump,
                                 .robust = robust,
                                 .outer = 3 * robust});
          expect_like_reference(x, 7,
                                {.low_pass = window,
                                 .trend_degree = degree,
                                 .seasonal_jump = jump,
                                 .low_pass_jump = jump,
                                 .robust = robust,
                                 .inner = 1,
                                 .outer = 2 * robust});
        }
}

TEST(Stl, LeavesSlopesOutOfWindowsThatAreTinyBesideTheSeries) {
  // 15 of 7100 points: half of them are not a thousandth of the series.
  expect_like_reference(seasonal_series(7100, 7), 7, {.robust = true, .inner = 1, .outer = 1});
}

TEST(Stl, GoesOnAcrossGaps) {
  auto x = seasonal_series(300, 12);
  for (std::size_t i : {0u, 17u, 18u, 60u, 72u, 84u, 299u}) x[i] = kNan;
  for (std::size_t i = 130; i < 190; ++i) x[i] = kNan;
  for (bool robust : {false, true}) {
    expect_like_reference(x, 12, {.robust = robust});
    expect_like_reference(x, 12, {.seasonal_jump = 3, .trend_jump = 4, .robust = robust});
    const Decomposition d = stl(x, 12, {.robust = robust});
    for (int i = 0; i < 300; ++i) {
      EXPECT_TRUE(std::isfinite(d.trend[i] + d.seasonal[i]));
      // The line and the sine of the series; between them outliers of 3 and noise up to 0.5.
      EXPECT_NEAR(d.trend[i], 0.03 * i, 1) << i;
      EXPECT_NEAR(d.seasonal[i], 2 * test::sine(i, 12), 2.6) << i;
      if (robust && std::isnan(x[static_cast<std::size_t>(i)])) {
        EXPECT_EQ(d.weights[i], 0);
      }
    }
  }
}

TEST(Stl, DrawsALineWhereAWholeWindowIsMissing) {
  // The gap is longer than seven periods, the window of each phase, and than the trend's window.
  std::vector<double> x(240);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = (i < 60 || i >= 180) ? test::sine(static_cast<double>(i), 6) : kNan;
  const Decomposition d = stl(x, 6);
  for (int i = 0; i < 240; ++i) {
    EXPECT_NEAR(d.trend[i], 0, 0.02) << i;
    EXPECT_NEAR(d.seasonal[i], test::sine(i, 6), 0.02) << i;
  }
}

TEST(Stl, OfALineAndAFigureLeavesNothing) {
  std::vector<double> x;
  const double figure[] = {1, -2, 4, -3};
  for (int i = 0; i < 83; ++i) x.push_back(5 + 0.25 * i + figure[i % 4]);
  for (const StlOptions& o : {StlOptions{}, StlOptions{.robust = true}, StlOptions{.periodic = true}}) {
    const Decomposition d = stl(x, 4, o);
    for (int i = 0; i < 83; ++i) EXPECT_NEAR(d.remainder[i], 0, o.periodic ? 0.01 : 1e-9) << i;
    EXPECT_NEAR(d.seasonal_strength, 1, 1e-4);
    EXPECT_NEAR(d.trend_strength, 1, 1e-4);
  }
}

TEST(Stl, WhenPeriodicHasOneFigure) {
  auto x = seasonal_series(120, 12);
  x[50] = kNan;
  for (bool robust : {false, true}) {
    const Decomposition d = stl(x, 12, {.periodic = true, .robust = robust});
    double sum = 0;
    for (int i = 0; i < 120; ++i) {
      EXPECT_EQ(d.seasonal[i], d.seasonal[i % 12]);
      if (i < 12) sum += d.seasonal[i];
    }
    EXPECT_NEAR(sum, 0, 1e-13);
    EXPECT_EQ(d.figure.size(), 0);
    EXPECT_TRUE(std::isnan(d.remainder[50]));
  }
}

TEST(Stl, WhenPeriodicIsTheLimitOfLongWindows) {
  const auto x = seasonal_series(120, 12);
  const auto want = stl(x, 12, {.seasonal = 100'001, .trend = 19, .seasonal_degree = 0});
  const auto got = stl(x, 12, {.periodic = true});
  for (int i = 0; i < 120; ++i) {
    // (9 / 50,000)^3 is what the outermost weight lacks of 1.
    EXPECT_NEAR(got.seasonal[i], want.seasonal[i], 1e-9) << i;
    EXPECT_NEAR(got.trend[i], want.trend[i], 1e-9) << i;
  }
}

TEST(Stl, GivesOutliersNoWeightWhenRobust) {
  const auto clean = seasonal_series(200, 10);
  auto x = clean;
  x[100] += 15;
  const Decomposition d = stl(x, 10, {.robust = true}), want = stl(clean, 10, {.robust = true}), plain = stl(x, 10);
  EXPECT_EQ(d.weights[100], 0);
  EXPECT_NEAR(d.remainder[100], want.remainder[100] + 15, 0.5);
  EXPECT_NEAR(d.trend[100], want.trend[100], 0.1);
  EXPECT_GT(std::fabs(plain.trend[100] - want.trend[100]), 0.5);
  EXPECT_EQ(plain.weights.size(), 0);
  for (double w : copied(d.weights)) EXPECT_TRUE(w >= 0 && w <= 1);
}

TEST(Stl, FollowsShiftAndScale) {
  const auto x = seasonal_series(150, 12);
  auto y = x;
  for (double& v : y) v = 1024 * v + 100;
  const Decomposition a = stl(x, 12, {.robust = true}), b = stl(y, 12, {.robust = true});
  for (int i = 0; i < 150; ++i) {
    EXPECT_NEAR(b.seasonal[i], 1024 * a.seasonal[i], 1e-8);
    EXPECT_NEAR(b.trend[i], 1024 * a.trend[i] + 100, 1e-8);
    EXPECT_NEAR(b.weights[i], a.weights[i], 1e-9);
  }
}

TEST(Stl, OfAConstantIsTheConstant) {
  for (bool robust : {false, true}) {
    const Decomposition d = stl(std::vector<double>(61, 0.1), 7, {.robust = robust});
    for (int i = 0; i < 61; ++i) {
      EXPECT_NEAR(d.trend[i], 0.1, 1e-15);
      EXPECT_NEAR(d.seasonal[i], 0, 1e-15);
    }
    EXPECT_TRUE(std::isnan(d.seasonal_strength));
    EXPECT_TRUE(std::isnan(d.trend_strength));
  }
}

TEST(Stl, OfTwoPeriodsOfTwo) {
  const Decomposition d = stl(std::vector<double>{1, 3, 2, 4}, 2);
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(std::isfinite(d.trend[i] + d.seasonal[i] + d.remainder[i]));
}

TEST(Stl, DoesNotDependOnStrides) {
  const auto x = seasonal_series(60, 5);
  std::vector<double> spread(180, kNan);
  for (std::size_t i = 0; i < 60; ++i) spread[3 * i] = x[i];
  EXPECT_EQ(copied(stl(View<const double, 1>(spread.data(), {60}, {3}), 5).trend), copied(stl(x, 5).trend));
}

TEST(Stl, HasTheSameBitsForAnyNumberOfCores) {
  auto x = seasonal_series(30011, 365);
  x[777] = kNan;
  const auto all = [](const Decomposition& d) {
    auto values = copied(d.trend);
    for (double v : copied(d.seasonal)) values.push_back(v);
    for (double v : copied(d.weights)) values.push_back(v);
    return values;
  };
  for (std::ptrdiff_t period : {7, 365}) {
    test::expect_same_bits([&] { return all(stl(x, period, {.robust = true, .inner = 1, .outer = 2})); });
    test::expect_same_bits([&] { return all(stl(seasonal_series(30011, 9), period)); });
  }
  EXPECT_EQ(all(stl(x, 365, {.inner = 1, .compute = {.parallel = false}})), all(stl(x, 365, {.inner = 1})));
}

TEST(Stl, RefusesWhatItCannotDo) {
  const auto says = [](const std::vector<double>& x, std::ptrdiff_t period, const StlOptions& o, const char* text) {
    const auto message = error_of(Errc::invalid_argument, [&] { stl(x, period, o); });
    EXPECT_EQ(message.rfind("stl: ", 0), 0u) << message;
    EXPECT_NE(message.find(text), std::string::npos) << message;
  };
  auto x = seasonal_series(24, 12);
  says(x, 1, {}, "period is 1");
  says(x, 13, {}, "24 numbers; two periods of 13");
  says({}, 2, {}, "0 numbers");
  says(x, 12, {.seasonal = 8}, "seasonal is 8");
  says(x, 12, {.seasonal = 1}, "seasonal is 1");
  says(x, 12, {.trend = -3}, "trend is -3");
  says(x, 12, {.low_pass = 14}, "low_pass is 14");
  says(x, 12, {.seasonal_degree = 2}, "seasonal_degree is 2");
  says(x, 12, {.trend_degree = -1}, "trend_degree is -1");
  says(x, 12, {.low_pass_degree = 3}, "low_pass_degree is 3");
  says(x, 12, {.seasonal_jump = 0}, "seasonal_jump is 0");
  says(x, 12, {.trend_jump = -1}, "trend_jump is -1");
  says(x, 12, {.low_pass_jump = 0}, "low_pass_jump is 0");
  says(x, 12, {.inner = -1}, "inner is -1");
  x[3] = x[15] = kNan;
  says(x, 12, {}, "phase 3 has no number");
  x[20] = -std::numeric_limits<double>::infinity();
  says(x, 12, {}, "element 20 is infinite");
}

TEST(Stl, EndsWhenItsCallDoes) {
  const auto x = seasonal_series(4000, 7);
  test::expect_stops(400, [&] { stl(x, 7, {.robust = true}); });
  test::expect_stops(3000, [&] { stl(x, 700, {.trend = 3999}); });
}

TEST(Stl, ChargesItsCopiesToTheCall) {
  const auto x = seasonal_series(100'000, 12);
  // Three parts, the series, what is left of it, the cycle and its averages; weights and products when robust.
  EXPECT_GE(test::peak_of([&] { (void)stl(x, 12, {.robust = true, .inner = 1, .outer = 1}); }), 9 * 8 * x.size());
}

}  // namespace
}  // namespace lagoon::timeseries
