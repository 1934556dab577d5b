// SPDX-License-Identifier: Apache-2.0
#include <lagoon/kernels/learning/dbscan.hpp>
#include <nlohmann/json.hpp>

#include "../peak.hpp"
#include "clusters.hpp"

namespace lagoon::learning {
namespace {

using namespace test;  // NOLINT

void expect_as_plain(const Table& x, double radius, std::int64_t enough) {
  SCOPED_TRACE("radius " + std::to_string(radius) + ", " + std::to_string(enough) + " neighbours");
  const reference::Density plain = reference::dbscan(rows_of(x.view()), radius, enough);
  const Dbscan d = dbscan(x, {.radius = radius, .min_neighbours = enough});
  EXPECT_EQ(list(d.labels), plain.labels);
  EXPECT_EQ(std::vector<bool>(d.core.data(), d.core.data() + d.core.size()), plain.core);
  EXPECT_EQ(d.noise, std::count(plain.labels.begin(), plain.labels.end(), -1));
  EXPECT_EQ(d.clusters, 1 + *std::max_element(plain.labels.begin(), plain.labels.end()));
}

TEST(Dbscan, OfIrisesHasThePublishedLabels) {
  const Table x = iris();
  if (x.empty()) GTEST_SKIP() << "no LAGOON_CASES";
  std::ifstream in(known_answer("ml/refs_sklearn.json"));
  const auto known = nlohmann::json::parse(in);
  for (const char* radius : {"0.4", "0.5", "0.8"}) {
    const auto& expected = known.at(std::string("iris_dbscan_eps") + radius + "_min5");
    const Dbscan d = dbscan(x, {.radius = std::stod(radius)});
    EXPECT_EQ(list(d.labels), expected.at("labels").get<std::vector<std::int64_t>>()) << radius;
    EXPECT_EQ(std::count(d.core.data(), d.core.data() + 150, 1), expected.at("core").get<int>());
    EXPECT_EQ(d.clusters, expected.at("clusters").get<int>());
    EXPECT_EQ(d.noise, expected.at("noise").get<int>());
  }
}

class DbscanOfColumns : public testing::TestWithParam<int> {};

TEST_P(DbscanOfColumns, IsThePlainLoop) {
  const int p = GetParam();
  const Table x = blobs(static_cast<unsigned>(p), 700, p, 4, 0.6);
  const double unit = 0.6 * std::sqrt(static_cast<double>(p));  // a distance within a cloud
  for (double radius : {0.1 * unit, 0.3 * unit, unit, 3 * unit, 1000.0})
    for (std::int64_t enough : {1, 2, 5, 20, 701}) expect_as_plain(x, radius, enough);
}

INSTANTIATE_TEST_SUITE_P(Tables, DbscanOfColumns, testing::Values(1, 2, 3, 5, 8, 13, 50));

TEST(Dbscan, CountsRowsAtTheRadiusItself) {
  // On a lattice of tenths many rows are as far as the radius, to within a rounding that the plain loop decides.
  Table x({1600, 2});
  for (std::ptrdiff_t i = 0; i < 1600; ++i) {
    x(i, 0) = 0.1 * static_cast<double>(i % 40);
    x(i, 1) = 0.1 * static_cast<double>(i / 40);
  }
  for (double radius : {0.1, 0.2, 0.1 * std::sqrt(2.0), 0.3, 0.5, 1.0})
    for (std::int64_t enough : {3, 5, 9, 13, 25}) expect_as_plain(x, radius, enough);
}

TEST(Dbscan, GivesABorderToTheFirstClusterInRowOrder) {
  // Two crosses whose arms meet at 0: the row there is near a core row of both.
  const std::vector<double> numbers{2.0, 2.1, 1.9, 1.0, 0.0, -2.0, -2.1, -1.9, -1.0};
  Table x({9, 1});
  std::copy(numbers.begin(), numbers.end(), x.data());
  expect_as_plain(x, 1, 4);
  EXPECT_EQ(dbscan(x, {.radius = 1, .min_neighbours = 4}).labels[4], 0);
  std::reverse(x.data(), x.data() + 9);
  expect_as_plain(x, 1, 4);
}

TEST(Dbscan, OfRowsOfOneValueTakesNoSquareOfTheirNumber) {
  const std::ptrdiff_t n = 1'000'000;  // whose square would take an hour
  for (double radius : {0.0, 1.0}) {
    const Dbscan d = dbscan(constant(n, 2, 0.1), {.radius = radius, .min_neighbours = n});
    EXPECT_EQ(d.clusters, 1);
    EXPECT_EQ(d.noise, 0);
    const Dbscan none = dbscan(constant(n, 2, 0.1), {.radius = radius, .min_neighbours = n + 1});
    EXPECT_EQ(none.clusters, 0);
    EXPECT_EQ(none.noise, n);
  }
}

TEST(Dbscan, OfRadiusZeroJoinsEqualRows) {
  Table x({600, 2});
  for (std::ptrdiff_t i = 0; i < 600; ++i) x(i, 0) = x(i, 1) = static_cast<double>(i % 100) * 1e-3;
  expect_as_plain(x, 0, 6);
  expect_as_plain(x, 0, 7);
  x(0, 0) = -0.0;  // equals 0
  expect_as_plain(x, 0, 6);
}

TEST(Dbscan, TakesRadiiThatAreTinyAgainstTheSpread) {
  Table x = blobs(20, 500, 3, 4, 1e-9);
  for (std::ptrdiff_t i = 0; i < 500; i += 50) x(i, 0) = 1e130;
  expect_as_plain(x, 1e-8, 5);
  expect_as_plain(x, 1e-100, 2);
}

TEST(Dbscan, OfRowsThatCrowdEverCloserEnds) {
  Table x({3000, 1});  // halves of halves
  for (std::ptrdiff_t i = 0; i < 3000; ++i)
    x(i, 0) = std::ldexp(1.0 + static_cast<double>(i % 3), -static_cast<int>(i / 4));
  expect_as_plain(x, 1e-130, 3);
  expect_as_plain(x, 1e-3, 3);
}

TEST(Dbscan, DoesNotDependOnStridesOrCores) {
  const Table x = blobs(21, 30000, 3, 9, 0.5);
  const auto numbers = [](const Dbscan& d) {
    std::vector<double> all;
    for (std::int64_t label : list(d.labels)) all.push_back(static_cast<double>(label));
    for (std::uint8_t core : list(d.core)) all.push_back(core);
    return all;
  };
  const DbscanOptions options{.radius = 0.3};
  expect_same_bits([&] { return numbers(dbscan(x, options)); });
  EXPECT_EQ(numbers(dbscan(Strided(x.view()).view(), options)), numbers(dbscan(x, options)));
  EXPECT_EQ(numbers(dbscan(x, {.radius = 0.3, .compute = {.parallel = false}})), numbers(dbscan(x, options)));
}

TEST(Dbscan, DoesNotDependOnTheOrderOfRowsOrTheUnit) {
  const Table x = blobs(22, 4000, 2, 6, 0.4);
  const auto order = shuffled(4000);
  Table y = reordered(x.view(), order);
  for (std::ptrdiff_t i = 0; i < y.size(); ++i) y.data()[i] *= 0x1p-30;  // changes no digit
  const Dbscan a = dbscan(x, {.radius = 0.25}), b = dbscan(y, {.radius = 0.25 * 0x1p-30});
  EXPECT_EQ(a.clusters, b.clusters);
  std::vector<std::int64_t> core_a, core_b;  // borders may choose otherwise
  for (std::size_t i = 0; i < order.size(); ++i) {
    const std::ptrdiff_t to = static_cast<std::ptrdiff_t>(i), from = order[i];
    ASSERT_EQ(a.core[from], b.core[to]);
    ASSERT_EQ(a.labels[from] == -1, b.labels[to] == -1);
    if (!b.core[to]) continue;
    core_a.push_back(a.labels[from]);
    core_b.push_back(b.labels[to]);
  }
  EXPECT_EQ(partition(core_a), partition(core_b));
}

TEST(Dbscan, OfOneRowOrNoneIsNoiseOrNothing) {
  EXPECT_EQ(list(dbscan(constant(1, 2, 3), {}).labels), std::vector<std::int64_t>{-1});
  EXPECT_EQ(list(dbscan(constant(1, 2, 3), {.min_neighbours = 1}).labels), std::vector<std::int64_t>{0});
  EXPECT_EQ(dbscan(Table({0, 2}), {}).labels.size(), 0);
}

TEST(Dbscan, RefusesWhatHasNoMeaning) {
  Table x = blobs(23, 50, 2, 2, 1);
  for (double bad : {-1.0, kNan, std::numeric_limits<double>::infinity(), 1e-200, 1e200})
    EXPECT_NE(error_of(Errc::invalid_argument, [&] { dbscan(x, {.radius = bad}); }).find("radius"), std::string::npos);
  error_of(Errc::invalid_argument, [&] { dbscan(x, {.min_neighbours = 0}); });
  error_of(Errc::invalid_argument, [&] { dbscan(Table({3, 0}), {}); });
  x(31, 1) = kNan;
  EXPECT_NE(error_of(Errc::invalid_argument, [&] { dbscan(x, {}); }).find("dbscan: row 31, column 1 is NaN"),
            std::string::npos);
}

TEST(Dbscan, EndsSoonAfterTheCallIsToEnd) {
  const Table x = blobs(24, 20000, 4, 6, 1);
  expect_stops(1000, [&] { dbscan(x, {.radius = 1, .compute = {.parallel = false}}); });
}

TEST(Dbscan, ChargesWhatItNeedsToTheCallAndNoSquare) {
  const Table x = blobs(25, 20'000, 2, 2, 0.5);
  const std::size_t peak = peak_of([&] { dbscan(x, {.radius = 100}); }), all = 20'000 * 2 * sizeof(double);
  EXPECT_GE(peak, 2 * all);   // packs, order, labels
  EXPECT_LE(peak, 10 * all);  // where 4e8 pairs would be 3 GB
  EXPECT_LE(peak_of([&] { dbscan(x, {.radius = 0.05}); }), 20 * all);
}

}  // namespace
}  // namespace lagoon::learning
