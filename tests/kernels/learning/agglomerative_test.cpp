// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <lagoon/kernels/learning/agglomerative.hpp>
#include <set>

#include "../peak.hpp"
#include "clusters.hpp"

namespace lagoon::learning {
namespace {

using namespace test;  // NOLINT

constexpr Linkage kAll[] = {Linkage::ward, Linkage::single, Linkage::complete, Linkage::average};

struct Expected {
  Linkage linkage;
  std::vector<double> heights;
  std::vector<std::int64_t> merges;
  std::vector<std::int64_t> four;  ///< labels of four clusters
};

/// Twelve rows, all distances different.
Table twelve() {
  Table x({12, 3});
  for (std::ptrdiff_t i = 0; i < 36; ++i)
    x.data()[i] = std::fmod(static_cast<double>((i + 1) * (i + 1)) * 0.6180339887498949, 1.0);
  return x;
}

TEST(Agglomerative, IsSciPysLinkage) {
  // scipy.cluster.hierarchy.linkage 1.15, and fcluster(..., 4, "maxclust") numbered by first rows.
  const Expected expected[] = {
      {Linkage::ward,
       {0.2025484932135597, 0.4051499799938255, 0.4143056861533757, 0.4867197926158639, 0.5514243934228548,
        0.6531688862903169, 0.6635716081897298, 0.7518818573117292, 0.8664559100484879, 1.0853973187529449,
        1.5462185403875341},
       {2, 5, 9, 12, 0, 1, 7, 8, 6, 11, 4, 13, 10, 14, 3, 15, 17, 18, 16, 19, 20, 21},
       {0, 0, 1, 2, 1, 1, 3, 2, 2, 1, 0, 3}},
      {Linkage::single,
       {0.2025484932135597, 0.3568533130036901, 0.3574280279310532, 0.4143056861533757, 0.44768515708983814,
        0.4504697685370857, 0.45059710863677216, 0.4867197926158639, 0.515750019352313, 0.5514243934228548,
        0.5650777234456295},
       {2, 5, 8, 12, 9, 13, 0, 1, 10, 14, 4, 16, 15, 17, 7, 18, 6, 19, 11, 20, 3, 21},
       {}},
      {Linkage::complete,
       {0.2025484932135597, 0.37279741192014165, 0.4143056861533757, 0.4867197926158639, 0.5514243934228548,
        0.6305296078032657, 0.6908860321777691, 0.6970462047532253, 0.8772633435873252, 1.000345645968892,
        1.3057909766792488},
       {2, 5, 9, 12, 0, 1, 7, 8, 6, 11, 4, 14, 13, 17, 3, 15, 10, 18, 16, 19, 20, 21},
       {0, 0, 0, 1, 0, 0, 2, 1, 1, 0, 3, 2}},
      {Linkage::average,
       {0.2025484932135597, 0.36511271992559746, 0.4143056861533757, 0.4374859732291248, 0.5514243934228548,
        0.5789174376611723, 0.6194530436558284, 0.6932273492390087, 0.6941117757037575, 0.8280577998509921,
        0.9168675681700955},
       {2, 5, 9, 12, 0, 1, 8, 13, 6, 11, 14, 15, 4, 17, 3, 7, 10, 18, 16, 20, 19, 21},
       {0, 0, 0, 1, 0, 0, 2, 1, 0, 0, 3, 2}},
  };
  const Table x = twelve();
  for (const Expected& e : expected) {
    SCOPED_TRACE(static_cast<int>(e.linkage));
    const Dendrogram d = agglomerative(x, {.linkage = e.linkage});
    ASSERT_EQ(d.heights.size(), 11);
    for (std::ptrdiff_t k = 0; k < 11; ++k) {
      EXPECT_NEAR(d.heights[k], e.heights[static_cast<std::size_t>(k)], 4e-15);
      EXPECT_EQ(d.merges(k, 0), e.merges[static_cast<std::size_t>(2 * k)]) << k;
      EXPECT_EQ(d.merges(k, 1), e.merges[static_cast<std::size_t>(2 * k + 1)]) << k;
    }
    if (!e.four.empty()) {
      EXPECT_EQ(list(d.labels(4)), e.four);
    }
  }
}

TEST(Agglomerative, OfIrisesHasThePublishedClustersAndHeights) {
  const Table x = iris();
  if (x.empty()) GTEST_SKIP() << "no LAGOON_CASES";
  const auto labels = list(agglomerative(x).labels(3));
  std::multiset<std::int64_t> sizes;
  for (std::int64_t k = 0; k < 3; ++k) sizes.insert(std::count(labels.begin(), labels.end(), k));
  EXPECT_EQ(sizes, (std::multiset<std::int64_t>{36, 50, 64}));
  // scipy.cluster.hierarchy.linkage 1.15: the last height, and the sum of all. Irises have many equal distances, and
  // which of them goes first changes the sums of complete and average, not the last heights.
  const double last[] = {32.44760699959244, 1.6401219466856727, 7.085195833567341, 4.062682686118029};
  for (Linkage linkage : kAll) {
    const Dendrogram d = agglomerative(x, {.linkage = linkage});
    EXPECT_NEAR(d.heights[148], last[static_cast<int>(linkage)], 1e-12 * 40) << static_cast<int>(linkage);
  }
  double sum = 0;
  for (double h : list(agglomerative(x, {.linkage = Linkage::single}).heights)) sum += h;
  EXPECT_NEAR(sum, 43.52377963829875, 1e-12 * 44);  // of the minimum spanning tree: no matter who goes first
}

class AgglomerativeOf : public testing::TestWithParam<Linkage> {};

/// Rows of the cluster that each merge makes.
std::vector<std::vector<std::size_t>> unions_of(const Dendrogram& d) {
  std::vector<std::vector<std::size_t>> clusters;
  const std::ptrdiff_t n = d.heights.size() + 1;
  for (std::ptrdiff_t i = 0; i < n; ++i) clusters.push_back({static_cast<std::size_t>(i)});
  for (std::ptrdiff_t k = 0; k < n - 1; ++k) {
    auto rows = clusters.at(static_cast<std::size_t>(d.merges(k, 0)));
    const auto& more = clusters.at(static_cast<std::size_t>(d.merges(k, 1)));
    rows.insert(rows.end(), more.begin(), more.end());
    std::sort(rows.begin(), rows.end());
    EXPECT_EQ(d.sizes[k], static_cast<std::int64_t>(rows.size()));
    clusters.push_back(std::move(rows));
  }
  return {clusters.begin() + n, clusters.end()};
}

TEST_P(AgglomerativeOf, IsThePlainLoopOverAllPairs) {
  for (std::ptrdiff_t p : {1, 2, 7}) {
    for (std::ptrdiff_t n : {2, 3, 9, 17, 60}) {
      SCOPED_TRACE(std::to_string(n) + " x " + std::to_string(p));
      const Table x = blobs(static_cast<unsigned>(n + p), n, p, 3, 1);
      const Dendrogram d = agglomerative(x, {.linkage = GetParam()});
      const auto plain =
          reference::agglomerate(rows_of(x.view()), static_cast<reference::Between>(static_cast<int>(GetParam())));
      EXPECT_EQ(unions_of(d), plain.unions);
      for (std::size_t k = 0; k < plain.heights.size(); ++k)
        EXPECT_NEAR(d.heights[static_cast<std::ptrdiff_t>(k)], static_cast<double>(plain.heights[k]),
                    1e-13 * static_cast<double>(plain.heights.back()));
    }
  }
}

std::vector<double> numbers_of(const Dendrogram& d) {
  std::vector<double> all = list(d.heights);
  for (std::ptrdiff_t k = 0; k < d.merges.extent(0); ++k) {
    all.push_back(static_cast<double>(d.merges(k, 0)));
    all.push_back(static_cast<double>(d.merges(k, 1)));
  }
  return all;
}

TEST_P(AgglomerativeOf, DoesNotDependOnStridesOrCores) {
  const Table x = blobs(30, 1500, 20, 9, 1);
  expect_same_bits([&] { return numbers_of(agglomerative(x, {.linkage = GetParam()})); });
  const auto plain = numbers_of(agglomerative(x, {.linkage = GetParam()}));
  EXPECT_EQ(numbers_of(agglomerative(Strided(x.view()).view(), {.linkage = GetParam()})), plain);
  EXPECT_EQ(numbers_of(agglomerative(x, {.linkage = GetParam(), .compute = {.parallel = false}})), plain);
}

TEST_P(AgglomerativeOf, MovesAndGrowsWithItsTable) {
  const Table x = blobs(31, 300, 3, 5, 1);
  const auto order = shuffled(300);
  Table y = reordered(x.view(), order);
  for (std::ptrdiff_t i = 0; i < y.size(); ++i) y.data()[i] = 4 * y.data()[i] - 1000;
  const Dendrogram a = agglomerative(x, {.linkage = GetParam()}), b = agglomerative(y, {.linkage = GetParam()});
  for (std::ptrdiff_t k = 0; k < 299; ++k)
    EXPECT_NEAR(b.heights[k], 4 * a.heights[k], 1e-9);  // 1000 costs three digits
  const auto la = list(a.labels(7)), lb = list(b.labels(7));
  std::vector<std::int64_t> again(300);
  for (std::size_t i = 0; i < 300; ++i) again[static_cast<std::size_t>(order[i])] = lb[i];
  EXPECT_EQ(partition(again), la);
}

TEST_P(AgglomerativeOf, TakesEqualDistances) {
  // A lattice has hardly any distance that is not equal to many: rounding must not lead a chain in circles.
  Table x({1000, 3});
  for (std::ptrdiff_t i = 0; i < 1000; ++i) {
    x(i, 0) = 0.1 * static_cast<double>(i % 10);
    x(i, 1) = 0.1 * static_cast<double>(i / 10 % 10);
    x(i, 2) = 0.1 * static_cast<double>(i / 100);
  }
  const Dendrogram d = agglomerative(x, {.linkage = GetParam()});
  EXPECT_EQ(unions_of(d).back().size(), 1000u);
  EXPECT_TRUE(std::is_sorted(d.heights.data(), d.heights.data() + 999));
  if (GetParam() == Linkage::single) {
    EXPECT_NEAR(d.heights[998], 0.1, 1e-15);
  }
}

TEST_P(AgglomerativeOf, OfOneValueHasNoHeight) {
  const Dendrogram d = agglomerative(constant(100, 2, 0.1), {.linkage = GetParam()});
  for (double h : list(d.heights)) EXPECT_EQ(h, 0);
  EXPECT_EQ(list(d.labels_at(0)), std::vector<std::int64_t>(100, 0));
}

TEST_P(AgglomerativeOf, EndsSoonAfterTheCallIsToEnd) {
  const Table x = blobs(32, 1000, 3, 5, 1);
  expect_stops(1500, [&] { agglomerative(x, {.linkage = GetParam(), .compute = {.parallel = false}}); });
}

std::string name_of(const testing::TestParamInfo<Linkage>& info) {
  constexpr const char* kNames[] = {"Ward", "Single", "Complete", "Average"};
  return kNames[static_cast<int>(info.param)];
}

INSTANTIATE_TEST_SUITE_P(Linkages, AgglomerativeOf, testing::ValuesIn(kAll), name_of);

TEST(Agglomerative, ChargesASquareOnlyWhereItNeedsOne) {
  const Table x = blobs(33, 2000, 2, 5, 1);
  const auto peak = [&](Linkage linkage) { return peak_of([&] { agglomerative(x, {.linkage = linkage}); }); };
  const std::size_t pairs = 2000 * 1999 / 2 * sizeof(double);
  for (Linkage linkage : {Linkage::complete, Linkage::average}) {
    EXPECT_GE(peak(linkage), pairs);
    EXPECT_LE(peak(linkage), pairs + 2000 * 300);
  }
  for (Linkage linkage : {Linkage::ward, Linkage::single}) EXPECT_LE(peak(linkage), 2000u * 300);
}

TEST(Dendrograms, CutIntoClustersNumberedByTheirFirstRows) {
  const std::vector<double> numbers{5, 0, 5.5, 0.25, 9};
  const Dendrogram d = agglomerative(View<const double, 2>(numbers.data(), {5, 1}), {.linkage = Linkage::single});
  EXPECT_EQ(list(d.heights), (std::vector<double>{0.25, 0.5, 3.5, 4.75}));
  EXPECT_EQ(list(d.labels(5)), (std::vector<std::int64_t>{0, 1, 2, 3, 4}));
  EXPECT_EQ(list(d.labels(3)), (std::vector<std::int64_t>{0, 1, 0, 1, 2}));
  EXPECT_EQ(list(d.labels(1)), (std::vector<std::int64_t>{0, 0, 0, 0, 0}));
  EXPECT_EQ(list(d.labels_at(3.5)), (std::vector<std::int64_t>{0, 1, 0, 1, 0}));
  EXPECT_EQ(list(d.labels_at(std::nextafter(3.5, 0))), (std::vector<std::int64_t>{0, 1, 0, 1, 2}));
  EXPECT_EQ(list(d.labels_at(-1)), (std::vector<std::int64_t>{0, 1, 2, 3, 4}));
  for (std::ptrdiff_t bad : {-1, 0, 6}) error_of(Errc::invalid_argument, [&] { (void)d.labels(bad); });
  error_of(Errc::invalid_argument, [&] { (void)d.labels_at(kNan); });
}

TEST(Dendrograms, OfOneRowAreOneCluster) {
  const Dendrogram d = agglomerative(constant(1, 3, 2));
  EXPECT_EQ(d.heights.size(), 0);
  EXPECT_EQ(list(d.labels(1)), std::vector<std::int64_t>{0});
}

TEST(Dendrograms, ThatContradictThemselvesAreRefused) {
  Dendrogram d = agglomerative(twelve());
  d.merges(3, 1) = 12 + 3;  // itself
  error_of(Errc::invalid_argument, [&] { (void)d.labels(1); });
}

TEST(Agglomerative, RefusesWhatHasNoMeaning) {
  error_of(Errc::invalid_argument, [] { agglomerative(Table({0, 2})); });
  error_of(Errc::invalid_argument, [] { agglomerative(Table({2, 0})); });
  EXPECT_NE(error_of(Errc::invalid_argument, [] { agglomerative(constant(65'537, 1, 0)); }).find("65536"),
            std::string::npos);
  Table x = twelve();
  error_of(Errc::invalid_argument, [&] { agglomerative(x, {.linkage = static_cast<Linkage>(9)}); });
  x(7, 2) = kNan;
  EXPECT_NE(error_of(Errc::invalid_argument, [&] { agglomerative(x); }).find("agglomerative: row 7, column 2 is NaN"),
            std::string::npos);
}

}  // namespace
}  // namespace lagoon::learning
