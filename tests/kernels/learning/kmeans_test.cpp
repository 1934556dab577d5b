// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <lagoon/kernels/learning/kmeans.hpp>
#include <set>

#include "../peak.hpp"
#include "clusters.hpp"

namespace lagoon::learning {
namespace {

using namespace test;  // NOLINT

View<const double, 2> view(const Table& x) { return x.view(); }

/// The first rows of a table, to begin with.
View<const double, 2> first(const Table& x, std::ptrdiff_t rows) { return x.view().slice(0, 0, rows); }

double inertia_of(const Table& x, const KMeansResult& r) {
  double sum = 0;
  for (std::ptrdiff_t i = 0; i < x.extent(0); ++i)
    for (std::ptrdiff_t j = 0; j < x.extent(1); ++j) {
      const double off = x(i, j) - r.model.centres(r.labels[i], j);
      sum += off * off;
    }
  return sum;
}

/// What holds for every result, whatever the table.
void expect_sound(const Table& x, const KMeansResult& r) {
  const reference::Lloyd plain = reference::nearest_centres(rows_of(x), rows_of(r.model.centres.view()));
  const double scale = static_cast<double>(plain.inertia);
  EXPECT_NEAR(r.model.inertia, scale, 1e-12 * scale);
  EXPECT_NEAR(inertia_of(x, r), scale, 1e-12 * scale);
  std::vector<std::int64_t> sizes(static_cast<std::size_t>(r.model.centres.extent(0)));
  for (std::int64_t label : list(r.labels)) ++sizes.at(static_cast<std::size_t>(label));
  EXPECT_EQ(sizes, r.model.sizes);
  EXPECT_EQ(list(predict(r.model, view(x))), list(r.labels));
}

std::vector<double> numbers_of(const KMeansResult& r) {
  std::vector<double> all(r.model.centres.data(), r.model.centres.data() + r.model.centres.size());
  all.push_back(r.model.inertia);
  all.push_back(static_cast<double>(r.model.iterations));
  for (std::int64_t label : list(r.labels)) all.push_back(static_cast<double>(label));
  return all;
}

TEST(KMeans, OfIrisesIsTheBestThatIsKnown) {
  const Table x = iris();
  if (x.empty()) GTEST_SKIP() << "no LAGOON_CASES";
  const KMeansResult r = kmeans(x, {.clusters = 3});
  EXPECT_LE(r.model.inertia, 78.851441426146 * 1.0001);
  EXPECT_GE(r.model.inertia, 78.851441426146 * 0.9999);
  EXPECT_EQ(std::multiset<std::int64_t>(r.model.sizes.begin(), r.model.sizes.end()),
            (std::multiset<std::int64_t>{38, 50, 62}));
  EXPECT_TRUE(r.model.converged);
  expect_sound(x, r);
}

struct Shape {
  std::ptrdiff_t rows, columns;
  int clusters;
};
class KMeansOfShape : public testing::TestWithParam<Shape> {};

TEST_P(KMeansOfShape, IsLloydsIterationWithoutItsDistances) {
  const auto [n, p, k] = GetParam();
  const Table x = blobs(1, n, p, k, 2);
  for (int iterations : {1, 2, 5, 20}) {
    SCOPED_TRACE(iterations);
    const KMeansResult r = kmeans(x, {.clusters = k, .iterations = iterations, .tolerance = 0, .centres = first(x, k)});
    const reference::Lloyd plain = reference::lloyd(rows_of(x), rows_of(first(x, k)), iterations);
    // Rows of these tables are never as near to two centres as rounding is wide, so that both go the same way.
    EXPECT_EQ(list(r.labels), plain.labels);
    EXPECT_NEAR(r.model.inertia, static_cast<double>(plain.inertia), 1e-12 * r.model.inertia);
    for (std::ptrdiff_t c = 0; c < k; ++c)
      for (std::ptrdiff_t j = 0; j < p; ++j)
        EXPECT_NEAR(r.model.centres(c, j), plain.centres[static_cast<std::size_t>(c)][static_cast<std::size_t>(j)],
                    1e-12);
    expect_sound(x, r);
  }
}

INSTANTIATE_TEST_SUITE_P(Tables, KMeansOfShape,
                         testing::Values(Shape{200, 1, 3}, Shape{999, 2, 1}, Shape{500, 3, 2}, Shape{1000, 5, 4},
                                         Shape{3001, 2, 5}, Shape{2500, 7, 13}, Shape{6000, 16, 8}, Shape{300, 50, 6}),
                         [](const auto& info) {
                           const Shape& s = info.param;
                           return std::to_string(s.rows) + "x" + std::to_string(s.columns) + "In" +
                                  std::to_string(s.clusters);
                         });

TEST(KMeans, DoesNotDependOnStridesOrCores) {
  const Table x = blobs(2, 20000, 5, 7, 1);
  const KMeansOptions options{.clusters = 7, .starts = 3};
  expect_same_bits([&] { return numbers_of(kmeans(x, options)); });
  EXPECT_EQ(numbers_of(kmeans(Strided(x.view()).view(), options)), numbers_of(kmeans(x, options)));
  KMeansOptions alone = options;
  alone.compute.parallel = false;
  EXPECT_EQ(numbers_of(kmeans(x, alone)), numbers_of(kmeans(x, options)));
}

TEST(KMeans, FindsClustersThatAreFarApartFromAnySeed) {
  const Table x = blobs(3, 700, 2, 7, 0.01);
  Table whole({x.extent(0), 2});
  std::ptrdiff_t rows = 0;
  for (std::ptrdiff_t i = 0; i < x.extent(0); ++i)
    if (i % 8 != 7) whole(rows, 0) = x(i, 0), whole(rows, 1) = x(i, 1), ++rows;
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    const KMeansResult r = kmeans(first(whole, rows), {.clusters = 7, .starts = 1, .seed = seed});
    EXPECT_LT(r.model.inertia, 2 * static_cast<double>(rows) * 2 * 1e-4) << seed;  // variance 1e-4 per column
  }
}

TEST(KMeans, MovesAndGrowsWithItsTable) {
  const Table x = blobs(4, 2000, 3, 5, 1);
  const KMeansOptions options{.clusters = 5, .tolerance = 0, .centres = first(x, 5)};
  const KMeansResult plain = kmeans(x, options);
  Table moved({2000, 3}), grown({2000, 3});
  for (std::ptrdiff_t i = 0; i < x.size(); ++i) {
    moved.data()[i] = x.data()[i] + 1e6;
    grown.data()[i] = x.data()[i] * 0x1p40;
  }
  KMeansOptions other = options;
  other.centres = first(moved, 5);
  const KMeansResult far = kmeans(moved, other);
  EXPECT_EQ(list(far.labels), list(plain.labels));
  // What moved lost the digits below 1e6 * 2^-53 of each number.
  EXPECT_NEAR(far.model.inertia, plain.model.inertia, 1e-9 * plain.model.inertia);
  other.centres = first(grown, 5);
  const KMeansResult large = kmeans(grown, other);
  EXPECT_EQ(list(large.labels), list(plain.labels));
  EXPECT_EQ(large.model.inertia, plain.model.inertia * 0x1p80);  // a power of two changes no digit
}

TEST(KMeans, TellsSmallClustersFarFromTheMeanApart) {
  // At +-1e7 |x|^2 is 1e14: with |c|^2 - 2 x c the distances of 0.01 within a cloud, 1e-4 squared, would be lost.
  Table x({4000, 2});
  std::mt19937_64 random(5);
  std::normal_distribution<double> normal(0, 1e-4);
  for (std::ptrdiff_t i = 0; i < 4000; ++i) {
    x(i, 0) = (i % 2 ? 1e7 : -1e7) + (i / 2 % 2 ? 0.01 : 0) + normal(random);
    x(i, 1) = normal(random);
  }
  const KMeansResult r = kmeans(x, {.clusters = 4, .tolerance = 0});
  for (std::ptrdiff_t i = 4; i < 4000; ++i) ASSERT_EQ(r.labels[i], r.labels[i % 4]);
  EXPECT_LT(r.model.inertia, 1.1 * 4000 * 2 * 1e-8);
}

TEST(KMeans, DoesNotDependOnTheOrderOfRows) {
  const Table x = blobs(6, 3000, 4, 6, 1);
  const auto order = shuffled(3000);
  const Table y = reordered(x.view(), order);
  const KMeansOptions options{.clusters = 6, .tolerance = 0, .centres = first(x, 6)};
  const KMeansResult a = kmeans(x, options), b = kmeans(y, options);
  EXPECT_NEAR(a.model.inertia, b.model.inertia, 1e-12 * a.model.inertia);
  for (std::ptrdiff_t i = 0; i < 3000; ++i) ASSERT_EQ(b.labels[i], a.labels[order[static_cast<std::size_t>(i)]]);
}

TEST(KMeans, LeavesClustersEmptyWhereRowsAreFewerThanClusters) {
  Table x({300, 2});
  for (std::ptrdiff_t i = 0; i < 300; ++i) {
    x(i, 0) = 0.1 * static_cast<double>(i % 3);
    x(i, 1) = 1e9 + static_cast<double>(i % 3);
  }
  for (std::int64_t clusters : {3, 4, 7, 300}) {
    SCOPED_TRACE(clusters);
    const KMeansResult r = kmeans(x, {.clusters = clusters, .starts = 2});
    expect_sound(x, r);
    // A mean of equal numbers may be off by a rounding of 1e9, 1e-7.
    EXPECT_LT(r.model.inertia, 300 * 1e-13);
    EXPECT_EQ(std::count_if(r.model.sizes.begin(), r.model.sizes.end(), [](auto s) { return s > 0; }), 3);
    EXPECT_TRUE(r.model.converged);
    for (std::int64_t k = 0; k < clusters; ++k) {
      double nearest = 1;
      for (std::ptrdiff_t i = 0; i < 3; ++i) nearest = std::min(nearest, std::abs(r.model.centres(k, 1) - x(i, 1)));
      EXPECT_LT(nearest, 1e-6) << k;
    }
  }
}

TEST(KMeans, GivesAClusterThatLostItsRowsTheFarthestRow) {
  // Nobody is near the third centre; the row at 9 is farthest from its own.
  const Table x = Table::copy_of(View<const double, 2>(std::vector<double>{0, 1, 2, 9, 20, 21, 22}.data(), {7, 1}));
  const std::vector<double> centres{1, 21, 1000};
  const KMeansResult r =
      kmeans(x, {.clusters = 3, .tolerance = 0, .centres = View<const double, 2>(centres.data(), {3, 1})});
  EXPECT_EQ(list(r.labels), (std::vector<std::int64_t>{0, 0, 0, 2, 1, 1, 1}));
  EXPECT_DOUBLE_EQ(r.model.inertia, 4);
  EXPECT_TRUE(r.model.converged);
}

TEST(KMeans, RefillsManyEmptyClusters) {
  const Table x = blobs(8, 2000, 2, 4, 1);
  Table centres({40, 2});
  for (std::ptrdiff_t k = 0; k < 40; ++k) centres(k, 0) = centres(k, 1) = k < 2 ? 0 : 1000.0 + static_cast<double>(k);
  const KMeansResult r = kmeans(x, {.clusters = 40, .tolerance = 0, .centres = view(centres)});
  expect_sound(x, r);
  EXPECT_EQ(*std::min_element(r.model.sizes.begin(), r.model.sizes.end()) > 0, true);
  EXPECT_TRUE(r.model.converged);
}

TEST(KMeans, OfAsManyClustersAsRowsLeavesNoDistance) {
  const Table x = blobs(9, 64, 3, 4, 1);
  const KMeansResult r = kmeans(x, {.clusters = 64});
  EXPECT_LT(r.model.inertia, 64 * 1e-28);
  EXPECT_EQ(r.model.sizes, std::vector<std::int64_t>(64, 1));
}

TEST(KMeans, OfOneRowOrOneValueIsThatRow) {
  for (std::ptrdiff_t rows : {1, 2, 5000}) {
    const KMeansResult r = kmeans(constant(rows, 3, 0.1), {.clusters = 1});
    EXPECT_EQ(r.model.inertia, 0);
    EXPECT_EQ(r.model.sizes, std::vector<std::int64_t>{rows});
    EXPECT_EQ(r.model.centres(0, 2), 0.1);
    EXPECT_TRUE(r.model.converged);
  }
}

TEST(KMeans, EndsWhenItsIterationsRunOut) {
  const Table x = blobs(10, 3000, 2, 12, 4);
  const KMeansResult r = kmeans(x, {.clusters = 12, .iterations = 2, .tolerance = 0, .centres = first(x, 12)});
  EXPECT_EQ(r.model.iterations, 2);
  EXPECT_FALSE(r.model.converged);
  expect_sound(x, r);
  const KMeansResult all = kmeans(x, {.clusters = 12, .tolerance = 0, .centres = first(x, 12)});
  EXPECT_TRUE(all.model.converged);
  EXPECT_LT(all.model.inertia, r.model.inertia);
  const KMeansResult early = kmeans(x, {.clusters = 12, .tolerance = 1e-2, .centres = first(x, 12)});
  EXPECT_TRUE(early.model.converged);
  EXPECT_LT(early.model.iterations, all.model.iterations);
}

TEST(KMeans, PredictsTheFirstOfEqualCentres) {
  KMeans model;
  const std::vector<double> centres{0, 2, 0, 2, 4};
  model.centres = Frozen<double, 2>::copy_of(View<const double, 2>(centres.data(), {5, 1}));
  const std::vector<double> x{1, 0, 3, 100};
  EXPECT_EQ(list(predict(model, View<const double, 2>(x.data(), {4, 1}))), (std::vector<std::int64_t>{0, 0, 1, 4}));
  EXPECT_EQ(predict(model, View<const double, 2>(x.data(), {0, 1})).size(), 0);
}

TEST(KMeans, RefusesWhatHasNoMeaning) {
  const auto refused = [](auto f) { return error_of(Errc::invalid_argument, f); };
  const auto has = [](const std::string& text, const char* part) { return text.find(part) != std::string::npos; };
  Table x = blobs(11, 5000, 3, 2, 1);
  for (const KMeansOptions& bad :
       {KMeansOptions{.clusters = 0}, KMeansOptions{.clusters = 5001}, KMeansOptions{.starts = 0},
        KMeansOptions{.iterations = 0}, KMeansOptions{.tolerance = -1}, KMeansOptions{.tolerance = kNan},
        KMeansOptions{.clusters = 3, .centres = first(x, 2)}})
    refused([&] { kmeans(x, bad); });
  refused([] { kmeans(Table({0, 3}), {.clusters = 1}); });
  refused([] { kmeans(Table({3, 0}), {.clusters = 1}); });
  const KMeans model = kmeans(x, {.clusters = 2}).model;
  for (double bad : {kNan, std::numeric_limits<double>::infinity(), 1e200}) {
    x(4711, 1) = bad;
    EXPECT_TRUE(has(refused([&] { kmeans(x, {.clusters = 2}); }), "kmeans: row 4711, column 1 is ")) << bad;
  }
  x(4711, 1) = kNan;
  EXPECT_TRUE(has(refused([&] { (void)predict(model, view(x)); }), "predict: row 4711, column 1 is NaN"));
  Table centres = Table::copy_of(first(x, 2));
  centres(1, 2) = kNan;
  x(4711, 1) = 0;
  EXPECT_TRUE(has(refused([&] { kmeans(x, {.clusters = 2, .centres = view(centres)}); }), "centres: row 1, column 2"));
  refused([&] { (void)predict(model, x.view().slice(1, 0, 2)); });
  refused([&] { (void)predict(KMeans{}, view(x)); });
}

TEST(KMeans, EndsSoonAfterTheCallIsToEnd) {
  const Table x = blobs(12, 60000, 4, 6, 2);
  expect_stops(200, [&] { kmeans(x, {.clusters = 6, .starts = 2, .compute = {.parallel = false}}); });
}

TEST(KMeans, ChargesWhatItNeedsToTheCall) {
  const Table x = blobs(13, 100'000, 2, 4, 1);
  const std::size_t least = 100'000 * (2 * sizeof(double) + sizeof(std::int32_t));  // two bounds and a label a row
  EXPECT_GE(peak_of([&] { kmeans(x, {.clusters = 4, .starts = 1}); }), least);
}

}  // namespace
}  // namespace lagoon::learning
