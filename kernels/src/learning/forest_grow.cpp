// SPDX-License-Identifier: Apache-2.0
#include "forest_grow.hpp"

#include <array>
#include <lagoon/engine/stop.hpp>
#include <numeric>
#include <vector>

#include "forest_split.hpp"
#include "polled/parts.hpp"
#include "random.hpp"

namespace lagoon::learning::detail {
namespace {

/// How often each row is drawn.
Tensor<std::uint16_t, 1> drawn_weights(std::ptrdiff_t rows, const Growth& growth, std::uint32_t number) {
  if (!growth.bootstrap) return Tensor<std::uint16_t, 1>::filled({rows}, 1);
  auto weights = Tensor<std::uint16_t, 1>::zeros({rows});
  const auto bound = static_cast<std::uint32_t>(rows);
  polled::for_parts(0, (rows + 3) / 4, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
    for (std::ptrdiff_t four = begin; four < end; ++four) {
      const auto words = bits(growth.seed, Purpose::bootstrap, number, static_cast<std::uint32_t>(four));
      for (std::ptrdiff_t k = 0; k < std::min<std::ptrdiff_t>(4, rows - 4 * four); ++k)
        ++weights[below(bound, words[static_cast<std::size_t>(k)])];
    }
  });
  return weights;
}

/// Columns in random order, drawn without replacement as far as asked for. The order of one node is where the next
/// begins: it is a permutation all the time.
class FeatureDraw {
 public:
  FeatureDraw(std::ptrdiff_t columns, std::uint64_t seed, std::uint32_t tree)
      : seed_(seed), tree_(tree), order_({columns}) {
    std::iota(order_.data(), order_.data() + columns, 0u);
  }
  void begin_node(std::uint32_t node) noexcept {
    node_ = node;
    drawn_ = 0;
  }
  bool all_drawn() const noexcept { return drawn_ == order_.size(); }
  /// `count` more columns, side by side.
  const std::uint32_t* draw(std::ptrdiff_t count) noexcept {
    const std::uint32_t* const first = order_.data() + drawn_;
    for (; count > 0; --count, ++drawn_) {
      const auto k = static_cast<std::uint32_t>(drawn_);
      if (k % 4 == 0) words_ = bits(seed_, Purpose::features, std::uint64_t{tree_} << 32 | node_, k / 4);
      const auto rest = static_cast<std::uint32_t>(order_.size() - drawn_);
      std::swap(order_[drawn_], order_[drawn_ + below(rest, words_[k % 4])]);
    }
    return first;
  }

 private:
  const std::uint64_t seed_;
  const std::uint32_t tree_;
  std::uint32_t node_ = 0;
  std::ptrdiff_t drawn_ = 0;
  Tensor<std::uint32_t, 1> order_;
  std::array<std::uint32_t, 4> words_{};
};

/// Rows of a node that wait to be split.
struct Pending {
  std::uint32_t node = 0;
  std::int64_t depth = 0;
  std::ptrdiff_t begin = 0, end = 0;
};

template <class Code, class Target>
class Grower {
 public:
  using Draw = typename Target::Draw;

  Grower(const CodedTable<Code>& table, Target& target, const Growth& growth, std::uint32_t number, TreeRecord record)
      : table_(table),
        target_(target),
        growth_(growth),
        importances_(record.importances),
        count_(draw_rows(number, record.left_out)),
        spare_({count_}),
        search_(table, target, growth.leaf, count_),
        features_(table.columns, growth.seed, number),
        memory_(current_memory()),
        nodes_(memory_.get()),
        shares_(memory_.get()) {}

  Tree grow() {
    std::fill(importances_.begin(), importances_.end(), 0.0);
    nodes_.push_back({});
    // The smaller child comes first, so that no more wait than n can be halved: a chain of a million splits, too, needs
    // no stack to speak of.
    std::vector<Pending> pending{{0, 0, 0, count_}};
    while (!pending.empty()) {
      const Pending at = pending.back();
      pending.pop_back();
      throw_if_stopped();
      depth_ = std::max(depth_, at.depth);
      const Split best = best_split(at);
      if (!best.found()) {
        make_leaf(at);
        continue;
      }
      const auto [first, second] = split(at, best);
      const bool left_is_smaller = first.end - first.begin <= second.end - second.begin;
      pending.push_back(left_is_smaller ? second : first);
      pending.push_back(left_is_smaller ? first : second);
    }
    const double all = std::accumulate(importances_.begin(), importances_.end(), 0.0);
    if (all > 0)
      for (double& x : importances_) x /= all;
    return {Tensor<Node, 1>::copy_of(std::span<const Node>(nodes_)),
            Tensor<Share, 1>::copy_of(std::span<const Share>(shares_)), depth_};
  }

 private:
  /// Rising rows with their weights into draws_.  returns  how many
  std::ptrdiff_t draw_rows(std::uint32_t number, std::span<std::uint64_t> left_out) {
    const auto weights = drawn_weights(table_.rows, growth_, number);
    std::ptrdiff_t drawn = 0;
    for (std::ptrdiff_t i = 0; i < table_.rows; ++i) drawn += weights[i] != 0;
    draws_ = Tensor<Draw, 1>({drawn});
    Draw* out = draws_.data();
    polled::for_parts(0, table_.rows, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
      for (std::ptrdiff_t i = begin; i < end; ++i) {
        const auto row = static_cast<std::uint32_t>(i);
        if (weights[i] != 0)
          *out++ = target_.draw(row, weights[i]);
        else
          left_out[row / 64] |= std::uint64_t{1} << row % 64;
      }
    });
    return drawn;
  }

  Split best_split(const Pending& at) {
    Split best;
    const Draw* const draws = draws_.data() + at.begin;
    const std::ptrdiff_t n = at.end - at.begin;
    const bool mixed = target_.enter(draws, n);
    const bool may_split = target_.weight() >= std::max(growth_.split, 2 * growth_.leaf) &&
                           (growth_.depth == 0 || at.depth < growth_.depth);
    if (n < 2 || !mixed || !may_split) return best;
    features_.begin_node(at.node);
    bool varies = search_.look(draws, n, features_.draw(growth_.features), growth_.features, best);
    // Columns that are constant in the node do not count while there are only such.
    while (!varies && !features_.all_drawn()) varies = search_.look(draws, n, features_.draw(1), 1, best);
    return best;
  }

  void make_leaf(const Pending& at) {
    const double value = target_.leaf(shares_);
    nodes_[at.node] = {value, at.node, static_cast<std::uint32_t>(table_.columns)};
  }

  std::pair<Pending, Pending> split(const Pending& at, const Split& best) {
    importances_[best.feature] += target_.decrease(best.score);
    const auto left = static_cast<std::uint32_t>(nodes_.size());
    nodes_[at.node] = {table_.threshold(best.feature, best.below, best.above), left, best.feature};
    nodes_.resize(nodes_.size() + 2);
    const std::ptrdiff_t middle = partition(at, best);
    return {{left, at.depth + 1, at.begin, middle}, {left + 1, at.depth + 1, middle, at.end}};
  }

  /// Stable, so that rows rise within each node: neighbours in memory are looked at one after the other.
  std::ptrdiff_t partition(const Pending& at, const Split& best) {
    Draw* left = draws_.data() + at.begin;
    Draw* right = spare_.data();
    polled::for_parts(at.begin, at.end, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
      for (std::ptrdiff_t i = begin; i < end; ++i) {
        const Draw d = draws_[i];
        const bool goes_right = table_.row(d.row)[best.feature] > best.below;
        *left = d;  // both are written, one stays: there is nothing to predict
        *right = d;
        left += !goes_right;
        right += goes_right;
      }
    });
    std::copy(spare_.data(), right, left);
    return left - draws_.data();
  }

  const CodedTable<Code>& table_;
  Target& target_;
  const Growth& growth_;
  const std::span<double> importances_;
  Tensor<Draw, 1> draws_;  // before count_, which is counted by filling them
  const std::ptrdiff_t count_;
  Tensor<Draw, 1> spare_;
  SplitSearch<Code, Target> search_;
  FeatureDraw features_;
  const MemoryHandle memory_;
  std::pmr::vector<Node> nodes_;
  std::pmr::vector<Share> shares_;
  std::int64_t depth_ = 0;
};

}  // namespace

template <class Code, class Target>
Tree grow_tree(const CodedTable<Code>& table, Target target, const Growth& growth, std::uint32_t number,
               TreeRecord record) {
  return Grower<Code, Target>(table, target, growth, number, record).grow();
}

#define LAGOON_GROW(Code, Target) \
  template Tree grow_tree(const CodedTable<Code>&, Target, const Growth&, std::uint32_t, TreeRecord);
LAGOON_GROW(std::uint8_t, TwoLabels)
LAGOON_GROW(std::uint8_t, ManyLabels)
LAGOON_GROW(std::uint8_t, Numbers)
LAGOON_GROW(std::uint32_t, TwoLabels)
LAGOON_GROW(std::uint32_t, ManyLabels)
LAGOON_GROW(std::uint32_t, Numbers)
#undef LAGOON_GROW

}  // namespace lagoon::learning::detail
