// SPDX-License-Identifier: Apache-2.0
#include <lagoon/kernels/timeseries/seasonality.hpp>

#include "seasonal_series.hpp"

namespace lagoon::timeseries {
namespace {

using test::error_of;
using test::kNan;
using test::noise;
using test::sine;

/// n numbers f(i), with noise.
template <class F>
std::vector<double> series(std::size_t n, double deviation, unsigned seed, F f) {
  auto x = noise(n, seed, deviation);
  for (std::size_t i = 0; i < n; ++i) x[i] += f(static_cast<double>(i));
  return x;
}

void expect_lengths(const std::vector<double>& x, const std::vector<double>& lengths, double tolerance,
                    const PeriodOptions& options = {}) {
  const auto found = find_periods(x, options);
  std::string text;
  for (const Period& p : found) text += std::to_string(p.length) + " ";
  ASSERT_EQ(found.size(), lengths.size()) << text;
  for (std::size_t k = 0; k < lengths.size(); ++k) {
    EXPECT_NEAR(found[k].length, lengths[k], tolerance * lengths[k]) << text;
    EXPECT_TRUE(found[k].power > 0 && found[k].power <= 1);
    EXPECT_TRUE(found[k].correlation >= -1 && found[k].correlation <= 1);
    if (k > 0) {
      EXPECT_LE(found[k].power, found[k - 1].power);
    }
  }
}

TEST(FindPeriods, FindsNoneInNoise) {
  int white = 0, red = 0, walk = 0, runs = 0;
  for (std::size_t n : {20u, 50u, 200u, 1000u, 5000u})
    for (unsigned seed = 1; seed <= 60; ++seed, ++runs) {
      auto x = noise(n, seed), y = x;
      white += !find_periods(x).empty();
      for (std::size_t i = 1; i < n; ++i) y[i] += 0.9 * y[i - 1];
      red += !find_periods(y).empty();
      for (std::size_t i = 1; i < n; ++i) x[i] += x[i - 1];
      walk += !find_periods(x).empty();
    }
  ASSERT_EQ(runs, 300);
  // One in a hundred is promised for white noise: 3 +- 1.7 at most, and hills refuse most of those. The level about a
  // frequency keeps noise with memory in bounds, in which chance makes rhythms that a test for white noise sees.
  EXPECT_LE(white, 5);
  EXPECT_LE(red, 20);
  EXPECT_LE(walk, 20);
}

TEST(FindPeriods, FindsASineOfAnyLength) {
  for (double length : {2.0, 2.5, 3.0, 4.0, 5.5, 9.7, 12.0, 30.0, 99.0})
    for (std::size_t n : {500u, 499u, 512u}) {
      SCOPED_TRACE(length);
      // The phase is that of a cosine: of a period of two a sine has only zeros.
      expect_lengths(series(n, 0.1, 5, [=](double i) { return sine(i + length / 4, length); }), {length}, 0.005);
    }
}

TEST(FindPeriods, FindsSpikes) {
  for (int length : {3, 12, 30})
    expect_lengths(series(500, 0.01, 5, [=](double i) { return static_cast<int>(i) % length == 0; }),
                   {static_cast<double>(length)}, 0.002);
}

TEST(FindPeriods, FindsBothOfTwoSines) {
  const auto both = [](double i) { return 0.001 * i + sine(i, 7) + 2 * sine(i, 365); };
  expect_lengths(series(10000, 0.5, 3, both), {365, 7}, 0.001);
  expect_lengths(series(10000, 0, 3, both), {365, 7}, 0.001);
}

TEST(FindPeriods, FindsLongPeriodsBehindTheRippleOfShortOnes) {
  const auto three = [](double i) { return sine(i, 3) + 0.9 * sine(i, 31) + 0.8 * sine(i, 7.3); };
  expect_lengths(series(2000, 0.5, 3, three), {3, 31, 7.3}, 0.002);
}

TEST(FindPeriods, FindsTheWeekBehindTheDay) {
  // Each day has its hill in the light, lower at weekends: a week is seven days that correlate better than one.
  const auto hourly = [](double i) {
    const double day = std::floor(i / 24);
    return std::max(0.0, sine(i, 24)) * (std::fmod(day, 7) < 5 ? 3 : 1);
  };
  expect_lengths(series(24 * 7 * 12, 0.15, 3, hourly), {24, 168}, 0.005);
}

TEST(FindPeriods, DoesNotCountOvertonesAndMultiples) {
  const auto saw = [](double i) { return std::fmod(i, 12.0); };
  expect_lengths(series(600, 0.2, 8, saw), {12}, 0.001);
}

TEST(FindPeriods, FindsNoneInAConstantALineOrACurve) {
  for (std::size_t n : {6u, 100u, 1000u}) {
    EXPECT_TRUE(find_periods(std::vector<double>(n, 0.1)).empty());
    EXPECT_TRUE(find_periods(series(n, 0, 1, [](double i) { return 1e6 - 0.3 * i; })).empty());
    EXPECT_TRUE(find_periods(series(n, 0, 1, [](double i) { return i * i; })).empty());
    EXPECT_TRUE(find_periods(series(n, 0, 1, [](double i) { return std::exp(0.01 * i); })).empty());
  }
}

TEST(FindPeriods, FindsNoneInAFewNumbers) {
  EXPECT_TRUE(find_periods(std::vector<double>{}).empty());
  EXPECT_TRUE(find_periods(std::vector<double>{1}).empty());
  EXPECT_TRUE(find_periods(std::vector<double>{1, 2, 1, 2, 1}).empty());
  std::vector<double> gaps(100, kNan);
  EXPECT_TRUE(find_periods(gaps).empty());
  for (std::size_t i : {3u, 20u, 50u, 51u, 90u}) gaps[i] = static_cast<double>(i % 2);
  EXPECT_TRUE(find_periods(gaps).empty());
  EXPECT_TRUE(find_periods(std::vector<double>{1, 2, 1, 2, 1, 2, 1, 2}, {.most = 0}).empty());
}

TEST(FindPeriods, BridgesGaps) {
  auto x = series(600, 0.2, 4, [](double i) { return sine(i, 25); });
  for (std::size_t i = 0; i < x.size(); ++i)
    if (i % 11 == 3 || (i > 200 && i < 240) || i < 5 || i > 590) x[i] = kNan;
  expect_lengths(x, {25}, 0.005);
}

TEST(FindPeriods, KeepsToItsOptions) {
  const auto x = series(5000, 0.3, 6, [](double i) { return sine(i, 7) + 0.8 * sine(i, 31) + 0.6 * sine(i, 200); });
  expect_lengths(x, {7, 31, 200}, 0.002);
  expect_lengths(x, {7}, 0.002, {.most = 1});
  expect_lengths(x, {31, 200}, 0.002, {.shortest = 10});
  expect_lengths(x, {7, 31}, 0.002, {.longest = 100});
  expect_lengths(x, {}, 0, {.shortest = 40, .longest = 100});
}

TEST(FindPeriods, FindsALengthThatIsThereTwiceWhenAsked) {
  const auto x = series(400, 0.1, 6, [](double i) { return sine(i, 160); });
  expect_lengths(x, {}, 0);
  expect_lengths(x, {160}, 0.03, {.longest = 400});
}

TEST(FindPeriods, DoesNotDependOnScaleShiftOrStrides) {
  const auto x = series(300, 0.5, 2, [](double i) { return sine(i, 12); });
  const auto want = find_periods(x);
  ASSERT_EQ(want.size(), 1u);
  for (double scale : {0x1p-600, 0x1p600}) {
    auto y = x;
    for (double& v : y) v *= scale;
    const auto got = find_periods(y);
    ASSERT_EQ(got.size(), 1u);
    EXPECT_NEAR(got[0].length, want[0].length, 1e-9);
    EXPECT_NEAR(got[0].power, want[0].power, 1e-12);
  }
  std::vector<double> spread(900, kNan);
  for (std::size_t i = 0; i < 300; ++i) spread[3 * i] = x[i];
  EXPECT_EQ(find_periods(View<const double, 1>(spread.data(), {300}, {3}))[0].length, want[0].length);
}

TEST(FindPeriods, RefusesWhatItCannotDo) {
  auto x = noise(50, 1);
  const auto says = [&](const PeriodOptions& o, const char* text) {
    const auto message = error_of(Errc::invalid_argument, [&] { find_periods(x, o); });
    EXPECT_EQ(message.rfind("find_periods: ", 0), 0u) << message;
    EXPECT_NE(message.find(text), std::string::npos) << message;
  };
  says({.shortest = 1}, "shortest is 1");
  says({.shortest = 9, .longest = 8}, "longest is 8, shortest 9");
  says({.longest = -1}, "longest is -1");
  says({.false_alarm = 0}, "false_alarm is 0");
  says({.false_alarm = 1}, "false_alarm is 1");
  says({.false_alarm = kNan}, "false_alarm is nan");
  x[17] = std::numeric_limits<double>::infinity();
  says({}, "element 17 is infinite");
}

TEST(FindPeriods, EndsWhenItsCallDoes) {
  const auto x = series(20000, 0.5, 2, [](double i) { return sine(i, 12); });
  test::expect_stops(300, [&] { find_periods(x); });
}

TEST(FindPeriods, HasTheSameBitsForAnyNumberOfCores) {
  const auto x = series(50021, 0.5, 2, [](double i) { return sine(i, 12) + sine(i, 1000); });  // a prime number of them
  test::expect_same_bits([&] {
    std::vector<double> all;
    for (const Period& p : find_periods(x)) all.insert(all.end(), {p.length, p.power, p.correlation});
    return all;
  });
}

TEST(FindPeriods, FindsWhatIsKnownOfRealSeries) {
  LAGOON_NEEDS_CASES();
  const auto file = [](const char* name) { return test::known_answer(std::string("timeseries/") + name); };
  expect_lengths(test::column(file("nottem_data.csv"), 1, true), {12}, 0.005);
  expect_lengths(test::logarithms(test::column(file("AirPassengers_data.csv"), 1, true)), {12}, 0.01);
  expect_lengths(test::column(file("stl_co2.csv"), 0, false), {12}, 0.001);
  expect_lengths(test::column(file("mdeaths_data.csv"), 1, true), {12}, 0.02);
  expect_lengths(test::column(file("sunspots.csv"), 1, true), {11}, 0.02);
  expect_lengths(test::column(file("Nile_data.csv"), 1, true), {}, 0);
}

}  // namespace
}  // namespace lagoon::timeseries
