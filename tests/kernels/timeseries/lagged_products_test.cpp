// SPDX-License-Identifier: Apache-2.0
// What correlations stand on, where the paths for few and many lags meet, and transforms of any smooth length.
#include <timeseries/lagged_products.hpp>

#include <lagoon/engine/stop.hpp>
#include <numbers>
#include <timeseries/fourier_lanes.hpp>

#include "trend_series.hpp"

namespace lagoon::timeseries::detail {
namespace {

using test::noise;

double product_sum(const std::vector<double>& x, const std::vector<double>& y, std::ptrdiff_t lag) {
  long double sum = 0;
  for (std::size_t t = 0; t + static_cast<std::size_t>(lag) < x.size(); ++t)
    sum += static_cast<long double>(x[t + static_cast<std::size_t>(lag)]) * y[t];
  return static_cast<double>(sum);
}

TEST(LaggedProducts, AreSumsOfProductsWhateverTheLengthsOfSeriesAndLags) {
  for (std::size_t n : {1u, 2u, 100u, 2047u, 2048u, 2049u, 5000u, 70000u})
    for (std::ptrdiff_t lags : {0, 1, 7, 8, 127, 128, 129, 255, 256, 257, 511, 512, 513, 640, 1200, 17000}) {
      if (lags > 2000 && n < 70000) continue;
      const auto x = noise(n, 0, 1), y = noise(n, 0, 2);
      const Deviations a{x}, b{y};
      const auto with_other = lagged_products(a, b, lags, true), with_itself = lagged_products(a, a, lags, true);
      ASSERT_EQ(with_other.size(), lags + 1);
      // Sums of size n at lag 0, and spectra of that size, are rounded a few times.
      const double tolerance = 1e-15 * static_cast<double>(n) + 1e-14;
      for (std::ptrdiff_t k = 0; k <= lags; k += 1 + lags / 9) {
        EXPECT_NEAR(with_other[k], product_sum(x, y, k), tolerance) << n << ' ' << lags << ' ' << k;
        EXPECT_NEAR(with_itself[k], product_sum(x, x, k), tolerance) << n << ' ' << lags << ' ' << k;
      }
      EXPECT_NEAR(with_other[lags], product_sum(x, y, lags), tolerance) << n << ' ' << lags;
    }
}

TEST(LaggedProducts, CountPairsExactly) {
  std::vector<double> x(30000, 1.0);
  for (std::size_t i = 0; i < x.size(); i += 3) x[i] = test::kNan;
  const Deviations counts{.x = x, .counts = true};
  for (std::ptrdiff_t lags : {10, 2000})
    for (std::ptrdiff_t k = 0; k <= 10; ++k) {
      double pairs = 0;
      for (std::size_t t = 0; t + static_cast<std::size_t>(k) < x.size(); ++t)
        pairs += !std::isnan(x[t]) && !std::isnan(x[t + static_cast<std::size_t>(k)]);
      EXPECT_EQ(std::round(lagged_products(counts, counts, lags, true)[k]), pairs);
    }
}

TEST(LaggedProducts, EndWhenTheCallEnds) {
  const auto x = noise(300000);
  const Deviations a{x};
  StopControl stop;
  stop.request_stop();
  const StopScope scope(&stop);
  for (std::ptrdiff_t lags : {10, 2000, 200000})
    test::error_of(Errc::cancelled, [&] { lagged_products(a, a, lags, true); });
}

TEST(Transform, OfALineSpectrumIsThatLine) {
  for (std::ptrdiff_t n : {2, 6, 10, 1024, 4096, 6144, 8192, 10240, 15625, 30000, 65536, 131072}) {
    ASSERT_TRUE(smooth(n));
    const std::ptrdiff_t line = n / 3;
    Tensor<Complex, 1> wave({n}), spectrum({n});
    for (std::ptrdiff_t t = 0; t < n; ++t)
      wave[t] = std::polar(1.0, 2 * std::numbers::pi * static_cast<double>(line * t % n) / static_cast<double>(n));
    transform(wave, spectrum, true);
    // Each of log n steps rounds numbers of size n or less; most of it cancels.
    for (std::ptrdiff_t f = 0; f < n; ++f)
      ASSERT_NEAR(std::abs(spectrum[f] - (f == line ? static_cast<double>(n) : 0.0)), 0, 2e-15 * n) << n << ' ' << f;
  }
}

TEST(Transform, TakesTheNextLengthThatIsFast) {
  EXPECT_EQ(smooth_from(1), 2);
  EXPECT_EQ(smooth_from(129), 160);
  EXPECT_EQ(smooth_from(161), 192);
  EXPECT_EQ(smooth_from(193), 256);
  EXPECT_FALSE(smooth(7));
}

}  // namespace
}  // namespace lagoon::timeseries::detail
