// SPDX-License-Identifier: Apache-2.0
#include <lagoon/kernels/statistics/histogram.hpp>

#include <array>
#include <numeric>

#include "series.hpp"

namespace lagoon::statistics {
namespace {

void expect_edges_rule(const std::vector<double>& x, const Histogram& h) {
  std::vector<std::int64_t> counts(h.counts.size());
  for (double v : x)
    for (std::size_t b = 0; b < counts.size(); ++b)
      counts[b] += v >= h.edges[b] && (v < h.edges[b + 1] || (b + 1 == counts.size() && v == h.edges[b + 1]));
  EXPECT_EQ(h.counts, counts);
  EXPECT_EQ(std::accumulate(h.counts.begin(), h.counts.end(), h.below + h.above + h.missing),
            static_cast<std::int64_t>(x.size()));
}

TEST(Histogram, CountsWhereItsEdgesSay) {
  auto x = normal(20000);
  for (int i = -40; i <= 40; ++i) x.push_back(0.1 * i);  // on the edges, nearly
  x.push_back(kNan);
  x.push_back(kInfinity);
  const auto h = histogram(x, 30, -1.5, 1.5);
  EXPECT_EQ(h.edges.size(), 31u);
  EXPECT_EQ(h.missing, 1);
  EXPECT_GT(h.below, 0);
  expect_edges_rule(x, h);
  const std::array<double, 4> edges{-kInfinity, -1, 0.5, 2};
  expect_edges_rule(x, histogram(x, edges));
  EXPECT_EQ(histogram(x, edges).below, 0);
}

TEST(Histogram, PutsTheUpperLimitIntoTheLastBin) {
  const auto h = histogram(std::vector<double>{0, 1, 2, 3}, 3, 0, 3);
  EXPECT_EQ(h.counts, (std::vector<std::int64_t>{1, 1, 2}));
}

TEST(Histogram, ChoosesBinsByTheQuartiles) {
  const auto x = normal(10000);
  const auto h = histogram(x);
  // Freedman-Diaconis for a normal distribution: 2 * 1.349 / 10000^(1/3).
  EXPECT_NEAR(h.edges[1] - h.edges[0], 2 * 1.349 / std::cbrt(10000), 0.01);
  EXPECT_EQ(h.below + h.above + h.missing, 0);
  expect_edges_rule(x, h);
}

TEST(Histogram, FallsBackToSturgesWhereQuartilesCoincide) {
  std::vector<double> x(1000, 1.0);
  x[0] = 0;
  x[1] = 2;
  EXPECT_EQ(histogram(x).counts.size(), 11u);
}

TEST(Histogram, OfAConstantHasOneBin) {
  const auto h = histogram(std::vector<double>(50, 7.0));
  EXPECT_EQ(h.counts, std::vector<std::int64_t>{50});
  EXPECT_EQ(histogram(std::vector<double>(50, 1e300)).counts, std::vector<std::int64_t>{50});
  const auto neighbours = histogram(std::vector<double>{1, std::nextafter(1, 2)}).counts;
  EXPECT_EQ(std::accumulate(neighbours.begin(), neighbours.end(), std::int64_t{0}), 2);
}

TEST(Histogram, OfNothing) {
  EXPECT_EQ(histogram(std::vector<double>{}, 2, 0, 1).counts, (std::vector<std::int64_t>{0, 0}));
  error_of(Errc::invalid_argument, [] { histogram(std::vector<double>{kNan, kInfinity}); });
}

TEST(Histogram, RefusesWhatHasNoMeaning) {
  const std::vector<double> x{1, 2};
  error_of(Errc::invalid_argument, [&] { histogram(x, 0, 0, 1); });
  error_of(Errc::invalid_argument, [&] { histogram(x, 5, 1, 1); });
  error_of(Errc::invalid_argument, [&] { histogram(x, 5, 0, kInfinity); });
  error_of(Errc::invalid_argument, [&] { histogram(x, 5, 1, std::nextafter(1, 2)); });
  error_of(Errc::invalid_argument, [&] { histogram(x, std::array{0.0}); });
  error_of(Errc::invalid_argument, [&] { histogram(x, std::array{0.0, 0.0}); });
}

TEST(Histogram, IsTheSameForAnyNumberOfCoresAndFloats) {
  const auto x = normal(1000000);
  expect_same_bits([&] {
    const auto h = histogram(x);
    return std::vector<double>(h.counts.begin(), h.counts.end());
  });
  const std::vector<float> f(x.begin(), x.end());
  EXPECT_EQ(histogram(f).counts, histogram(std::vector<double>(f.begin(), f.end())).counts);
}

}  // namespace
}  // namespace lagoon::statistics
