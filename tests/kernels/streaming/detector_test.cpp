// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <lagoon/kernels/streaming/detector.hpp>

#include <cmath>
#include <cstring>
#include <limits>
#include <numbers>
#include <random>
#include <vector>

#include "../expect.hpp"
#include "series.hpp"

namespace lagoon::streaming {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kStep = 300;  // seconds

std::vector<double> noise(std::size_t n, double level = 0, double deviation = 1) {
  std::mt19937_64 random(11);
  std::normal_distribution<double> draw(level, deviation);
  std::vector<double> x(n);
  for (double& v : x) v = draw(random);
  return x;
}

/// Where it alarmed.
std::vector<std::size_t> alarms(const std::vector<double>& x, const DetectorOptions& options = {}) {
  Detector detector(options);
  std::vector<std::size_t> at;
  for (std::size_t i = 0; i < x.size(); ++i)
    if (detector.add(kStep * static_cast<double>(i), x[i]).anomaly) at.push_back(i);
  return at;
}

std::vector<std::size_t> alarms_from(std::size_t begin, const std::vector<double>& x) {
  std::vector<std::size_t> at = alarms(x);
  std::erase_if(at, [&](std::size_t i) { return i < begin; });
  return at;
}

TEST(Detector, SeesAPointThatDoesNotBelong) {
  std::vector<double> x = noise(2000);
  x[1500] += 15;
  EXPECT_EQ(alarms_from(1400, x), std::vector<std::size_t>{1500});
}

TEST(Detector, SeesALevelShiftOnce) {
  std::vector<double> x = noise(2000);
  for (std::size_t i = 1500; i < x.size(); ++i) x[i] += 8;
  const auto at = alarms_from(1400, x);
  ASSERT_EQ(at.size(), 1u);
  EXPECT_LE(at[0], 1505u);
}

TEST(Detector, SeesAShiftSmallerThanTheNoise) {
  std::vector<double> x = noise(2000);
  for (std::size_t i = 1500; i < x.size(); ++i) x[i] += 2.5;
  const auto at = alarms_from(1400, x);
  ASSERT_FALSE(at.empty());
  EXPECT_LE(at[0], 1530u);
}

TEST(Detector, SeesNoiseThatGrows) {
  std::vector<double> x = noise(2000);
  for (std::size_t i = 1500; i < x.size(); ++i) x[i] *= 4;
  const auto at = alarms_from(1400, x);
  ASSERT_FALSE(at.empty());
  EXPECT_LE(at[0], 1520u);
}

TEST(Detector, SeesADayWithoutItsPeak) {
  std::vector<double> x = noise(288 * 12, 0, 0.5);
  for (std::size_t i = 0; i < x.size(); ++i)
    if (i / 288 != 11) x[i] -= 20 * std::cos(2 * std::numbers::pi * static_cast<double>(i % 288) / 288);
  for (std::size_t i = 288 * 11; i < x.size(); ++i) x[i] -= 20;  // it stays as low as at midnight
  const auto at = alarms_from(288 * 10, x);
  ASSERT_EQ(at.size(), 1u);
  EXPECT_GE(at[0], 288u * 11 + 30);
  EXPECT_LE(at[0], 288u * 11 + 120);
}

TEST(Detector, SaysNothingOfAConstant) {
  for (double c : {0.0, 1.0, -7.25, 0.1, 1e9 + 0.3, 1e308, -1e308, 5e-324}) {
    EXPECT_TRUE(alarms(std::vector<double>(20000, c)).empty()) << c;
  }
}

TEST(Detector, AlarmsOnceWhenAConstantChanges) {
  for (const auto& [before, after] : std::vector<std::pair<double, double>>{
           {0, 1}, {5, 5.001}, {1e9, 1e9 + 1}, {-1e308, 1e308}, {1, 0}, {0, 1e-300}, {3e-7, 4e-7}}) {
    std::vector<double> x(20000, before);
    for (std::size_t i = 700; i < x.size(); ++i) x[i] = after;
    EXPECT_EQ(alarms(x), std::vector<std::size_t>{700}) << before << " to " << after;
  }
}

TEST(Detector, GivesFewAlarmsWhereNothingHappens) {
  // In the long run one in 100,000; before that a series has its credit, which heavy tails use up most. README.md of
  // the sources has the figures: 9 on average and 18 for the worst kind, give or take 2 for other seeds.
  for (unsigned seed : {1u, 100u}) {
    int sum = 0, kinds = 0;
    for (const CalmSeries& series : calm_series(seed)) {
      Detector detector;
      int count = 0;
      for (int i = 0; i < 100'000; ++i) count += detector.add(kStep * i, series.next()).anomaly ? 1 : 0;
      EXPECT_LE(count, 25) << series.name;
      sum += count;
      ++kinds;
    }
    EXPECT_LE(sum, 12 * kinds);
  }
}

TEST(Detector, KeepsToItsShareOfFalseAlarmsInTheLongRun) {
  const CalmSeries series = calm_series(5).front();
  Detector detector({.false_alarm = 1e-4});
  int first = 0, later = 0;
  for (int i = 0; i < 600'000; ++i) {
    const bool alarm = detector.add(i, series.next()).anomaly;
    (i < 100'000 ? first : later) += alarm ? 1 : 0;
  }
  EXPECT_LE(first, 30);
  // 50 of 500,000 are allowed in equilibrium; the count of a day's luck may be 1.5 times that
  EXPECT_LE(later, 75);
}

TEST(Detector, RecoversFromAnOutlierAmongTheFirstNumbers) {
  std::vector<double> x = noise(2500);
  x[30] = 30;
  x[2000] = 30;
  EXPECT_EQ(alarms_from(1900, x), std::vector<std::size_t>{2000});
}

TEST(Detector, CannotBeFloodedByAnySeries) {
  // An adversary sends ten times the largest number so far whenever an alarm is possible. An alarm raises the edge by
  // a fifth, and no surprise is above 1.3e6: after 76 alarms nothing is one, but for one per 1 / false_alarm points.
  Detector detector({.quiet = 0});
  double largest = 1e-280;
  int count = 0;
  for (int i = 0; i < 100'000; ++i) {
    const bool strike = i % 7 == 0;
    if (strike && largest < 1e290) largest *= 1.7;
    count += detector.add(i, strike ? largest : 0).anomaly ? 1 : 0;
  }
  EXPECT_LE(count, 77);
}

TEST(Detector, IsSilentWhileItLearnsAndQuietAfterAnAlarm) {
  std::vector<double> x = noise(3000);
  x[50] = 10;
  x[1500] = x[1530] = 30;
  x[1650] = 3000;  // what came before is known by now; more is news
  Detector detector({.learning = 200, .quiet = 100});
  for (std::size_t i = 0; i < x.size(); ++i) {
    const Judgement j = detector.add(static_cast<double>(i), x[i]);
    EXPECT_EQ(j.learning, i < 200) << i;
    EXPECT_EQ(j.anomaly, j.score >= 0.5) << i;
    if (i < 200 || (i > 1500 && i <= 1600)) {
      EXPECT_LT(j.score, 0.5) << i;
    }
    if (i == 1500 || i == 1650) {
      EXPECT_TRUE(j.anomaly) << i;
    }
  }
}

TEST(Detector, WithALongLearningSaysNothing) {
  std::vector<double> x = noise(1000);
  x[900] = 1e6;
  EXPECT_TRUE(alarms(x, {.learning = 5000}).empty());
}

TEST(Detector, TakesANanForAGap) {
  std::vector<double> x = noise(1200);
  x[1000] = 20;
  Detector with, without;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const auto t = static_cast<double>(i);
    if (i % 3 == 0) {
      const Judgement gap = with.add(t, kNan);
      EXPECT_EQ(gap.score, 0);
      EXPECT_FALSE(gap.anomaly);
    }
    const Judgement a = with.add(t, x[i]), b = without.add(t, x[i]);
    EXPECT_EQ(a.score, b.score) << i;
    EXPECT_EQ(a.anomaly, b.anomaly) << i;
  }
  EXPECT_EQ(with.state(), without.state());
}

TEST(Detector, TakesInfinitiesInARowForOneAnomaly) {
  std::vector<double> x = noise(1305);
  for (std::size_t i = 1000; i < 1300; ++i) x[i] = i % 2 ? kInfinity : -kInfinity;
  EXPECT_EQ(alarms_from(900, x), std::vector<std::size_t>{1000});
  EXPECT_TRUE(alarms(std::vector<double>(500, kInfinity)).empty());
  EXPECT_TRUE(alarms(std::vector<double>(500, kNan)).empty());
}

TEST(Detector, GivesFiniteNumbersForNumbersOfAnySize) {
  std::mt19937_64 random(3);
  Detector detector;
  for (int i = 0; i < 5000; ++i) {
    double x = 0;
    const auto word = random();
    std::memcpy(&x, &word, sizeof x);  // any bits: NaN, infinities, subnormal numbers among them
    const Judgement j = detector.add(i * 1e304, x);
    ASSERT_TRUE(j.score >= 0 && j.score <= 1) << i << " " << x;
    ASSERT_FALSE(std::isnan(j.trend)) << i;
    if (i > 100) {
      ASSERT_TRUE(std::isfinite(j.expected) && std::isfinite(j.deviation)) << i;
    }
  }
}

TEST(Detector, JudgesTheSameInAnyUnit) {
  std::vector<double> x = noise(3000, 20);
  x[2000] = 50;
  Detector one, other;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const auto t = static_cast<double>(i);
    const Judgement a = one.add(t, x[i]), b = other.add(t, x[i] * 0x1p-40);  // exact
    ASSERT_EQ(a.score, b.score) << i;
    if (i > 0) {
      ASSERT_EQ(a.expected, b.expected * 0x1p40) << i;
    }
  }
}

TEST(Detector, KnowsTheTrendPerUnitOfTime) {
  Detector detector;
  Judgement j;
  double t = 0;
  for (int i = 0; i < 2000; ++i) {
    t += 1 + i % 3;
    j = detector.add(t, 5 - 0.25 * t);
  }
  EXPECT_NEAR(j.trend, -0.25, 0.01);  // the step of time itself swings about its mean
  EXPECT_FALSE(j.anomaly);
}

TEST(Detector, ForeseesWhatIsNearIt) {
  // White noise about a level is foreseen to its own deviation; a walk to that of its steps.
  std::vector<double> x = noise(5000, 40, 2);
  Detector level, walk;
  Judgement a, b;
  double sum = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    a = level.add(static_cast<double>(i), x[i]);
    b = walk.add(static_cast<double>(i), sum += x[i] - 40);
  }
  EXPECT_NEAR(a.expected, 40, 0.5);
  EXPECT_NEAR(a.deviation, 2, 0.5);
  EXPECT_NEAR(b.deviation, 2, 0.5);
}

TEST(Detector, ForeseesNothingBeforeTheFirstNumber) {
  Detector detector;
  EXPECT_TRUE(std::isnan(detector.add(0, kNan).expected));
  EXPECT_TRUE(std::isnan(detector.add(0, 3).expected));
  const Judgement j = detector.add(0, 4);
  EXPECT_EQ(j.expected, 3);
  EXPECT_TRUE(std::isnan(j.deviation));
  EXPECT_EQ(j.trend, 0);
}

TEST(Detector, GoesOnFromItsStateWithTheSameBits) {
  std::vector<double> x = noise(4000);
  for (std::size_t i : {700, 2500, 3200}) x[i] += 12;
  for (std::size_t cut : {0, 1, 30, 59, 60, 61, 100, 701, 2600}) {
    Detector whole;
    std::string state = whole.state();
    for (std::size_t i = 0; i < cut; ++i) whole.add(kStep * static_cast<double>(i), x[i]);
    Detector rest = Detector::from_state(whole.state());
    EXPECT_EQ(rest.state(), whole.state());
    for (std::size_t i = cut; i < x.size(); ++i) {
      const Judgement a = whole.add(kStep * static_cast<double>(i), x[i]);
      const Judgement b = rest.add(kStep * static_cast<double>(i), x[i]);
      ASSERT_EQ(a.score, b.score) << cut << " " << i;
      ASSERT_EQ(a.trend, b.trend) << cut << " " << i;
    }
    EXPECT_EQ(rest.state(), whole.state());
  }
}

TEST(Detector, RefusesADamagedState) {
  const std::string good = Detector().state();
  std::string changed = good, other = good;
  changed[changed.size() / 2] = static_cast<char>(changed[changed.size() / 2] ^ 1);
  other.replace(other.find(" 1\n"), 3, " 7\n");
  test::error_of(Errc::data_loss, [&] { Detector::from_state(changed); });
  test::error_of(Errc::data_loss, [&] { Detector::from_state(good.substr(0, good.size() - 5)); });
  test::error_of(Errc::data_loss, [&] { Detector::from_state(""); });
  test::error_of(Errc::invalid_argument, [&] { Detector::from_state(other); });
}

TEST(Detector, RefusesOptionsOutOfRange) {
  for (const DetectorOptions& o :
       {DetectorOptions{.learning = 0}, DetectorOptions{.learning = -5},
        DetectorOptions{.learning = std::numeric_limits<std::int64_t>::max()}, DetectorOptions{.false_alarm = 0},
        DetectorOptions{.false_alarm = 1}, DetectorOptions{.false_alarm = kNan},
        DetectorOptions{.quiet = std::numeric_limits<std::int64_t>::max()}}) {
    EXPECT_NE(test::error_of(Errc::invalid_argument, [&] { Detector d(o); }).find("Detector"), std::string::npos);
  }
  EXPECT_NO_THROW(Detector({.learning = 1, .false_alarm = 0.5, .quiet = 0}));
}

TEST(Detector, RefusesTimesThatFall) {
  Detector detector;
  detector.add(10, 1);
  test::error_of(Errc::invalid_argument, [&] { detector.add(9, 1); });
  test::error_of(Errc::invalid_argument, [&] { detector.add(kNan, 1); });
  test::error_of(Errc::invalid_argument, [&] { detector.add(kInfinity, 1); });
  EXPECT_NO_THROW(detector.add(10, 1));
}

}  // namespace
}  // namespace lagoon::streaming
