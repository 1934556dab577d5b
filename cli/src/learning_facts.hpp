// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lagoon/kernels/files/table.hpp>
#include <lagoon/services/learning.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace lagoon::cli {

/// What one column tells of the target.
struct FeatureFacts {
  std::string column;
  double importance = 0;                     ///< share in what the forest found
  double coefficient = 0, error = 0, p = 0;  ///< of the linear model
  LAGOON_FIELDS(FeatureFacts, column, importance, coefficient, error, p)
};

/// How well one column follows from the others.
struct LearningFacts {
  std::string target, task;   ///< task: classify or regress
  std::int64_t rows = 0;      ///< learned from
  std::int64_t left_out = 0;  ///< rows with a missing value
  double forest_score = 0;    ///< by trees that did not see the row: accuracy or R2
  double linear_r2 = 0, linear_adjusted_r2 = 0, residual_deviation = 0, intercept = 0, condition = 0;
  std::int64_t linear_rank = 0;
  std::vector<FeatureFacts> features{};  ///< the most important first
  std::vector<std::string> notes{};
  LAGOON_FIELDS(LearningFacts, target, task, rows, left_out, forest_score, linear_r2, linear_adjusted_r2,
                residual_deviation, intercept, condition, linear_rank, features, notes)
};

/// Rows of a table without a missing value, as features and target.
struct LearningTable {
  services::Features features{};
  Frozen<double, 1> target{};
  std::string target_name{};
  std::vector<std::int64_t> rows{};  ///< of the table, that are here; empty: all
  std::int64_t left_out = 0;
};

/// Takes the columns apart: the target, and all others.
///   target  "": there is none
///   throws   not_found (no such target, with the nearest name), invalid_argument (no other column, no whole row)
LearningTable learning_table(const files::Table& table, const std::string& target);

LearningFacts facts_of(const LearningTable& table, const services::ForestReply& forest,
                       const services::LinearReply& linear);
std::string text_of(const LearningFacts& facts);

}  // namespace lagoon::cli
