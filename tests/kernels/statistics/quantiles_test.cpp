// SPDX-License-Identifier: Apache-2.0
#include <lagoon/kernels/statistics/quantiles.hpp>

#include <reference/statistics.hpp>

#include <array>
#include <map>
#include <sstream>

#include "series.hpp"

namespace lagoon::statistics {
namespace {

const std::vector<double> kPercent{0, 0.001, 1, 5, 25, 100.0 / 3, 50, 75, 95, 99, 99.99, 100};

/// What each kind of series makes hard.
std::vector<double> series(int kind, std::size_t n) {
  std::mt19937_64 random(11);
  std::vector<double> x(n);
  for (std::size_t i = 0; i < n; ++i) switch (kind) {
      case 0: x[i] = static_cast<double>(random() % 10); break;                            // ties everywhere
      case 1: x[i] = std::normal_distribution<>(300, 10)(random); break;                   // one octave
      case 2: x[i] = std::cauchy_distribution<>()(random); break;                          // long tails
      case 3: x[i] = random() % 3 ? 0 : std::exponential_distribution<>()(random); break;  // an atom
      case 4: x[i] = static_cast<double>(i); break;                                        // sorted
      default: x[i] = std::sin(static_cast<double>(i) * 0.19634954084936207); break;       // period 32
    }
  return x;
}

TEST(Quantiles, EqualTheReference) {
  for (int kind = 0; kind < 6; ++kind)
    for (std::size_t n : {2u, 1000u, 32768u, 32769u, 600011u}) {
      const auto x = series(kind, n);
      const auto q = percentiles(x, kPercent);
      for (std::size_t i = 0; i < kPercent.size(); ++i) {
        const auto want = static_cast<double>(reference::percentile(x, kPercent[i]));
        // The weight is rank - floor(rank), so its rounding grows with n.
        EXPECT_NEAR(q[i], want, 1e-10 * std::max(1.0, std::fabs(want))) << kind << " " << n << " " << kPercent[i];
      }
    }
}

// Three million are enough for brackets that are narrowed a second time.
TEST(Quantiles, OfLongSeriesEqualTheSortedSeries) {
  for (int kind : {1, 3, 5}) {
    auto x = series(kind, 3'000'011);
    for (std::size_t i = 0; i < x.size(); i += 50) x[i] = i % 100 ? kInfinity : -kInfinity;
    auto sorted = x;
    std::sort(sorted.begin(), sorted.end());
    const std::vector<double> percent{0,    0.5, 0.999, 1.001, 1.5,  20,    25,   30,
                                      49.9, 50,  80,    98.99, 99.0, 99.01, 99.5, 100};
    const auto q = percentiles(x, percent, {.method = QuantileMethod::inverted_cdf});
    for (std::size_t i = 0; i < percent.size(); ++i) {
      const auto n = static_cast<double>(x.size());
      const double rank = std::max(1.0, std::ceil(percent[i] / 100 * n - 1e-7));
      EXPECT_EQ(q[i], sorted[static_cast<std::size_t>(rank) - 1]) << kind << " " << percent[i];
    }
  }
}

TEST(Quantiles, OfFloatsAreThoseOfTheSameDoubles) {
  const auto x = series(1, 100000);
  const std::vector<float> f(x.begin(), x.end());
  EXPECT_EQ(percentiles(f, kPercent), percentiles(std::vector<double>(f.begin(), f.end()), kPercent));
  EXPECT_EQ(median(f), percentiles(f, std::array{50.0})[0]);
}

TEST(Quantiles, OfOneNumberAreThatNumber) {
  for (int type = 1; type <= 9; ++type)
    for (double q : percentiles(std::vector<double>{42}, kPercent, {.method = static_cast<QuantileMethod>(type)}))
      EXPECT_EQ(q, 42);
}

TEST(Quantiles, OfAConstantSeriesAreThatNumber) {
  for (double q : percentiles(std::vector<double>(100000, 0.1), kPercent)) EXPECT_EQ(q, 0.1);
}

TEST(Quantiles, ComeInTheOrderAskedAndAsOftenAsAsked) {
  const auto x = series(1, 50000);
  const auto q = percentiles(x, std::array{90.0, 10.0, 90.0});
  EXPECT_EQ(q[0], q[2]);
  EXPECT_LT(q[1], q[0]);
  EXPECT_TRUE(percentiles(x, {}).empty());
}

TEST(Quantiles, AreRightWhenMoreAreAskedThanBracketsHelpWith) {
  const auto x = series(2, 100000);
  std::vector<double> percent;
  for (int i = 0; i <= 200; ++i) percent.push_back(i / 2.0);
  const auto q = percentiles(x, percent);
  for (std::size_t i = 0; i < percent.size(); i += 20) {
    const auto want = reference::percentile(x, percent[i]);
    EXPECT_GE(digits(q[i], want), 10);
  }
}

TEST(Quantiles, AreRightWhenTheSampleMisleads) {
  // All but the elements that a sample of one in 32 could hold by chance: two values, the rare one in a lump.
  std::vector<double> x(200000, 1.0);
  for (std::size_t i = 0; i < 40; ++i) x[1000 + i] = static_cast<double>(i) - 100;
  for (double p : {0.0, 0.001, 0.01, 0.015, 0.02, 0.03})
    EXPECT_NEAR(percentiles(x, std::array{p})[0], static_cast<double>(reference::percentile(x, p)), 1e-9) << p;
}

TEST(Quantiles, TakeInfinitiesAsNumbers) {
  auto x = series(1, 100000);
  for (std::size_t i = 0; i < 40000; ++i) x[i * 2] = i % 2 ? kInfinity : -kInfinity;
  const auto q = percentiles(x, std::array{0.0, 10.0, 50.0, 90.0, 100.0});
  EXPECT_EQ(q[0], -kInfinity);
  EXPECT_EQ(q[1], -kInfinity);
  EXPECT_NEAR(q[2], 300, 1);
  EXPECT_EQ(q[3], kInfinity);
  EXPECT_EQ(q[4], kInfinity);
}

TEST(Quantiles, TreatNanAsAsked) {
  for (std::size_t n : {1000u, 100000u}) {
    auto x = series(1, n);
    const auto kept = std::vector<double>(x.begin() + 2, x.end());
    x[0] = x[1] = kNan;
    EXPECT_TRUE(std::isnan(median(x)));
    EXPECT_NEAR(median(x, {.nan = NanPolicy::omit}), static_cast<double>(reference::percentile(kept, 50)), 1e-12 * 300);
    EXPECT_NE(error_of(Errc::invalid_argument, [&] { median(x, {.nan = NanPolicy::fail}); }).find("2 of"),
              std::string::npos);
    EXPECT_TRUE(std::isnan(median(std::vector<double>(n, kNan), {.nan = NanPolicy::omit})));
  }
}

TEST(Quantiles, RefuseWhatHasNoMeaning) {
  const std::vector<double> x{1, 2, 3};
  error_of(Errc::invalid_argument, [] { median(std::vector<double>{}); });
  error_of(Errc::out_of_range, [&] { percentiles(x, std::array{101.0}); });
  error_of(Errc::out_of_range, [&] { percentiles(x, std::array{kNan}); });
  error_of(Errc::invalid_argument,
           [&] { percentiles(x, std::array{1.0}, {.method = static_cast<QuantileMethod>(10)}); });
}

TEST(Quantiles, DoNotDependOnStridesOrCores) {
  const auto x = series(2, 300000);
  std::vector<double> spread(2 * x.size(), kNan);
  for (std::size_t i = 0; i < x.size(); ++i) spread[spread.size() - 2 - 2 * i] = x[i];
  const View<const double, 1> backwards(spread.data() + spread.size() - 2, {300000}, {-2});
  EXPECT_EQ(percentiles(backwards, kPercent), percentiles(x, kPercent));
  expect_same_bits([&] { return percentiles(x, kPercent); });
}

TEST(Quantiles, EqualRsInAllNineDefinitions) {
  if (case_file("").empty()) GTEST_SKIP() << "no LAGOON_CASES";
  std::map<std::string, std::vector<double>> sets;
  std::ifstream table(case_file("quantiles_R.csv"));
  std::string line;
  std::getline(table, line);
  int rows = 0;
  for (; std::getline(table, line); ++rows) {
    std::stringstream cells(line);
    std::string set, type, p, q;
    std::getline(cells, set, ',');
    std::getline(cells, type, ',');
    std::getline(cells, p, ',');
    std::getline(cells, q, ',');
    auto& x = sets[set];
    if (x.empty()) {
      std::ifstream in(case_file("quantset_" + set + ".txt"));
      for (double v; in >> v;) x.push_back(v);
    }
    const double got =
        percentiles(x, std::array{100 * std::stod(p)}, {.method = static_cast<QuantileMethod>(std::stoi(type))})[0];
    EXPECT_GE(digits(got, std::stod(q)), 12) << line << " got " << got;
  }
  EXPECT_GT(rows, 500);
}

}  // namespace
}  // namespace lagoon::statistics
