// SPDX-License-Identifier: Apache-2.0
#include <lagoon/kernels/simd.hpp>
#include <lagoon/kernels/statistics/moments.hpp>

#include <reference/statistics.hpp>

#include "series.hpp"
#ifdef LAGOON_TEST_EIGEN
#include <Eigen/Dense>
#endif

namespace lagoon::statistics {
namespace {

TEST(Isa, IsTheOneAskedForOrALowerOne) {
  const std::string isa(simd::isa_name());
  const char* wanted = std::getenv("LAGOON_EXPECT_ISA");
  if (!wanted) GTEST_SKIP() << "no LAGOON_EXPECT_ISA; " << isa;
  const std::string all[] = {"baseline", "avx2", "avx512"};
  const auto level = [&](const std::string& s) { return std::find(std::begin(all), std::end(all), s) - all; };
  EXPECT_LE(level(isa), level(wanted));
}

TEST(Moments, EqualTheReference) {
  for (std::size_t n : {2u, 3u, 7u, 31u, 2047u, 2048u, 2049u, 65536u, 65537u, 300001u})
    for (double offset : {0.0, 300.0, 1e6}) {
      const auto x = normal(n, offset);
      const auto want = reference::moments(x);
      const Moments m = moments(x);
      EXPECT_EQ(m.count, static_cast<std::int64_t>(n));
      // The mean is a sum of n numbers of size offset + 1, rounded; the powers see the rounding of x - mean.
      EXPECT_NEAR(m.mean, static_cast<double>(want.mean), 4e-16 * (offset + 1));
      EXPECT_GE(digits(m.variance, want.variance), 12);
      EXPECT_NEAR(m.skewness, static_cast<double>(want.skewness), 1e-9);
      EXPECT_NEAR(m.kurtosis, static_cast<double>(want.kurtosis), 1e-9);
      EXPECT_EQ(m.minimum, *std::min_element(x.begin(), x.end()));
      EXPECT_EQ(m.maximum, *std::max_element(x.begin(), x.end()));
      EXPECT_EQ(mean(x), m.mean);
      EXPECT_GE(digits(variance(x), m.variance), 14);  // alone, squares are added without rounding them first
      EXPECT_GE(digits(standard_deviation(x), m.standard_deviation), 14);
      EXPECT_EQ(skewness(x), m.skewness);
      EXPECT_EQ(kurtosis(x), m.kurtosis);
      EXPECT_EQ(extrema(x).maximum, m.maximum);
    }
}

TEST(Moments, OfFloatsAreThoseOfTheSameDoubles) {
  const auto x = normal(100003, 300);
  const std::vector<float> f(x.begin(), x.end());
  const std::vector<double> same(f.begin(), f.end());
  EXPECT_EQ(moments(f).mean, moments(same).mean);
  EXPECT_EQ(moments(f).kurtosis, moments(same).kurtosis);
}

TEST(Moments, OfEachOrderLeaveOutWhatNeedsAHigherOne) {
  const auto x = normal(1000);
  const Moments first = moments(x, {.order = 1}), second = moments(x, {.order = 2}), third = moments(x, {.order = 3});
  EXPECT_TRUE(std::isnan(first.variance));
  EXPECT_TRUE(std::isnan(second.skewness));
  EXPECT_TRUE(std::isnan(third.kurtosis));
  EXPECT_GE(digits(second.variance, moments(x).variance), 14);
  EXPECT_EQ(third.skewness, moments(x).skewness);
  EXPECT_NE(error_of(Errc::invalid_argument, [&] { moments(x, {.order = 5}); }).find("5"), std::string::npos);
}

TEST(Moments, OfNothingAreAnError) {
  EXPECT_NE(error_of(Errc::invalid_argument, [] { mean(std::vector<double>{}); }).find("mean: the series is empty"),
            std::string::npos);
}

TEST(Moments, OfOneNumberHaveNoSpread) {
  const Moments m = moments(std::vector<double>{42});
  EXPECT_EQ(m.mean, 42);
  EXPECT_EQ(m.minimum, 42);
  EXPECT_TRUE(std::isnan(m.variance));
  EXPECT_EQ(moments(std::vector<double>{42}, {.ddof = 0}).variance, 0);
}

TEST(Moments, OfAConstantSeriesAreExact) {
  const std::vector<double> x(200001, 0.1);
  const Moments m = moments(x);
  EXPECT_EQ(m.mean, 0.1);
  EXPECT_EQ(m.variance, 0);
  EXPECT_EQ(variance(x), 0);
  EXPECT_TRUE(std::isnan(m.skewness));
  EXPECT_TRUE(std::isnan(m.kurtosis));
}

TEST(Moments, TreatNanAsAsked) {
  auto x = normal(150000);
  auto kept = x;
  x[70000] = x[70001] = x[149999] = kNan;
  kept.erase(kept.begin() + 149999);
  kept.erase(kept.begin() + 70000, kept.begin() + 70002);
  const Moments through = moments(x), without = moments(x, {.nan = NanPolicy::omit});
  EXPECT_TRUE(std::isnan(through.mean) && std::isnan(through.minimum) && std::isnan(through.kurtosis));
  EXPECT_EQ(through.missing, 3);
  EXPECT_EQ(without.missing, 3);
  EXPECT_EQ(without.count, 149997);
  EXPECT_GE(digits(without.mean, reference::moments(kept).mean), 12);
  EXPECT_GE(digits(without.variance, reference::moments(kept).variance), 13);
  EXPECT_EQ(without.minimum, *std::min_element(kept.begin(), kept.end()));
  const auto message = error_of(Errc::invalid_argument, [&] { mean(x, {.nan = NanPolicy::fail}); });
  EXPECT_NE(message.find("element 70000 is NaN"), std::string::npos) << message;
  EXPECT_TRUE(std::isnan(mean(std::vector<double>{kNan, kNan}, {.nan = NanPolicy::omit})));
}

TEST(Moments, OfInfinitiesAreWhatArithmeticSays) {
  auto x = normal(5000);
  x[17] = kInfinity;
  EXPECT_EQ(mean(x), kInfinity);
  EXPECT_EQ(moments(x).maximum, kInfinity);
  EXPECT_TRUE(std::isnan(variance(x)));
  x[4000] = -kInfinity;
  EXPECT_TRUE(std::isnan(mean(x)));
  EXPECT_EQ(extrema(x).minimum, -kInfinity);
}

TEST(Moments, DoNotDependOnStrides) {
  const auto x = normal(70000);
  const Moments m = moments(x);
  std::vector<double> spread(3 * x.size(), kNan);
  for (std::size_t i = 0; i < x.size(); ++i) spread[3 * i] = x[i];
  const auto n = static_cast<std::ptrdiff_t>(x.size());
  EXPECT_EQ(moments(View<const double, 1>(spread.data(), {n}, {3})).kurtosis, m.kurtosis);
  const std::vector<double> reversed(x.rbegin(), x.rend());
  EXPECT_EQ(moments(View<const double, 1>(reversed.data() + n - 1, {n}, {-1})).kurtosis, m.kurtosis);
#ifdef LAGOON_TEST_EIGEN
  Eigen::MatrixXd matrix(3, n);
  matrix.row(1) = Eigen::Map<const Eigen::RowVectorXd>(x.data(), n);
  EXPECT_EQ(mean(matrix.row(1)), m.mean);
  Eigen::MatrixXd tall = matrix.transpose();
  EXPECT_EQ(mean(tall.col(1)), m.mean);
#endif
}

TEST(Moments, HaveTheSameBitsForAnyNumberOfCores) {
  const auto x = normal(1000003, 5);
  expect_same_bits([&] {
    const Moments m = moments(x);
    return std::vector{m.mean, m.variance, m.skewness, m.kurtosis, mean(x), variance(x)};
  });
}

void expect_certified(const std::vector<double>& x, double average, double deviation, double average_digits,
                      double deviation_digits) {
  EXPECT_GE(digits(mean(x), average), average_digits);
  EXPECT_GE(digits(standard_deviation(x), deviation), deviation_digits);
}

TEST(Moments, ReachNistsConstructedSeries) {
  expect_certified({10000001, 10000003, 10000002}, 10000002, 1, 15, 15);
  for (double offset : {1.0, 1e6, 1e7}) {  // NumAcc2, NumAcc3, NumAcc4
    std::vector<double> x{offset + 0.2};
    for (int i = 0; i < 500; ++i) x.insert(x.end(), {offset + 0.1, offset + 0.3});
    // The input itself is rounded: log10(offset) digits of 0.1 are lost before we see it.
    expect_certified(x, offset + 0.2, 0.1, 15, offset == 1 ? 14.5 : offset == 1e6 ? 9 : 8);
  }
}

TEST(Moments, ReachNistsCertifiedValues) {
  const struct {
    const char* file;
    double mean, deviation, mean_digits;
    std::size_t count;
  } cases[] = {{"nist/Lew.dat", -177.435, 277.332168044316, 15, 200},
               {"nist/Lottery.dat", 518.958715596330, 291.699727470969, 14.5, 218},
               {"nist/PiDigits.txt", 4.5348, 2.86733906028871, 14, 5000}};
  if (case_file("").empty()) GTEST_SKIP() << "no LAGOON_CASES";
  for (const auto& c : cases) {
    std::ifstream in(case_file(c.file));
    std::vector<std::string> words;
    for (std::string word; in >> word;) words.push_back(word);
    ASSERT_GT(words.size(), c.count) << c.file;
    std::vector<double> x;  // what stands at the end of the file, one number a line
    for (std::size_t i = words.size() - c.count; i < words.size(); ++i) x.push_back(std::stod(words[i]));
    expect_certified(x, c.mean, c.deviation, c.mean_digits, 13);
  }
}

}  // namespace
}  // namespace lagoon::statistics
