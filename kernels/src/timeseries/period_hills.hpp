// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <lagoon/core/tensor.hpp>
#include <optional>
#include <span>

namespace lagoon::timeseries::detail {

/// Where the autocorrelation of a series has its tops.
class Hills {
 public:
  struct Top {
    double lag = 0;
    double correlation = 0;  // of the series itself there
  };

  /// x   without mean or trend, not all 0
  Hills(const Tensor<double, 1>& x, std::ptrdiff_t longest, bool parallel);

  /// The top of the hill on which `lag` lies, no farther than `reach` away. None in a valley or on a slope, and where
  /// the correlation is within what noise has.
  ///
  /// A parabola is fitted to half a period about the lag, moved to its top, and fitted again: a short period rides on a
  /// long one as a ripple, and the long one has its top all the same.
  ///   shorter   periods that are known, up to half of the lag: their ripple is averaged away first
  std::optional<Top> climb(double lag, double reach, std::span<const double> shorter) const;

 private:
  Tensor<double, 1> from(std::ptrdiff_t begin, std::ptrdiff_t end) const;

  std::ptrdiff_t n_;
  Tensor<double, 1> correlation_;  // by lag, of as many pairs as there are at that lag
};

}  // namespace lagoon::timeseries::detail
