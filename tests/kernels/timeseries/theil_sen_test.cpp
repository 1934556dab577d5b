// SPDX-License-Identifier: Apache-2.0
#include <lagoon/engine/stop.hpp>
#include <lagoon/kernels/timeseries/trend.hpp>

#include <algorithm>
#include <random>
#include <reference/timeseries.hpp>

#include "trend_series.hpp"

namespace lagoon::timeseries {
namespace {

using test::digits;
using test::error_of;
using test::kInfinity;
using test::kNan;
using test::noise;
using test::steps;

/// Slope, intercept and interval by writing down all slopes; ranks of the interval as the test gives them.
void expect_reference(const std::vector<double>& t, const std::vector<double>& x) {
  const TheilSen line = theil_sen(t, x);
  const auto slopes = reference::pair_slopes(t, x);
  // Slopes that are equal but for rounding may stand in another order there.
  const double tolerance = 4e-16 * (std::abs(slopes.front()) + std::abs(slopes.back()));
  EXPECT_NEAR(line.slope, reference::middle_of_sorted(slopes), tolerance);
  auto sorted_t = t, sorted_x = x;
  std::sort(sorted_t.begin(), sorted_t.end());
  std::sort(sorted_x.begin(), sorted_x.end());
  EXPECT_DOUBLE_EQ(line.intercept,
                   reference::middle_of_sorted(sorted_x) - line.slope * reference::middle_of_sorted(sorted_t));
}

TEST(TheilSen, IsTheMedianOfAllSlopes) {
  for (std::size_t n : {2u, 3u, 4u, 91u, 92u, 600u, 1500u}) {
    expect_reference(steps(n), noise(n, 0.01));
    expect_reference(noise(n, 0, 5), noise(n, 0, 6));  // times in no order
  }
}

TEST(TheilSen, IsExactWhereMostSlopesAreEqual) {
  for (std::size_t n : {120u, 1000u, 1500u})
    for (double step : {1.0, 0.1, 1.0 / 3}) {
      auto flat = noise(n), line = flat, counts = flat, stairs = flat;
      for (std::size_t i = 0; i < n; ++i) {
        line[i] = step * static_cast<double>(i);
        flat[i] = i % 10 == 3 ? flat[i] : step;
        counts[i] = std::floor(2 * counts[i]) * step;
        stairs[i] = static_cast<double>(i / 7) * step;
      }
      for (const auto& x : {line, flat, counts, stairs}) {
        expect_reference(steps(n), x);
        expect_reference(stairs, x);  // many share a time
      }
      EXPECT_EQ(theil_sen(flat).slope, 0);
    }
}

TEST(TheilSen, OfALongSeriesFindsItsSlopeWithoutWritingThemDown) {
  // 5e9 slopes. Noise of 1 over 100,000 steps moves the slope by 1e-7 or so.
  const TheilSen line = theil_sen(noise(100000, 0.25));
  EXPECT_NEAR(line.slope, 0.25, 1e-6);
  EXPECT_LT(line.slope_low, line.slope);
  EXPECT_GT(line.slope_high, line.slope);
  std::vector<double> counts;
  for (double v : noise(100000)) counts.push_back(std::floor(v));
  EXPECT_EQ(theil_sen(counts).slope, 0);  // a third of all pairs are equal
}

TEST(TheilSen, EqualsScipy) {  // scipy.stats.theilslopes of 1.17
  const TheilSen line = theil_sen(test::kTiedTimes, test::kTiedValues);
  EXPECT_EQ(line.slope, 0.10344827586206896);
  EXPECT_DOUBLE_EQ(line.intercept, 3.362068965517241);
  EXPECT_EQ(line.slope_low, -0.05);
  EXPECT_EQ(line.slope_high, 0.3333333333333333);
  const TheilSen half = theil_sen(test::kTiedTimes, test::kTiedValues, {.confidence = 0.5});
  EXPECT_EQ(half.slope, line.slope);
  EXPECT_EQ(half.slope_low, 0.03333333333333333);
  EXPECT_EQ(half.slope_high, 0.16666666666666666);
}

TEST(TheilSen, EqualsScipyForWholeNumbersByTheMonth) {
  if (test::known_answer("").empty()) GTEST_SKIP() << "no LAGOON_CASES";
  const TheilSen air = theil_sen(test::column(test::known_answer("timeseries/AirPassengers.csv"), 1));
  EXPECT_DOUBLE_EQ(air.slope, 2.451216287678477);
  EXPECT_DOUBLE_EQ(air.intercept, 90.23803543098887);
  EXPECT_EQ(air.slope_low, 2.2941176470588234);
  EXPECT_EQ(air.slope_high, 2.6216216216216215);
  const TheilSen shampoo = theil_sen(test::column(test::known_answer("timeseries/shampoo.csv"), 1));
  EXPECT_DOUBLE_EQ(shampoo.slope, 11.509375);
  EXPECT_DOUBLE_EQ(shampoo.slope_low, 8.625);
  EXPECT_DOUBLE_EQ(shampoo.slope_high, 14.413333333333334);
}

TEST(TheilSen, EqualsThePublishedSlopeOfARainfallSeries) {
  const TheilSen line = theil_sen(test::rainfall(), {.nan = NanPolicy::omit});
  EXPECT_DOUBLE_EQ(line.slope, -0.006369426751592357);
  EXPECT_DOUBLE_EQ(line.intercept, 96.15286624203821);
}

TEST(TheilSen, IsNotMovedByAQuarterOfOutliers) {
  auto x = noise(2000, 0.5);
  for (std::size_t i = 0; i < x.size(); i += 4) x[i] = 1e9 * static_cast<double>(i);
  EXPECT_NEAR(theil_sen(x).slope, 0.5, 0.01);
}

TEST(TheilSen, DoesNotDependOnTheOrderOfPairsAndMovesWithTheData) {
  const auto t = noise(700, 0, 8), x = noise(700, 0, 9);
  const TheilSen line = theil_sen(t, x);
  std::vector<std::size_t> order(t.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::mt19937_64 random(4);
  std::shuffle(order.begin(), order.end(), random);
  std::vector<double> mixed_t, mixed_x, scaled_t, scaled_x, backwards;
  for (std::size_t i : order) mixed_t.push_back(t[i]), mixed_x.push_back(x[i]);
  for (double v : t) scaled_t.push_back(4 * v), backwards.push_back(-v);
  for (double v : x) scaled_x.push_back(-2 * v);
  const TheilSen mixed = theil_sen(mixed_t, mixed_x);
  EXPECT_EQ(mixed.slope, line.slope);
  EXPECT_EQ(mixed.slope_low, line.slope_low);
  EXPECT_EQ(theil_sen(scaled_t, x).slope, line.slope / 4);
  EXPECT_EQ(theil_sen(t, scaled_x).slope, -2 * line.slope);
  EXPECT_EQ(theil_sen(backwards, x).slope, -line.slope);
}

TEST(TheilSen, OfRepeatedPointsIsThatOfThePointsOnce) {
  const std::vector<double> t{1, 2, 4, 8, 9}, x{3, 1, 4, 1, 5};
  std::vector<double> t3, x3;
  for (std::size_t i = 0; i < t.size(); ++i)
    for (int k = 0; k < 3; ++k) t3.push_back(t[i]), x3.push_back(x[i]);
  EXPECT_EQ(theil_sen(t3, x3).slope, theil_sen(t, x).slope);
}

TEST(TheilSen, OfHugeAndTinyNumbersDoesNotOverflow) {
  const auto t = noise(600, 0, 8), x = noise(600, 0, 9);
  const double slope = theil_sen(t, x).slope;
  for (double scale : {0x1p1000, 0x1p-1000}) {
    std::vector<double> far_t, far_x;
    for (double v : t) far_t.push_back(v * scale);
    for (double v : x) far_x.push_back(v * scale);
    EXPECT_EQ(theil_sen(far_t, far_x).slope, slope);
    EXPECT_EQ(theil_sen(t, far_x).slope, slope * scale);
  }
  const std::vector<double> close{0, 1e-320, 1, 2};
  EXPECT_NO_THROW(theil_sen(close, std::vector<double>{-1e308, 1e308, 0, 1}));
}

TEST(TheilSen, TreatsNanAsAsked) {
  std::vector<double> t = steps(500), x = noise(500, 0.1), kept_t, kept_x;
  for (std::size_t i = 0; i < x.size(); ++i)
    if (i % 6 == 1)
      x[i] = kNan;
    else if (i == 20)
      t[i] = kNan;
    else
      kept_t.push_back(t[i]), kept_x.push_back(x[i]);
  const TheilSen through = theil_sen(t, x), without = theil_sen(t, x, {.nan = NanPolicy::omit});
  EXPECT_TRUE(std::isnan(through.slope) && std::isnan(through.intercept) && std::isnan(through.slope_high));
  EXPECT_EQ(without.slope, theil_sen(kept_t, kept_x).slope);
  EXPECT_EQ(without.intercept, theil_sen(kept_t, kept_x).intercept);
  EXPECT_EQ(without.missing, 85);
  EXPECT_EQ(error_of(Errc::invalid_argument, [&] { theil_sen(t, x, {.nan = NanPolicy::fail}); }),
            "theil_sen: element 1 is NaN");
}

TEST(TheilSen, OfWhatHasNoSlopeIsNanOrAnError) {
  EXPECT_TRUE(std::isnan(theil_sen(std::vector<double>{5}).slope));
  EXPECT_TRUE(std::isnan(theil_sen(std::vector<double>{1, kInfinity, 3}).slope));
  const std::vector<double> x{1, 2};
  EXPECT_EQ(error_of(Errc::invalid_argument,
                     [&] {
                       theil_sen(std::vector<double>{4, 4}, x);
                     }),
            "theil_sen: all times are 4.000000; a line needs two different ones");
  EXPECT_EQ(error_of(Errc::invalid_argument,
                     [&] {
                       theil_sen(std::vector<double>{4, -kInfinity}, x);
                     }),
            "theil_sen: time 1 is infinite");
  const TheilSen flat = theil_sen(std::vector<double>(3000, 2.5));
  EXPECT_EQ(flat.slope, 0);
  EXPECT_EQ(flat.intercept, 2.5);
  EXPECT_EQ(flat.slope_low, 0);
}

TEST(TheilSen, HasTheSameBitsForAnyNumberOfCores) {
  const auto x = noise(20000, 1e-4);
  test::expect_same_bits([&] {
    const TheilSen line = theil_sen(x);
    return std::vector{line.slope, line.intercept, line.slope_low, line.slope_high};
  });
}

TEST(TheilSen, EndsWhenTheCallEnds) {
  const auto x = noise(200000);
  StopControl stop;
  stop.request_stop();
  const StopScope scope(&stop);
  error_of(Errc::cancelled, [&] { theil_sen(x); });
  error_of(Errc::cancelled, [&] { mann_kendall(x); });
  error_of(Errc::cancelled, [&] { line_fit(x); });
}

}  // namespace
}  // namespace lagoon::timeseries
