// SPDX-License-Identifier: Apache-2.0
#include "forest_lanes.hpp"

#include <limits>

#include "forest_model.hpp"
#include "polled/parts.hpp"

namespace lagoon::learning::detail {
namespace {

constexpr std::uint32_t kLeaf = 255u << 24;

bool is_leaf(std::uint32_t word) { return word >= kLeaf; }  // there are no more than 255 thresholds: splits have less

std::uint32_t word_of(const ShortNode& node, std::ptrdiff_t columns, std::uint32_t number) {
  const std::uint32_t code = node.code;
  if (node.feature == columns)
    return kLeaf | (code <= std::numeric_limits<std::uint8_t>::max() ? code << 16 : 0) | number;
  const std::uint32_t pack = node.feature / 4u, turn = 24 - 8 * (node.feature % 4u);
  return code << 24 | pack << 21 | turn << 16 | node.left;
}

void fill_top(LaneTree& tree) {
  std::array<std::uint32_t, 64> node{};  // the first is the root
  for (std::uint32_t h = 1; h < 32; ++h) {
    const std::uint32_t word = tree.top[h] = tree.nodes[node[h]];
    node[2 * h] = node_of_word(word);
    node[2 * h + 1] = node_of_word(word) + !is_leaf(word);
  }
  for (std::size_t h = 32; h < 64; ++h) tree.top[h] = node[h];
}

}  // namespace

std::vector<LaneTree> lanes_of(const std::vector<Tensor<ShortNode, 1>>& trees, std::ptrdiff_t columns) {
  std::vector<LaneTree> lanes;
  if (columns > kMostLaneColumns || !lane_walk(packs_of(columns))) return lanes;
  for (const auto& tree : trees)
    if (tree.size() > kMostLaneNodes) return lanes;
  for (const auto& tree : trees) {
    LaneTree& made = lanes.emplace_back();
    made.nodes = Tensor<std::uint32_t, 1>(tree.extents());
    polled::for_parts(0, tree.size(), [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
      for (std::ptrdiff_t i = begin; i < end; ++i)
        made.nodes[i] = word_of(tree[i], columns, static_cast<std::uint32_t>(i));
    });
    fill_top(made);
  }
  return lanes;
}

}  // namespace lagoon::learning::detail
