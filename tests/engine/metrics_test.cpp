// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <lagoon/engine/metrics.hpp>
#include <lagoon/engine/ticks.hpp>

#include <algorithm>
#include <barrier>
#include <cmath>
#include <latch>
#include <random>
#include <set>
#include <thread>
#include <vector>

#include "support/heap.hpp"

namespace lagoon {
namespace {

using Buckets = LogLinearBuckets;

TEST(Histogram, PutsEachValueIntoTheBucketThatHoldsIt) {
  std::mt19937_64 random(11);
  for (int k = 0; k < 200'000; ++k) {
    const std::uint64_t value = random() >> (random() % 64);
    const std::size_t i = Buckets::index(value);
    ASSERT_LT(i, Buckets::kCount);
    ASSERT_LE(Buckets::lowest(i), value);
    if (i + 1 < Buckets::kCount) {
      ASSERT_LT(value, Buckets::lowest(i) + Buckets::width(i));
    }
  }
}

TEST(Histogram, HasBucketsWithoutGapsNoWiderThanAPartInSixteen) {
  for (std::size_t i = 0; i + 1 < Buckets::kCount; ++i) {
    ASSERT_EQ(Buckets::lowest(i) + Buckets::width(i), Buckets::lowest(i + 1));
    ASSERT_EQ(Buckets::index(Buckets::lowest(i)), i);
    ASSERT_LE(16 * (Buckets::width(i) - 1), Buckets::lowest(i));
  }
}

std::uint64_t exact_quantile(std::vector<std::uint64_t> x, double q) {
  std::sort(x.begin(), x.end());
  const auto rank = static_cast<std::size_t>(std::ceil(q * static_cast<double>(x.size())));
  return x[std::max<std::size_t>(rank, 1) - 1];
}

TEST(Histogram, GivesQuantilesWithinAPartInThirtyTwo) {
  std::mt19937_64 random(3);
  std::lognormal_distribution<double> latency(std::log(20'000.0), 2.0);  // 20 us median, a long tail
  std::uniform_int_distribution<std::uint64_t> flat(0, 1'000'000);
  for (int kind = 0; kind < 3; ++kind) {
    std::vector<std::uint64_t> x(50'001);
    for (auto& v : x)
      v = kind == 0 ? static_cast<std::uint64_t>(latency(random)) : kind == 1 ? flat(random) : random() % 32;
    Histogram h;
    for (auto v : x) h.add(v);
    for (double q : {0.0, 0.001, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999, 0.9999, 1.0}) {
      const auto exact = static_cast<double>(exact_quantile(x, q));
      ASSERT_NEAR(static_cast<double>(h.quantile(q)), exact, exact / 32) << "kind " << kind << ", q " << q;
    }
    EXPECT_EQ(h.min(), *std::min_element(x.begin(), x.end()));
    EXPECT_EQ(h.max(), *std::max_element(x.begin(), x.end()));
    EXPECT_EQ(h.count(), x.size());
    long double sum = 0;
    for (auto v : x) sum += static_cast<long double>(v);
    EXPECT_DOUBLE_EQ(h.mean(), static_cast<double>(sum / static_cast<long double>(x.size())));
  }
}

TEST(Histogram, OfNothingIsZeroAndOfOneValueIsThatValue) {
  Histogram h;
  EXPECT_EQ(h.count() + h.sum() + h.min() + h.max() + h.quantile(0.5), 0u);
  EXPECT_EQ(h.mean(), 0);
  h.add(123'456'789);
  for (double q : {0.0, 0.5, 1.0, -1.0, 2.0, std::nan("")}) EXPECT_EQ(h.quantile(q), 123'456'789u);
}

TEST(Histogram, CountsValuesBeyondItsRangeAndKeepsTheLargest) {
  Histogram h;
  h.add(std::uint64_t{1} << 60);
  h.add(std::uint64_t{1} << 50);
  h.add(5);
  EXPECT_EQ(h.quantile(1), std::uint64_t{1} << 60);
  EXPECT_EQ(h.quantile(0.1), 5u);
  EXPECT_EQ(h.count(), 3u);
}

TEST(Histogram, MergedIsTheHistogramOfAllValues) {
  std::mt19937_64 random(5);
  Histogram whole, parts[3], merged;
  for (int k = 0; k < 30'000; ++k) {
    const std::uint64_t v = random() >> (20 + random() % 40);
    whole.add(v);
    parts[k % 3].add(v);
  }
  merged.merge(Histogram());
  for (const auto& p : parts) merged.merge(p);
  EXPECT_EQ(merged.buckets(), whole.buckets());
  EXPECT_EQ(merged.count(), whole.count());
  EXPECT_EQ(merged.sum(), whole.sum());
  EXPECT_EQ(merged.min(), whole.min());
  EXPECT_EQ(merged.max(), whole.max());
}

TEST(ThreadSlot, IsNobodyElsesWhileTheThreadLives) {
  constexpr int kThreads = 16;
  std::latch all(kThreads);
  std::vector<std::uint32_t> slots(kThreads);
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < kThreads; ++t)
    threads.emplace_back([&, t] {
      slots[t] = thread_slot();
      EXPECT_EQ(thread_slot(), slots[t]);
      all.arrive_and_wait();
    });
  for (auto& t : threads) t.join();
  EXPECT_EQ(std::set(slots.begin(), slots.end()).size(), static_cast<std::size_t>(kThreads));
}

TEST(ThreadSlot, GoesToALaterThreadWhenItsOwnerEnds) {
  std::uint32_t first = 0, second = 1;
  std::thread([&] { first = thread_slot(); }).join();
  std::thread([&] { second = thread_slot(); }).join();
  EXPECT_EQ(first, second);
}

TEST(Counter, AddsUpOverThreadsThatComeAndGo) {
  Counter counter;
  for (int round = 0; round < 20; ++round) {
    std::vector<std::thread> threads;
    for (int t = 0; t < 5; ++t)
      threads.emplace_back([&] {
        for (int k = 0; k < 1000; ++k) counter.add();
        counter.add(9000);
      });
    for (auto& t : threads) t.join();
  }
  EXPECT_EQ(counter.value(), 20u * 5 * 10'000);
}

TEST(Counter, LosesNothingWhenThereAreMoreThreadsThanSlots) {
  constexpr int kThreads = static_cast<int>(kThreadSlots) + 40;
  Counter counter;
  std::latch all(kThreads);
  std::atomic<int> without{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t)
    threads.emplace_back([&] {
      without += thread_slot() == kThreadSlots;
      all.arrive_and_wait();
      for (int k = 0; k < 1000; ++k) counter.add();
    });
  for (auto& t : threads) t.join();
  EXPECT_GE(without, 40);
  EXPECT_EQ(counter.value(), kThreads * 1000u);
}

TEST(MethodMetrics, CountsCallsByHowTheyEnded) {
  MethodMetrics metrics;
  for (int k = 0; k < 90; ++k) metrics.record(1000, Errc::ok, 500);
  for (int k = 0; k < 7; ++k) metrics.record(1000, Errc::cancelled);
  for (int k = 0; k < 3; ++k) metrics.record(1000, Errc::unauthenticated);
  const MethodTotals t = metrics.totals();
  EXPECT_EQ(t.calls(), 100u);
  EXPECT_EQ(t.failures(), 10u);
  EXPECT_EQ(t.calls_by_code[static_cast<std::size_t>(Errc::cancelled)], 7u);
  EXPECT_EQ(t.calls_by_code[static_cast<std::size_t>(Errc::unauthenticated)], 3u);
  EXPECT_EQ(t.processing, duration_of(90 * 500));
}

TEST(MethodMetrics, KeepsLatenciesInNanoseconds) {
  MethodMetrics metrics;
  for (std::uint64_t k = 1; k <= 1000; ++k) metrics.record(k * 100'000, Errc::ok);
  const Histogram h = metrics.totals().latency;
  EXPECT_EQ(h.count(), 1000u);
  EXPECT_EQ(h.min(), ticks_to_ns(100'000));
  EXPECT_EQ(h.max(), ticks_to_ns(100'000'000));
  for (double q : {0.5, 0.99, 0.999}) {
    const auto exact = static_cast<double>(ticks_to_ns(static_cast<std::uint64_t>(std::ceil(q * 1000)) * 100'000));
    EXPECT_NEAR(static_cast<double>(h.quantile(q)), exact, exact / 32);
  }
}

TEST(MethodMetrics, TakesATimeBelowZeroAsNone) {
  MethodMetrics metrics;
  metrics.record(static_cast<std::uint64_t>(-50), Errc::ok);
  EXPECT_EQ(metrics.totals().latency.max(), 0u);
}

TEST(MethodMetrics, AddsUpOverThreadsAndIsReadMeanwhile) {
  MethodMetrics metrics;
  constexpr std::uint64_t kThreads = 4, kCalls = 20'000;
  std::vector<std::thread> threads;
  for (std::uint64_t t = 0; t < kThreads; ++t)
    threads.emplace_back([&, t] {
      for (std::uint64_t k = 0; k < kCalls; ++k) metrics.record(1000 * (t + 1), k % 10 ? Errc::ok : Errc::aborted, 1);
    });
  std::uint64_t before = 0;
  for (int k = 0; k < 100; ++k) {
    const std::uint64_t now = metrics.totals().calls();
    ASSERT_GE(now, before);
    before = now;
  }
  for (auto& t : threads) t.join();
  const MethodTotals t = metrics.totals();
  EXPECT_EQ(t.calls(), kThreads * kCalls);
  EXPECT_EQ(t.failures(), kThreads * kCalls / 10);
  EXPECT_EQ(t.latency.count(), kThreads * kCalls);
  EXPECT_EQ(t.processing, duration_of(kThreads * kCalls));
  EXPECT_EQ(t.latency.min(), ticks_to_ns(1000));
  EXPECT_EQ(t.latency.max(), ticks_to_ns(4000));
  MethodTotals twice = t;
  twice.merge(t);
  EXPECT_EQ(twice.calls(), 2 * t.calls());
  EXPECT_EQ(twice.latency.count(), 2 * t.latency.count());
}

/// What the heap grew by while many threads each recorded so many calls, one after the other.
std::size_t heap_for_calls_each(MethodMetrics& metrics, int calls) {
  constexpr std::ptrdiff_t kThreads = 50;
  std::barrier all(kThreads + 1);
  std::vector<std::thread> threads;
  for (std::ptrdiff_t t = 0; t < kThreads; ++t)
    threads.emplace_back([&] {
      (void)thread_slot();
      all.arrive_and_wait();
      all.arrive_and_wait();
      for (int k = 0; k < calls; ++k) metrics.record(1000, Errc::ok);
      all.arrive_and_wait();
      all.arrive_and_wait();
    });
  all.arrive_and_wait();
  const std::size_t before = test::heap_bytes();
  all.arrive_and_wait();
  all.arrive_and_wait();
  const std::size_t after = test::heap_bytes();
  all.arrive_and_wait();
  for (auto& t : threads) t.join();
  EXPECT_EQ(metrics.totals().calls(), static_cast<std::uint64_t>(kThreads * calls));
  return after - before;
}

TEST(MethodMetrics, HasNoCountersForEachThreadThatRecordsNowAndThen) {
  MethodMetrics often, rarely(MethodMetrics::Recorders::rarely);
  EXPECT_EQ(heap_for_calls_each(often, 60), 0u);
  EXPECT_EQ(heap_for_calls_each(rarely, 500), 0u);
}

TEST(Histogram, SubtractsWhatAnEarlierOneHadSeen) {
  std::mt19937_64 random(5);
  Histogram whole, part;
  for (int k = 0; k < 5000; ++k) whole.add(random() >> (random() % 50));
  const Histogram earlier = whole;
  for (int k = 0; k < 3000; ++k) {
    const std::uint64_t value = 100'000 + random() % 900'000;
    whole.add(value);
    part.add(value);
  }
  const Histogram left = whole.since(earlier);
  EXPECT_EQ(left.count(), part.count());
  EXPECT_EQ(left.sum(), part.sum());
  EXPECT_EQ(left.buckets(), part.buckets());
  // The ends are those of buckets, a part in sixteen wide.
  EXPECT_LE(left.min(), part.min());
  EXPECT_GE(left.min(), part.min() - part.min() / 16);
  EXPECT_GE(left.max(), part.max());
  EXPECT_LE(left.max(), part.max() + part.max() / 16);
  for (double q : {0.01, 0.5, 0.99})
    EXPECT_NEAR(static_cast<double>(left.quantile(q)), static_cast<double>(part.quantile(q)), 1e6 / 16);
}

TEST(Histogram, SubtractedFromItselfIsEmpty) {
  Histogram h;
  h.add(7, 3);
  h.add(std::uint64_t{1} << 50);
  EXPECT_EQ(h.since(h).count(), 0u);
  EXPECT_EQ(h.since(h).max(), 0u);
  EXPECT_EQ(h.since({}).max(), std::uint64_t{1} << 50);
  EXPECT_EQ(Histogram().since(h).count(), 0u) << "less than nothing is nothing";
}

TEST(MethodTotals, SubtractEachCount) {
  MethodTotals now, before;
  before.calls_by_code = {5, 1};
  now.calls_by_code = {9, 1, 2};
  now.processing = std::chrono::microseconds(3);
  before.processing = std::chrono::microseconds(1);
  now.latency.add(10, 12);
  before.latency.add(10, 6);
  const MethodTotals left = now.since(before);
  EXPECT_EQ(left.calls(), 6u);
  EXPECT_EQ(left.failures(), 2u);
  EXPECT_EQ(left.processing, std::chrono::microseconds(2));
  EXPECT_EQ(left.latency.count(), 6u);
  EXPECT_EQ(before.since(now).calls(), 0u);
}

}  // namespace
}  // namespace lagoon
