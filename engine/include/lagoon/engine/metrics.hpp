// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <lagoon/core/status.hpp>
#include <lagoon/engine/histogram.hpp>
#include <lagoon/engine/per_thread.hpp>
#include <lagoon/engine/ticks.hpp>

namespace lagoon {

/// Counts from many threads without their meeting on a cache line.
///   cost   1-2 ns to add, 1 KiB and a line per thread; value() visits all threads
class Counter {
 public:
  void add(std::uint64_t n = 1) noexcept {
    auto [count, exclusive] = counts_.local();
    count.add(n, exclusive);
  }
  /// Never less than what happened before the caller knew of it.
  std::uint64_t value() const noexcept {
    std::uint64_t sum = 0;
    counts_.for_each([&](const ShardCount& c) { sum += c.value(); });
    return sum;
  }

 private:
  PerThread<ShardCount> counts_;
};

inline constexpr std::size_t kErrcCount = static_cast<std::size_t>(Errc::unauthenticated) + 1;

/// What a method did until now: a value, to be shown, merged, or subtracted from a later one.
struct MethodTotals {
  std::array<std::uint64_t, kErrcCount> calls_by_code{};  ///< index: Errc
  std::chrono::nanoseconds processing{0};  ///< within handlers, those that sleep or are suspended as well
  Histogram latency;                       ///< nanoseconds

  std::uint64_t calls() const noexcept;
  std::uint64_t failures() const noexcept { return calls() - calls_by_code[0]; }
  void merge(const MethodTotals& other);
  /// What was counted since these were `earlier`.
  MethodTotals since(const MethodTotals& earlier) const;
};

/// Counts, failures by reason and latencies of one method, recorded from any thread.
///
///   const std::uint64_t begin = ticks_now();
///   Result<Summary> result = run(request);
///   metrics.record(ticks_now() - begin, result.status().code());
///   ...
///   metrics.totals().latency.quantile(0.99)    // ns
///   cost   3-6 ns to record, 5.5 KiB per thread that did so 64 times; until then in counters that threads share, which
///          takes about as long where they do not meet there
class MethodMetrics {
 public:
  /// Who records: threads that each do so often, or all of them now and then.
  enum class Recorders : std::uint8_t { often, rarely };
  explicit MethodMetrics(Recorders recorders = Recorders::often)
      : shards_(recorders == Recorders::often ? kOwnAfter : PerThread<Shard>::kAlwaysShared) {
    ticks_to_ns(0);  // the rate of ticks is measured now, not by the first call
  }
  void record(std::uint64_t duration_ticks, Errc code, std::uint64_t processing_ticks = 0) noexcept;
  MethodTotals totals() const;

 private:
  struct Shard {
    std::array<ShardCount, kErrcCount> calls_by_code;
    ShardCount processing_ticks, sum_ns, most_ns;
    ShardCount below_least;  // 2^64 - 1 minus the least, so that it only rises
    std::array<ShardCount, LogLinearBuckets::kCount> buckets;
  };
  // Counters of its own pay for a thread by then. Fewer calls than that are all that many threads have for a worker of
  // a pool before it is replaced.
  static constexpr std::uint8_t kOwnAfter = 64;
  PerThread<Shard> shards_;
};

}  // namespace lagoon
