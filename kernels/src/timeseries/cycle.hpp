// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include "loess.hpp"

namespace lagoon::timeseries::detail {

/// The phases of a series, each a series of its own: all Januaries, all Februaries, ...
class Cycle {
 public:
  Cycle(std::ptrdiff_t n, std::ptrdiff_t period, const LoessShape& shape);

  /// throws  invalid_argument: a phase of x is all NaN
  void check_each_has_a_number(const double* x) const;

  /// Smooths each phase and carries it on by one point at either end.
  ///   out   n + 2 period numbers, from one period before the series to one behind it
  void smooth(const Observations& x, double* out, bool parallel) const;

  /// The mean of each phase; of one without any weight, that of its numbers.
  void means(const Observations& x, double* out, bool parallel) const;

 private:
  struct Block;
  std::ptrdiff_t length_of(std::ptrdiff_t phase) const { return longer_.size() - (phase >= longer_phases_); }
  const Loess& loess_of(std::ptrdiff_t phase) const { return phase < longer_phases_ ? longer_ : shorter_; }
  void smooth_phase(const Observations& phase, std::ptrdiff_t index, double* out) const;
  double mean_of(const Observations& x, std::ptrdiff_t phase) const;

  std::ptrdiff_t n_, period_;
  std::ptrdiff_t longer_phases_;  // the first ones, which have one observation more
  Loess longer_, shorter_;
};

}  // namespace lagoon::timeseries::detail
