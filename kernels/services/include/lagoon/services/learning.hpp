// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <lagoon/kernels/learning/kmeans.hpp>
#include <lagoon/kernels/learning/linear.hpp>
#include <lagoon/kernels/learning/pca.hpp>
#include <lagoon/rpc/contract.hpp>
#include <lagoon/rpc/service.hpp>
#include <string>
#include <vector>

namespace lagoon::services {

/// Rows of features: as columns of equal length, or as one table of observations x features.
struct Features {
  std::vector<Frozen<double, 1>> columns{};
  Frozen<double, 2> table{};         ///< read when there are no columns
  std::vector<std::string> names{};  ///< of the columns, which a model keeps; or none
  LAGOON_FIELDS(Features, columns, table, names)
};

/// A model as the bytes that files hold (learning::write_model); what `predict` takes.
struct ModelBytes {
  Frozen<std::uint8_t, 1> bytes{};
  LAGOON_FIELDS(ModelBytes, bytes)
};

// Where `folds` is given, the score is that of models that did not see the rows they are judged by: R2, or accuracy.
struct CrossValidation {
  std::vector<double> scores{};  ///< per fold
  double mean = 0, deviation = 0;
  LAGOON_FIELDS(CrossValidation, scores, mean, deviation)
};

struct LinearRequest {
  Features x{};
  Frozen<double, 1> y{};
  std::string target{};  ///< name of y
  bool intercept = true;
  double ridge = 0;
  std::int64_t folds = 0;  ///< of a cross-validation; 0: none
  std::int64_t seed = 1;
  LAGOON_FIELDS(LinearRequest, x, y, target, intercept, ridge, folds, seed)
};
struct LinearReply {
  learning::LinearModel fit{};
  CrossValidation validation{};
  ModelBytes model{};
  LAGOON_FIELDS(LinearReply, fit, validation, model)
};

struct ForestRequest {
  Features x{};
  Frozen<double, 1> y{};
  std::string target{};
  /// classify (y are whole numbers), regress; or automatic: classify when y has at most 20 different numbers, all whole
  std::string task = "automatic";
  std::int64_t trees = 100;
  std::int64_t features = 0;  ///< tried at each split; 0: as suits the task
  std::int64_t depth = 0;     ///< 0: as deep as it gets
  std::int64_t leaf = 1;      ///< least observations of a leaf
  std::int64_t bins = 256;    ///< thresholds per feature; 0: all
  std::int64_t folds = 0;
  std::int64_t seed = 1;
  LAGOON_FIELDS(ForestRequest, x, y, target, task, trees, features, depth, leaf, bins, folds, seed)
};
struct ForestReply {
  std::string task{};                   ///< that was done
  std::vector<std::int64_t> classes{};  ///< of a classification
  double out_of_bag_score = 0;          ///< accuracy or R2 by trees that did not see the row
  std::vector<double> importances{};    ///< per feature, of sum 1
  std::int64_t trees = 0, nodes = 0, depth = 0;
  CrossValidation validation{};
  ModelBytes model{};
  LAGOON_FIELDS(ForestReply, task, classes, out_of_bag_score, importances, trees, nodes, depth, validation, model)
};

struct PredictRequest {
  ModelBytes model{};
  Features x{};
  bool probabilities = false;  ///< of a classification
  LAGOON_FIELDS(PredictRequest, model, x, probabilities)
};
/// By the kind of model: `values` of a regression, `labels` of a classification or of clusters, `table` of coordinates
/// (pca, standardizer).
struct PredictReply {
  std::string kind{};  ///< linear, forest, kmeans, pca, standardizer
  std::vector<std::string> features{};
  std::string target{};
  Frozen<double, 1> values{};
  Frozen<std::int64_t, 1> labels{};
  Frozen<double, 2> probabilities{};  ///< rows x classes
  Frozen<double, 2> table{};
  LAGOON_FIELDS(PredictReply, kind, features, target, values, labels, probabilities, table)
};

struct KMeansRequest {
  Features x{};
  std::int64_t clusters = 8;
  std::int64_t starts = 10;
  std::int64_t iterations = 300;
  double tolerance = 1e-4;
  bool standardise = false;  ///< columns are taken to mean 0 and deviation 1 first; centres come back in their unit
  std::int64_t seed = 1;
  LAGOON_FIELDS(KMeansRequest, x, clusters, starts, iterations, tolerance, standardise, seed)
};
struct KMeansReply {
  learning::KMeans fit{};
  Frozen<std::int64_t, 1> labels{};
  ModelBytes model{};
  LAGOON_FIELDS(KMeansReply, fit, labels, model)
};

struct DbscanRequest {
  Features x{};
  double radius = 0.5;
  std::int64_t min_neighbours = 5;
  LAGOON_FIELDS(DbscanRequest, x, radius, min_neighbours)
};
struct DbscanReply {
  Frozen<std::int64_t, 1> labels{};  ///< -1: noise
  std::int64_t clusters = 0, noise = 0, core = 0;
  LAGOON_FIELDS(DbscanReply, labels, clusters, noise, core)
};

struct AgglomerativeRequest {
  Features x{};
  std::string linkage = "ward";  ///< single, complete, average
  std::int64_t clusters = 2;     ///< that labels are for
  LAGOON_FIELDS(AgglomerativeRequest, x, linkage, clusters)
};
struct AgglomerativeReply {
  Frozen<std::int64_t, 1> labels{};
  Frozen<std::int64_t, 2> merges{};
  Frozen<double, 1> heights{};
  LAGOON_FIELDS(AgglomerativeReply, labels, merges, heights)
};

struct PcaRequest {
  Features x{};
  std::int64_t components = 0;  ///< 0: all
  bool standardise = false;
  LAGOON_FIELDS(PcaRequest, x, components, standardise)
};
struct PcaReply {
  learning::Pca fit{};
  Frozen<double, 2> scores{};  ///< rows x components
  ModelBytes model{};
  LAGOON_FIELDS(PcaReply, fit, scores, model)
};

using FitLinear = Unary<"fit_linear", LinearRequest, LinearReply, Idempotent, CpuBound,
                        Doc<"Least squares or ridge, with errors, rank and condition">>;
using FitForest = Unary<"fit_forest", ForestRequest, ForestReply, Idempotent, CpuBound,
                        Doc<"A random forest: classification or regression">>;
using Predict =
    Unary<"predict", PredictRequest, PredictReply, Idempotent, CpuBound, Doc<"What a model of any kind says of rows">>;
using KMeansOf = Unary<"kmeans", KMeansRequest, KMeansReply, Idempotent, CpuBound,
                       Doc<"Clusters around k centres, the best of several starts">>;
using DbscanOf =
    Unary<"dbscan", DbscanRequest, DbscanReply, Idempotent, CpuBound, Doc<"Clusters of any shape, and noise">>;
using AgglomerativeOf = Unary<"agglomerative", AgglomerativeRequest, AgglomerativeReply, Idempotent, CpuBound,
                              Doc<"Clusters of clusters, from the nearest rows on">>;
using PcaOf = Unary<"pca", PcaRequest, PcaReply, Idempotent, CpuBound, Doc<"Directions in which a table varies most">>;

using Learning = Contract<"lagoon.Learning", FitLinear, FitForest, Predict, KMeansOf, DbscanOf, AgglomerativeOf, PcaOf>;

Service learning_service();

}  // namespace lagoon::services
