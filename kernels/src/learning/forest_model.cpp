// SPDX-License-Identifier: Apache-2.0
#include "forest_model.hpp"

#include <algorithm>
#include <cmath>
#include <lagoon/engine/stop.hpp>
#include <limits>

#include "polled/parts.hpp"

namespace lagoon::learning {
namespace detail {
namespace {

constexpr std::size_t kMostSteps = 255;  // so many codes and one fit into a byte

bool is_leaf(const Node& node, std::int64_t columns) { return node.feature == columns; }

/// Adds a threshold to those of its column, rising.  returns  false when there is no room
bool learn_threshold(std::vector<double>& known, double threshold) {
  const auto at = std::lower_bound(known.begin(), known.end(), threshold);
  if (at != known.end() && *at == threshold) return true;
  if (known.size() == kMostSteps) return false;
  known.insert(at, threshold);
  return true;
}

/// The different thresholds of each column; nothing when one has more than fit.
std::vector<std::vector<double>> thresholds_of(const ForestModel& model) {
  std::vector<std::vector<double>> all(static_cast<std::size_t>(model.columns));
  bool fit = true;
  for (const Tree& tree : model.trees) {
    for (std::ptrdiff_t i = 0; i < tree.nodes.size() && fit; ++i) {
      if (i % 64 == 0) throw_if_stopped();  // a new threshold moves up to half a megabyte
      const Node& node = tree.nodes[i];
      if (!is_leaf(node, model.columns)) fit = learn_threshold(all[node.feature], node.value);
    }
    if (!fit) return {};
  }
  return all;
}

Steps steps_of(const std::vector<std::vector<double>>& thresholds) {
  std::vector<std::int64_t> counts;
  for (const auto& t : thresholds) counts.push_back(static_cast<std::int64_t>(t.size()));
  Steps steps(counts);
  for (std::size_t j = 0; j < thresholds.size(); ++j)
    std::copy(thresholds[j].begin(), thresholds[j].end(), steps.column(static_cast<std::ptrdiff_t>(j)).begin());
  return steps;
}

/// Most leaves say a label, or 0 or 1 of two: where a row has arrived is what it needs to know then.
std::uint16_t code_of_leaf(double value) {
  constexpr double kMost = std::numeric_limits<std::uint16_t>::max() - 1;
  return value >= 0 && value <= kMost && value == std::floor(value) ? static_cast<std::uint16_t>(value + 1) : 0;
}

Tensor<ShortNode, 1> shortened(const Tree& tree, const ForestModel& model) {
  Tensor<ShortNode, 1> shorts({tree.nodes.size()});
  polled::for_parts(0, tree.nodes.size(), [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
    for (std::ptrdiff_t i = begin; i < end; ++i) {
      const Node& node = tree.nodes[i];
      // The code of a threshold is how many are below it: a number that is greater has at least one more.
      const auto code = is_leaf(node, model.columns)
                            ? code_of_leaf(node.value)
                            : static_cast<std::uint16_t>(model.steps.code(node.feature, node.value));
      shorts[i] = {node.left, static_cast<std::uint16_t>(node.feature), code};
    }
  });
  return shorts;
}

}  // namespace

void complete(ForestModel& model) {
  model.nodes = model.depth = 0;
  for (const Tree& tree : model.trees) {
    model.nodes += tree.nodes.size();
    model.depth = std::max(model.depth, tree.depth);
  }
  model.shorts.clear();
  model.lanes.clear();
  if (model.columns > std::numeric_limits<std::uint16_t>::max()) return;
  const auto thresholds = thresholds_of(model);
  if (thresholds.empty()) return;
  model.steps = steps_of(thresholds);
  for (const Tree& tree : model.trees) model.shorts.push_back(shortened(tree, model));
  model.lanes = lanes_of(model.shorts, model.columns);
}

}  // namespace detail

Forest ForestAccess::make(detail::ForestModel model) {
  return Forest(std::make_shared<const Forest::Impl>(Forest::Impl{std::move(model)}));
}

const detail::ForestModel* ForestAccess::model(const Forest& forest) noexcept { return forest.impl_.get(); }

}  // namespace lagoon::learning
