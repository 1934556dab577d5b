// SPDX-License-Identifier: Apache-2.0
#include <lagoon/engine/metrics.hpp>

#include <limits>

namespace lagoon {
namespace {
constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();
}

std::uint64_t MethodTotals::calls() const noexcept {
  std::uint64_t sum = 0;
  for (std::uint64_t n : calls_by_code) sum += n;
  return sum;
}

void MethodTotals::merge(const MethodTotals& other) {
  for (std::size_t k = 0; k < kErrcCount; ++k) calls_by_code[k] += other.calls_by_code[k];
  processing += other.processing;
  latency.merge(other.latency);
}

MethodTotals MethodTotals::since(const MethodTotals& earlier) const {
  // Shards are read one after the other: a count may be seen before another that it belongs to, and none is negative.
  const auto left = [](std::uint64_t now, std::uint64_t before) { return now > before ? now - before : 0; };
  MethodTotals all;
  for (std::size_t k = 0; k < kErrcCount; ++k) all.calls_by_code[k] = left(calls_by_code[k], earlier.calls_by_code[k]);
  all.processing = std::max(processing - earlier.processing, std::chrono::nanoseconds(0));
  all.latency = latency.since(earlier.latency);
  return all;
}

void MethodMetrics::record(std::uint64_t duration_ticks, Errc code, std::uint64_t processing_ticks) noexcept {
  // Counters of different cores may differ by some ticks: a call that seems to end before it began took no time.
  if (static_cast<std::int64_t>(duration_ticks) < 0) duration_ticks = 0;
  if (static_cast<std::int64_t>(processing_ticks) < 0) processing_ticks = 0;
  const std::uint64_t ns = ticks_to_ns(duration_ticks);
  auto [shard, exclusive] = shards_.local();
  shard.buckets[LogLinearBuckets::index(ns)].add(1, exclusive);
  shard.sum_ns.add(ns, exclusive);
  shard.most_ns.raise_to(ns);
  shard.below_least.raise_to(kMost - ns);
  if (processing_ticks) shard.processing_ticks.add(processing_ticks, exclusive);
  const auto index = static_cast<std::size_t>(code);
  shard.calls_by_code[index < kErrcCount ? index : static_cast<std::size_t>(Errc::unknown)].add(1, exclusive);
}

MethodTotals MethodMetrics::totals() const {
  MethodTotals all;
  std::uint64_t processing_ticks = 0;
  shards_.for_each([&](const Shard& shard) {
    bool any = false;
    for (std::size_t k = 0; k < LogLinearBuckets::kCount; ++k) {
      if (const std::uint64_t n = shard.buckets[k].value()) {
        all.latency.merge_bucket(k, n);
        any = true;
      }
    }
    if (any) all.latency.merge_exact(shard.sum_ns.value(), kMost - shard.below_least.value(), shard.most_ns.value());
    for (std::size_t k = 0; k < kErrcCount; ++k) all.calls_by_code[k] += shard.calls_by_code[k].value();
    processing_ticks += shard.processing_ticks.value();
  });
  all.processing = duration_of(processing_ticks);
  return all;
}

}  // namespace lagoon
