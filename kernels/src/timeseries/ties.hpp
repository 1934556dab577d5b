// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <lagoon/engine/stop.hpp>

#include "polled/sort.hpp"

// What tests on the order of numbers count.
namespace lagoon::timeseries::detail {

inline std::int64_t pairs(std::int64_t n) { return n % 2 == 0 ? n / 2 * (n - 1) : (n - 1) / 2 * n; }

/// 18 times the variance, over all orders of n different numbers, of pairs that rise less pairs that fall.
inline double order_variance(std::int64_t n) {
  const auto m = static_cast<double>(n);
  return m * (m - 1) * (2 * m + 5);
}

/// Groups of equal numbers, summed.
struct Ties {
  std::int64_t pairs = 0;
  double variance = 0;  ///< as order_variance
};

inline Ties ties_of(const double* sorted, std::ptrdiff_t n) {
  Ties ties;
  std::ptrdiff_t begin = 0;
  for (std::ptrdiff_t i = 1; i <= n; ++i) {
    if (i % polled::kBetweenPolls == 0) throw_if_stopped();
    if (i < n && sorted[i] == sorted[begin]) continue;
    ties.pairs += pairs(i - begin);
    ties.variance += order_variance(i - begin);
    begin = i;
  }
  return ties;
}

}  // namespace lagoon::timeseries::detail
