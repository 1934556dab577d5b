// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <lagoon/core/tensor.hpp>
#include <memory_resource>
#include <vector>

#include "forest_model.hpp"
#include "polled/parts.hpp"

// What a tree learns: numbers, one of two labels, or one of many. A target says what a node knows of its rows, what a
// bin adds up, how good a split is, and what a leaf answers; growing and searching are the same for all three.
//
// Each tree has a target of its own, since it holds counts of the node at hand:
//   enter(draws, n)   looks at the rows of a node, polled; false when all answers are the same
//   sweep()           rows move from the right of the node to its left, in the order of a column, by add()
//   decrease(score)   of the impurity, times the number of draws in the node
namespace lagoon::learning::detail {

inline constexpr std::ptrdiff_t kBins = 256;

/// A fraction, that of two splits is greater for the better. Kept apart since a division takes longer than comparing.
struct Score {
  double part = -1, whole = 1;
};
inline bool better(Score a, Score b) noexcept { return a.part * b.whole > b.part * a.whole; }

/// A row that a tree has drawn, `weight` times. More than 65,535 times out of n draws does not happen: with n = 2^30
/// the probability is below 10^-250,000.
struct LabelDraw {
  std::uint32_t row = 0;
  std::uint16_t weight = 0, label = 0;
};
struct NumberDraw {
  std::uint32_t row = 0, weight = 0;
  double y = 0;
};

/// Sorted with the code above it: what a sweep needs of a draw.
inline std::uint32_t payload(const LabelDraw& d, std::ptrdiff_t) noexcept {
  return std::uint32_t{d.weight} << 16 | d.label;
}
inline std::uint32_t payload(const NumberDraw&, std::ptrdiff_t i) noexcept { return static_cast<std::uint32_t>(i); }

/// Labels by their place among the classes, of which there are two.
class TwoLabels {
 public:
  using Draw = LabelDraw;
  using Bin = std::uint64_t;  ///< draws, and 2^32 times those of the second label: one addition counts both

  explicit TwoLabels(const std::uint16_t* labels) : labels_(labels) {}

  std::ptrdiff_t bin_width() const noexcept { return 1; }
  std::ptrdiff_t counted_from() const noexcept { return 40; }  ///< rows of a node from where bins are faster
  Draw draw(std::uint32_t row, std::uint32_t weight) const noexcept {
    return {row, static_cast<std::uint16_t>(weight), labels_[row]};
  }

  bool enter(const Draw* draws, std::ptrdiff_t n) {
    Bin sum = 0;
    polled::for_parts(0, n, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
      for (std::ptrdiff_t i = begin; i < end; ++i) sum += of(draws[i].weight, draws[i].label);
    });
    all_ = static_cast<std::uint32_t>(sum), ones_ = static_cast<std::int64_t>(sum >> 32);
    return ones_ != 0 && ones_ != all_;
  }
  std::int64_t weight() const noexcept { return all_; }

  void count(Bin* bin, const Draw& d) const noexcept { *bin += of(d.weight, d.label); }
  bool is_empty(const Bin* bin) const noexcept { return *bin == 0; }

  /// Score: (p_left - p)^2 (1 / left + 1 / right) but for what is the same for all splits of a node; in whole numbers.
  class Sweep {
   public:
    explicit Sweep(const TwoLabels& t) noexcept : all_(t.all_), ones_(t.ones_) {}
    void add(const Bin* bin) noexcept { add(*bin); }
    void add(std::uint32_t payload) noexcept { add(of(payload >> 16, payload & 1)); }
    std::int64_t left() const noexcept { return left_; }
    Score score() const noexcept {
      const auto apart = static_cast<double>(left_ones_ * all_ - left_ * ones_);
      return {apart * apart, static_cast<double>(left_ * (all_ - left_))};
    }
    void end() noexcept {}

   private:
    void add(Bin both) noexcept {
      left_ += static_cast<std::uint32_t>(both);
      left_ones_ += static_cast<std::int64_t>(both >> 32);
    }
    std::int64_t all_, ones_, left_ = 0, left_ones_ = 0;
  };
  Sweep sweep(const Draw*) noexcept { return Sweep(*this); }

  double decrease(Score s) const noexcept { return 2 * s.part / (s.whole * static_cast<double>(all_)); }
  double leaf(std::pmr::vector<Share>&) const noexcept {
    return static_cast<double>(ones_) / static_cast<double>(all_);
  }

 private:
  static Bin of(std::uint64_t weight, std::uint64_t label) noexcept { return weight * (1 + (label << 32)); }
  const std::uint16_t* labels_;
  std::int64_t all_ = 0, ones_ = 0;
};

/// Any number of labels.
class ManyLabels {
 public:
  using Draw = LabelDraw;
  using Bin = std::uint32_t;  ///< one of bin_width counters

  ManyLabels(const std::uint16_t* labels, std::ptrdiff_t classes)
      : labels_(labels),
        classes_(classes),
        all_(Tensor<std::int64_t, 1>::zeros({classes})),
        left_(Tensor<std::int64_t, 1>::zeros({classes})),
        present_({classes}) {}

  std::ptrdiff_t bin_width() const noexcept { return classes_; }
  /// Bins of many labels are mostly empty and take longer to look at than rows take to sort.
  std::ptrdiff_t counted_from() const noexcept { return classes_ <= 64 ? 32 + 12 * classes_ : PTRDIFF_MAX; }
  Draw draw(std::uint32_t row, std::uint32_t weight) const noexcept {
    return {row, static_cast<std::uint16_t>(weight), labels_[row]};
  }

  bool enter(const Draw* draws, std::ptrdiff_t n) {
    for (std::ptrdiff_t k = 0; k < labels_here_; ++k) all_[present_[k]] = 0;
    labels_here_ = 0;
    weight_ = 0;
    polled::for_parts(0, n, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
      for (std::ptrdiff_t i = begin; i < end; ++i) {
        std::int64_t& count = all_[draws[i].label];
        if (count == 0) present_[labels_here_++] = draws[i].label;
        count += draws[i].weight;
        weight_ += draws[i].weight;
      }
    });
    squares_ = 0;
    for (std::ptrdiff_t k = 0; k < labels_here_; ++k) squares_ += all_[present_[k]] * all_[present_[k]];
    return labels_here_ > 1;
  }
  std::int64_t weight() const noexcept { return weight_; }

  void count(Bin* bin, const Draw& d) const noexcept { bin[d.label] += d.weight; }
  bool is_empty(const Bin* bin) const noexcept {
    Bin any = 0;
    for (std::ptrdiff_t k = 0; k < classes_; ++k) any |= bin[k];
    return any == 0;
  }

  /// Score: the sum of squared counts over their sum, left and right; of the greatest the Gini impurity is the least.
  class Sweep {
   public:
    explicit Sweep(ManyLabels& t) noexcept : target_(t), right_squares_(t.squares_) {}
    void add(const Bin* bin) noexcept {
      for (std::ptrdiff_t k = 0; k < target_.classes_; ++k)
        if (bin[k] != 0) move(k, bin[k]);
    }
    void add(std::uint32_t payload) noexcept { move(payload & 0xffff, payload >> 16); }
    std::int64_t left() const noexcept { return weight_; }
    Score score() const noexcept {
      const auto left = static_cast<double>(weight_), right = static_cast<double>(target_.weight_ - weight_);
      return {static_cast<double>(left_squares_) * right + static_cast<double>(right_squares_) * left, left * right};
    }
    void end() noexcept {
      for (std::ptrdiff_t k = 0; k < target_.labels_here_; ++k) target_.left_[target_.present_[k]] = 0;
    }

   private:
    void move(std::ptrdiff_t label, std::int64_t weight) noexcept {
      std::int64_t& left = target_.left_[label];
      const std::int64_t right = target_.all_[label] - left;
      left_squares_ += weight * (2 * left + weight);
      right_squares_ -= weight * (2 * right - weight);
      left += weight;
      weight_ += weight;
    }
    ManyLabels& target_;
    std::int64_t weight_ = 0, left_squares_ = 0, right_squares_;
  };
  Sweep sweep(const Draw*) noexcept { return Sweep(*this); }

  double decrease(Score s) const noexcept {
    return std::max(s.part / s.whole - static_cast<double>(squares_) / static_cast<double>(weight_), 0.0);
  }
  double leaf(std::pmr::vector<Share>& shares) {
    if (labels_here_ == 1) return present_[0];
    std::sort(present_.data(), present_.data() + labels_here_);
    const double value = -1 - static_cast<double>(shares.size());
    for (std::ptrdiff_t k = 0; k < labels_here_; ++k)
      shares.push_back(
          {static_cast<double>(all_[present_[k]]) / static_cast<double>(weight_), present_[k], k + 1 == labels_here_});
    return value;
  }

 private:
  const std::uint16_t* labels_;
  std::ptrdiff_t classes_;
  Tensor<std::int64_t, 1> all_, left_;  // draws of each label in the node, and left of the sweep
  Tensor<std::uint16_t, 1> present_;    // labels of the node: to clear the counts takes no look at the others
  std::ptrdiff_t labels_here_ = 0;
  std::int64_t weight_ = 0, squares_ = 0;
};

/// Numbers, divided by a power of two so that they are at most 1 and no square overflows; so are those of leaves.
class Numbers {
 public:
  using Draw = NumberDraw;
  struct Bin {
    double sum = 0;
    std::int64_t weight = 0;
  };

  explicit Numbers(const double* y) : y_(y) {}

  std::ptrdiff_t bin_width() const noexcept { return 1; }
  std::ptrdiff_t counted_from() const noexcept { return 48; }
  Draw draw(std::uint32_t row, std::uint32_t weight) const noexcept { return {row, weight, y_[row]}; }

  bool enter(const Draw* draws, std::ptrdiff_t n) {
    const double first = draws[0].y;
    double beyond = 0;
    bool differs = false;
    weight_ = 0;
    polled::for_parts(0, n, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
      for (std::ptrdiff_t i = begin; i < end; ++i) {
        weight_ += draws[i].weight;
        beyond += draws[i].weight * (draws[i].y - first);
        differs |= draws[i].y != first;
      }
    });
    mean_ = first + beyond / static_cast<double>(weight_);
    return differs;
  }
  std::int64_t weight() const noexcept { return weight_; }

  /// Around the mean of the node, so that nothing of what tells its rows apart is lost in what they have in common.
  void count(Bin* bin, const Draw& d) const noexcept {
    bin->sum += d.weight * (d.y - mean_);
    bin->weight += d.weight;
  }
  bool is_empty(const Bin* bin) const noexcept { return bin->weight == 0; }

  /// Score: (m_left - m)^2 (1 / left + 1 / right) but for what is the same for all splits of a node.
  class Sweep {
   public:
    Sweep(const Numbers& t, const Draw* draws) noexcept : target_(t), draws_(draws) {}
    void add(const Bin* bin) noexcept { add(*bin); }
    void add(std::uint32_t i) noexcept { target_.count(&left_, draws_[i]); }
    std::int64_t left() const noexcept { return left_.weight; }
    Score score() const noexcept {
      const auto left = static_cast<double>(left_.weight);
      return {left_.sum * left_.sum, left * static_cast<double>(target_.weight_ - left_.weight)};
    }
    void end() noexcept {}

   private:
    void add(const Bin& bin) noexcept {
      left_.sum += bin.sum;
      left_.weight += bin.weight;
    }
    const Numbers& target_;
    const Draw* draws_;
    Bin left_;
  };
  Sweep sweep(const Draw* draws) noexcept { return {*this, draws}; }

  double decrease(Score s) const noexcept { return s.part / s.whole * static_cast<double>(weight_); }
  double leaf(std::pmr::vector<Share>&) const noexcept { return mean_; }

 private:
  const double* y_;
  std::int64_t weight_ = 0;
  double mean_ = 0;  // from the first number on, so that equal ones give just that
};

}  // namespace lagoon::learning::detail
