// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <lagoon/core/fields.hpp>
#include <lagoon/core/view.hpp>
#include <lagoon/kernels/statistics/moments.hpp>
#include <vector>

namespace lagoon::statistics {

/// Moments of a series that does not end, or that is spread over many places: constant memory, and parts merge.
///
///   StreamingMoments s;
///   for (double t : temperatures) s.add(t);
///   s.merge(elsewhere);                            // a plain value: it may come from another process
///   double sd = s.moments().standard_deviation;
///
/// NaNs are counted and otherwise left out. One thread at a time.
struct StreamingMoments {
  double count = 0;                 ///< numbers seen
  double missing = 0;               ///< NaNs seen
  double sum = 0, sum_low = 0;      ///< together the sum
  double m2 = 0, m3 = 0, m4 = 0;    ///< sums of powers of x - mean
  double minimum = 0, maximum = 0;  ///< of no meaning while count is 0

  void add(double x) noexcept;
  void add(View<const double, 1> x);  ///< cost  that of moments(x)
  void merge(const StreamingMoments& other) noexcept;

  /// What is known so far; with no number seen all but the counts is NaN.
  Moments moments(double ddof = 1) const noexcept;

  LAGOON_FIELDS(StreamingMoments, count, missing, sum, sum_low, m2, m3, m4, minimum, maximum)
};

/// Quantiles of a series that does not end, each within a relative error; parts merge.
///
///   QuantileSketch latency(0.01);
///   latency.add(0.0032);
///   double p99 = latency.percentile(99);          // within 1 % of the exact one
///
///   relative_error  in (0, 0.5]
///   most_buckets    per sign, at least 16; when more are needed those nearest to zero become one, and only quantiles
///                   in it are less exact. 2048 hold 18 powers of ten at 1 %.
///   throws          invalid_argument
///   source          Masson, Rim & Lee 2019 (DDSketch)
/// Order of arrival does not matter, nor how parts are merged, while the buckets suffice. One thread at a time.
struct QuantileSketch {
  double relative_error = 0.01;
  std::int64_t most_buckets = 2048;
  std::int64_t zeros = 0;                               ///< numbers too small to have a logarithm
  std::int64_t missing = 0;                             ///< NaNs
  double minimum = 0, maximum = 0;                      ///< exact, infinities too; of no meaning while count() is 0
  std::int64_t positive_first = 0, negative_first = 0;  ///< logarithm class of bucket 0
  std::vector<std::int64_t> positive, negative;         ///< counts per logarithm class

  QuantileSketch() = default;
  explicit QuantileSketch(double relative_error, std::int64_t most_buckets = 2048);

  void add(double x);
  void add(View<const double, 1> x);
  /// throws  invalid_argument when the relative errors differ
  void merge(const QuantileSketch& other);

  std::int64_t count() const noexcept;
  /// The number of rank percent / 100 * (count - 1), rounded down, within relative_error; NaN when count is 0.
  ///   throws  out_of_range (percent)
  double percentile(double percent) const;

  LAGOON_FIELDS(QuantileSketch, relative_error, most_buckets, zeros, missing, minimum, maximum, positive_first,
                negative_first, positive, negative)
};

}  // namespace lagoon::statistics
