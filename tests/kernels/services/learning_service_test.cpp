// SPDX-License-Identifier: Apache-2.0
// Each method of lagoon.Learning, called as a stranger calls it: what goes in, what comes out, what is refused.
#include <lagoon/kernels/learning.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

#include "service_test.hpp"

namespace lagoon::services {
namespace {

constexpr std::ptrdiff_t kRows = 90;

/// Three kinds, told apart by the first column, a little by the second, not by the third.
struct Kinds {
  Features features{};
  Frozen<double, 1> kind{};
  Frozen<double, 1> size{};  ///< 3 + 2 first - second
};

Kinds kinds() {
  Kinds k;
  Tensor<double, 1> first({kRows}), second({kRows}), third({kRows}), kind({kRows}), size({kRows});
  for (std::ptrdiff_t i = 0; i < kRows; ++i) {
    const double t = static_cast<double>(i);
    kind[i] = static_cast<double>(i % 3);
    first[i] = 5 * kind[i] + std::sin(7.1 * t);
    second[i] = kind[i] + 2 * std::sin(3.3 * t);
    third[i] = std::sin(5.7 * t);
    size[i] = 3 + 2 * first[i] - second[i];
  }
  k.features = {.columns = {std::move(first).freeze(), std::move(second).freeze(), std::move(third).freeze()},
                .names = {"first", "second", "third"}};
  k.kind = std::move(kind).freeze();
  k.size = std::move(size).freeze();
  return k;
}

using LearningService = ServiceTest<Learning>;

TEST_F(LearningService, FitsALineAndSaysHowFarToBelieveIt) {
  const Kinds k = kinds();
  const LinearReply r = call<FitLinear>(LinearRequest{.x = k.features, .y = k.size, .target = "size", .folds = 5});
  EXPECT_NEAR(r.fit.intercept, 3, 1e-12);
  EXPECT_NEAR(r.fit.coefficients[0], 2, 1e-12);
  EXPECT_NEAR(r.fit.coefficients[1], -1, 1e-12);
  EXPECT_NEAR(r.fit.coefficients[2], 0, 1e-12);
  EXPECT_EQ(r.fit.rank, 4);
  ASSERT_EQ(r.validation.scores.size(), 5u);
  EXPECT_NEAR(r.validation.mean, 1, 1e-9);

  const PredictReply p = call<Predict>(PredictRequest{.model = r.model, .x = k.features});
  EXPECT_EQ(p.kind, "linear");
  EXPECT_EQ(p.target, "size");
  EXPECT_EQ(p.features, k.features.names);
  for (std::ptrdiff_t i = 0; i < kRows; ++i) EXPECT_NEAR(p.values.view()[i], k.size.view()[i], 1e-10);
}

TEST_F(LearningService, GrowsAForestByTheTaskThatTheTargetAsksFor) {
  const Kinds k = kinds();
  const ForestReply labels = call<FitForest>(ForestRequest{.x = k.features, .y = k.kind, .folds = 3});
  EXPECT_EQ(labels.task, "classify");
  EXPECT_EQ(labels.classes, (std::vector<std::int64_t>{0, 1, 2}));
  EXPECT_GT(labels.out_of_bag_score, 0.95);
  EXPECT_GT(labels.validation.mean, 0.95);
  EXPECT_EQ(std::max_element(labels.importances.begin(), labels.importances.end()), labels.importances.begin());
  const PredictReply p = call<Predict>(PredictRequest{.model = labels.model, .x = k.features, .probabilities = true});
  for (std::ptrdiff_t i = 0; i < kRows; ++i) EXPECT_EQ(p.labels.view()[i], i % 3);
  EXPECT_EQ(p.probabilities.extents(), (Extents<2>{kRows, 3}));

  const ForestReply numbers = call<FitForest>(ForestRequest{.x = k.features, .y = k.size, .trees = 30});
  EXPECT_EQ(numbers.task, "regress");
  EXPECT_GT(numbers.out_of_bag_score, 0.8);
  EXPECT_EQ(call<Predict>(PredictRequest{.model = numbers.model, .x = k.features}).values.size(), kRows);
}

TEST_F(LearningService, FindsClustersEachWay) {
  const Kinds k = kinds();
  const Features first{.columns = {k.features.columns[0]}};
  const KMeansReply centres = call<KMeansOf>(KMeansRequest{.x = first, .clusters = 3});
  EXPECT_EQ(centres.fit.sizes, (std::vector<std::int64_t>{30, 30, 30}));
  const PredictReply again = call<Predict>(PredictRequest{.model = centres.model, .x = first});
  for (std::ptrdiff_t i = 0; i < kRows; ++i) EXPECT_EQ(again.labels.view()[i], centres.labels.view()[i]);

  const DbscanReply dense = call<DbscanOf>(DbscanRequest{.x = first, .radius = 1, .min_neighbours = 4});
  EXPECT_EQ(dense.clusters, 3);
  EXPECT_EQ(dense.noise, 0);
  EXPECT_EQ(dense.core, kRows);

  const AgglomerativeReply merged = call<AgglomerativeOf>(AgglomerativeRequest{.x = first, .clusters = 3});
  EXPECT_EQ(merged.merges.extent(0), kRows - 1);
  for (std::ptrdiff_t i = 0; i < kRows; ++i) EXPECT_EQ(merged.labels.view()[i], i % 3);  // numbered by their first row
}

TEST_F(LearningService, KeepsAStandardizedModelUsable) {
  const Kinds k = kinds();
  const KMeansReply r = call<KMeansOf>(KMeansRequest{.x = k.features, .clusters = 3, .standardise = true});
  const PredictReply again = call<Predict>(PredictRequest{.model = r.model, .x = k.features});
  for (std::ptrdiff_t i = 0; i < kRows; ++i) EXPECT_EQ(again.labels.view()[i], r.labels.view()[i]) << i;
}

TEST_F(LearningService, TakesATableToItsComponents) {
  const Kinds k = kinds();
  const PcaReply r = call<PcaOf>(PcaRequest{.x = k.features, .components = 2});
  EXPECT_EQ(r.scores.extents(), (Extents<2>{kRows, 2}));
  EXPECT_GT(r.fit.ratios[0], 0.7);
  const PredictReply again = call<Predict>(PredictRequest{.model = r.model, .x = k.features});
  EXPECT_EQ(again.kind, "pca");
  EXPECT_EQ(again.table(5, 1), r.scores(5, 1));
}

TEST_F(LearningService, ReadsATableInPlace) {
  const Kinds k = kinds();
  Tensor<double, 2> rows({kRows, 3});
  for (std::ptrdiff_t i = 0; i < kRows; ++i)
    for (std::ptrdiff_t j = 0; j < 3; ++j) rows(i, j) = k.features.columns[static_cast<std::size_t>(j)].view()[i];
  const LinearReply by_table = call<FitLinear>(LinearRequest{.x = {.table = std::move(rows).freeze()}, .y = k.size});
  const LinearReply by_columns = call<FitLinear>(LinearRequest{.x = {.columns = k.features.columns}, .y = k.size});
  EXPECT_EQ(by_table.fit.coefficients, by_columns.fit.coefficients);
}

TEST_F(LearningService, RefusesWhatDoesNotFit) {
  const Kinds k = kinds();
  Features short_column = k.features;
  short_column.columns[1] = Frozen<double, 1>::adopt(std::vector<double>{1, 2});
  EXPECT_EQ(error_of<FitLinear>(LinearRequest{.x = short_column, .y = k.size}),
            "fit_linear: column 0 has 90 values, column 1 has 2");
  Features misnamed = k.features;
  misnamed.names.pop_back();
  EXPECT_EQ(error_of<PcaOf>(PcaRequest{.x = misnamed}), "pca: 3 features have 2 names");
  EXPECT_NE(error_of<FitForest>(ForestRequest{.x = k.features, .y = k.size, .task = "classify"}).find("whole numbers"),
            std::string::npos);
  EXPECT_NE(error_of<FitForest>(ForestRequest{.x = k.features, .y = k.size, .task = "guess"}).find("automatic"),
            std::string::npos);
  const LinearReply r = call<FitLinear>(LinearRequest{.x = k.features, .y = k.size});
  Features swapped = k.features;
  std::swap(swapped.names[0], swapped.names[1]);
  EXPECT_EQ(error_of<Predict>(PredictRequest{.model = r.model, .x = swapped}),
            "predict: column 0 is 'second', the model's is 'first'");
}

TEST_F(LearningService, RefusesBytesThatAreNoModel) {
  const Kinds k = kinds();
  auto call_with = [&](ModelBytes model) {
    auto result = caller_.try_call<Predict>({.model = std::move(model), .x = k.features});
    return result.ok() ? Errc::ok : result.status().code();
  };
  const LinearReply r = call<FitLinear>(LinearRequest{.x = k.features, .y = k.size});
  EXPECT_EQ(call_with({}), Errc::data_loss);
  auto changed = Tensor<std::uint8_t, 1>::copy_of(r.model.bytes.view());
  changed[changed.size() / 2] ^= 1;
  EXPECT_EQ(call_with({std::move(changed).freeze()}), Errc::data_loss);
}

}  // namespace
}  // namespace lagoon::services
