// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <lagoon/core/tensor.hpp>

namespace lagoon::timeseries::detail {

/// The numbers of a stretch in order, and the place of each in that order.
class Ranks {
 public:
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};

  /// x  fewer than 2^32 - 1 numbers, which stay where they are; a NaN has no rank
  ///   throws  resource_exhausted; cancelled or deadline_exceeded, polled
  ///   cost    O(n) where the upper 32 bits of what numbers differ in tell them apart, O(n log n) else; 20 bytes each
  explicit Ranks(View<const double, 1> x);

  /// How many numbers there are.
  std::size_t count() const noexcept { return count_; }
  /// The rank of x[i], from 0; equal numbers have different ones. kNone for NaN.
  std::uint32_t rank(std::ptrdiff_t i) const noexcept { return ranks_[i]; }
  double value(std::uint32_t rank) const noexcept { return x_[place(order_[static_cast<std::ptrdiff_t>(rank)])]; }

 private:
  /// The upper half is some of the number's bits, the lower half its place.
  static std::ptrdiff_t place(std::uint64_t entry) noexcept { return static_cast<std::uint32_t>(entry); }
  void sort_entries(int bits);
  void sort_ties();

  View<const double, 1> x_;
  std::size_t count_ = 0;
  Tensor<std::uint64_t, 1> order_;
  Tensor<std::uint32_t, 1> ranks_;
};

}  // namespace lagoon::timeseries::detail
