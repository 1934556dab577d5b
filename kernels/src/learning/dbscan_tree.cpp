// SPDX-License-Identifier: Apache-2.0
#include "dbscan_tree.hpp"

#include <array>
#include <lagoon/engine/parallel.hpp>
#include <lagoon/engine/stop.hpp>
#include <limits>
#include <numeric>
#include <utility>

namespace lagoon::learning::detail {
namespace {

constexpr std::ptrdiff_t kLeafRows = 16;        // two packs; so few are sooner measured than split
constexpr std::ptrdiff_t kBetweenLooks = 4096;  // rows
constexpr std::ptrdiff_t kRowsOfTask = 1 << 13;

}  // namespace

NeighbourTree::NeighbourTree(View<const double, 2> x, double squared_radius, bool parallel)
    : columns_(x.extent(1)), squared_radius_(squared_radius), order_({x.extent(0)}) {
  std::iota(order_.data(), order_.data() + order_.size(), std::int64_t{0});
  grow(x, parallel);
  number_leaves();
  fill_packs(x, parallel);
  order_ = {};
}

/// Level by level: the nodes of one are split side by side, and their children numbered in order.
void NeighbourTree::grow(View<const double, 2> x, bool parallel) {
  nodes_.push_back({.begin = 0, .end = x.extent(0)});
  Tensor<std::ptrdiff_t, 1> splits;
  for (std::size_t level = 0; level < nodes_.size();) {
    const std::size_t end = nodes_.size();
    const auto count = static_cast<std::ptrdiff_t>(end - level);
    boxes_.resize(end * 2 * static_cast<std::size_t>(columns_));
    splits = Tensor<std::ptrdiff_t, 1>({count});
    const std::ptrdiff_t grain = std::max<std::ptrdiff_t>(1, kRowsOfTask * count / x.extent(0));
    parallel_for(count, {grain, parallel}, [&](std::ptrdiff_t from, std::ptrdiff_t to) {
      for (std::ptrdiff_t i = from; i < to; ++i) {
        const auto k = level + static_cast<std::size_t>(i);
        Node& node = nodes_[k];
        enclose(x, node, boxes_.data() + 2 * columns_ * static_cast<std::ptrdiff_t>(k));
        const Box box = box_of_node(static_cast<std::int64_t>(k));
        node.cell = box.diagonal(columns_) <= squared_radius_;
        splits[i] = node.cell || node.end - node.begin <= kLeafRows ? -1 : split(x, node, box);
      }
    });
    for (std::ptrdiff_t i = 0; i < count; ++i) {
      if (splits[i] < 0) continue;
      const auto k = level + static_cast<std::size_t>(i);
      const std::ptrdiff_t first = nodes_[k].begin, last = nodes_[k].end;
      nodes_[k].left = static_cast<std::int64_t>(nodes_.size());
      nodes_.push_back({.begin = first, .end = splits[i]});
      nodes_.push_back({.begin = splits[i], .end = last});
    }
    level = end;
  }
}

void NeighbourTree::enclose(View<const double, 2> x, const Node& node, double* box) const {
  double *low = box, *high = box + columns_;
  std::fill_n(low, columns_, std::numeric_limits<double>::infinity());
  std::fill_n(high, columns_, -std::numeric_limits<double>::infinity());
  for (std::ptrdiff_t i = node.begin; i < node.end; ++i) {
    if (i % kBetweenLooks == 0) throw_if_stopped();
    const double* row = x.data() + order_[i] * x.stride(0);
    for (std::ptrdiff_t j = 0; j < columns_; ++j) {
      const double value = row[j * x.stride(1)];
      low[j] = std::min(low[j], value);
      high[j] = std::max(high[j], value);
    }
  }
}

/// Cuts the widest column in the middle, which makes cells of like shape; or at its median, where the middle leaves
/// hardly any row on one side: else rows that crowd together ever more closely would make a tree as deep as they are
/// many.
///   returns  where the right rows begin; there are rows on both sides
std::ptrdiff_t NeighbourTree::split(View<const double, 2> x, const Node& node, const Box& box) {
  std::ptrdiff_t widest = 0;
  for (std::ptrdiff_t j = 1; j < columns_; ++j)
    if (box.high[j] - box.low[j] > box.high[widest] - box.low[widest]) widest = j;
  const double low = box.low[widest], high = box.high[widest];
  // Left are values up to `cut`, which is less than the highest.
  const auto partition = [&](double cut) {
    std::ptrdiff_t end = node.begin;
    for (std::ptrdiff_t i = node.begin; i < node.end; ++i) {
      if (i % kBetweenLooks == 0) throw_if_stopped();
      if (x(order_[i], widest) <= cut) std::swap(order_[i], order_[end++]);
    }
    return end;
  };
  const double half = low + (high - low) / 2;
  const std::ptrdiff_t at = partition(half < high ? half : low), rows = node.end - node.begin;
  if (std::min(at - node.begin, node.end - at) >= rows / 8) return at;
  const double median = middle(x, node, widest);
  return partition(median < high ? median : low);
}

/// The median of rows spread evenly over the node.
double NeighbourTree::middle(View<const double, 2> x, const Node& node, std::ptrdiff_t column) const {
  std::array<double, 255> sample;
  const auto most = static_cast<std::ptrdiff_t>(sample.size()), rows = node.end - node.begin;
  const std::ptrdiff_t count = std::min(most, rows);
  for (std::ptrdiff_t k = 0; k < count; ++k)
    sample[static_cast<std::size_t>(k)] = x(order_[node.begin + rows / count * k], column);
  std::nth_element(sample.begin(), sample.begin() + count / 2, sample.begin() + count);
  return sample[static_cast<std::size_t>(count / 2)];
}

/// From left to right, so that leaves near one another have numbers near one another.
void NeighbourTree::number_leaves() {
  std::vector<std::int64_t> open{0};
  std::ptrdiff_t pack = 0;
  while (!open.empty()) {
    const std::int64_t k = open.back();
    open.pop_back();
    Node& node = nodes_[static_cast<std::size_t>(k)];
    if (node.left >= 0) {
      open.push_back(node.left + 1);
      open.push_back(node.left);
      continue;
    }
    node.leaf = static_cast<std::int64_t>(leaves_.size());
    leaves_.push_back({node.end - node.begin, pack, k, node.cell});
    pack += leaves_.back().packs();
  }
  rows_ = Tensor<std::int64_t, 1>::filled({pack * kPack}, -1);
  packs_ = Tensor<double, 1>({pack * kPack * columns_});
}

void NeighbourTree::fill_packs(View<const double, 2> x, bool parallel) {
  const std::ptrdiff_t grain = std::max<std::ptrdiff_t>(1, kRowsOfTask * leaves() / x.extent(0));
  parallel_for(leaves(), {grain, parallel}, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
    for (std::ptrdiff_t k = begin; k < end; ++k) {
      const std::ptrdiff_t place = leaf(k).pack * kPack, places = leaf(k).packs() * kPack;
      const Node& node = nodes_[static_cast<std::size_t>(leaf(k).node)];
      for (std::ptrdiff_t r = 0; r < places; ++r) {
        if (r % kBetweenLooks == 0) throw_if_stopped();
        const bool real = r < leaf(k).rows;
        if (real) rows_[place + r] = order_[node.begin + r];
        double* out = packs_.data() + (place + r) / kPack * kPack * columns_ + (place + r) % kPack;
        for (std::ptrdiff_t j = 0; j < columns_; ++j)
          out[j * kPack] = real ? x(order_[node.begin + r], j) : std::numeric_limits<double>::quiet_NaN();
      }
    }
  });
}

}  // namespace lagoon::learning::detail
