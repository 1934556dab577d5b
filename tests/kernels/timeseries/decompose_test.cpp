// SPDX-License-Identifier: Apache-2.0
#include <lagoon/kernels/timeseries/seasonality.hpp>

#include "seasonal_series.hpp"

namespace lagoon::timeseries {
namespace {

using test::copied;
using test::error_of;
using test::kNan;

/// The definition, loop by loop.
struct Plain {
  std::vector<double> trend, figure;
};
Plain plain(const std::vector<double>& x, int period, bool ratio) {
  const int n = static_cast<int>(x.size()), half = period / 2;
  Plain p{std::vector<double>(x.size(), kNan), {}};
  for (int i = half; i + half < n; ++i) {
    long double sum = 0;
    for (int k = -half; k <= half; ++k) sum += (period % 2 == 0 && std::abs(k) == half ? 0.5L : 1.0L) * x[i + k];
    p.trend[i] = static_cast<double>(sum / period);
  }
  long double mean = 0;
  for (int phase = 0; phase < period; ++phase) {
    long double sum = 0, count = 0;
    for (int i = phase; i < n; i += period) {
      if (std::isnan(p.trend[i]) || std::isnan(x[i])) continue;
      sum += ratio ? x[i] / p.trend[i] : x[i] - p.trend[i];
      ++count;
    }
    p.figure.push_back(static_cast<double>(sum / count));
    mean += p.figure.back() / period;
  }
  for (double& f : p.figure) f = static_cast<double>(ratio ? f / mean : f - mean);
  return p;
}

void expect_near(View<const double, 1> got, const std::vector<double>& want, double tolerance) {
  ASSERT_EQ(got.size(), static_cast<std::ptrdiff_t>(want.size()));
  for (std::size_t i = 0; i < want.size(); ++i) {
    const double g = got[static_cast<std::ptrdiff_t>(i)];
    if (std::isnan(want[i]))
      EXPECT_TRUE(std::isnan(g)) << i;
    else
      EXPECT_NEAR(g, want[i], tolerance) << i;
  }
}

TEST(Decompose, EqualsTheDefinition) {
  for (int period : {2, 3, 7, 12, 40, 50})
    for (int n : {100, 101, 107})
      for (Composition composition : {Composition::additive, Composition::multiplicative}) {
        auto x = test::seasonal_series(n, period);
        for (double& v : x) v += 10;
        if (period <= 12) x[61] = kNan;  // else a phase has no number
        const bool ratio = composition == Composition::multiplicative;
        const Plain want = plain(x, period, ratio);
        const Decomposition d = decompose(x, period, composition);
        // Sums of at most 51 numbers of size 10.
        expect_near(d.trend, want.trend, 1e-13);
        expect_near(d.figure, want.figure, 1e-13);
        for (int i = 0; i < n; ++i) {
          EXPECT_EQ(d.seasonal[i], d.figure[i % period]);
          const double whole =
              ratio ? d.trend[i] * d.seasonal[i] * d.remainder[i] : d.trend[i] + d.seasonal[i] + d.remainder[i];
          if (std::isnan(want.trend[i]))
            EXPECT_TRUE(std::isnan(d.remainder[i]));
          else
            EXPECT_NEAR(whole, x[i], 1e-13);
        }
        EXPECT_EQ(d.weights.size(), 0);
      }
}

TEST(Decompose, LeavesNothingOfALineAndAFigure) {
  std::vector<double> x;
  const double figure[] = {1, -2, 4, -3};
  for (int i = 0; i < 40; ++i) x.push_back(5 + 0.25 * i + figure[i % 4]);
  const Decomposition d = decompose(x, 4);
  for (int k = 0; k < 4; ++k) EXPECT_NEAR(d.figure[k], figure[k], 1e-14);
  for (int i = 2; i < 38; ++i) EXPECT_NEAR(d.trend[i], 5 + 0.25 * i, 1e-14);
  EXPECT_NEAR(d.seasonal_strength, 1, 1e-14);
  EXPECT_NEAR(d.trend_strength, 1, 1e-14);
}

TEST(Decompose, OfAConstantHasNothingToExplain) {
  for (Composition composition : {Composition::additive, Composition::multiplicative}) {
    const Decomposition d = decompose(std::vector<double>(50, 0.1), 7, composition);
    EXPECT_TRUE(std::isnan(d.seasonal_strength));
    EXPECT_TRUE(std::isnan(d.trend_strength));
    EXPECT_NEAR(d.trend[20], 0.1, 1e-16);
  }
}

TEST(Decompose, OfNoiseFindsLittleSeason) {
  const Decomposition d = decompose(test::noise(2000, 9), 10);
  EXPECT_LT(d.seasonal_strength, 0.05);  // ten means of 200 numbers each explain 1 / 200
}

TEST(Decompose, DoesNotDependOnStrides) {
  const auto x = test::seasonal_series(60, 5);
  std::vector<double> spread(180, kNan);
  for (std::size_t i = 0; i < 60; ++i) spread[3 * i] = x[i];
  EXPECT_EQ(copied(decompose(View<const double, 1>(spread.data(), {60}, {3}), 5).figure),
            copied(decompose(x, 5).figure));
}

TEST(Decompose, RefusesWhatItCannotDo) {
  const auto says = [](const std::vector<double>& x, std::ptrdiff_t period, const char* text,
                       Composition composition = Composition::additive) {
    const auto message = error_of(Errc::invalid_argument, [&] { decompose(x, period, composition); });
    EXPECT_NE(message.find(text), std::string::npos) << message;
  };
  auto x = test::seasonal_series(24, 12);
  says(x, 1, "period is 1");
  says(x, -4, "period is -4");
  says(x, 13, "two periods of 13");
  says({}, 2, "has 0 numbers");
  says(std::vector<double>(24, kNan), 12, "phase 0 has no number");
  x[20] = std::numeric_limits<double>::infinity();
  says(x, 12, "element 20 is infinite");
  x[20] = 0;
  for (double& v : x) v = std::fabs(v) + (v != 0);
  says(x, 12, "element 20", Composition::multiplicative);
}

TEST(Decompose, EndsWhenItsCallDoes) {
  const auto x = test::seasonal_series(200000, 12);
  test::expect_stops(80, [&] { decompose(x, 12); });
}

TEST(Decompose, HasTheSameBitsForAnyNumberOfCores) {
  const auto x = test::seasonal_series(200003, 365);
  test::expect_same_bits([&] { return copied(decompose(x, 365).figure); });
}

TEST(Decompose, EqualsR) {
  LAGOON_NEEDS_CASES();
  const auto file = [](const char* name) { return test::known_answer(std::string("timeseries/") + name); };
  const auto air = test::column(file("AirPassengers_data.csv"), 1, true);
  const auto nottem = test::column(file("nottem_data.csv"), 1, true);
  const Decomposition a = decompose(air, 12, Composition::multiplicative), b = decompose(nottem, 12);
  expect_near(a.figure, test::column(file("decompose_figure_R.csv"), 1, true), 1e-12);
  expect_near(b.figure, test::column(file("decompose_figure_R.csv"), 2, true), 1e-12);
  expect_near(a.trend, test::column(file("decompose_AirPassengers_trend_R.csv"), 1, true), 1e-11);
  EXPECT_GT(a.seasonal_strength, 0.9);
  EXPECT_GT(b.seasonal_strength, 0.9);
  EXPECT_GT(a.trend_strength, 0.9);
}

}  // namespace
}  // namespace lagoon::timeseries
