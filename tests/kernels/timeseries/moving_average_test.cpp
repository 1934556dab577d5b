// SPDX-License-Identifier: Apache-2.0
#include <src/timeseries/moving_average.hpp>

#include <reference/timeseries_seasonality.hpp>

#include "seasonal_series.hpp"

namespace lagoon::timeseries {
namespace {

using test::kNan;

std::vector<double> averages(const std::vector<double>& x, std::size_t window) {
  std::vector<double> out(x.size() - window + 1);
  detail::moving_average(x.data(), static_cast<std::ptrdiff_t>(x.size()), static_cast<std::ptrdiff_t>(window),
                         out.data(), true);
  return out;
}

TEST(MovingAverage, EqualsTheReference) {
  for (std::size_t n : {1u, 2u, 7u, 100u, 40001u}) {
    const auto x = test::noise(n, 3);
    for (std::size_t window : {std::size_t{1}, std::size_t{2}, std::size_t{7}, std::size_t{365}, n / 2 + 1, n}) {
      if (window > n) continue;
      const auto want = reference::moving_average(x, static_cast<int>(window)), got = averages(x, window);
      ASSERT_EQ(got.size(), want.size());
      // Sums of at most 40001 numbers of size 1, each addition rounded by half an ulp of the sum.
      for (std::size_t i = 0; i < got.size(); ++i)
        ASSERT_NEAR(got[i], want[i], 1e-13) << n << ' ' << window << ' ' << i;
    }
  }
}

TEST(MovingAverage, IsSpoiltOnlyWhereANanOrAHugeNumberIsInTheWindow) {
  auto x = test::noise(1000, 4);
  const auto clean = averages(x, 50);
  x[300] = 1e300;
  x[600] = kNan;
  const auto got = averages(x, 50);
  for (std::size_t i = 0; i < got.size(); ++i) {
    if (i > 550 && i <= 600)
      EXPECT_TRUE(std::isnan(got[i])) << i;
    else if (i > 250 && i <= 300)
      EXPECT_GT(got[i], 1e298) << i;
    else
      EXPECT_EQ(got[i], clean[i]) << i;
  }
}

TEST(MovingAverage, HasTheSameBitsForAnyNumberOfCores) {
  const auto x = test::noise(100003, 5);
  for (std::size_t window : {3u, 77u, 30000u}) test::expect_same_bits([&] { return averages(x, window); });
}

}  // namespace
}  // namespace lagoon::timeseries
