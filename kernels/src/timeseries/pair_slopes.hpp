// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

#include "slope_order.hpp"

namespace lagoon::timeseries::detail {

/// The slopes of all pairs of points of different times, n^2 / 2 of them, as if they stood there sorted.
///
/// Two slopes of a sample enclose a wanted rank with a few of the others; among those the next sample is drawn, until
/// they are so few that they can be written down. Random numbers decide how long that takes, not what comes out.
class PairSlopes {
 public:
  explicit PairSlopes(Points points);

  std::int64_t count() const { return all_; }

  /// The slopes of these ranks, which rise; 0 is that of the least.
  ///   cost     O(n log n) expected, a few copies of the points
  ///   throws   resource_exhausted, cancelled, deadline_exceeded
  void select(std::span<const std::int64_t> ranks, double* slopes);

 private:
  struct Bound;

  void select_between(const Bound& low, const Bound& high, std::span<const std::int64_t> ranks, double* slopes);
  void write_down(const Bound& low, const Bound& high, std::span<const std::int64_t> ranks, double* slopes) const;
  Tensor<double, 1> sample(const Bound& low, const Bound& high);
  Bound bound_at(double slope, const Bound& low) const;

  Points points_;
  std::int64_t all_;
  std::uint64_t samples_ = 0;
};

}  // namespace lagoon::timeseries::detail
