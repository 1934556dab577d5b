// SPDX-License-Identifier: Apache-2.0
#include "learning_facts.hpp"

#include <fmt/format.h>
#include <lagoon/kernels/learning/preparation.hpp>

#include <algorithm>
#include <cmath>

#include "text.hpp"

namespace lagoon::cli {
namespace {

constexpr std::size_t kShownFeatures = 20;

/// Rows in which every one of these columns has a number.
std::vector<std::int64_t> whole_rows(const std::vector<View<const double, 1>>& columns) {
  std::vector<std::int64_t> rows;
  const std::ptrdiff_t n = columns.front().extent(0);
  for (std::ptrdiff_t i = 0; i < n; ++i)
    if (std::all_of(columns.begin(), columns.end(), [&](const auto& c) { return std::isfinite(c[i]); }))
      rows.push_back(i);
  return rows;
}

Frozen<double, 1> taken(View<const double, 1> column, const std::vector<std::int64_t>& rows) {
  return learning::take_rows(column, View<const std::int64_t, 1>(rows)).freeze();
}

}  // namespace

LearningTable learning_table(const files::Table& table, const std::string& target) {
  LearningTable t;
  t.target_name = target;
  std::vector<const files::Column*> features;
  for (const files::Column& c : table.columns)
    if (c.name != target) features.push_back(&c);
  if (features.empty())
    throw Error(Errc::invalid_argument,
                fmt::format("{}: beside '{}' there is no column of numbers to learn from", table.source, target));
  std::vector<View<const double, 1>> views;
  for (const files::Column* c : features) views.push_back(c->values);
  if (!target.empty()) views.push_back(table.column(target).values);
  std::vector<std::int64_t> rows = whole_rows(views);
  if (rows.empty())
    throw Error(Errc::invalid_argument, fmt::format("{}: no row has a value in each column", table.source));
  const bool all = rows.size() == table.rows;
  t.left_out = static_cast<std::int64_t>(table.rows - rows.size());
  if (!target.empty()) t.target = all ? table.column(target).values : taken(views.back(), rows);
  for (std::size_t j = 0; j < features.size(); ++j) {
    t.features.names.push_back(features[j]->name);
    t.features.columns.push_back(all ? features[j]->values : taken(views[j], rows));
  }
  if (!all) t.rows = std::move(rows);
  return t;
}

LearningFacts facts_of(const LearningTable& table, const services::ForestReply& forest,
                       const services::LinearReply& linear) {
  LearningFacts f;
  f.target = table.target_name;
  f.task = forest.task;
  f.rows = table.target.size();
  f.left_out = table.left_out;
  f.forest_score = forest.out_of_bag_score;
  f.linear_r2 = linear.fit.r2;
  f.linear_adjusted_r2 = linear.fit.adjusted_r2;
  f.residual_deviation = linear.fit.residual_deviation;
  f.intercept = linear.fit.intercept;
  f.condition = linear.fit.condition;
  f.linear_rank = linear.fit.rank;
  const auto full = static_cast<std::int64_t>(table.features.names.size()) + 1;
  if (linear.fit.rank < full)
    f.notes.push_back(fmt::format("columns depend on one another: rank {} of {}, so single coefficients mean little",
                                  linear.fit.rank, full));
  for (std::size_t j = 0; j < table.features.names.size(); ++j)
    f.features.push_back({table.features.names[j], forest.importances[j], linear.fit.coefficients[j],
                          linear.fit.standard_errors[j], linear.fit.p[j]});
  std::stable_sort(f.features.begin(), f.features.end(),
                   [](const FeatureFacts& a, const FeatureFacts& b) { return a.importance > b.importance; });
  return f;
}

std::string text_of(const LearningFacts& f) {
  const bool labels = f.task == "classify";
  std::string text =
      fmt::format("{} from the other columns: {}", f.target, counted(static_cast<std::uint64_t>(f.rows), "row"));
  if (f.left_out > 0)
    text += fmt::format(", {} with a missing value left out", grouped(static_cast<std::uint64_t>(f.left_out)));
  text += fmt::format("\n  random forest   {} {} on rows that its trees did not see\n", labels ? "accuracy" : "R2",
                      number(f.forest_score, 4));
  text += fmt::format("  linear model    R2 {}, residual deviation {}, condition {}\n", number(f.linear_r2, 4),
                      number(f.residual_deviation, 4), number(f.condition, 3));
  std::vector<std::vector<std::string>> rows = {{"column", "importance", "coefficient", "std.error", "p"}};
  for (std::size_t j = 0; j < std::min(f.features.size(), kShownFeatures); ++j) {
    const FeatureFacts& c = f.features[j];
    rows.push_back(
        {c.column, fmt::format("{:.3f}", c.importance), number(c.coefficient), number(c.error, 3), number(c.p, 3)});
  }
  text += aligned(rows, "  ");
  if (f.features.size() > kShownFeatures)
    text += fmt::format("  ... and {} more, see --json\n", f.features.size() - kShownFeatures);
  for (const std::string& note : f.notes) text += "  " + note + "\n";
  return text;
}

}  // namespace lagoon::cli
