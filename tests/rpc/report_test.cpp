// SPDX-License-Identifier: Apache-2.0
// What a caller learns beside the answer, and what an endpoint counts.
#include "lab.hpp"

namespace lagoon::test {
namespace {

using namespace std::chrono_literals;

/// A handler's work for at least that long, measured by the clock that reports use.
void work(std::chrono::nanoseconds at_least) {
  const auto begin = std::chrono::steady_clock::now();
  while (std::chrono::steady_clock::now() - begin < at_least) {
  }
}

TEST(Reports, TellHowLongACallWaitedAndRan) {
  Engine engine;
  Gate running, both_called;
  Lab lab(engine, {.name = "lab", .concurrency = 1}, {.compute = [&](const Item& q, CallContext&) {
            running.open();
            both_called.wait();
            work(5ms);
            return q;
          }});
  auto first = lab->start<Compute>();
  running.wait();
  auto second = lab->start<Compute>();
  both_called.open();
  const CallReport a = first.report(), b = second.report();
  EXPECT_EQ(a.isolate, "lab");
  EXPECT_GE(a.processing, 4900us);  // two clocks: a rate measured to a hundredth of a percent, and some
  EXPECT_GE(b.processing, 4900us);
  EXPECT_GE(b.queued, 4900us);
}

TEST(Reports, AreFilledByWaitingCallsWhateverTheEnd) {
  Engine engine;
  Lab lab(engine, {.name = "lab"}, {.compute = [](const Item& q, CallContext&) -> Result<Item> {
            if (q.x == 0) return Status(Errc::aborted, "no");
            return q;
          }});
  for (const std::int64_t x : {0, 1}) {
    CallReport report;
    (void)lab->try_call<Compute>({x, {}}, {.report = &report});
    EXPECT_EQ(report.isolate, "lab");
    EXPECT_NE(report.trace_id, 0u);
  }
  CallReport expired;
  (void)lab->try_call<Compute>({1, {}}, {.deadline = std::chrono::steady_clock::now() - 1s, .report = &expired});
  EXPECT_NE(expired.trace_id, 0u);
  EXPECT_EQ(expired.processing, 0ns);
  lab.close();
  CallReport refused;
  (void)lab->try_call<Compute>({1, {}}, {.report = &refused});
  EXPECT_NE(refused.trace_id, 0u);
  EXPECT_EQ(refused.processing, 0ns);
}

TEST(Reports, CarryOneTraceThroughAllNestedCalls) {
  Engine engine;
  std::mutex mutex;
  std::vector<std::uint64_t> traces;
  std::vector<unsigned> depths;
  const LabCaller* self = nullptr;
  const auto note = [&](CallContext& c) {
    std::lock_guard lock(mutex);
    traces.push_back(c.trace_id());
    depths.push_back(c.depth());
  };
  Lab lab(engine, {.name = "lab"},
          {.compute = [&](const Item& q, CallContext& c) -> Result<Item> {
             note(c);
             if (q.x == 0) return q;
             (void)self->start<Compute>({q.x - 1, {}}).try_get();
             return self->try_call<Later>({q.x - 1, {}});
           },
           .later = [&](Item q, CallContext& c) -> Task<Result<Item>> {
             note(c);
             if (q.x == 0) co_return q;
             auto reply = self->start<Compute>({q.x - 1, {}});
             co_return co_await reply;
           }});
  self = &lab.caller();
  CallReport report;
  ASSERT_TRUE(lab->try_call<Compute>({3, {}}, {.report = &report}).ok());
  for (const std::uint64_t t : traces) EXPECT_EQ(t, report.trace_id);
  EXPECT_EQ(*std::max_element(depths.begin(), depths.end()), 3u);
  CallReport other;
  ASSERT_TRUE(lab->try_call<Compute>({0, {}}, {.report = &other}).ok());
  EXPECT_NE(other.trace_id, report.trace_id);
}

TEST(Reports, GiveADetachedCallATraceOfItsOwn) {
  Engine engine;
  const LabCaller* self = nullptr;
  std::atomic<std::uint64_t> inner{0};
  Lab lab(engine, {.name = "lab"}, {.compute = [&](const Item& q, CallContext& c) -> Result<Item> {
            if (q.x == 0) {
              inner = c.trace_id();
              return q;
            }
            return self->try_call<Compute>({0, {}}, {.detached = true});
          }});
  self = &lab.caller();
  CallReport report;
  ASSERT_TRUE(lab->try_call<Compute>({1, {}}, {.report = &report}).ok());
  EXPECT_NE(inner, report.trace_id);
}

std::uint64_t calls_of(const Local& local, std::string_view method, Errc code) {
  for (const MethodReport& m : local.report())
    if (m.method == method) return m.totals.calls_by_code[static_cast<std::size_t>(code)];
  return 0;
}

TEST(Reports, OfAnEndpointCountEveryEndOfEveryMethod) {
  Engine engine;
  Gate running, finish;
  Lab lab(engine, {.name = "lab", .concurrency = 1, .queue_limit = 2},
          {.compute = [&](const Item& q, CallContext&) -> Result<Item> {
            if (q.x == 1) return Status(Errc::not_found, "");
            if (q.x == 2) {
              running.open();
              finish.wait();
            }
            return q;
          }});
  for (int k = 0; k < 10; ++k) ASSERT_TRUE(lab->try_call<Compute>().ok());
  for (int k = 0; k < 5; ++k) ASSERT_TRUE(lab->start<Compute>().try_get().ok());
  for (int k = 0; k < 3; ++k) ASSERT_FALSE(lab->try_call<Compute>({1, {}}).ok());
  ASSERT_TRUE(lab->try_call<Later>().ok());
  for (auto stream = lab->read<Down>(); stream.read();) {
  }
  auto blocker = lab->start<Compute>({2, {}});
  running.wait();
  {
    auto a = lab->start<Compute>(), b = lab->start<Compute>(), refused = lab->start<Compute>();
    a.cancel();
    b.cancel();
    EXPECT_EQ(refused.status().code(), Errc::resource_exhausted);
  }
  finish.open();
  ASSERT_TRUE(blocker.try_get().ok());
  lab.close();
  EXPECT_EQ(calls_of(lab.local(), "compute", Errc::ok), 16u);
  EXPECT_EQ(calls_of(lab.local(), "compute", Errc::not_found), 3u);
  EXPECT_EQ(calls_of(lab.local(), "compute", Errc::cancelled), 2u);
  EXPECT_EQ(calls_of(lab.local(), "compute", Errc::resource_exhausted), 1u);
  EXPECT_EQ(calls_of(lab.local(), "later", Errc::ok), 1u);
  EXPECT_EQ(calls_of(lab.local(), "down", Errc::ok), 1u);
  EXPECT_EQ(calls_of(lab.local(), "quick", Errc::ok), 0u);
}

TEST(Reports, HaveTheLatencyOfEachCall) {
  Engine engine;
  Lab lab(engine, {.name = "lab"}, {.compute = [&](const Item& q, CallContext&) {
            work(std::chrono::microseconds(q.x));
            return q;
          }});
  for (int k = 0; k < 20; ++k) ASSERT_TRUE(lab->start<Compute>({2000, {}}).try_get().ok());
  for (const MethodReport& m : lab.local().report()) {
    if (m.method != "compute") continue;
    EXPECT_EQ(m.totals.calls(), 20u);
    EXPECT_GE(m.totals.latency.quantile(0.0), 1.9e6);
    EXPECT_GE(m.totals.processing, std::chrono::milliseconds(38));
    EXPECT_LE(static_cast<double>(m.totals.processing.count()), m.totals.latency.mean() * 20);
    EXPECT_EQ(m.isolate, "lab");
    EXPECT_EQ(m.service, "test.Lab");
  }
}

}  // namespace
}  // namespace lagoon::test
