// SPDX-License-Identifier: Apache-2.0
#include <lagoon/engine/stop.hpp>
#include <lagoon/kernels/timeseries/rolling.hpp>

#include <array>
#include <cmath>
#include <limits>
#include <random>
#include <reference/timeseries_rolling.hpp>

#include "../expect.hpp"

namespace lagoon::timeseries {
namespace {

using test::error_of;
using test::expect_same_bits;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kEpsilon = std::numeric_limits<double>::epsilon();

std::vector<double> normal(std::size_t n, double mean = 0, unsigned seed = 7) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> draw(mean, 1);
  std::vector<double> x(n);
  for (double& v : x) v = draw(random);
  return x;
}

/// Each number is lost with a probability of one in `one_in`; in the second half, whole stretches are.
std::vector<double> with_gaps(std::vector<double> x, unsigned one_in) {
  std::mt19937_64 random(11);
  for (std::size_t i = 0; i < x.size(); ++i)
    if (random() % one_in == 0 || (i > x.size() / 2 && i % 97 < 30)) x[i] = kNan;
  return x;
}

std::vector<double> values(const Tensor<double, 1>& t) { return {t.data(), t.data() + t.size()}; }

struct Statistic {
  const char* name;
  Tensor<double, 1> (*ours)(View<const double, 1>, std::ptrdiff_t, const RollingOptions&);
  long double (*reference)(const std::vector<double>&);
};
const std::array<Statistic, 5> kAll{{
    {"mean", &rolling_mean, &reference::window_mean},
    {"deviation", &rolling_standard_deviation, [](const auto& x) { return reference::window_deviation(x); }},
    {"median", &rolling_median, [](const auto& x) { return reference::window_median(x); }},
    {"minimum", &rolling_minimum, &reference::window_minimum},
    {"maximum", &rolling_maximum, &reference::window_maximum},
}};

/// How far a mean or deviation may be off. A sum of m numbers of size s, added up in a tree with chains, is off by
/// less than 8 sqrt(m) roundings of s here; s is the greatest distance from the mean. A deviation is that of squares
/// about a number of the window: m + 1 times what they are about the mean at worst, and a few times with this data. The
/// result is rounded in the end.
double tolerance(const std::vector<double>& numbers, long double wanted) {
  const long double mean = reference::window_mean(numbers);
  long double size = 0;
  for (double v : numbers) size = std::max(size, std::fabs(v - mean));
  return kEpsilon * (8 * std::sqrt(static_cast<double>(numbers.size())) * static_cast<double>(size) +
                     2 * static_cast<double>(std::fabs(wanted)));
}

void expect_place(const Statistic& statistic, const std::vector<double>& x, const reference::RollingWindow& window,
                  std::ptrdiff_t i, double got) {
  const long double wanted = reference::rolling(x, window, i, statistic.reference);
  const auto rounded = static_cast<double>(wanted);
  bool near = got == rounded || (std::isnan(got) && std::isnan(rounded));
  const bool sums = statistic.ours == &rolling_mean || statistic.ours == &rolling_standard_deviation;
  if (!near && sums && std::isfinite(rounded))
    near = std::fabs(got - wanted) <= tolerance(reference::window_numbers(x, window, i), wanted);
  ASSERT_TRUE(near) << statistic.name << " at " << i << " of " << x.size() << ", window " << window.length
                    << ", min_count " << window.min_count << (window.centred ? ", centred" : "") << ": " << got
                    << ", reference " << rounded;
}

/// All statistics, at each place or at some hundred of them.
void expect_reference(const std::vector<double>& x, const reference::RollingWindow& window) {
  const RollingOptions options{.min_count = window.min_count, .centred = window.centred};
  const auto n = static_cast<std::ptrdiff_t>(x.size());
  const std::ptrdiff_t step = n * window.length > 1000000 ? std::max<std::ptrdiff_t>(n / 211, 1) : 1;
  for (const Statistic& statistic : kAll) {
    const Tensor<double, 1> got = statistic.ours(x, window.length, options);
    ASSERT_EQ(got.size(), n);
    for (std::ptrdiff_t i = 0; i < n; i += step) ASSERT_NO_FATAL_FAILURE(expect_place(statistic, x, window, i, got[i]));
    if (n > 0) {
      ASSERT_NO_FATAL_FAILURE(expect_place(statistic, x, window, n - 1, got[n - 1]));
    }
  }
}

void expect_reference_of_all_kinds(const std::vector<double>& x, std::ptrdiff_t length) {
  for (const std::ptrdiff_t min_count : {std::ptrdiff_t{1}, (length + 1) / 2, length})
    for (const bool centred : {false, true}) ASSERT_NO_FATAL_FAILURE(expect_reference(x, {length, min_count, centred}));
}

TEST(Rolling, EqualsTheReferenceForAllWindowsOfShortSeries) {
  for (const std::size_t n : {1u, 2u, 3u, 9u, 16u, 17u, 40u}) {
    const auto x = normal(n, 3);
    for (std::ptrdiff_t length = 1; length <= 45; ++length)
      ASSERT_NO_FATAL_FAILURE(expect_reference_of_all_kinds(x, length));
  }
}

TEST(Rolling, EqualsTheReferenceWhateverTheWindow) {
  // About the lanes of vectors, the windows that are added up each by itself, and the stretches of long ones.
  const auto x = normal(3001, 100);
  for (const std::ptrdiff_t length : {2, 7, 8, 15, 16, 17, 18, 31, 64, 255, 1000, 2999, 3001, 4000})
    ASSERT_NO_FATAL_FAILURE(expect_reference_of_all_kinds(x, length));
  const auto longer = normal(150001, -5);
  for (const std::ptrdiff_t length : {5, 30, 4096, 4097, 4098, 20000, 150000})
    ASSERT_NO_FATAL_FAILURE(expect_reference(longer, {length, length, false}));
  ASSERT_NO_FATAL_FAILURE(expect_reference(longer, {9001, 10, true}));
}

TEST(Rolling, LeavesMissingNumbersOut) {
  for (const unsigned one_in : {2u, 10u, 1000u}) {
    const auto x = with_gaps(normal(2500, 50), one_in);
    for (const std::ptrdiff_t length : {1, 4, 16, 17, 40, 300, 2600})
      ASSERT_NO_FATAL_FAILURE(expect_reference_of_all_kinds(x, length));
  }
  ASSERT_NO_FATAL_FAILURE(expect_reference(std::vector<double>(300, kNan), {20, 1, false}));
  ASSERT_NO_FATAL_FAILURE(expect_reference(with_gaps(normal(60000), 5000), {5000, 4000, false}));
}

TEST(Rolling, HasInfinitiesAsLongAsTheyAreInTheWindow) {
  for (const std::ptrdiff_t length : {3, 16, 50, 400}) {
    auto x = normal(2000);
    x[700] = kInfinity;
    ASSERT_NO_FATAL_FAILURE(expect_reference(x, {length, 1, false}));
    x[710] = -kInfinity;
    x[1500] = kNan;
    ASSERT_NO_FATAL_FAILURE(expect_reference(x, {length, 1, false}));
  }
}

TEST(Rolling, IsLeftByHugeNumbersWithoutATrace) {
  for (const double huge : {1e12, 1e155, 1e300, 1.7e308})
    for (const std::ptrdiff_t length : {4, 16, 50, 500, 5000}) {
      auto x = normal(12000);
      for (const std::size_t i : {0u, 49u, 600u, 601u, 7777u}) x[i] = i % 2 ? huge : -huge;
      ASSERT_NO_FATAL_FAILURE(expect_reference(x, {length, length, false}));
      ASSERT_NO_FATAL_FAILURE(expect_reference(x, {length, 1, true}));
    }
}

TEST(Rolling, KeepsItsDigitsAtAHighLevel) {
  // tolerance() is that of the noise, but for the rounding of the result: the level costs nothing.
  for (const double level : {1e8, -1e12})
    for (const std::ptrdiff_t length : {10, 64, 1000}) {
      const auto x = normal(5000, level);
      ASSERT_NO_FATAL_FAILURE(expect_reference(x, {length, length, false}));
    }
}

TEST(Rolling, KeepsItsDigitsAcrossAStep) {
  for (const std::ptrdiff_t length : {10, 64, 1000}) {
    auto x = normal(5000);
    for (std::size_t i = 2345; i < x.size(); ++i) x[i] += 1e9;
    ASSERT_NO_FATAL_FAILURE(expect_reference(x, {length, length, false}));
    x[2345] = kNan;  // the border of both levels
    ASSERT_NO_FATAL_FAILURE(expect_reference(x, {length, 2, false}));
  }
}

TEST(Rolling, DoesNotDrift) {
  const auto x = normal(1'000'000, 1e6);
  const Tensor<double, 1> mean = rolling_mean(x, 100), deviation = rolling_standard_deviation(x, 100);
  for (std::ptrdiff_t i = 99; i < mean.size(); i += i < 10000 || i > 990000 ? 1 : 997) {
    ASSERT_NO_FATAL_FAILURE(expect_place(kAll[0], x, {100, 100, false}, i, mean[i]));
    ASSERT_NO_FATAL_FAILURE(expect_place(kAll[1], x, {100, 100, false}, i, deviation[i]));
  }
}

TEST(Rolling, OfALongSeriesIsTheSameAsOfItsParts) {
  // Results of a long series go past the cache; a part of it is short, and begins where no block of the whole does.
  const auto x = normal((std::size_t{1} << 21) + 12345, 1);
  const auto n = static_cast<std::ptrdiff_t>(x.size()), from = n - 50001;
  const std::vector<double> part(x.begin() + from, x.end());
  for (const Statistic& statistic : kAll)
    for (const std::ptrdiff_t length : {7, 21, 1000}) {
      const auto whole = statistic.ours(x, length, {}), short_one = statistic.ours(part, length, {});
      for (std::ptrdiff_t i = length - 1; i < 50001; ++i)  // both are within 1e-14 of the truth
        ASSERT_NEAR(whole[from + i], short_one[i], 2e-14) << statistic.name << " at " << i << ", window " << length;
      for (const std::ptrdiff_t i : {length - 1, length, std::ptrdiff_t{65536}, std::ptrdiff_t{700001}})
        ASSERT_NO_FATAL_FAILURE(expect_place(statistic, x, {length, length, false}, i, whole[i]));
    }
}

TEST(Rolling, KeepsItsDigitsAboutGaps) {
  // Gaps nearly as long as windows, with levels that differ on both sides of them.
  for (const std::ptrdiff_t length : {9, 30, 5000}) {
    auto x = normal(30000);
    for (std::size_t i = 0; i < x.size(); ++i) {
      const auto part = static_cast<std::ptrdiff_t>(i) / length;
      x[i] += part % 3 == 1 ? 1e9 : 0;
      if (static_cast<std::ptrdiff_t>(i) % length > part % length + 1 && part % 2) x[i] = kNan;
    }
    for (const std::ptrdiff_t min_count : {std::ptrdiff_t{1}, length / 2})
      ASSERT_NO_FATAL_FAILURE(expect_reference(x, {length, min_count, false}));
  }
}

TEST(Rolling, OfEqualNumbersIsExact) {
  for (const double value : {0.1, -1e9 / 3, 1.1e305})
    for (const std::ptrdiff_t length : {2, 16, 17, 100, 6000}) {
      auto x = std::vector<double>(20000, value);
      for (std::size_t i = 0; i < 200; ++i) x[i] = std::sin(static_cast<double>(i));
      x[9000] = kNan;
      const auto mean = values(rolling_mean(x, length, {.min_count = 2}));
      const auto deviation = values(rolling_standard_deviation(x, length, {.min_count = 2}));
      for (std::size_t i = 199 + static_cast<std::size_t>(length); i < x.size(); ++i) {
        if (length == 2 && (i == 9000 || i == 9001)) continue;
        ASSERT_EQ(mean[i], value) << i << " window " << length;
        ASSERT_EQ(deviation[i], 0) << i << " window " << length;
      }
    }
}

TEST(Rolling, MeansOfWholeNumbersAreExact) {
  std::vector<double> x;
  for (int i = 0; i < 5000; ++i) x.push_back(i % 911 * (i % 7));
  for (const std::ptrdiff_t length : {3, 10, 49, 1000}) {
    const auto mean = values(rolling_mean(x, length));
    for (std::ptrdiff_t i = length - 1; i < 5000; ++i) {
      double sum = 0;
      for (std::ptrdiff_t k = i + 1 - length; k <= i; ++k) sum += x[static_cast<std::size_t>(k)];
      // A quotient, a difference and their sum are rounded; all are below 8192.
      ASSERT_NEAR(mean[static_cast<std::size_t>(i)], sum / static_cast<double>(length), 8192 * kEpsilon);
      if (sum == std::floor(sum / static_cast<double>(length)) * static_cast<double>(length)) {
        ASSERT_EQ(mean[static_cast<std::size_t>(i)], sum / static_cast<double>(length));
      }
    }
  }
}

TEST(Rolling, DeviationDividesByWhatTheCallerSays) {
  const auto x = normal(500);
  for (const std::ptrdiff_t length : {8, 60}) {
    const auto one = rolling_standard_deviation(x, length), none = rolling_standard_deviation(x, length, {.ddof = 0});
    for (std::ptrdiff_t i = length - 1; i < 500; ++i)
      ASSERT_NEAR(none[i], one[i] * std::sqrt((static_cast<double>(length) - 1) / static_cast<double>(length)), 1e-14);
  }
  for (double d : values(rolling_standard_deviation(x, 3, {.ddof = 3}))) ASSERT_TRUE(std::isnan(d));
  for (double d : values(rolling_standard_deviation(x, 1))) ASSERT_TRUE(std::isnan(d));
  for (double d : values(rolling_standard_deviation(x, 1, {.ddof = 0}))) ASSERT_EQ(d, 0);
  const auto growing = values(rolling_standard_deviation(x, 10, {.min_count = 1}));
  EXPECT_TRUE(std::isnan(growing[0]));
  EXPECT_FALSE(std::isnan(growing[1]));
}

TEST(Rolling, MedianPutsNumbersInOrderWhateverTheyAre) {
  std::vector<std::vector<double>> series(5, normal(20000, 1e8));
  for (std::size_t i = 0; i < 20000; ++i) {
    const auto t = static_cast<double>(i);
    if (i % 5000 == 17) series[0][i] = 1e300;               // beside it, the rest looks equal
    series[1][i] = static_cast<double>(i * 7919 % 13) - 6;  // few different numbers, zero of both signs
    if (series[1][i] == 0 && i % 2) series[1][i] = -0.0;
    series[2][i] = t;   // all below the middle go
    series[3][i] = -t;  // all above it
    series[4][i] = i % 2 ? t * 1e-310 : -1e300 * t;
  }
  for (const auto& x : series)
    for (const std::ptrdiff_t length : {1, 2, 63, 64, 1000, 9001}) {
      const auto got = rolling_median(x, length, {.min_count = 1});
      for (std::ptrdiff_t i = 0; i < got.size(); i += length < 100 ? 1 : 83)
        ASSERT_NO_FATAL_FAILURE(expect_place(kAll[2], x, {length, 1, false}, i, got[i]));
    }
}

TEST(Rolling, DoesNotDependOnStrides) {
  for (const auto& x : {normal(20000, 1), with_gaps(normal(20000, 1), 50)})
    for (const Statistic& statistic : kAll)
      for (const std::ptrdiff_t length : {9, 700}) {
        std::vector<double> spread(3 * x.size(), kNan);
        for (std::size_t i = 0; i < x.size(); ++i) spread[3 * i] = x[i];
        const std::vector<double> reversed(x.rbegin(), x.rend());
        const auto n = static_cast<std::ptrdiff_t>(x.size());
        const RollingOptions options{.min_count = 3};
        const auto wanted = values(statistic.ours(x, length, options));
        for (const auto view : {View<const double, 1>(spread.data(), {n}, {3}),
                                View<const double, 1>(reversed.data() + n - 1, {n}, {-1})}) {
          const auto got = values(statistic.ours(view, length, options));
          EXPECT_EQ(std::memcmp(got.data(), wanted.data(), got.size() * sizeof(double)), 0) << statistic.name;
        }
      }
}

TEST(Rolling, HasTheSameBitsForAnyNumberOfCores) {
  auto x = normal(400003, 10);
  for (std::size_t i = 100000; i < 110000; i += 3) x[i] = kNan;
  for (const Statistic& statistic : kAll)
    for (const std::ptrdiff_t length : {12, 1000, 90000}) {
      const RollingOptions options{.min_count = 10};
      expect_same_bits([&] { return values(statistic.ours(x, length, options)); });
      const auto alone = values(statistic.ours(x, length, {.min_count = 10, .compute = {.parallel = false}}));
      const auto together = values(statistic.ours(x, length, options));
      EXPECT_EQ(std::memcmp(alone.data(), together.data(), alone.size() * sizeof(double)), 0) << statistic.name;
    }
}

TEST(Rolling, OfNothingIsNothing) {
  for (const Statistic& statistic : kAll) EXPECT_EQ(statistic.ours(std::vector<double>{}, 5, {}).size(), 0);
}

TEST(Rolling, WindowLongerThanAnySeriesIsTheWholeOfIt) {
  const auto x = normal(50);
  constexpr std::ptrdiff_t kLongest = std::numeric_limits<std::ptrdiff_t>::max();
  for (const Statistic& statistic : kAll) {
    EXPECT_TRUE(std::isnan(statistic.ours(x, kLongest, {})[49]));
    EXPECT_NEAR(statistic.ours(x, kLongest, {.min_count = 1})[49], static_cast<double>(statistic.reference(x)), 1e-14);
    EXPECT_NEAR(statistic.ours(x, kLongest, {.min_count = 1, .centred = true})[25],
                static_cast<double>(statistic.reference(x)), 1e-14);
  }
}

TEST(Rolling, RefusesWindowsThatAreNone) {
  for (const Statistic& statistic : kAll) {
    const std::string name = std::string("rolling_") +
                             (statistic.ours == &rolling_standard_deviation ? "standard_deviation" : statistic.name);
    EXPECT_EQ(error_of(Errc::invalid_argument, [&] { statistic.ours(normal(5), 0, {}); }),
              name + ": window is 0; 1 or more are needed");
    EXPECT_EQ(error_of(Errc::invalid_argument, [&] { statistic.ours(normal(5), 3, {.min_count = 4}); }),
              name + ": min_count is 4; 0 to the window, 3, are allowed");
    error_of(Errc::invalid_argument, [&] { statistic.ours(normal(5), 3, {.min_count = -1}); });
  }
}

TEST(Rolling, EndsWhenTheCallDoes) {
  const auto x = normal(100000);
  StopControl stop;
  stop.request_stop();
  const StopScope scope(&stop);
  for (const Statistic& statistic : kAll)
    for (const std::ptrdiff_t length : {5, 1000, 90000})
      error_of(Errc::cancelled, [&] { statistic.ours(x, length, {.min_count = 1}); });
}

}  // namespace
}  // namespace lagoon::timeseries
