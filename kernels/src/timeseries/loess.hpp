// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <lagoon/core/tensor.hpp>

#include "loess_simd.hpp"

namespace lagoon::timeseries::detail {

/// How one smoother of STL is set.
struct LoessShape {
  std::ptrdiff_t window = 3;  ///< odd
  int degree = 1;             ///< 0 or 1
  std::ptrdiff_t jump = 1;
};

/// What a smoother reads.
struct Observations {
  const double* y;         ///< NaN where missing, which needs weights
  const double* weights;   ///< 0 where missing; null: all are 1
  const double* weighted;  ///< y times weights, 0 where the weight is 0; null without weights
  const double* present;   ///< 1, or 0 where y is missing; null: nothing is missing
};

/// Loess over n equidistant observations: at each point a constant or a line, fitted to the window about it with
/// tricube weights, cut to the series at its ends.
///
/// Equal to the smoother of the original Fortran up to rounding: slopes over windows that are tiny beside the series
/// (standard deviation of t below a thousandth of it) are left out, an observation stands for itself where its whole
/// window has no weight. The original knows no gaps. Where much of a window is missing a line would be a guess, of any
/// size: points of whose window, by weight, half the usual share of observations is missing are put on the line
/// between their neighbours.
///   source   Cleveland, Cleveland, McRae & Terpenning 1990, 2.4 and 3.4
class Loess {
 public:
  /// n >= 2
  Loess(std::ptrdiff_t n, const LoessShape& shape);

  /// All n points; `parallel` says whether other cores may help. Polled; `out` is apart from what is read.
  void smooth(const Observations& x, double* out, bool parallel) const;

  /// The value just outside, at -1 or n; `nearest`, the one inside, where nothing can be said.
  double beyond(const Observations& x, std::ptrdiff_t point, double nearest) const;

  std::ptrdiff_t size() const noexcept { return n_; }

 private:
  std::ptrdiff_t first_of(std::ptrdiff_t point) const;
  /// A value from the window that begins at `first`; NaN when it has no weight.
  double at(const Observations& x, std::ptrdiff_t point, std::ptrdiff_t first, bool line) const;
  double least_share(const Observations& x) const;
  void fit(const Observations& x, bool line, double* out, bool parallel) const;
  void fit_knots(const Observations& x, bool line, double* out, bool parallel) const;
  void inside(const Observations& x, bool line, std::ptrdiff_t begin, std::ptrdiff_t end, double* out) const;
  void each(const Observations& x, bool line, std::ptrdiff_t begin, std::ptrdiff_t end, double* out) const;
  void settle(const Observations& x, double* out, bool parallel) const;
  void cross_gaps(const Observations& x, double* out, bool parallel) const;
  void draw_lines(double* out) const;
  std::ptrdiff_t last_knot() const { return (n_ - 1) / jump_ * jump_; }

  const LoessKernels& kernels_ = loess_kernels();
  std::ptrdiff_t n_, window_, half_, inside_;  // of the window; points on either side; points with a whole window
  std::ptrdiff_t jump_;
  double least_deviation_;        // of t, for a slope
  bool line_;                     // slopes can count at all
  std::ptrdiff_t reach_ = 0;      // taps on either side that are not 0
  Tensor<double, 2> taps_;        // w, w t, w t t
  Tensor<double, 1> normalised_;  // w over its sum
};

}  // namespace lagoon::timeseries::detail
