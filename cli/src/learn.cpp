// SPDX-License-Identifier: Apache-2.0
// `lagoon learn`: a model of a table by the Learning service, or what a saved model says of its rows.
#include <fmt/format.h>
#include <lagoon/kernels/files/csv.hpp>
#include <lagoon/rpc/caller.hpp>
#include <lagoon/rpc/value.hpp>

#include <algorithm>
#include <array>
#include <limits>

#include "byte_file.hpp"
#include "commands.hpp"
#include "json.hpp"
#include "learning_facts.hpp"
#include "session.hpp"
#include "table_input.hpp"
#include "text.hpp"

namespace lagoon::cli {
namespace {

constexpr std::array kSupervised = {"forest", "linear"};
constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

/// What `lagoon learn --json` prints; `result` is the method's answer, but for arrays as long as the table.
struct LearnDocument {
  std::string file, model, target;
  std::int64_t rows = 0, left_out = 0;
  std::vector<std::string> features{};
  std::string saved{}, predictions{};  ///< files
  LAGOON_FIELDS(LearnDocument, file, model, target, rows, left_out, features, saved, predictions)
};

/// What is said of each row that was learned from, to be written beside the table's rows.
struct Said {
  std::vector<std::string> names{};
  std::vector<std::vector<double>> columns{};
};

template <class T>
std::vector<double> numbers_of(const Frozen<T, 1>& a) {
  std::vector<double> numbers(static_cast<std::size_t>(a.size()));
  for (std::ptrdiff_t i = 0; i < a.size(); ++i) numbers[static_cast<std::size_t>(i)] = static_cast<double>(a.view()[i]);
  return numbers;
}
template <class T>
void say(Said& said, std::string name, const Frozen<T, 1>& a) {
  if (a.empty()) return;
  said.names.push_back(std::move(name));
  said.columns.push_back(numbers_of(a));
}
void say(Said& said, const std::string& name, const Frozen<double, 2>& table) {
  for (std::ptrdiff_t j = 0; j < table.extent(1) && !table.empty(); ++j) {
    said.names.push_back(name + std::to_string(j + 1));
    auto& column = said.columns.emplace_back();
    for (std::ptrdiff_t i = 0; i < table.extent(0); ++i) column.push_back(table(i, j));
  }
}

/// A line per row of the table; rows that were left out have empty cells.
void write_said(const std::string& path, const Said& said, const LearningTable& from, std::size_t rows) {
  files::Table table;
  table.source = path;
  table.rows = rows;
  for (std::size_t j = 0; j < said.names.size(); ++j) {
    auto column = Tensor<double, 1>::filled({static_cast<std::ptrdiff_t>(rows)}, kNone);
    for (std::size_t k = 0; k < said.columns[j].size(); ++k)
      column[from.rows.empty() ? static_cast<std::ptrdiff_t>(k) : from.rows[k]] = said.columns[j][k];
    table.columns.push_back({.name = said.names[j], .values = std::move(column).freeze()});
  }
  files::write_csv(path, table);
}

/// One run of the command: the table, and the calls that are made of it.
class Learner {
 public:
  Learner(const LearnCommand& command, Session& session, Output& output)
      : command_(command), session_(session), output_(output), caller_(session.endpoint()) {}

  void read() {
    files::Table table = read_table(command_.table, {command_.target}, session_, output_.progress());
    rows_ = table.rows;
    table_ = session_.run("rows", [&] { return learning_table(table, command_.target); });
    document_.file = command_.table.file;
    document_.target = command_.target;
    document_.rows = static_cast<std::int64_t>(rows_) - table_.left_out;
    document_.left_out = table_.left_out;
    document_.features = table_.features.names;
  }

  void learn(const std::string& model) {
    document_.model = model;
    const TraceScope scope(session_.trace_context());
    if (model == "forest") forest();
    if (model == "linear") linear();
    if (model == "kmeans") kmeans();
    if (model == "dbscan") dbscan();
    if (model == "agglomerative") agglomerative();
    if (model == "pca") pca();
  }

  void predict() {
    document_.model = command_.use;
    const TraceScope scope(session_.trace_context());
    auto result = caller_.try_call<services::Predict>(
        {.model = {read_bytes(command_.use)}, .x = table_.features, .probabilities = true}, session_.call_options());
    if (result.status().code() == Errc::data_loss)  // the service does not know whose bytes they are
      throw Error(Errc::data_loss, command_.use + ": " + result.status().message());
    const services::PredictReply reply = std::move(result).value();
    const std::string name = reply.target.empty() ? "cluster" : reply.target;
    say(said_, name, reply.values);
    say(said_, name, reply.labels);
    say(said_, "probability", reply.probabilities);
    say(said_, "component", reply.table);
    text_ = fmt::format("{}: {} by {} ({})\n", document_.file,
                        counted(static_cast<std::uint64_t>(document_.rows), "row"), command_.use, reply.kind);
    result_ = Value();
  }

  void write() {
    if (!command_.save.empty()) {
      if (model_.bytes.empty())
        throw UsageError(fmt::format("learn: --save: {} makes no model that predicts", document_.model));
      write_bytes(command_.save, model_.bytes);
      document_.saved = command_.save;
      text_ += fmt::format("model: {}\n", command_.save);
    }
    if (!command_.predictions.empty()) {
      if (said_.names.empty())
        throw UsageError(
            "learn: --predictions: a model says nothing new of the rows that it learned from; save it, and "
            "use it on others");
      write_said(command_.predictions, said_, table_, rows_);
      document_.predictions = command_.predictions;
      text_ += fmt::format("rows: {}\n", command_.predictions);
    }
  }

  std::string json() const {
    Value document = document_of("learning", document_);
    std::get<Value::Object>(document.data).emplace_back("result", result_);
    return pretty(document) + "\n";
  }
  const std::string& text() const noexcept { return text_; }

 private:
  template <class M>
  typename M::Response call(typename M::Request request) {
    return caller_.call<M>(std::move(request), session_.call_options());
  }
  /// The answer for the document, without what files are for.
  template <class Reply>
  void keep(Reply reply) {
    if constexpr (requires { reply.model; }) model_ = std::exchange(reply.model, {});
    if constexpr (requires { reply.labels; }) reply.labels = {};
    if constexpr (requires { reply.scores; }) reply.scores = {};
    if constexpr (requires { reply.merges; }) {
      reply.merges = {};
      reply.heights = {};
    }
    result_ = lagoon::detail::to_value(reply);
  }

  void forest();
  void linear();
  void kmeans();
  void dbscan();
  void agglomerative();
  void pca();
  void say_sizes(const Frozen<std::int64_t, 1>& labels);
  std::string head(const char* what) const;
  static std::string validated(const services::CrossValidation& v, const char* unit);

  const LearnCommand& command_;
  Session& session_;
  Output& output_;
  Caller<services::Learning> caller_;
  LearningTable table_;
  std::size_t rows_ = 0;
  LearnDocument document_;
  services::ModelBytes model_;
  Said said_;
  Value result_;
  std::string text_;
};

std::string Learner::head(const char* what) const {
  std::string text =
      fmt::format("{}: {}, {}", document_.file, what, counted(static_cast<std::uint64_t>(document_.rows), "row"));
  if (document_.left_out > 0)
    text += fmt::format(" ({} with a missing value left out)", grouped(static_cast<std::uint64_t>(document_.left_out)));
  return text + "\n";
}

std::string Learner::validated(const services::CrossValidation& v, const char* unit) {
  if (v.scores.empty()) return "";
  return fmt::format("  {} folds: {} {} \u00b1 {}\n", v.scores.size(), unit, number(v.mean, 4), number(v.deviation, 2));
}

void Learner::forest() {
  auto r = call<services::FitForest>({.x = table_.features,
                                      .y = table_.target,
                                      .target = command_.target,
                                      .task = command_.task,
                                      .trees = command_.trees,
                                      .depth = command_.depth,
                                      .bins = command_.bins,
                                      .folds = command_.folds,
                                      .seed = command_.seed});
  const char* unit = r.task == "classify" ? "accuracy" : "R2";
  text_ =
      head(fmt::format("a forest that {}s '{}'", r.task == "classify" ? "tell" : "estimate", command_.target).c_str());
  text_ += fmt::format("  {} trees, {} nodes, depth {}: {} {} on rows that its trees did not see\n", r.trees,
                       grouped(static_cast<std::uint64_t>(r.nodes)), r.depth, unit, number(r.out_of_bag_score, 4));
  text_ += validated(r.validation, unit);
  std::vector<std::size_t> order(table_.features.names.size());
  for (std::size_t j = 0; j < order.size(); ++j) order[j] = j;
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return r.importances[a] > r.importances[b]; });
  std::vector<std::vector<std::string>> lines = {{"column", "importance"}};
  for (std::size_t j : order) lines.push_back({table_.features.names[j], fmt::format("{:.4f}", r.importances[j])});
  text_ += aligned(lines, "  ");
  keep(std::move(r));
}

void Learner::linear() {
  auto r = call<services::FitLinear>({.x = table_.features,
                                      .y = table_.target,
                                      .target = command_.target,
                                      .ridge = command_.ridge,
                                      .folds = command_.folds,
                                      .seed = command_.seed});
  const learning::LinearModel& m = r.fit;
  text_ = head(fmt::format("a linear model of '{}'", command_.target).c_str());
  text_ += fmt::format("  R2 {} (adjusted {}), residual deviation {}, rank {}, condition {}\n", number(m.r2, 5),
                       number(m.adjusted_r2, 5), number(m.residual_deviation, 5), m.rank, number(m.condition, 3));
  text_ += validated(r.validation, "R2");
  std::vector<std::vector<std::string>> lines = {{"column", "coefficient", "std.error", "p"}};
  lines.push_back({"(intercept)", number(m.intercept, 8), number(m.intercept_error, 4), number(m.intercept_p, 3)});
  for (std::size_t j = 0; j < m.coefficients.size(); ++j)
    lines.push_back(
        {table_.features.names[j], number(m.coefficients[j], 8), number(m.standard_errors[j], 4), number(m.p[j], 3)});
  text_ += aligned(lines, "  ");
  if (m.rank < static_cast<std::int64_t>(m.coefficients.size()) + 1)
    text_ += "  columns depend on one another, so single coefficients mean little\n";
  keep(std::move(r));
}

void Learner::say_sizes(const Frozen<std::int64_t, 1>& labels) {
  std::int64_t clusters = 0;
  for (std::ptrdiff_t i = 0; i < labels.size(); ++i) clusters = std::max(clusters, labels.view()[i] + 1);
  std::vector<std::uint64_t> sizes(static_cast<std::size_t>(clusters));
  std::uint64_t noise = 0;
  for (std::ptrdiff_t i = 0; i < labels.size(); ++i)
    ++(labels.view()[i] < 0 ? noise : sizes[static_cast<std::size_t>(labels.view()[i])]);
  std::vector<std::vector<std::string>> lines = {{"cluster", "rows"}};
  for (std::size_t k = 0; k < sizes.size(); ++k) lines.push_back({std::to_string(k), grouped(sizes[k])});
  if (noise > 0) lines.push_back({"noise", grouped(noise)});
  text_ += aligned(lines, "  ");
  say(said_, "cluster", labels);
}

void Learner::kmeans() {
  auto r = call<services::KMeansOf>({.x = table_.features,
                                     .clusters = command_.clusters,
                                     .standardise = command_.standardise,
                                     .seed = command_.seed});
  text_ = head(fmt::format("{} clusters around centres", command_.clusters).c_str());
  text_ += fmt::format("  squared distances to the centres sum to {}{}\n", number(r.fit.inertia, 8),
                       r.fit.converged ? "" : "; they still moved when the rounds ran out");
  say_sizes(r.labels);
  keep(std::move(r));
}

void Learner::dbscan() {
  auto r = call<services::DbscanOf>(
      {.x = table_.features, .radius = command_.radius, .min_neighbours = command_.min_neighbours});
  text_ = head(fmt::format("{} dense clusters", r.clusters).c_str());
  say_sizes(r.labels);
  keep(std::move(r));
}

void Learner::agglomerative() {
  auto r = call<services::AgglomerativeOf>(
      {.x = table_.features, .linkage = command_.linkage, .clusters = command_.clusters});
  text_ = head(fmt::format("{} clusters by {} linkage", command_.clusters, command_.linkage).c_str());
  say_sizes(r.labels);
  keep(std::move(r));
}

void Learner::pca() {
  auto r = call<services::PcaOf>(
      {.x = table_.features, .components = command_.components, .standardise = command_.standardise});
  text_ = head("principal components");
  std::vector<std::vector<std::string>> lines = {{"component", "variance", "share", "together"}};
  double together = 0;
  for (std::size_t k = 0; k < r.fit.variances.size(); ++k) {
    together += r.fit.ratios[k];
    lines.push_back({std::to_string(k + 1), number(r.fit.variances[k]), fmt::format("{:.4f}", r.fit.ratios[k]),
                     fmt::format("{:.4f}", together)});
  }
  text_ += aligned(lines, "  ");
  say(said_, "component", r.scores);
  keep(std::move(r));
}

/// The model that is meant; throws what does not go together.
std::string model_of(const LearnCommand& c) {
  if (!c.use.empty()) {
    if (!c.model.empty() || !c.target.empty() || !c.save.empty())
      throw UsageError("learn: --use applies a model that is there; --model, --target and --save are for a new one");
    return "";
  }
  const std::string model = !c.model.empty() ? c.model : c.target.empty() ? "kmeans" : "forest";
  const bool supervised = std::find(kSupervised.begin(), kSupervised.end(), model) != kSupervised.end();
  if (supervised && c.target.empty()) throw UsageError(fmt::format("learn: {} needs a --target to learn", model));
  if (!supervised && !c.target.empty())
    throw UsageError(fmt::format("learn: {} has no --target; forest and linear have", model));
  if ((model == "kmeans" || model == "agglomerative") && c.clusters == 0)
    throw UsageError(fmt::format("learn: how many clusters? say --clusters, or --model dbscan with a --radius{}",
                                 c.model.empty() ? ", or a --target to learn" : ""));
  if (model == "dbscan" && c.radius == 0)
    throw UsageError("learn: dbscan needs a --radius within which rows are neighbours");
  return model;
}

}  // namespace

Exit learn(const LearnCommand& command, const CommonOptions& common, const StopControl& stop, Output& output) {
  const std::string model = model_of(command);
  Session session(common, stop);
  Learner learner(command, session, output);
  learner.read();
  output.progress().begin(model.empty() ? "predicting" : "learning", 0, "");
  if (model.empty())
    learner.predict();
  else
    learner.learn(model);
  output.progress().end();
  learner.write();
  session.write_trace();
  output.result(common.json ? learner.json() : learner.text());
  return Exit::ok;
}

}  // namespace lagoon::cli
