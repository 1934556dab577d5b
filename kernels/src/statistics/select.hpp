// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <lagoon/core/view.hpp>
#include <span>
#include <vector>

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
  std::vector<T> at(std::span<const std::ptrdiff_t> ranks);

 private:
  struct Bracket {
    T low, high;
    std::ptrdiff_t below = 0, at_low = 0, at_high = 0;
    std::vector<T> inside;
  };
  bool draw_brackets(std::span<const double> percent);
  void walk();
  void keep_all();
  bool try_at(Bracket& bracket, std::span<const std::ptrdiff_t> ranks, T* values) const;

  View<const T, 1> x_;
  bool parallel_;
  std::ptrdiff_t count_ = 0;
  std::vector<Bracket> brackets_;  // rising, apart
  std::vector<T> all_;             // when there are no brackets
};

extern template class Selection<double>;
extern template class Selection<float>;

}  // namespace lagoon::statistics::detail
