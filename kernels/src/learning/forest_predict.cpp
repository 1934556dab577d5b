// SPDX-License-Identifier: Apache-2.0
#include "forest_predict.hpp"

#include <cmath>
#include <lagoon/core/error.hpp>
#include <lagoon/engine/parallel.hpp>
#include <lagoon/engine/stop.hpp>
#include <limits>
#include <string>

#include "check.hpp"
#include "forest_walk.hpp"

namespace lagoon::learning {
namespace detail {
namespace {

// Of a block: bytes of rows and number of sums, so that both leave room for a tree in the second-level cache.
constexpr std::ptrdiff_t kRowBytes = 96 << 10, kSums = 1 << 16;
constexpr std::ptrdiff_t kMostRows = 4096;
constexpr std::ptrdiff_t kLine = 64;              // bytes
constexpr std::ptrdiff_t kTreeBytes = 512 << 10;  // of a tree that fits into the second-level cache beside rows
constexpr std::ptrdiff_t kFewestRows = 64,
                         kBlocks = 16;  // few rows are cut into so many blocks, not below so many rows

/// Asks for a whole tree before rows walk it, line after line. Rows would ask for the same lines, but by jumps that a
/// processor cannot foresee, and with no more than eight under way: 100 trees of 9,300 nodes, which lie in the third
/// level, took 23 % longer (Zen 4). Not where there are too few rows to come by most lines.
///
/// Inlined early: gcc 12 takes a function that does nothing but this for one without effects, and leaves out its calls.
template <class AnyNode>
[[gnu::always_inline]] inline void fetch(const Tensor<AnyNode, 1>& nodes, std::ptrdiff_t rows) {
  constexpr std::ptrdiff_t kLinesOfRow = 4, kNodes = kLine / static_cast<std::ptrdiff_t>(sizeof(AnyNode));
  const std::ptrdiff_t bytes = nodes.size() * static_cast<std::ptrdiff_t>(sizeof(AnyNode));
  if (bytes > kTreeBytes || bytes > rows * kLinesOfRow * kLine) return;
  for (std::ptrdiff_t i = 0; i < nodes.size(); i += kNodes) __builtin_prefetch(nodes.data() + i);
}

/// The block's sums into `out`, of sums_of_row per row.
void sum_block(const ForestModel& model, Walk& walk, double* out, std::ptrdiff_t count) {
  std::fill_n(out, count, 0.0);
  for (std::size_t t = 0; t < model.trees.size(); ++t) {
    throw_if_stopped();
    walk.add(t, out);
  }
}

/// Calls each(begin, end, sums) for blocks of rows, in parallel.
template <class Each>
void for_each_block(const ForestModel& model, View<const double, 2> x, const char* what, bool parallel, Each each) {
  const std::ptrdiff_t width = sums_of_row(model);
  parallel_for(x.extent(0), {Walk::rows_together(model, x.extent(0)), parallel},
               [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
                 Walk walk(model, x, begin, end, what);
                 Tensor<double, 1> sums({(end - begin) * width});
                 sum_block(model, walk, sums.data(), sums.size());
                 each(begin, end, sums.data());
               });
}

const ForestModel& model_for(const Forest& forest, bool labels, View<const double, 2> x, const char* what) {
  const ForestModel* const model = ForestAccess::model(forest);
  if (!model) throw Error(Errc::failed_precondition, std::string(what) + ": the forest has no trees");
  if (labels != (model->kind != Kind::numbers))
    throw Error(Errc::failed_precondition,
                std::string(what) + (labels ? ": the forest has learned numbers, not labels"
                                            : ": the forest has learned labels, not numbers"));
  check_columns(x.extent(1), model->columns, what);
  return *model;
}

}  // namespace

std::ptrdiff_t Walk::rows_together(const ForestModel& model, std::ptrdiff_t rows) {
  const auto cell = static_cast<std::ptrdiff_t>(model.shorts.empty() ? sizeof(double) : sizeof(std::uint8_t));
  const std::ptrdiff_t fit = std::min(kRowBytes / (cell * (model.columns + 1)), kSums / sums_of_row(model));
  const std::ptrdiff_t most = std::clamp(fit, kWalkers, kMostRows);
  return std::clamp(rows / kBlocks, std::min(kFewestRows, most), most) / kWalkers * kWalkers;
}

Walk::Walk(const ForestModel& model, View<const double, 2> x, std::ptrdiff_t begin, std::ptrdiff_t end,
           const char* what)
    : model_(model),
      begin_(begin),
      count_(end - begin),
      width_(model.columns + 1),
      walk_lanes_(lane_walk(packs_of(model.columns))) {
  const View<const double, 2> block = x.slice(0, begin, end);
  check(block, what);
  if (model.shorts.empty()) {
    numbers_ = make_cells(-std::numeric_limits<double>::infinity());
    for (std::ptrdiff_t i = 0; i < count_; ++i)
      for (std::ptrdiff_t j = 0; j < model.columns; ++j) numbers_[cell_of(i, j, width_)] = block(i, j);
    return;
  }
  if (model.lanes.empty() || count_ < kFewestLaneRows) {
    codes_ = make_cells(std::uint8_t{0});
    for (std::ptrdiff_t i = 0; i < count_; i += kWalkers)
      for (std::ptrdiff_t j = 0; j < model.columns; ++j)
        model.steps.codes(j, &block(i, j), std::min(kWalkers, count_ - i), block.stride(0),
                          &codes_[cell_of(i, j, width_)], 1);
    return;
  }
  const std::ptrdiff_t room = room_for_lanes(count_);
  packs_ = Tensor<std::uint32_t, 1>::zeros({packs_of(model.columns) * room});
  const LaneCode code = lane_code();
  for (std::ptrdiff_t i = 0; i < count_; i += kCodedTogether)
    for (std::ptrdiff_t j = 0; j < model.columns; ++j)
      code(model.steps.column(j), &block(i, j), std::min(kCodedTogether, count_ - i), block.stride(0),
           static_cast<int>(j % 4), &packs_[j / 4 * room + i]);
  lane_nodes_ = Tensor<std::uint32_t, 1>({room});
  arrived_ = Tensor<std::uint32_t, 1>({room});
  words_ = Tensor<std::uint32_t, 1>({room});
}

void Walk::check(View<const double, 2> block, const char* what) const {
  for (std::ptrdiff_t i = 0; i < count_; ++i) {
    bool odd = false;
    for (std::ptrdiff_t j = 0; j < model_.columns; ++j) odd |= std::isnan(block(i, j));
    if (!odd) continue;
    for (std::ptrdiff_t j = 0; j < model_.columns; ++j)
      if (std::isnan(block(i, j)))
        throw Error(Errc::invalid_argument, std::string(what) + ": row " + std::to_string(begin_ + i) + ", column " +
                                                std::to_string(j) + " is NaN");
  }
}

/// Room for whole groups: rows that only fill one up have the least number everywhere.
template <class Cell>
Tensor<Cell, 1> Walk::make_cells(Cell least) const {
  return Tensor<Cell, 1>::filled({(count_ + kWalkers - 1) / kWalkers * kWalkers * width_}, least);
}

void Walk::add(std::size_t tree, double* sums) {
  if (!packs_.empty()) return add_by_lanes(tree, sums, packs_, count_, [](std::uint32_t row) { return row; });
  add_by(tree, sums, [&](const auto* nodes, const auto& cells, auto arrived) {
    walk(nodes, cells.data(), width_, count_, arrived);
  });
}

void Walk::add(std::size_t tree, double* sums, const std::uint64_t* left_out) {
  if (chosen_.empty()) chosen_ = Tensor<std::uint32_t, 1>({count_ + 1});
  std::ptrdiff_t chosen = 0;
  for (std::ptrdiff_t i = 0; i < count_; ++i) {
    chosen_[chosen] = static_cast<std::uint32_t>(i);
    chosen += static_cast<std::ptrdiff_t>(left_out[(begin_ + i) / 64] >> (begin_ + i) % 64 & 1);
  }
  if (!packs_.empty()) {
    const std::ptrdiff_t room = lane_nodes_.size();
    if (chosen_packs_.empty()) chosen_packs_ = Tensor<std::uint32_t, 1>::zeros(packs_.extents());
    for (std::ptrdiff_t p = 0; p < packs_.size(); p += room)
      for (std::ptrdiff_t k = 0; k < chosen; ++k) chosen_packs_[p + k] = packs_[p + chosen_[k]];
    return add_by_lanes(tree, sums, chosen_packs_, chosen, [this](std::uint32_t k) { return chosen_[k]; });
  }
  add_by(tree, sums, [&](const auto* nodes, const auto& cells, auto arrived) {
    walk_chosen(nodes, cells.data(), width_, chosen_.data(), chosen, arrived);
  });
}

/// The same by lanes, of the first `count` rows of packs; number k of those is row row_of(k).
template <class RowOf>
void Walk::add_by_lanes(std::size_t tree, double* sums, const Tensor<std::uint32_t, 1>& packs, std::ptrdiff_t count,
                        RowOf row_of) {
  const LaneTree& lanes = model_.lanes[tree];
  const Node* const nodes = model_.trees[tree].nodes.data();
  fetch(lanes.nodes, count);
  walk_lanes_(lanes, {packs.data(), lane_nodes_.size(), count, lane_nodes_.data()}, {arrived_.data(), words_.data()});
  add_values(tree, sums, [&](auto add) {
    for (std::ptrdiff_t k = 0; k < count; ++k) {
      const std::uint32_t word = words_[k], said = said_by_word(word);
      add(static_cast<std::ptrdiff_t>(row_of(arrived_[k])),
          said != 0 ? static_cast<double>(static_cast<int>(said) - 1) : nodes[node_of_word(word)].value);
    }
  });
}

/// Calls go(nodes, cells, arrived), which is to call arrived(row, leaf).
template <class Go>
void Walk::add_by(std::size_t tree, double* sums, Go go) {
  const Node* const nodes = model_.trees[tree].nodes.data();
  add_values(tree, sums, [&](auto add) {
    if (model_.shorts.empty()) {
      fetch(model_.trees[tree].nodes, count_);
      return go(nodes, numbers_, [=](std::ptrdiff_t row, std::uint32_t leaf) { add(row, nodes[leaf].value); });
    }
    fetch(model_.shorts[tree], count_);
    const ShortNode* const shorts = model_.shorts[tree].data();
    go(shorts, codes_, [=](std::ptrdiff_t row, std::uint32_t leaf) {
      const std::uint16_t code = shorts[leaf].code;
      add(row, code != 0 ? static_cast<double>(code - 1) : nodes[leaf].value);
    });
  });
}

/// Calls with_values(add), which is to call add(row, value of its leaf).
template <class WithValues>
void Walk::add_values(std::size_t tree, double* sums, WithValues with_values) const {
  if (model_.kind != Kind::labels) return with_values([=](std::ptrdiff_t row, double value) { sums[row] += value; });
  const std::ptrdiff_t classes = sums_of_row(model_);
  const Share* const shares = model_.trees[tree].shares.data();
  with_values([=](std::ptrdiff_t row, double value) {
    double* const of_row = sums + row * classes;
    if (value >= 0) {
      of_row[static_cast<std::ptrdiff_t>(value)] += 1;
      return;
    }
    const Share* share = shares + static_cast<std::ptrdiff_t>(-1 - value);
    do of_row[share->label] += share->share;
    while (!share++->last);
  });
}

}  // namespace detail

using detail::for_each_block;
using detail::Kind;

Tensor<std::int64_t, 1> Forest::predict_labels(View<const double, 2> x, const ComputeOptions& options) const {
  constexpr const char* kWhat = "predict_labels";
  const auto& model = detail::model_for(*this, true, x, kWhat);
  Tensor<std::int64_t, 1> labels({x.extent(0)});
  const auto trees = static_cast<double>(model.trees.size());
  const std::ptrdiff_t classes = detail::sums_of_row(model);
  for_each_block(model, x, kWhat, options.parallel, [&](std::ptrdiff_t begin, std::ptrdiff_t end, const double* sums) {
    for (std::ptrdiff_t i = begin; i < end; ++i, sums += classes) {
      const auto best =
          model.kind == Kind::two_labels ? sums[0] > trees - sums[0] : std::max_element(sums, sums + classes) - sums;
      labels[i] = model.classes[static_cast<std::size_t>(best)];
    }
  });
  return labels;
}

Tensor<double, 2> Forest::predict_probabilities(View<const double, 2> x, const ComputeOptions& options) const {
  constexpr const char* kWhat = "predict_probabilities";
  const auto& model = detail::model_for(*this, true, x, kWhat);
  const auto classes = static_cast<std::ptrdiff_t>(model.classes.size());
  Tensor<double, 2> shares({x.extent(0), classes});
  const auto trees = static_cast<double>(model.trees.size());
  for_each_block(model, x, kWhat, options.parallel, [&](std::ptrdiff_t begin, std::ptrdiff_t end, const double* sums) {
    for (std::ptrdiff_t i = begin; i < end; ++i) {
      if (model.kind == Kind::two_labels) {
        shares(i, 0) = (trees - *sums) / trees;
        shares(i, 1) = *sums++ / trees;
        continue;
      }
      for (std::ptrdiff_t k = 0; k < classes; ++k) shares(i, k) = *sums++ / trees;
    }
  });
  return shares;
}

Tensor<double, 1> Forest::predict(View<const double, 2> x, const ComputeOptions& options) const {
  constexpr const char* kWhat = "predict";
  const auto& model = detail::model_for(*this, false, x, kWhat);
  Tensor<double, 1> y({x.extent(0)});
  const auto trees = static_cast<double>(model.trees.size());
  for_each_block(model, x, kWhat, options.parallel, [&](std::ptrdiff_t begin, std::ptrdiff_t end, const double* sums) {
    for (std::ptrdiff_t i = begin; i < end; ++i) y[i] = *sums++ / trees * model.scale;
  });
  return y;
}

}  // namespace lagoon::learning
