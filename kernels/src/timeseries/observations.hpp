// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <lagoon/core/view.hpp>
#include <lagoon/kernels/timeseries/trend.hpp>

namespace lagoon::timeseries::detail {

/// A series and its times, as every trend reads them: a block at a time, without the observations that are missing.
class Observations {
 public:
  /// Without times observation i is at time i.  what   names the function in errors
  ///   throws   invalid_argument: empty, confidence
  Observations(const char* what, View<const double, 1> x, const TrendOptions& options);
  /// The same with times; also throws when the lengths differ.
  Observations(const char* what, View<const double, 1> times, View<const double, 1> x, const TrendOptions& options);

  std::ptrdiff_t size() const { return x_.size(); }
  const TrendOptions& options() const { return options_; }

  /// Copies those of [begin, end) that have a value and a time to t and x.
  ///   returns  how many
  ///   throws   invalid_argument: an infinite time, a NaN under NanPolicy::fail
  std::ptrdiff_t read(std::ptrdiff_t begin, std::ptrdiff_t end, double* t, double* x) const;

  /// Whether `missing` of them make every number NaN.
  bool none(std::ptrdiff_t missing) const { return missing > 0 && options_.nan == NanPolicy::propagate; }

  /// Pairs of observations are counted in 64 bits.  throws  invalid_argument: 2^32 observations or more
  void check_countable() const;
  [[noreturn]] void refuse_equal_times(double time) const;

 private:
  [[noreturn]] void refuse(const char* name, std::ptrdiff_t i, const char* is) const;

  const char* what_;
  View<const double, 1> times_;  // empty: 0, 1, 2, ...
  View<const double, 1> x_;
  const TrendOptions& options_;
};

}  // namespace lagoon::timeseries::detail
