// SPDX-License-Identifier: Apache-2.0
#include <lagoon/kernels/statistics/streaming.hpp>

#include <reference/statistics.hpp>

#include "series.hpp"

namespace lagoon::statistics {
namespace {

TEST(StreamingMoments, EqualThoseOfTheWholeSeries) {
  const auto x = normal(20000, 1e4);
  StreamingMoments one, blocks, other;
  for (double v : x) one.add(v);
  blocks.add(View<const double, 1>(x.data(), {7000}));
  other.add(View<const double, 1>(x.data() + 7000, {13000}));
  blocks.merge(other);
  const auto want = reference::moments(x);
  for (const auto& m : {one.moments(), blocks.moments()}) {
    EXPECT_EQ(m.count, 20000);
    EXPECT_GE(digits(m.mean, want.mean), 14);
    EXPECT_GE(digits(m.variance, want.variance), 10);  // 20,000 merges at offset 1e4
    EXPECT_NEAR(m.kurtosis, static_cast<double>(want.kurtosis), 1e-9);
    EXPECT_EQ(m.maximum, *std::max_element(x.begin(), x.end()));
  }
}

TEST(StreamingMoments, OfNothingAreNotKnown) {
  StreamingMoments s;
  EXPECT_TRUE(std::isnan(s.moments().mean));
  s.add(kNan);
  s.merge(StreamingMoments{});
  EXPECT_EQ(s.moments().missing, 1);
  EXPECT_EQ(s.moments().count, 0);
  s.add(-3);
  EXPECT_EQ(s.moments().maximum, -3);
  EXPECT_EQ(s.moments(0).variance, 0);
}

void expect_within(const QuantileSketch& sketch, std::vector<double> x, double error) {
  std::sort(x.begin(), x.end());
  for (double p : {0.0, 1.0, 10.0, 50.0, 90.0, 99.0, 99.9, 100.0}) {
    const double exact = x[static_cast<std::size_t>(p / 100 * static_cast<double>(x.size() - 1))];
    EXPECT_NEAR(sketch.percentile(p), exact, error * std::fabs(exact) * (1 + 1e-12)) << p;
  }
}

TEST(QuantileSketch, KeepsItsRelativeError) {
  auto x = normal(50000);
  for (double& v : x) v = std::exp(2 * v) * (v > -0.5 ? 1 : -1);
  x.insert(x.end(), 100, 0.0);
  for (double error : {0.001, 0.01, 0.2}) {
    QuantileSketch sketch(error, 1 << 16);
    sketch.add(x);
    EXPECT_EQ(sketch.count(), 50100);
    expect_within(sketch, x, error);
  }
}

TEST(QuantileSketch, MergesAsIfOneHadSeenAll) {
  const auto x = normal(10000, 3), y = normal(5000, -8, 1, 9);
  QuantileSketch a(0.01), b(0.01), both(0.01);
  a.add(x);
  b.add(y);
  both.add(x);
  both.add(y);
  a.merge(b);
  a.merge(QuantileSketch(0.01));
  QuantileSketch empty(0.01);
  empty.merge(a);
  for (double p : {0.0, 5.0, 33.0, 34.0, 50.0, 99.0, 100.0}) {
    EXPECT_EQ(a.percentile(p), both.percentile(p));
    EXPECT_EQ(empty.percentile(p), both.percentile(p));
  }
  a.merge(a);
  EXPECT_EQ(a.count(), 30000);
  error_of(Errc::invalid_argument, [&] { a.merge(QuantileSketch(0.02)); });
}

TEST(QuantileSketch, GivesUpTheSmallestNumbersWhenBucketsEnd) {
  QuantileSketch sketch(0.01, 64);
  std::vector<double> x;
  for (int i = 0; i < 20000; ++i) x.push_back(std::pow(10, -8 + i / 2000.0));
  sketch.add(x);
  EXPECT_EQ(sketch.positive.size(), 64u);
  EXPECT_EQ(sketch.count(), 20000);
  EXPECT_NEAR(sketch.percentile(99), x[19799], 0.0101 * x[19799]);
  EXPECT_EQ(sketch.percentile(0), 1e-8);
  QuantileSketch reversed(0.01, 64);
  for (std::size_t i = x.size(); i-- > 0;) reversed.add(x[i]);
  EXPECT_EQ(reversed.percentile(99), sketch.percentile(99));
  EXPECT_EQ(reversed.positive, sketch.positive);
}

TEST(QuantileSketch, TakesAnyNumber) {
  QuantileSketch sketch(0.01);
  EXPECT_TRUE(std::isnan(sketch.percentile(50)));
  for (double v : {kInfinity, -kInfinity, 0.0, -0.0, 5e-324, 1.7e308, kNan}) sketch.add(v);
  EXPECT_EQ(sketch.count(), 6);
  EXPECT_EQ(sketch.missing, 1);
  EXPECT_EQ(sketch.percentile(0), -kInfinity);
  EXPECT_EQ(sketch.percentile(100), kInfinity);
  EXPECT_EQ(sketch.percentile(50), 0);
  error_of(Errc::out_of_range, [&] { sketch.percentile(-1); });
  error_of(Errc::invalid_argument, [] { QuantileSketch(0); });
  error_of(Errc::invalid_argument, [] { QuantileSketch(0.01, 3); });
}

}  // namespace
}  // namespace lagoon::statistics
