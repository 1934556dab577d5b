// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <lagoon/monitor/prometheus.hpp>

#include <cmath>

#include "pools.hpp"
#include "prometheus_text.hpp"

namespace lagoon::test {
namespace {

using L = Exposition::Labels;

PoolReport crew() {
  PoolReport p = pool_at(1500ms);
  p.queued = 3;
  p.counts.hung = 2;
  p.workers = {worker("crew/0", 1s, 250ms), worker("crew/1", 1s)};
  p.workers[0].calls = 12;
  p.workers[1].state = WorkerState::leaving;
  p.workers[1].load.memory_limit = kUnlimited;
  p.methods = {method("sum", 10, 2000)};  // ns
  p.methods[0].totals.latency.add(700'000'000, 2);
  p.methods[0].totals.calls_by_code[static_cast<std::size_t>(Errc::aborted)] = 2;
  return p;
}

TEST(PrometheusTexts, SayWhatTheReportSays) {
  const Exposition e(prometheus_text(crew()));
  const L pool = {{"pool", "crew"}};
  EXPECT_EQ(e.at("lagoon_pool_up", pool), 1);
  EXPECT_EQ(e.at("lagoon_pool_age_seconds", pool), 1.5);
  EXPECT_EQ(e.at("lagoon_pool_queued_calls", pool), 3);
  EXPECT_EQ(e.at("lagoon_pool_workers", {{"pool", "crew"}, {"state", "serving"}}), 1);
  EXPECT_EQ(e.at("lagoon_pool_workers", {{"pool", "crew"}, {"state", "leaving"}}), 1);
  EXPECT_EQ(e.at("lagoon_pool_workers", {{"pool", "crew"}, {"state", "hung"}}), 0);
  EXPECT_EQ(e.at("lagoon_pool_worker_events_total", {{"pool", "crew"}, {"event", "hung"}}), 2);
  const L sum = {{"pool", "crew"}, {"service", "lab.Stats"}, {"method", "sum"}};
  const auto with = [&](const char* key, const char* value) {
    L labels = sum;
    labels[key] = value;
    return labels;
  };
  EXPECT_EQ(e.at("lagoon_pool_calls_total", with("code", "ok")), 10);
  EXPECT_EQ(e.at("lagoon_pool_calls_total", with("code", "aborted")), 2);
  EXPECT_EQ(e.at("lagoon_pool_latency_seconds_count", sum), 12);
  EXPECT_NEAR(e.at("lagoon_pool_latency_seconds_sum", sum), 1.4 + 20e-6, 1e-9);
  EXPECT_EQ(e.at("lagoon_pool_latency_seconds_bucket", with("le", "1e-06")), 0);
  EXPECT_EQ(e.at("lagoon_pool_latency_seconds_bucket", with("le", "2.5e-06")), 10);
  EXPECT_EQ(e.at("lagoon_pool_latency_seconds_bucket", with("le", "0.5")), 10);
  EXPECT_EQ(e.at("lagoon_pool_latency_seconds_bucket", with("le", "1")), 12);
  EXPECT_EQ(e.at("lagoon_pool_latency_seconds_bucket", with("le", "+Inf")), 12);
  EXPECT_EQ(e.at("lagoon_pool_worker_cpu_seconds_total", {{"pool", "crew"}, {"worker", "crew/0"}}), 0.25);
  EXPECT_EQ(e.at("lagoon_pool_worker_calls_total", {{"pool", "crew"}, {"worker", "crew/0"}}), 12);
  EXPECT_EQ(e.at("lagoon_pool_worker_memory_limit_bytes", {{"pool", "crew"}, {"worker", "crew/0"}}), 1000);
  EXPECT_TRUE(std::isinf(e.at("lagoon_pool_worker_memory_limit_bytes", {{"pool", "crew"}, {"worker", "crew/1"}})));
}

TEST(PrometheusTexts, HaveBucketsThatOnlyGrowUpToTheCount) {
  PoolReport p = crew();
  for (std::uint64_t k = 1; k < 1u << 30; k *= 3) p.methods[0].totals.latency.add(1000 * k);
  const Exposition e(prometheus_text(p));
  double before = 0;
  std::size_t buckets = 0;
  for (const auto& s : e.samples) {
    if (s.name != "lagoon_pool_latency_seconds_bucket") continue;
    EXPECT_GE(s.value, before);
    before = s.value;
    ++buckets;
  }
  EXPECT_EQ(buckets, 3u * 7 + 1 + 1) << "from 1 us to 10 s, and all";
  EXPECT_EQ(before, static_cast<double>(p.methods[0].totals.latency.count()));
}

TEST(PrometheusTexts, EscapeNames) {
  PoolReport p = crew();
  p.pool = "a\"b\\c\nd} 1\n# TYPE x";
  p.workers[0].worker = "\xFF\xC3\xA9\xED\xA0\x80";
  const Exposition e(prometheus_text(p));
  EXPECT_EQ(e.at("lagoon_pool_up", {{"pool", p.pool}}), 1);
  const std::string bad = "\xEF\xBF\xBD";
  EXPECT_EQ(e.at("lagoon_pool_worker_calls_total", {{"pool", p.pool}, {"worker", bad + "\xC3\xA9" + bad + bad + bad}}),
            12);
}

TEST(PrometheusTexts, PutPoolsIntoOneFamily) {
  PoolReport two[] = {crew(), crew()};
  two[1].pool = "other";
  two[1].status = Status(Errc::unavailable, "gone");
  const Exposition e(prometheus_text(two));
  EXPECT_EQ(e.at("lagoon_pool_up", {{"pool", "crew"}}), 1);
  EXPECT_EQ(e.at("lagoon_pool_up", {{"pool", "other"}}), 0);
}

TEST(PrometheusTexts, TellPoolsOfOneNameApart) {
  PoolReport three[] = {crew(), crew(), crew()};
  three[1].pool = "crew (2)";
  three[2].queued = 7;
  const Exposition e(prometheus_text(three));  // refuses a sample twice
  EXPECT_EQ(e.at("lagoon_pool_queued_calls", {{"pool", "crew"}}), 3);
  EXPECT_EQ(e.at("lagoon_pool_queued_calls", {{"pool", "crew (2)"}}), 3) << "keeps the name that is its own";
  EXPECT_EQ(e.at("lagoon_pool_queued_calls", {{"pool", "crew (3)"}}), 7);
  EXPECT_EQ(e.at("lagoon_pool_worker_calls_total", {{"pool", "crew (3)"}, {"worker", "crew/0"}}), 12);
}

TEST(PrometheusTexts, OfNothingHaveNoSamples) {
  EXPECT_TRUE(Exposition(prometheus_text(std::span<const PoolReport>())).samples.empty());
}

}  // namespace
}  // namespace lagoon::test
