// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>

namespace lagoon::streaming::detail {

/// How unlikely large values of a quantity are, learned from all it had.
///
/// The largest 5 % of them lie beyond a quantile that is followed by stochastic approximation, and are taken to thin
/// out exponentially there: peaks over threshold with a shape of zero (Pickands 1975; Siffer et al. 2017 for streams).
/// Every peak counts in full, so what has come before is no surprise when it comes again.
struct Tail {
  double quantile = 0;  ///< 95 of 100 are smaller
  double excess = 0;    ///< mean of what goes beyond
  double usual = 0;     ///< scale of the middle: upper quartile - median of the first numbers
  double beyond = 0;    ///< how many went

  /// From the first numbers, in ascending order.
  void begin(std::span<const double> sorted) noexcept;
  /// -ln of the chance of x or more; 0 within the smaller 95 %.
  ///   count  of numbers that were learned
  ///   floor  the excess is not taken to be smaller
  double surprise(double x, double count, double floor) const noexcept;
  void learn(double x, double step) noexcept;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(quantile, excess, usual, beyond);
  }
};

/// The two tails of a quantity that may be too large or too small.
class Tails {
 public:
  static constexpr std::int32_t kLeastFirst = 12, kMostFirst = 60;

  /// first  numbers that are waited for before there is any surprise, kLeastFirst to kMostFirst
  explicit Tails(std::int32_t first = kMostFirst) noexcept : first_(first) {}

  /// The surprise of x, after which it is learned.
  double take(double x, double floor) noexcept;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(first_, count_, start_, high_, low_);
    first_ = std::clamp(first_, kLeastFirst, kMostFirst);  // whatever was read, start_ is not left
    count_ = std::max<std::int64_t>(count_, 0);
  }

 private:
  void begin() noexcept;

  std::int32_t first_;
  std::int64_t count_ = 0;
  Tail high_{}, low_{};
  std::array<double, kMostFirst> start_{};
};

}  // namespace lagoon::streaming::detail
