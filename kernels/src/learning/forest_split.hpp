// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <bit>

#include "forest_steps.hpp"
#include "forest_targets.hpp"
#include "polled/parts.hpp"
#include "polled/radix_sort.hpp"

namespace lagoon::learning::detail {

/// What was found to split a node by: rows with a code up to `below` go to the left, `above` is the least of the
/// others.
struct Split {
  Score score;  ///< none found while its part is negative
  std::uint32_t feature = 0, below = 0, above = 0;
  bool found() const noexcept { return score.part >= 0; }
};

/// Finds the best split of one node after the other, of a tree.
///
/// A node with many rows counts them by bins. One with few, or with ranks, sorts them by code: both give the same
/// sums in the same order to the same sweep, except that sums of y are added up bin by bin or row by row.
template <class Code, class Target>
class SplitSearch {
 public:
  using Draw = typename Target::Draw;
  using Bin = typename Target::Bin;
  static constexpr std::ptrdiff_t kTogether = 4;  ///< columns that are counted in one look at the rows

  /// most   rows of a node
  SplitSearch(const CodedTable<Code>& table, Target& target, std::int64_t leaf, std::ptrdiff_t most)
      : table_(table), target_(target), leaf_(leaf), width_(target.bin_width()), counted_from_(target.counted_from()) {
    const bool sorts_all = table.kExact || most < counted_from_ || counted_from_ == PTRDIFF_MAX;
    if (!sorts_all) bins_ = Tensor<Bin, 1>::filled({kTogether * kBins * width_}, Bin{});
    const std::ptrdiff_t sorted = sorts_all ? most : std::min(most, counted_from_);
    keys_ = Tensor<std::uint64_t, 1>({sorted});
    spare_ = Tensor<std::uint64_t, 1>({sorted > kRadix ? sorted : 0});
  }

  /// Looks at some columns of a node that the target has entered.
  ///   returns  whether any of them has two different numbers
  bool look(const Draw* draws, std::ptrdiff_t n, const std::uint32_t* features, std::ptrdiff_t count, Split& best) {
    bool varies = false;
    if (table_.kExact || n < counted_from_) {
      for (std::ptrdiff_t f = 0; f < count; ++f) varies |= by_sorting(draws, n, features[f], best);
      return varies;
    }
    std::ptrdiff_t f = 0;
    for (; f + kTogether <= count; f += kTogether) varies |= by_counting<kTogether>(draws, n, features + f, best);
    for (; f < count; ++f) varies |= by_counting<1>(draws, n, features + f, best);
    return varies;
  }

 private:
  static constexpr std::ptrdiff_t kInsertion = 24, kRadix = 256;  // most rows for insertion, and for std::sort

  /// Left of what comes next, with code `above`, may be a place to split; `below` is the code before.
  template <class Sweep>
  void consider(const Sweep& sweep, std::uint32_t feature, std::uint32_t below, std::uint32_t above, Split& best) {
    const std::int64_t left = sweep.left();
    if (left < leaf_ || target_.weight() - left < leaf_) return;
    const Score score = sweep.score();
    if (better(score, best.score)) best = {score, feature, below, above};
  }

  bool by_sorting(const Draw* draws, std::ptrdiff_t n, std::uint32_t feature, Split& best) {
    std::uint64_t* const keys = keys_.data();
    const auto first = std::uint64_t{table_.row(draws[0].row)[feature]};
    std::uint64_t different = 0;
    polled::for_parts(0, n, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
      for (std::ptrdiff_t i = begin; i < end; ++i) {
        const auto code = std::uint64_t{table_.row(draws[i].row)[feature]};
        different |= code ^ first;
        keys[i] = code << 32 | payload(draws[i], i);
      }
    });
    if (different == 0) return false;
    sort(keys, n, 32 + std::bit_width(different));
    auto sweep = target_.sweep(draws);
    auto below = static_cast<std::uint32_t>(keys[0] >> 32);
    polled::for_parts(0, n, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
      for (std::ptrdiff_t i = begin; i < end; ++i) {
        const auto code = static_cast<std::uint32_t>(keys[i] >> 32);
        if (code != below) consider(sweep, feature, below, code, best);
        below = code;
        sweep.add(static_cast<std::uint32_t>(keys[i]));
      }
    });
    sweep.end();
    return true;
  }

  void sort(std::uint64_t* keys, std::ptrdiff_t n, int high_bit) {
    if (n > kRadix) {
      const std::uint64_t* const sorted = polled::radix_sort<8>(keys, spare_.data(), n, 32, high_bit);
      if (sorted != keys) std::copy_n(sorted, n, keys);
      return;
    }
    if (n > kInsertion) return std::sort(keys, keys + n);
    for (std::ptrdiff_t i = 1; i < n; ++i) {
      const std::uint64_t key = keys[i];
      std::ptrdiff_t k = i;
      for (; k > 0 && keys[k - 1] > key; --k) keys[k] = keys[k - 1];
      keys[k] = key;
    }
  }

  template <std::ptrdiff_t kColumns>
  bool by_counting(const Draw* draws, std::ptrdiff_t n, const std::uint32_t* features, Split& best) {
    std::array<std::uint32_t, kColumns> f;
    std::copy_n(features, kColumns, f.begin());
    Bin* const bins = bins_.data();
    polled::for_parts(0, n, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
      for (std::ptrdiff_t i = begin; i < end; ++i) {
        const Code* const row = table_.row(draws[i].row);
        for (std::ptrdiff_t k = 0; k < kColumns; ++k)
          target_.count(bins + (k * kBins + row[f[static_cast<std::size_t>(k)]]) * width_, draws[i]);
      }
    });
    bool varies = false;
    for (std::ptrdiff_t k = 0; k < kColumns; ++k)
      varies |= sweep_bins(draws, bins + k * kBins * width_, f[static_cast<std::size_t>(k)], best);
    return varies;
  }

  /// Leaves the bins empty for the next.
  bool sweep_bins(const Draw* draws, Bin* bins, std::uint32_t feature, Split& best) {
    const auto used = static_cast<std::uint32_t>(table_.steps.column(feature).size() + 1);
    auto sweep = target_.sweep(draws);
    std::uint32_t filled = 0, below = 0;
    for (std::uint32_t code = 0; code < used; ++code) {
      const Bin* const bin = bins + code * width_;
      if (target_.is_empty(bin)) continue;
      if (filled++ != 0) consider(sweep, feature, below, code, best);
      below = code;
      sweep.add(bin);
    }
    sweep.end();
    std::fill_n(bins, used * width_, Bin{});
    return filled > 1;
  }

  const CodedTable<Code>& table_;
  Target& target_;
  const std::int64_t leaf_;
  const std::ptrdiff_t width_, counted_from_;
  Tensor<Bin, 1> bins_;
  Tensor<std::uint64_t, 1> keys_, spare_;
};

}  // namespace lagoon::learning::detail
