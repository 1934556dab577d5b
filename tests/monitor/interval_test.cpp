// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <lagoon/core/error.hpp>
#include <lagoon/monitor/interval.hpp>

#include "pools.hpp"

namespace lagoon::test {
namespace {

TEST(PoolIntervals, AreDifferences) {
  PoolReport a = pool_at(10s), b = pool_at(14s);
  a.workers = {worker("crew/0", 10s, 5s)};
  b.workers = {worker("crew/0", 14s, 7s)};
  a.workers[0].calls = 100;
  b.workers[0].calls = 180;
  b.workers[0].load.running = 1;
  b.workers[0].load.memory_held = 250;
  a.methods = {method("sum", 100, 1'000'000)};
  b.methods = {method("sum", 100, 1'000'000)};
  b.methods[0].totals.latency.add(8'000'000, 40);
  b.methods[0].totals.calls_by_code[0] += 36;
  b.methods[0].totals.calls_by_code[static_cast<std::size_t>(Errc::deadline_exceeded)] = 4;
  a.methods[0].totals.processing = 50ms;
  b.methods[0].totals.processing = 370ms;
  a.counts.created = 1;
  b.counts.created = 3;
  b.queued = 9;

  const PoolInterval i = interval_between(a, b);
  EXPECT_EQ(i.pool, "crew");
  EXPECT_EQ(i.status, "ok");
  EXPECT_DOUBLE_EQ(i.at, 14);
  EXPECT_DOUBLE_EQ(i.seconds, 4);
  EXPECT_EQ(i.calls, 40u);
  EXPECT_EQ(i.failed_calls, 4u);
  EXPECT_DOUBLE_EQ(i.calls_per_second, 10);
  EXPECT_DOUBLE_EQ(i.cores, 0.5);
  EXPECT_EQ(i.queued, 9u);
  EXPECT_EQ(i.counts.created, 2u);
  ASSERT_EQ(i.workers.size(), 1u);
  EXPECT_DOUBLE_EQ(i.workers[0].calls_per_second, 20);
  EXPECT_DOUBLE_EQ(i.workers[0].memory_share(), 0.25);
  ASSERT_EQ(i.methods.size(), 1u);
  EXPECT_DOUBLE_EQ(i.methods[0].processing_seconds, 0.32);
  ASSERT_EQ(i.methods[0].failures.size(), 1u);
  EXPECT_EQ(i.methods[0].failures[0].code, "deadline_exceeded");
  EXPECT_EQ(i.methods[0].failures[0].calls, 4u);
  // All forty took 8 ms; the hundred before, which took one, do not count. Buckets are a part in sixteen wide.
  for (double x : {i.latency.p50, i.latency.p99, i.latency.p999, i.methods[0].latency.p50})
    EXPECT_NEAR(x, 8e-3, 8e-3 / 16);
  EXPECT_DOUBLE_EQ(i.latency.mean, 8e-3);
}

TEST(PoolIntervals, BeginAtZeroForNewWorkers) {
  PoolReport a = pool_at(10s), b = pool_at(12s);
  a.workers = {worker("crew/0", 10s, 5s), worker("crew/1", 9s, 3s)};
  b.workers = {worker("crew/1", 1s, 1s), worker("crew/2", 1s, 500ms)};  // crew/0 has gone, crew/1 is another one
  const PoolInterval i = interval_between(a, b);
  ASSERT_EQ(i.workers.size(), 2u);
  EXPECT_DOUBLE_EQ(i.workers[0].cores, 0.5);
  EXPECT_DOUBLE_EQ(i.workers[1].cores, 0.25);
  EXPECT_DOUBLE_EQ(i.cores, 0.75);
}

TEST(PoolIntervals, OfNoTimeHaveNoRates) {
  PoolReport a = pool_at(1s);
  a.workers = {worker("crew/0", 1s, 1s)};
  a.methods = {method("sum", 5, 100)};
  PoolReport b = a;
  b.workers[0].cpu = 2s;
  const PoolInterval i = interval_between(a, b);
  EXPECT_EQ(i.seconds, 0);
  EXPECT_EQ(i.calls, 0u);
  EXPECT_EQ(i.calls_per_second, 0);
  EXPECT_EQ(i.cores, 0);
  EXPECT_EQ(i.latency.p99, 0);
}

TEST(PoolIntervals, AreNeverNegative) {
  PoolReport a = pool_at(1s), b = pool_at(2s);
  a.workers = {worker("crew/0", 1s, 5s)};
  b.workers = {worker("crew/0", 2s, 4s)};
  a.workers[0].calls = 9;
  a.methods = {method("sum", 5, 100)};
  b.methods = {method("sum", 3, 100)};
  const PoolInterval i = interval_between(a, b);
  EXPECT_EQ(i.calls, 0u);
  EXPECT_EQ(i.workers[0].calls, 0u);
  EXPECT_EQ(i.workers[0].cores, 0);
}

TEST(PoolIntervals, SinceTheStartAreTotals) {
  PoolReport a = pool_at(8s);
  a.workers = {worker("crew/0", 8s, 4s)};
  a.methods = {method("sum", 80, 1000)};
  const PoolInterval i = since_start(a);
  EXPECT_DOUBLE_EQ(i.seconds, 8);
  EXPECT_DOUBLE_EQ(i.calls_per_second, 10);
  EXPECT_DOUBLE_EQ(i.cores, 0.5);
}

TEST(PoolIntervals, SayWhyAPoolTakesNoCalls) {
  PoolReport a = pool_at(8s);
  a.status = Status(Errc::unavailable, "six workers were lost");
  EXPECT_NE(since_start(a).status.find("six workers were lost"), std::string::npos);
}

TEST(PoolIntervals, GoThroughJsonUnchanged) {
  PoolReport a = pool_at(8s);
  a.workers = {worker("crew/\"0\"\n</script>", 8s, 4s)};
  a.methods = {method("sum", 80, 1000)};
  a.methods[0].totals.calls_by_code[1] = 2;
  const PoolInterval i = since_start(a);
  const std::string text = json_of(i);
  EXPECT_TRUE(text.starts_with(R"({"schema":"lagoon.pool","schema_version":1,"pool":"crew",)")) << text;
  EXPECT_EQ(text.find('\n'), std::string::npos) << "one line";
  const PoolInterval back = pool_interval_from_json(text);
  EXPECT_EQ(json_of(back), text);
  EXPECT_EQ(back.workers.at(0).worker, a.workers[0].worker);
}

TEST(PoolIntervals, RefuseOtherDocuments) {
  for (const char* text : {"", "[]", "{}", "3", R"({"schema":"lagoon.pool"})", R"({"schema":"x","schema_version":1})",
                           R"({"schema":"lagoon.pool","schema_version":2})", R"({"schema":3,"schema_version":1})",
                           R"({"schema":"lagoon.pool","schema_version":1,"calls":-1})",
                           R"({"schema":"lagoon.pool","schema_version":1,"workers":{}})"})
    EXPECT_THROW(pool_interval_from_json(text), Error) << text;
}

}  // namespace
}  // namespace lagoon::test
