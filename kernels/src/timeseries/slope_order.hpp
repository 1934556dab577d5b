// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <lagoon/core/tensor.hpp>
#include <lagoon/engine/stop.hpp>

#include "polled/sort.hpp"

// Which slopes between points lie between two numbers, without a look at all pairs: of two points the later one has
// the smaller x - s t exactly where the slope between them is below s. So the pairs whose slope is below s are those
// that stand in the wrong order, inversions, when points are sorted by x - s t, and the pairs with slopes between r
// and s are those that stand in different orders for r and for s.
namespace lagoon::timeseries::detail {

/// Sorted by time, those of one time by value. Below 2^32 of them.
struct Points {
  Tensor<double, 1> t, x;
  std::ptrdiff_t size() const { return t.size(); }
  double slope(std::uint32_t i, std::uint32_t j) const { return (x[j] - x[i]) / (t[j] - t[i]); }
};

/// Numbers of points.
using Order = Tensor<std::uint32_t, 1>;

/// Points by x - slope * t, where it is equal by number; as if computed without rounding.
struct SlopeOrder {
  double slope;
  Order order;
  std::int64_t inversions;  ///< to the order that it was made from: pairs with slopes between
};

/// The order for the least of slopes, minus infinity, or for the greatest.
SlopeOrder order_of_least(const Points& points);
SlopeOrder order_of_greatest(const Points& points);

/// The order for a slope, from that for a lesser one. Slope times t must not overflow.
SlopeOrder order_at(const Points& points, const Order& lesser, double slope);

/// place[k] = where point later[k] stands in `earlier`.
Order places(const Order& earlier, const Order& later);

/// Runs that are sorted by insertion.
inline constexpr std::ptrdiff_t kInsertionRun = 16;

/// Sorts by merging, stable, and calls visit(left, left_end, right) for each element that others are compared with:
/// it overtakes [left, left_end), which are greater and stood before it. The range may be empty: visits of all are
/// cheaper than guesses of the processor who overtakes. Each inversion is seen once, in an order that depends on the
/// data alone.
///   throws   cancelled, deadline_exceeded
template <class T, class Less, class Visit>
void visit_inversions(Tensor<T, 1>& data, Less less, Visit visit) {
  using polled::kBetweenPolls;
  const std::ptrdiff_t n = data.size();
  for (std::ptrdiff_t begin = 0; begin < n; begin += kInsertionRun) {
    if (begin % kBetweenPolls == 0) throw_if_stopped();
    T* const first = data.data() + begin;
    T* const end = data.data() + std::min(begin + kInsertionRun, n);
    for (T* at = first + 1; at < end; ++at) {
      const T moving = *at;
      T* to = at;
      while (to > first && less(moving, to[-1])) --to;
      visit(to, at, moving);
      std::copy_backward(to, at, at + 1);
      *to = moving;
    }
  }
  if (n <= kInsertionRun) return;
  Tensor<T, 1> scratch({n});
  T *from = data.data(), *to = scratch.data();
  for (std::ptrdiff_t width = kInsertionRun; width < n; width *= 2) {
    for (std::ptrdiff_t begin = 0; begin < n; begin += 2 * width) {
      const T *left = from + begin, *const left_end = from + std::min(begin + width, n);
      const T *right = left_end, *const right_end = from + std::min(begin + 2 * width, n);
      T* out = to + begin;
      while (left != left_end && right != right_end) {
        throw_if_stopped();
        // As many steps as cannot run past the end of either.
        const std::ptrdiff_t steps = std::min({left_end - left, right_end - right, kBetweenPolls});
        for (std::ptrdiff_t k = 0; k < steps; ++k) {
          const bool overtakes = less(*right, *left);
          visit(left, overtakes ? left_end : left, *right);
          *out++ = overtakes ? *right : *left;
          right += overtakes;
          left += !overtakes;
        }
      }
      polled::copy(left, left_end, out);
      polled::copy(right, right_end, out + (left_end - left));
    }
    std::swap(from, to);
  }
  if (from != data.data()) polled::copy<T>(from, from + n, data.data());
}

}  // namespace lagoon::timeseries::detail
