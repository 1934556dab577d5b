// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace lagoon {

/// Buckets that are narrow for small values and wide for large ones: each power of two is cut into 16, so that
/// nothing is off by more than one part in 32 from nanoseconds to hours.
struct LogLinearBuckets {
  static constexpr unsigned kSubBits = 4;    ///< 16 buckets per power of two
  static constexpr unsigned kMostBits = 44;  ///< values from 2^44 on (4.9 hours of nanoseconds) share the last bucket
  static constexpr std::size_t kCount = (kMostBits - kSubBits + 1) << kSubBits;

  static constexpr std::size_t index(std::uint64_t value) noexcept {
    if (value < (1u << kSubBits)) return static_cast<std::size_t>(value);
    const auto octave = static_cast<unsigned>(std::bit_width(value)) - 1;
    if (octave >= kMostBits) return kCount - 1;
    const unsigned shift = octave - kSubBits;
    return (static_cast<std::size_t>(shift) << kSubBits) + static_cast<std::size_t>(value >> shift);
  }
  /// The smallest value of a bucket, and the number of values in it.
  static constexpr std::uint64_t lowest(std::size_t index) noexcept {
    if (index < (2u << kSubBits)) return index;
    const std::size_t shift = (index >> kSubBits) - 1;
    return static_cast<std::uint64_t>((index & ((1u << kSubBits) - 1)) + (1u << kSubBits)) << shift;
  }
  static constexpr std::uint64_t width(std::size_t index) noexcept {
    return index < (2u << kSubBits) ? 1 : std::uint64_t{1} << ((index >> kSubBits) - 1);
  }
};

/// How often which values occurred, in 5 KiB whatever their number; for latencies in nanoseconds.
/// A value, not for two threads at once; MethodMetrics collects from many and gives one of these.
///
///   h.quantile(0.999)   // within 1/32 of the exact p99.9; below 32 exact
class Histogram {
 public:
  void add(std::uint64_t value, std::uint64_t times = 1);
  /// All that the other has seen; histograms of threads, isolates and machines add up.
  void merge(const Histogram& other);
  /// What was added since this histogram was `earlier`, in which min and max are those of buckets: within 1/16.
  /// Where the earlier one has seen more, nothing is left.
  Histogram since(const Histogram& earlier) const;
  /// What a recorder kept: times by bucket (LogLinearBuckets::kCount of them), and exact sum, least and most.
  void merge_bucket(std::size_t index, std::uint64_t times);
  void merge_exact(std::uint64_t sum, std::uint64_t least, std::uint64_t most) noexcept;

  std::uint64_t count() const noexcept { return count_; }
  std::uint64_t sum() const noexcept { return sum_; }
  /// Exact; 0 when nothing was seen.
  std::uint64_t min() const noexcept { return count_ ? min_ : 0; }
  std::uint64_t max() const noexcept { return max_; }
  double mean() const noexcept { return count_ ? static_cast<double>(sum_) / static_cast<double>(count_) : 0; }

  /// The smallest seen value that a share q of all values does not exceed (nearest rank).
  ///   q        in [0, 1], clamped
  ///   returns  the middle of its bucket, off by at most 1/32 of the exact value, never outside [min, max];
  ///            from 2^44 on the largest value seen; 0 when nothing was seen
  std::uint64_t quantile(double q) const noexcept;

  /// Times per bucket for plots, empty when nothing was seen.
  const std::vector<std::uint64_t>& buckets() const noexcept { return buckets_; }

 private:
  void make_room() {
    if (buckets_.empty()) buckets_.resize(LogLinearBuckets::kCount);
  }

  std::vector<std::uint64_t> buckets_;
  std::uint64_t count_ = 0;
  std::uint64_t sum_ = 0;
  std::uint64_t min_ = ~std::uint64_t{0};
  std::uint64_t max_ = 0;
};

}  // namespace lagoon
