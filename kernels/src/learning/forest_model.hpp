// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <lagoon/core/tensor.hpp>
#include <lagoon/kernels/learning/forest.hpp>
#include <memory>
#include <vector>

#include "forest_lanes.hpp"
#include "forest_steps.hpp"

// What a forest is made of, once it has learned.
namespace lagoon::learning::detail {

/// A split, or a leaf. A row goes to `left` when its number is at most `value`, and to left + 1 otherwise.
///
/// A leaf is its own left child and asks for the column behind the last, where walked rows have less than any number:
/// who has arrived stays, so that rows that are walked side by side need not stop together.
struct Node {
  double value = 0;  ///< threshold; of a leaf what it says
  std::uint32_t left = 0;
  std::uint32_t feature = 0;
};

/// Which labels, where a leaf has several of more than two: its value is -1 - the number of its first share.
/// Of one label alone the value is the label; of two labels it is the share of the second.
struct Share {
  double share = 0;
  std::uint32_t label = 0;
  std::uint32_t last = 1;  ///< of this leaf
};

struct Tree {
  Tensor<Node, 1> nodes;  ///< the root is the first; children stand behind their parents, in pairs
  Tensor<Share, 1> shares;
  std::int64_t depth = 0;
};

/// The same split in half the bytes, for rows whose numbers are replaced by how many thresholds are below them.
struct ShortNode {
  std::uint32_t left = 0;
  std::uint16_t feature = 0;
  std::uint16_t code = 0;  ///< a row with more goes to the right; of a leaf that says a small whole number 1 more
};

enum class Kind : std::uint8_t { numbers, two_labels, labels };

struct ForestModel {
  Kind kind = Kind::numbers;
  std::int64_t columns = 0;
  double scale = 1;  ///< that numbers of leaves are divided by: a power of two, so that no sum of them overflows
  std::vector<std::int64_t> classes;
  std::vector<Tree> trees;
  double score = 0;
  std::vector<double> importances;

  // What follows from the above.
  std::int64_t nodes = 0;
  std::int64_t depth = 0;
  Steps steps;                               ///< all thresholds, where no column has more than 255
  std::vector<Tensor<ShortNode, 1>> shorts;  ///< of each tree then; empty otherwise
  std::vector<LaneTree> lanes;               ///< the same where they suit trees and processor; empty otherwise
};

/// Trees of the same nodes for lanes; none when one of them or the columns are too many, or the processor lacks them.
std::vector<LaneTree> lanes_of(const std::vector<Tensor<ShortNode, 1>>& trees, std::ptrdiff_t columns);

/// Fills in what follows.
void complete(ForestModel& model);

}  // namespace lagoon::learning::detail

namespace lagoon::learning {

struct Forest::Impl : detail::ForestModel {};

/// How the sources of forests, and who stores them, get at the inside.
struct ForestAccess {
  /// Of a complete model.
  static Forest make(detail::ForestModel model);
  /// Null without trees.
  static const detail::ForestModel* model(const Forest& forest) noexcept;
};

}  // namespace lagoon::learning
