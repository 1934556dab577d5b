// SPDX-License-Identifier: Apache-2.0
#include <lagoon/services/learning.hpp>

#include <lagoon/engine/stop.hpp>
#include <lagoon/kernels/learning.hpp>
#include <lagoon/kernels/statistics/moments.hpp>
#include <lagoon/rpc/serve.hpp>

#include <algorithm>
#include <cmath>
#include <set>
#include <span>
#include <utility>

#include "choose.hpp"
#include "message_bytes.hpp"
#include "side_by_side.hpp"

namespace lagoon::services {
namespace {

constexpr std::size_t kMostAutomaticClasses = 20;
constexpr double kLargestLabel = 0x1p53;  // whole numbers are exact up to here

// ---- messages in and out

Frozen<double, 2> table_of(const Features& x, const char* method) {
  Frozen<double, 2> table = x.columns.empty() ? x.table : side_by_side(x.columns, method);
  if (!x.names.empty() && static_cast<std::ptrdiff_t>(x.names.size()) != table.extent(1))
    throw Error(Errc::invalid_argument, std::string(method) + ": " + std::to_string(table.extent(1)) +
                                            " features have " + std::to_string(x.names.size()) + " names");
  return table;
}

ModelBytes bytes_of(const learning::SavedModel& model) { return {message_bytes(learning::encode_model(model))}; }

std::uint64_t seed_of(std::int64_t seed) { return static_cast<std::uint64_t>(seed); }

View<const std::int64_t, 1> view_of(const std::vector<std::int64_t>& rows) {
  return {rows.data(), {static_cast<std::ptrdiff_t>(rows.size())}};
}

/// Scores of a model that is fitted to the rows of each fold in turn.
template <class Y, class Fit>
CrossValidation validate(const std::vector<learning::Split>& folds, View<const double, 2> x, View<const Y, 1> y,
                         Fit fit_and_score) {
  CrossValidation v;
  v.scores = learning::cross_validate(folds, [&](const learning::Split& s) {
    const auto train = view_of(s.train), test = view_of(s.test);
    return fit_and_score(learning::take_rows(x, train), learning::take_rows(y, train), learning::take_rows(x, test),
                         learning::take_rows(y, test));
  });
  const statistics::Moments m = statistics::moments(std::span<const double>(v.scores));
  v.mean = m.mean;
  v.deviation = m.standard_deviation;
  return v;
}

// ---- linear models

LinearReply fit_linear(const LinearRequest& r) {
  const Frozen<double, 2> x = table_of(r.x, "fit_linear");
  const learning::LinearOptions options{.intercept = r.intercept, .ridge = r.ridge};
  LinearReply reply{.fit = learning::fit_linear(x, r.y, options)};
  if (r.folds != 0)
    reply.validation = validate<double>(
        learning::k_folds(x.extent(0), r.folds, seed_of(r.seed)), x, r.y,
        [&](const Tensor<double, 2>& x_train, const Tensor<double, 1>& y_train, const Tensor<double, 2>& x_test,
            const Tensor<double, 1>& y_test) {
          return learning::r2_score(y_test, learning::predict(learning::fit_linear(x_train, y_train, options), x_test));
        });
  reply.model = bytes_of({.model = reply.fit, .features = r.x.names, .target = r.target});
  return reply;
}

// ---- forests

/// y as labels, when all of it is whole numbers; else without elements, and `odd` is one that is not.
Tensor<std::int64_t, 1> labels_of(View<const double, 1> y, double& odd) {
  Tensor<std::int64_t, 1> labels({y.extent(0)});
  for (std::ptrdiff_t i = 0; i < y.extent(0); ++i) {
    if (i % 8192 == 0) throw_if_stopped();
    if (!(std::abs(y[i]) <= kLargestLabel) || y[i] != std::nearbyint(y[i])) {
      odd = y[i];
      return {};
    }
    labels[i] = static_cast<std::int64_t>(y[i]);
  }
  return labels;
}

bool has_few_values(View<const std::int64_t, 1> labels) {
  std::set<std::int64_t> seen;
  for (std::ptrdiff_t i = 0; i < labels.extent(0) && seen.size() <= kMostAutomaticClasses; ++i) seen.insert(labels[i]);
  return !seen.empty() && seen.size() <= kMostAutomaticClasses;
}

learning::ForestOptions options_of(const ForestRequest& r) {
  return {.trees = r.trees,
          .features = r.features,
          .depth = r.depth,
          .leaf = r.leaf,
          .bins = r.bins,
          .seed = seed_of(r.seed)};
}

ForestReply reply_of(const learning::Forest& forest, const ForestRequest& r) {
  return {.task = forest.is_classifier() ? "classify" : "regress",
          .classes = forest.classes(),
          .out_of_bag_score = forest.out_of_bag_score(),
          .importances = forest.importances(),
          .trees = forest.trees(),
          .nodes = forest.nodes(),
          .depth = forest.depth(),
          .model = bytes_of({.model = forest, .features = r.x.names, .target = r.target})};
}

ForestReply classify(const ForestRequest& r, View<const double, 2> x, View<const std::int64_t, 1> labels) {
  const learning::ForestOptions options = options_of(r);
  ForestReply reply = reply_of(learning::Forest::classify(x, labels, options), r);
  if (r.folds != 0)
    reply.validation = validate<std::int64_t>(
        learning::k_folds(labels, r.folds, options.seed), x, labels,
        [&](const Tensor<double, 2>& x_train, const Tensor<std::int64_t, 1>& y_train, const Tensor<double, 2>& x_test,
            const Tensor<std::int64_t, 1>& y_test) {
          return learning::accuracy(y_test,
                                    learning::Forest::classify(x_train, y_train, options).predict_labels(x_test));
        });
  return reply;
}

ForestReply regress(const ForestRequest& r, View<const double, 2> x) {
  const learning::ForestOptions options = options_of(r);
  ForestReply reply = reply_of(learning::Forest::regress(x, r.y, options), r);
  if (r.folds != 0)
    reply.validation = validate<double>(
        learning::k_folds(x.extent(0), r.folds, options.seed), x, r.y,
        [&](const Tensor<double, 2>& x_train, const Tensor<double, 1>& y_train, const Tensor<double, 2>& x_test,
            const Tensor<double, 1>& y_test) {
          return learning::r2_score(y_test, learning::Forest::regress(x_train, y_train, options).predict(x_test));
        });
  return reply;
}

ForestReply fit_forest(const ForestRequest& r) {
  enum class Task { automatic, classify, regress };
  const Task task =
      choose<Task>("fit_forest: task", r.task,
                   {{"automatic", Task::automatic}, {"classify", Task::classify}, {"regress", Task::regress}});
  const Frozen<double, 2> x = table_of(r.x, "fit_forest");
  if (task == Task::regress) return regress(r, x);
  double odd = 0;
  const Tensor<std::int64_t, 1> labels = labels_of(r.y, odd);
  if (task == Task::classify && labels.empty() && !r.y.empty())
    throw Error(Errc::invalid_argument,
                "fit_forest: labels are whole numbers; y has " + std::to_string(odd) + ", so its task is to regress");
  if (task == Task::automatic && !has_few_values(labels)) return regress(r, x);
  return classify(r, x, labels);
}

// ---- predictions

PredictReply predicted(const learning::LinearModel& m, View<const double, 2> x, bool) {
  return {.kind = "linear", .values = learning::predict(m, x).freeze()};
}
PredictReply predicted(const learning::Forest& m, View<const double, 2> x, bool probabilities) {
  PredictReply reply{.kind = "forest"};
  if (!m.is_classifier()) {
    reply.values = m.predict(x).freeze();
    return reply;
  }
  reply.labels = m.predict_labels(x).freeze();
  if (probabilities) reply.probabilities = m.predict_probabilities(x).freeze();
  return reply;
}
PredictReply predicted(const learning::KMeans& m, View<const double, 2> x, bool) {
  return {.kind = "kmeans", .labels = learning::predict(m, x).freeze()};
}
PredictReply predicted(const learning::Pca& m, View<const double, 2> x, bool) {
  return {.kind = "pca", .table = learning::transform(m, x).freeze()};
}
PredictReply predicted(const learning::Standardizer& m, View<const double, 2> x, bool) {
  return {.kind = "standardizer", .table = learning::transform(m, x).freeze()};
}

/// Columns that are named are the model's, in its order.
void check_names(const std::vector<std::string>& given, const std::vector<std::string>& model) {
  if (given.empty() || model.empty() || given == model) return;
  for (std::size_t j = 0; j < std::min(given.size(), model.size()); ++j)
    if (given[j] != model[j])
      throw Error(Errc::invalid_argument,
                  "predict: column " + std::to_string(j) + " is '" + given[j] + "', the model's is '" + model[j] + "'");
}

PredictReply predict(const PredictRequest& r) {
  Frozen<double, 2> x = table_of(r.x, "predict");
  learning::SavedModel saved = learning::decode_model(MessageText(r.model.bytes));
  check_names(r.x.names, saved.features);
  if (saved.preparation) x = learning::transform(*saved.preparation, x).freeze();
  PredictReply reply = std::visit([&](const auto& m) { return predicted(m, x, r.probabilities); }, saved.model);
  reply.features = std::move(saved.features);
  reply.target = std::move(saved.target);
  return reply;
}

// ---- clusters and components

KMeansReply kmeans(const KMeansRequest& r) {
  const Frozen<double, 2> table = table_of(r.x, "kmeans");
  const learning::KMeansOptions options{.clusters = r.clusters,
                                        .starts = r.starts,
                                        .iterations = r.iterations,
                                        .tolerance = r.tolerance,
                                        .seed = seed_of(r.seed)};
  learning::SavedModel saved{.features = r.x.names};
  if (r.standardise) saved.preparation = learning::fit_standardizer(table);
  learning::KMeansResult result = saved.preparation
                                      ? learning::kmeans(learning::transform(*saved.preparation, table), options)
                                      : learning::kmeans(table, options);
  saved.model = result.model;
  if (saved.preparation)  // the model keeps those that it was found with
    result.model.centres = learning::inverse_transform(*saved.preparation, result.model.centres).freeze();
  return {.fit = std::move(result.model), .labels = std::move(result.labels).freeze(), .model = bytes_of(saved)};
}

DbscanReply dbscan(const DbscanRequest& r) {
  learning::Dbscan found =
      learning::dbscan(table_of(r.x, "dbscan"), {.radius = r.radius, .min_neighbours = r.min_neighbours});
  std::int64_t core = 0;
  for (std::ptrdiff_t i = 0; i < found.core.size(); ++i) core += found.core[i];
  return {std::move(found.labels).freeze(), found.clusters, found.noise, core};
}

AgglomerativeReply agglomerative(const AgglomerativeRequest& r) {
  const auto linkage = choose<learning::Linkage>("agglomerative: linkage", r.linkage,
                                                 {{"ward", learning::Linkage::ward},
                                                  {"single", learning::Linkage::single},
                                                  {"complete", learning::Linkage::complete},
                                                  {"average", learning::Linkage::average}});
  learning::Dendrogram d = learning::agglomerative(table_of(r.x, "agglomerative"), {.linkage = linkage});
  auto labels = d.labels(r.clusters);
  return {std::move(labels).freeze(), std::move(d.merges).freeze(), std::move(d.heights).freeze()};
}

PcaReply pca(const PcaRequest& r) {
  const Frozen<double, 2> table = table_of(r.x, "pca");
  PcaReply reply{.fit = learning::pca(table, {.components = r.components, .standardise = r.standardise})};
  reply.scores = learning::transform(reply.fit, table).freeze();
  reply.model = bytes_of({.model = reply.fit, .features = r.x.names});
  return reply;
}

}  // namespace

Service learning_service() {
  return serve<Learning>(on<FitLinear>(fit_linear), on<FitForest>(fit_forest), on<Predict>(predict),
                         on<KMeansOf>(kmeans), on<DbscanOf>(dbscan), on<AgglomerativeOf>(agglomerative),
                         on<PcaOf>(pca));
}

}  // namespace lagoon::services
