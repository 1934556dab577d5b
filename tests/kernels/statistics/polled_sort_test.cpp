// SPDX-License-Identifier: Apache-2.0
// Sorting and selecting as the standard library does, and the end of both when the call is to end.
#include "src/polled/sort.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <lagoon/kernels/statistics/covariance.hpp>
#include <lagoon/kernels/statistics/quantiles.hpp>
#include <random>
#include <string>
#include <vector>

namespace lagoon::statistics {
namespace {

constexpr std::ptrdiff_t kPolls = polled::kBetweenPolls;

/// Series that make sorts fail, or slow.
std::vector<double> series_of(int shape, std::ptrdiff_t n) {
  std::mt19937_64 random(static_cast<std::uint64_t>(n) + 7);
  std::vector<double> x(static_cast<std::size_t>(n));
  for (std::ptrdiff_t i = 0; i < n; ++i) {
    double& v = x[static_cast<std::size_t>(i)];
    switch (shape) {
      case 0: v = std::normal_distribution<double>()(random); break;
      case 1: v = static_cast<double>(i); break;                   // rising
      case 2: v = static_cast<double>(-i); break;                  // falling
      case 3: v = static_cast<double>(random() % 3); break;        // ties
      case 4: v = 1; break;                                        // one value
      case 5: v = static_cast<double>(std::min(i, n - i)); break;  // up and down
      default: v = i % 2 ? -std::numeric_limits<double>::infinity() : static_cast<double>(i % 1000); break;
    }
  }
  return x;
}

class PolledSorts : public testing::TestWithParam<int> {};

TEST_P(PolledSorts, EqualTheStandardLibrarys) {
  for (const std::ptrdiff_t n : {0, 1, 2, 3, int{kPolls} - 1, int{kPolls} + 1, 50'000}) {
    std::vector<double> x = series_of(GetParam(), n), expected = x;
    polled::sort(x.data(), n, std::less<double>());
    std::sort(expected.begin(), expected.end());
    EXPECT_EQ(x, expected) << n;
  }
}

TEST_P(PolledSorts, CountWhatOvertakes) {
  std::vector<double> x = series_of(GetParam(), 500);
  double expected = 0, counted = 0;
  for (std::size_t i = 0; i < x.size(); ++i)
    for (std::size_t j = i + 1; j < x.size(); ++j) expected += x[j] < x[i];
  polled::merge_runs(x.data(), 500, 1, std::less<double>(),
                     [&](std::ptrdiff_t k) { counted += static_cast<double>(k); });
  EXPECT_EQ(counted, expected);
}

TEST_P(PolledSorts, PutARankInItsPlaceAsNthElementDoes) {
  for (const std::ptrdiff_t n : {1, 10, int{kPolls} + 1, 100'000}) {
    const std::vector<double> x = series_of(GetParam(), n);
    std::vector<double> sorted = x;
    std::sort(sorted.begin(), sorted.end());
    for (const std::ptrdiff_t rank : {std::ptrdiff_t{0}, n / 100, n / 2, n - 1}) {
      std::vector<double> y = x;
      polled::select(y.data(), 0, n, rank);
      const double value = sorted[static_cast<std::size_t>(rank)];
      EXPECT_EQ(y[static_cast<std::size_t>(rank)], value) << n << ' ' << rank;
      EXPECT_TRUE(std::all_of(y.begin(), y.begin() + rank, [&](double v) { return v <= value; }));
      EXPECT_TRUE(std::all_of(y.begin() + rank, y.end(), [&](double v) { return v >= value; }));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(OfShape, PolledSorts, testing::Range(0, 7));

TEST(PolledSort, EndsSoonAfterTheCallIsToEnd) {
  std::vector<double> x = series_of(0, 400'000);
  for (const std::int64_t after : {0, 1000, 3'000'000, 5'500'000}) {
    std::vector<double> y = x;
    StopControl stop;
    const StopScope scope(&stop);
    std::int64_t compared = 0, since = 0;
    const auto less = [&](double a, double b) {
      if (compared++ == after) stop.request_stop();
      since += compared > after;
      return a < b;
    };
    EXPECT_THROW(polled::sort(y.data(), 400'000, less), Error) << after;
    EXPECT_GT(compared, after) << "it had ended before";
    EXPECT_LE(since, 16 * kPolls) << after;
  }
}

TEST(StatisticsThatAreCancelled, DoNotBegin) {
  const std::vector<double> x = series_of(0, 1'000'000);
  StopControl stop;
  stop.request_stop();
  const StopScope scope(&stop);
  const View<const double, 1> series(x);
  const View<const double, 2> table(x.data(), {500'000, 2});
  EXPECT_THROW((void)median(series), Error);
  EXPECT_THROW((void)ranks(series), Error);
  EXPECT_THROW((void)correlation(table, {.method = Correlation::spearman}), Error);
  EXPECT_THROW((void)correlation(table, {.method = Correlation::kendall}), Error);
  EXPECT_THROW((void)covariance(table), Error);
}

}  // namespace
}  // namespace lagoon::statistics
