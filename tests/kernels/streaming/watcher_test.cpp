// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <lagoon/kernels/streaming/watcher.hpp>

#include <algorithm>
#include <cmath>
#include <deque>
#include <limits>
#include <map>
#include <random>
#include <stdexcept>
#include <vector>

#include "../expect.hpp"

namespace lagoon::streaming {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

std::vector<Verdict> given(Watcher& watcher, const std::vector<Point>& points, bool flush = true) {
  std::vector<Verdict> all;
  const auto sink = [&](const Verdict& v) { all.push_back(v); };
  for (const Point& p : points) watcher.add(p, sink);
  if (flush) watcher.flush(sink);
  return all;
}

std::vector<double> times(const std::vector<Verdict>& verdicts) {
  std::vector<double> t;
  for (const Verdict& v : verdicts) t.push_back(v.time);
  return t;
}

/// Same bits, or both NaN.
void expect_equal(double a, double b, const std::string& what) {
  if (std::isnan(a) && std::isnan(b)) return;
  EXPECT_EQ(a, b) << what;
}

void expect_equal(const Verdict& a, const Verdict& b) {
  EXPECT_EQ(a.series, b.series);
  EXPECT_EQ(a.time, b.time);
  EXPECT_EQ(a.anomaly, b.anomaly);
  EXPECT_EQ(a.late, b.late);
  EXPECT_EQ(a.learning, b.learning);
  EXPECT_EQ(a.window.count, b.window.count);
  expect_equal(a.value, b.value, "value");
  expect_equal(a.expected, b.expected, "expected");
  expect_equal(a.score, b.score, "score");
  expect_equal(a.trend, b.trend, "trend");
  expect_equal(a.window.mean, b.window.mean, "mean");
  expect_equal(a.window.standard_deviation, b.window.standard_deviation, "deviation");
  expect_equal(a.window.minimum, b.window.minimum, "minimum");
  expect_equal(a.window.maximum, b.window.maximum, "maximum");
}

/// Three series with irregular times, equal times, gaps, and times that go back by less than 20.
std::vector<Point> mixed_points(std::size_t n) {
  std::mt19937_64 random(5);
  std::normal_distribution<double> draw;
  std::uniform_real_distribution<double> uniform;
  std::vector<Point> points;
  double t = 0;
  for (std::size_t i = 0; i < n; ++i) {
    t += std::floor(3 * uniform(random));
    const std::string series = std::string("series ") + "abc"[random() % 3];
    points.push_back(
        {series, t - (i % 4 == 0 ? std::floor(20 * uniform(random)) : 0), i % 11 == 0 ? kNan : 100 + draw(random)});
  }
  return points;
}

/// The window's numbers, gone through one by one.
WindowStatistics plain(const std::vector<double>& x) {
  WindowStatistics s;
  s.count = static_cast<std::int64_t>(x.size());
  if (x.empty()) return s;
  long double sum = 0, squares = 0;
  for (double v : x) sum += v;
  const long double mean = sum / static_cast<long double>(x.size());
  for (double v : x) squares += (v - mean) * (v - mean);
  s.mean = static_cast<double>(mean);
  if (x.size() > 1)
    s.standard_deviation = static_cast<double>(std::sqrt(squares / static_cast<long double>(x.size() - 1)));
  s.minimum = *std::min_element(x.begin(), x.end());
  s.maximum = *std::max_element(x.begin(), x.end());
  return s;
}

void expect_near(const WindowStatistics& got, const WindowStatistics& want) {
  ASSERT_EQ(got.count, want.count);
  if (want.count == 0) return;
  // Level 100, spread 1: a window of some hundred numbers loses three digits of sixteen at most.
  EXPECT_NEAR(got.mean, want.mean, 1e-11);
  if (want.count > 1) {
    EXPECT_NEAR(got.standard_deviation, want.standard_deviation, 1e-10);
  }
  EXPECT_EQ(got.minimum, want.minimum);
  EXPECT_EQ(got.maximum, want.maximum);
}

TEST(WatcherWindow, OfACountHoldsTheNewestNumbers) {
  for (std::int64_t count : {1, 2, 7, 64, 300}) {
    Watcher watcher({.window_count = count});
    std::deque<double> held;
    for (const Verdict& v : given(watcher, mixed_points(6000))) {
      if (v.late) continue;
      if (v.series != "series a") continue;
      if (!std::isnan(v.value)) held.push_back(v.value);
      if (std::cmp_greater(held.size(), count)) held.pop_front();
      expect_near(v.window, plain({held.begin(), held.end()}));
    }
  }
}

TEST(WatcherWindow, OfATimeHoldsWhatIsYounger) {
  for (double length : {1.0, 13.0, 200.0}) {
    Watcher watcher({.window_time = length, .lateness = 20});
    std::deque<Verdict> held;
    for (const Verdict& v : given(watcher, mixed_points(6000))) {
      ASSERT_FALSE(v.late);
      if (v.series != "series b") continue;
      if (!std::isnan(v.value)) held.push_back(v);
      while (!held.empty() && held.front().time <= v.time - length) held.pop_front();
      std::vector<double> x;
      for (const Verdict& h : held) x.push_back(h.value);
      expect_near(v.window, plain(x));
    }
  }
}

TEST(WatcherWindow, DoesNotDrift) {
  // A million large numbers pass, then a hundred ones: sums that were added to and taken from would remember them.
  Watcher watcher({.window_count = 100});
  Verdict last;
  const auto sink = [&](const Verdict& v) { last = v; };
  for (int i = 0; i < 1'000'000; ++i) watcher.add({"", static_cast<double>(i), 1e12 * (i % 7)}, sink);
  watcher.add({"", 1e6, kInfinity}, sink);
  EXPECT_FALSE(std::isfinite(last.window.mean));
  for (int i = 1; i <= 100; ++i) watcher.add({"", 1e6 + i, 1.0}, sink);
  EXPECT_EQ(last.window.mean, 1);
  EXPECT_EQ(last.window.standard_deviation, 0);
  EXPECT_EQ(last.window.maximum, 1);
}

TEST(WatcherWindow, OfHugeNumbersHasTheirMean) {
  Watcher watcher({.window_count = 4});
  const auto v = given(watcher, {{"", 0, 1e308}, {"", 1, -1e308}, {"", 2, 1e308}, {"", 3, -1e308}, {"", 4, -1e308}});
  EXPECT_NEAR(v[3].window.mean, 0, 1e293);
  EXPECT_NEAR(v[4].window.mean / 1e308, -0.5, 1e-15);
}

TEST(Watcher, GivesEachPointOneVerdictInTheOrderOfTime) {
  for (double lateness : {0.0, 5.0, 20.0}) {
    Watcher watcher({.lateness = lateness});
    const auto points = mixed_points(5000);
    const auto verdicts = given(watcher, points);
    ASSERT_EQ(verdicts.size(), points.size());
    EXPECT_EQ(watcher.waiting(), 0);
    std::map<std::string, double> newest;
    for (const Verdict& v : verdicts) {
      if (v.late) continue;
      const auto [at, first] = newest.try_emplace(v.series, v.time);
      EXPECT_GE(v.time, at->second);
      at->second = v.time;
    }
    EXPECT_EQ(std::any_of(verdicts.begin(), verdicts.end(), [](const Verdict& v) { return v.late; }), lateness < 20);
  }
}

TEST(Watcher, JudgesPointsOutOfOrderLikeSortedOnes) {
  std::vector<Point> points = mixed_points(5000);
  Watcher first({.lateness = 20}), second;
  auto want = points;
  std::stable_sort(want.begin(), want.end(), [](const Point& a, const Point& b) { return a.time < b.time; });
  auto got = given(first, points), expected = given(second, want);
  const auto by_series = [](const Verdict& a, const Verdict& b) { return a.series < b.series; };
  std::stable_sort(got.begin(), got.end(), by_series);
  std::stable_sort(expected.begin(), expected.end(), by_series);
  ASSERT_EQ(got.size(), expected.size());
  for (std::size_t i = 0; i < got.size(); ++i) expect_equal(got[i], expected[i]);
}

TEST(Watcher, KeepsEqualTimesInTheOrderTheyCame) {
  Watcher watcher({.lateness = 10});
  const auto v = given(watcher, {{"", 5, 1}, {"", 7, 2}, {"", 5, 3}, {"", 7, 4}, {"", 5, 5}});
  std::vector<double> values;
  for (const Verdict& one : v) values.push_back(one.value);
  EXPECT_EQ(values, (std::vector<double>{1, 3, 5, 2, 4}));
}

TEST(Watcher, WaitsForThePointsThatMayComeBefore) {
  Watcher watcher({.lateness = 10});
  std::vector<Verdict> v;
  const auto sink = [&](const Verdict& one) { v.push_back(one); };
  watcher.add({"a", 100, 1}, sink);
  watcher.add({"a", 109, 1}, sink);
  EXPECT_TRUE(v.empty());
  EXPECT_EQ(watcher.waiting(), 2);
  watcher.add({"a", 110, 1}, sink);  // now nothing before 100 is taken
  EXPECT_EQ(times(v), (std::vector<double>{100}));
  watcher.add({"a", 99, 1}, sink);
  ASSERT_EQ(v.size(), 2u);
  EXPECT_TRUE(v[1].late);
  EXPECT_EQ(v[1].window.count, 0);
  watcher.add({"a", 100, 2}, sink);  // just in time
  EXPECT_FALSE(v[2].late);
  EXPECT_EQ(v[2].window.count, 2);
  watcher.add({"a", 104, 1}, sink);
  watcher.flush(sink);
  EXPECT_EQ(times(v), (std::vector<double>{100, 99, 100, 104, 109, 110}));
  watcher.add({"a", 108, 1}, sink);  // it would have been in time, had the verdicts not been given
  EXPECT_TRUE(v.back().late);
  watcher.add({"b", 3, 1}, sink);  // another series has a clock of its own
  EXPECT_EQ(watcher.series(), 2);
  EXPECT_EQ(watcher.waiting(), 1);
}

TEST(Watcher, FlushesSeriesInTheOrderOfTheirFirstPoint) {
  Watcher watcher({.lateness = 100});
  const auto v = given(watcher, {{"z", 3, 1}, {"", 1, 1}, {"z", 2, 1}, {"a", 0, 1}});
  std::vector<std::string> names;
  for (const Verdict& one : v) names.push_back(one.series);
  EXPECT_EQ(names, (std::vector<std::string>{"z", "z", "", "a"}));
}

TEST(Watcher, SeesWhatItsDetectorSees) {
  Watcher watcher;
  Detector detector;
  std::mt19937_64 random(9);
  std::normal_distribution<double> draw;
  for (int i = 0; i < 2000; ++i) {
    const double x = i == 1500 ? 25 : draw(random), t = 60.0 * i;
    const Judgement j = detector.add(t, x);
    watcher.add({"other", t, 3}, [](const Verdict&) {});
    watcher.add({"one", t, x}, [&](const Verdict& v) {
      ASSERT_EQ(v.score, j.score);
      ASSERT_EQ(v.anomaly, j.anomaly);
      ASSERT_EQ(v.learning, j.learning);
      ASSERT_EQ(v.trend, j.trend);
      expect_equal(v.expected, j.expected, "expected");
    });
    if (i == 1500) {
      EXPECT_TRUE(j.anomaly);
    }
  }
}

TEST(Watcher, GoesOnFromItsStateWithTheSameBits) {
  const auto points = mixed_points(4000);
  for (const WatcherOptions& o :
       {WatcherOptions{.window_count = 17}, WatcherOptions{.window_time = 50, .lateness = 20}, WatcherOptions{}}) {
    for (std::size_t cut : {0, 1, 20, 777, 2500}) {
      Watcher whole(o);
      given(whole, {points.begin(), points.begin() + static_cast<std::ptrdiff_t>(cut)}, false);
      Watcher rest = Watcher::from_state(whole.state());
      EXPECT_EQ(rest.waiting(), whole.waiting());
      EXPECT_EQ(rest.series(), whole.series());
      const std::vector<Point> more(points.begin() + static_cast<std::ptrdiff_t>(cut), points.end());
      const auto a = given(whole, more), b = given(rest, more);
      ASSERT_EQ(a.size(), b.size());
      for (std::size_t i = 0; i < a.size(); ++i) expect_equal(a[i], b[i]);
      EXPECT_EQ(whole.state(), rest.state());
    }
  }
}

TEST(Watcher, RefusesADamagedState) {
  Watcher watcher;
  given(watcher, mixed_points(50));
  const std::string good = watcher.state();
  std::string changed = good, other = good;
  changed[changed.size() / 2] = static_cast<char>(changed[changed.size() / 2] ^ 1);
  other.replace(other.find(" 1\n"), 3, " 7\n");
  test::error_of(Errc::data_loss, [&] { Watcher::from_state(changed); });
  test::error_of(Errc::data_loss, [&] { Watcher::from_state(good.substr(0, 60)); });
  test::error_of(Errc::data_loss, [&] { Watcher::from_state(Detector().state()); });
  test::error_of(Errc::invalid_argument, [&] { Watcher::from_state(other); });
}

TEST(Watcher, RefusesOptionsOutOfRange) {
  for (const WatcherOptions& o :
       {WatcherOptions{.window_count = 5, .window_time = 5}, WatcherOptions{.window_count = -1},
        WatcherOptions{.window_time = -1}, WatcherOptions{.window_time = kInfinity}, WatcherOptions{.lateness = kNan},
        WatcherOptions{.lateness = -0.5}, WatcherOptions{.most_series = -1}, WatcherOptions{.most_waiting = -1},
        WatcherOptions{.detector = {.learning = 0}}}) {
    test::error_of(Errc::invalid_argument, [&] { Watcher w(o); });
  }
}

TEST(Watcher, RefusesATimeThatIsNone) {
  Watcher watcher;
  for (double t : {kNan, kInfinity, -kInfinity}) {
    const std::string text = test::error_of(Errc::invalid_argument, [&] { watcher.add({"boiler", t, 1}, {}); });
    EXPECT_NE(text.find("boiler"), std::string::npos);
  }
  EXPECT_EQ(watcher.series(), 0);
}

TEST(Watcher, RefusesSeriesBeyondTheLimitAndGoesOn) {
  Watcher watcher({.most_series = 2});
  int verdicts = 0;
  const auto sink = [&](const Verdict&) { ++verdicts; };
  watcher.add({"a", 0, 1}, sink);
  watcher.add({"b", 0, 1}, sink);
  EXPECT_NE(test::error_of(Errc::resource_exhausted,
                           [&] {
                             watcher.add({"c", 0, 1}, sink);
                           })
                .find("\"c\""),
            std::string::npos);
  EXPECT_EQ(watcher.series(), 2);
  watcher.add({"a", 1, 1}, sink);
  EXPECT_EQ(verdicts, 3);
}

TEST(Watcher, RefusesPointsThatWaitBeyondTheLimit) {
  Watcher watcher({.lateness = 100, .most_waiting = 10});
  std::vector<Verdict> v;
  const auto sink = [&](const Verdict& one) { v.push_back(one); };
  for (int i = 0; i < 10; ++i) watcher.add({"a", static_cast<double>(i), 1}, sink);
  const std::string before = watcher.state();
  test::error_of(Errc::resource_exhausted, [&] { watcher.add({"a", 10, 1}, sink); });
  test::error_of(Errc::resource_exhausted, [&] { watcher.add({"b", 10, 1}, sink); });
  EXPECT_EQ(watcher.state(), before);
  EXPECT_TRUE(v.empty());
  watcher.add({"a", 104, 1}, sink);  // it sets five free
  EXPECT_EQ(times(v), (std::vector<double>{0, 1, 2, 3, 4}));
  EXPECT_EQ(watcher.waiting(), 6);
}

TEST(Watcher, CountsPointsInWindowsOfTime) {
  for (double lateness : {0.0, 1.0}) {
    Watcher watcher({.window_time = 100, .lateness = lateness, .most_waiting = 10});
    std::vector<Verdict> v;
    const auto sink = [&](const Verdict& one) { v.push_back(one); };
    for (int i = 0; i < 10; ++i) watcher.add({"a", static_cast<double>(i), 1}, sink);
    const std::string before = watcher.state();
    test::error_of(Errc::resource_exhausted, [&] { watcher.add({"a", 50, 1}, sink); });
    EXPECT_EQ(watcher.state(), before);
    watcher.add({"a", 5000, 1}, sink);  // all others have left, or are set free and leave
    watcher.flush(sink);
    EXPECT_EQ(v.size(), 11u);
    EXPECT_EQ(v.back().window.count, 1);
  }
}

TEST(Watcher, StaysUsableWhenTheSinkThrows) {
  Watcher watcher({.lateness = 10});
  for (int i = 0; i < 5; ++i) watcher.add({"a", static_cast<double>(i), 1}, [](const Verdict&) { FAIL(); });
  std::vector<Verdict> v;
  const auto fails_at_two = [&](const Verdict& one) {
    v.push_back(one);
    if (one.time == 2) throw std::runtime_error("full");
  };
  EXPECT_THROW(watcher.add({"a", 50, 1}, fails_at_two), std::runtime_error);
  EXPECT_EQ(times(v), (std::vector<double>{0, 1, 2}));
  EXPECT_EQ(watcher.waiting(), 3);
  watcher.flush(fails_at_two);
  EXPECT_EQ(times(v), (std::vector<double>{0, 1, 2, 3, 4, 50}));
  EXPECT_EQ(v.back().window.count, 6);
}

TEST(Watcher, WatchesManySeries) {
  Watcher watcher({.window_count = 3});
  std::size_t verdicts = 0;
  for (int round = 0; round < 5; ++round) {
    for (int i = 0; i < 3000; ++i) {
      watcher.add({"a series with a long name, number " + std::to_string(i), 1.0 * round, 1.0 * i},
                  [&](const Verdict& v) {
                    ++verdicts;
                    EXPECT_EQ(v.window.mean, i);
                    EXPECT_EQ(v.window.count, std::min(round + 1, 3));
                  });
    }
  }
  EXPECT_EQ(verdicts, 15000u);
  EXPECT_EQ(watcher.series(), 3000);
}

}  // namespace
}  // namespace lagoon::streaming
