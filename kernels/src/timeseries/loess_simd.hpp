// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace lagoon::timeseries::detail {

/// Sums over a window, each of tricube weights times robustness weights (where there are any) times what it says.
/// t is the distance from the point that is fitted, in observations.
struct LocalSums {
  double one = 0, t = 0, tt = 0, y = 0, ty = 0;
};

/// What is the same for all points whose window lies inside the series: tricube weights w, and w t, w t t.
struct Taps {
  const double* w;
  const double* wt;
  const double* wtt;
  std::ptrdiff_t count;
};

/// The inner loops of loess, in the instructions of this processor. The order of every sum depends on the counts and
/// the instruction set alone.
struct LoessKernels {
  /// out[i] = sum of taps[k] * x[i + k], for `count` numbers of out.
  void (*convolve)(const double* x, const double* taps, std::ptrdiff_t tap_count, double* out, std::ptrdiff_t count);
  /// out[i] = the value in the middle of a line (or, without `line`, a constant) fitted to y[i + k], where `weighted`
  /// is y times `weights`. The slope counts when the variance of t exceeds `least_variance`. NaN without a weight.
  void (*fit)(const double* weights, const double* weighted, const Taps& taps, bool line, double least_variance,
              double* out, std::ptrdiff_t count);
  /// Of y[0], y[1], ..., which are at distances first, first + 1, ... from the point, within reach.
  LocalSums (*sums)(const double* y, std::ptrdiff_t count, double first, double reach);
  /// The same with weights; `weighted` is y times `weights`.
  LocalSums (*weighted_sums)(const double* weights, const double* weighted, std::ptrdiff_t count, double first,
                             double reach);
};

/// Chosen once, see simd::isa_name.
const LoessKernels& loess_kernels();

}  // namespace lagoon::timeseries::detail
