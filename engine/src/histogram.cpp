// SPDX-License-Identifier: Apache-2.0
#include <lagoon/engine/histogram.hpp>

#include <cmath>

namespace lagoon {

void Histogram::add(std::uint64_t value, std::uint64_t times) {
  if (times == 0) return;
  merge_bucket(LogLinearBuckets::index(value), times);
  merge_exact(value * times, value, value);
}

void Histogram::merge(const Histogram& other) {
  if (other.count_ == 0) return;
  make_room();
  for (std::size_t k = 0; k < buckets_.size(); ++k) buckets_[k] += other.buckets_[k];
  count_ += other.count_;
  merge_exact(other.sum_, other.min_, other.max_);
}

Histogram Histogram::since(const Histogram& earlier) const {
  if (earlier.count_ == 0) return *this;
  Histogram left;
  std::size_t first = LogLinearBuckets::kCount, last = 0;
  for (std::size_t k = 0; k < buckets_.size(); ++k) {
    if (buckets_[k] <= earlier.buckets_[k]) continue;
    left.merge_bucket(k, buckets_[k] - earlier.buckets_[k]);
    first = std::min(first, k);
    last = k;
  }
  if (left.count_ == 0) return left;
  const std::uint64_t least = std::max(min_, LogLinearBuckets::lowest(first));
  const std::uint64_t most =  // the last bucket has no end
      last + 1 == LogLinearBuckets::kCount
          ? max_
          : std::min(max_, LogLinearBuckets::lowest(last) + LogLinearBuckets::width(last) - 1);
  left.merge_exact(sum_ > earlier.sum_ ? sum_ - earlier.sum_ : 0, std::min(least, most), most);
  return left;
}

void Histogram::merge_bucket(std::size_t index, std::uint64_t times) {
  make_room();
  buckets_[std::min(index, LogLinearBuckets::kCount - 1)] += times;
  count_ += times;
}

void Histogram::merge_exact(std::uint64_t sum, std::uint64_t least, std::uint64_t most) noexcept {
  sum_ += sum;
  min_ = std::min(min_, least);
  max_ = std::max(max_, most);
}

std::uint64_t Histogram::quantile(double q) const noexcept {
  if (count_ == 0) return 0;
  const double share = q > 0 ? std::min(q, 1.0) : 0.0;  // a NaN asks for the smallest
  const auto wanted = std::max<std::uint64_t>(
      1, std::min(count_, static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(count_)))));
  std::uint64_t seen = 0;
  for (std::size_t k = 0; k + 1 < buckets_.size(); ++k) {
    seen += buckets_[k];
    if (seen < wanted) continue;
    const std::uint64_t middle = LogLinearBuckets::lowest(k) + (LogLinearBuckets::width(k) - 1) / 2;
    return std::clamp(middle, min_, std::max(min_, max_));
  }
  return max_;
}

}  // namespace lagoon
