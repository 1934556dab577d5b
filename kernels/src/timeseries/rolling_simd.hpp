// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include "rolling_window.hpp"

namespace lagoon::timeseries::detail {

/// What is the same for all windows of a block.
struct RollingTerms {
  std::ptrdiff_t length = 1;
  double centre = 0;  ///< is taken off each number before it is added
  double ddof = 1;
};

/// What has been added up beyond the stretch at hand: a sum and a sum of squares, or an extreme.
struct RollingCarry {
  double first = 0, second = 0;
};

/// Windows that all hold one border: what lies before it and what lies behind it are added up from there, so that a
/// window is one of the former and one of the latter, and nothing is ever taken off. Long stretches are added up by
/// several calls, which hand on a carry. All functions
///   return   whether all is well: if not, some of the results are wrong. For means and deviations that is whether they
///            are finite, for extremes whether x has no NaN
struct RollingKernels {
  /// first[i] (and second[i]) become what x[i] to x[n - 1] add up to, with the carry; the carry becomes all of it.
  bool (*before)(const double* x, std::ptrdiff_t n, const RollingTerms& terms, RollingCarry& carry, double* first,
                 double* second);
  /// out[i] becomes the statistic of first[i] (and second[i]) with the carry and x[0] to x[i], which are counts[i] >= 1
  /// numbers, or terms.length where counts is null.
  bool (*after)(const double* x, std::ptrdiff_t n, const RollingTerms& terms, RollingCarry& carry, const double* first,
                const double* second, const double* counts, double* out);
  /// out[i] becomes the statistic of x[i] to x[i + length - 1], each window by itself, about its last number.
  bool (*direct)(const double* x, std::ptrdiff_t n, const RollingTerms& terms, double* out);
  RollingCarry nothing;  ///< the carry of no number
};

/// In the instructions of this processor; chosen once, see simd::isa_name.
///   stream   results go past the cache to memory, for those that would not stay in it anyway: a third of the traffic
///            less. Whoever does so calls finish_streams before other threads may look
const RollingKernels& rolling_kernels(Statistic statistic, bool stream);
void finish_streams();

}  // namespace lagoon::timeseries::detail
