// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <lagoon/core/memory.hpp>
#include <lagoon/core/view.hpp>
#include <memory_resource>
#include <span>
#include <vector>

#include "select_simd.hpp"

namespace lagoon::statistics::detail {

/// Numbers of a series by rank, without sorting it.
///
/// One walk keeps what lies near the percentiles: between two numbers of a sample that have the wanted ranks between
/// them but once in many thousand series. Then, and for short series, all numbers are kept.
template <class T>
class Selection {
 public:
  Selection(View<const T, 1> x, std::span<const double> percent, bool parallel);

  /// Numbers that are not NaN.
  std::ptrdiff_t count() const noexcept { return count_; }

  /// The numbers of these ranks, from 0 below count(), rising; quick when near the percentiles.
  std::pmr::vector<T> at(std::span<const std::ptrdiff_t> ranks);

 private:
  struct Bracket {
    T low, high;
    std::pmr::vector<T> inside;
    std::ptrdiff_t below = 0, at_low = 0, at_high = 0;
  };
  /// What a part of the series adds to the brackets.
  struct Part {
    Part(std::size_t brackets, std::pmr::memory_resource* memory)
        : below(brackets, memory), at_low(brackets, memory), at_high(brackets, memory), inside(brackets, memory) {}
    std::ptrdiff_t nan = 0;
    std::pmr::vector<std::ptrdiff_t> below, at_low, at_high;
    std::pmr::vector<std::pmr::vector<T>> inside;
  };
  bool draw_brackets(std::span<const double> percent);
  bool draw_images();
  void walk();
  void look_at_each(const T* block, std::ptrdiff_t n, Part& part) const;
  void look_at_all(const T* block, std::ptrdiff_t n, std::ptrdiff_t numbers, Part& part) const;
  void keep_all();
  std::pmr::vector<T> select_within(Bracket& bracket, std::pmr::vector<std::ptrdiff_t>& ranks,
                                    std::ptrdiff_t offset) const;
  bool try_at(Bracket& bracket, std::span<const std::ptrdiff_t> ranks, T* values) const;

  MemoryHandle memory_ = current_memory();
  View<const T, 1> x_;
  bool parallel_;
  bool tied_ = false;  // some numbers come so often that they should be counted, not kept
  std::ptrdiff_t count_ = 0;
  std::vector<Bracket> brackets_;  // rising, apart; a few
  std::vector<float> bounds_;
  Intervals<T> intervals_;                  // what the images of the brackets are
  std::pmr::vector<T> all_{memory_.get()};  // when there are no brackets
};

extern template class Selection<double>;
extern template class Selection<float>;

}  // namespace lagoon::statistics::detail
