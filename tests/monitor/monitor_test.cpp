// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <lagoon/core/error.hpp>
#include <lagoon/monitor/monitor.hpp>
#include <lagoon/rpc.hpp>

#include <mutex>
#include <semaphore>
#include <thread>

#include "pools.hpp"

namespace lagoon::test {
namespace {

/// A pool that the test fills in, and time that it moves.
class Watched {
 public:
  PoolReport look() {
    std::lock_guard lock(mutex_);
    ++looks_;
    PoolReport p = pool_;
    p.at = clock.now();
    p.age = p.at - TimePoint();
    for (WorkerReport& w : p.workers) w.age = p.age;
    return p;
  }
  template <class F>
  void change(F f) {
    std::lock_guard lock(mutex_);
    f(pool_);
  }
  int looks() const {
    std::lock_guard lock(mutex_);
    return looks_;
  }
  /// Moves time on and returns when the monitor has looked.
  void pass(std::chrono::nanoseconds time = 1s) {
    clock.advance(time);
    seen_.acquire();
  }
  MonitorOptions options() {
    MonitorOptions o;
    o.clock = &clock;
    o.on_interval = [this](const PoolInterval& i) {
      latest = i;
      seen_.release();
    };
    return o;
  }
  /// The same, with warnings gathered: they are told behind the interval.
  MonitorOptions options_with_warnings() {
    MonitorOptions o = options();
    o.on_warning = [this](const PoolWarning& w) { warnings.push_back(w); };
    return o;
  }
  std::function<PoolReport()> looker() {
    return [this] { return look(); };
  }

  VirtualClock clock;
  PoolInterval latest;
  std::vector<PoolWarning> warnings;  ///< read it after finish()

 private:
  mutable std::mutex mutex_;
  PoolReport pool_ = pool_at(0s);
  int looks_ = 0;
  std::counting_semaphore<> seen_{0};
};

TEST(Monitors, TellEachInterval) {
  Watched pool;
  Monitor monitor(pool.looker(), pool.options());
  pool.change([](PoolReport& p) { p.methods = {method("sum", 30, 1'000'000)}; });
  pool.pass();
  EXPECT_DOUBLE_EQ(pool.latest.seconds, 1);
  EXPECT_EQ(pool.latest.calls, 30u);
  pool.change([](PoolReport& p) { p.methods = {method("sum", 35, 1'000'000)}; });
  pool.pass();
  EXPECT_EQ(pool.latest.calls, 5u);
  EXPECT_EQ(monitor.report().history.size(), 2u);
  EXPECT_EQ(monitor.report().total.calls, 35u);
}

TEST(Monitors, DoNotLookBeforeAnIntervalIsOver) {
  Watched pool;
  Monitor monitor(pool.looker(), pool.options());
  pool.clock.advance(999ms);
  EXPECT_EQ(pool.looks(), 1);
  pool.pass(1ms);
  EXPECT_EQ(pool.looks(), 2);
}

TEST(Monitors, MakeUpForNoLooksAfterALongStop) {
  Watched pool;
  Monitor monitor(pool.looker(), pool.options());
  pool.pass(3600s);
  EXPECT_EQ(pool.looks(), 2);
  EXPECT_DOUBLE_EQ(pool.latest.seconds, 3600);
  pool.pass();
  EXPECT_EQ(pool.looks(), 3);
}

TEST(Monitors, KeepTheLatestIntervals) {
  Watched pool;
  MonitorOptions options = pool.options();
  options.keep = 3;
  Monitor monitor(pool.looker(), options);
  for (int k = 0; k < 10; ++k) pool.pass();
  const RunReport run = monitor.report();
  ASSERT_EQ(run.history.size(), 3u);
  EXPECT_NEAR(run.history.back().at - run.history.front().at, 2, 1e-6);
  EXPECT_EQ(run.forgotten, 7u);
  EXPECT_NEAR(run.total.seconds, 10, 1e-6);
}

TEST(Monitors, KeepNothingWhenToldSo) {
  Watched pool;
  MonitorOptions options = pool.options();
  options.keep = 0;
  Monitor monitor(pool.looker(), options);
  pool.pass();
  EXPECT_TRUE(monitor.finish().history.empty());
}

TEST(Monitors, WarnOnceForEachCrossing) {
  Watched pool;
  Monitor monitor(pool.looker(), pool.options_with_warnings());
  const auto hold = [&](std::size_t bytes) {
    pool.change([&](PoolReport& p) {
      p.workers = {worker("crew/0", 1s)};
      p.workers[0].load.memory_held = bytes;
    });
    pool.pass();
  };
  for (std::size_t bytes : {900u, 901u, 950u, 901u, 100u, 990u}) hold(bytes);  // of 1000
  const RunReport run = monitor.finish();
  ASSERT_EQ(pool.warnings.size(), 2u) << "above the mark twice";
  EXPECT_EQ(pool.warnings[0].what, "memory");
  EXPECT_EQ(pool.warnings[0].where, "crew/0");
  EXPECT_DOUBLE_EQ(pool.warnings[0].value, 0.901);
  EXPECT_DOUBLE_EQ(pool.warnings[1].value, 0.99);
  EXPECT_EQ(pool.warnings[1].text(), "crew/0 holds 99 % of the memory it may (90 % is the mark)");
  EXPECT_EQ(run.warnings.size(), 2u);
}

TEST(Monitors, WarnOfSlowMethods) {
  Watched pool;
  MonitorOptions options = pool.options_with_warnings();
  options.p99_limit = 100ms;
  Monitor monitor(pool.looker(), options);
  pool.change([](PoolReport& p) { p.methods = {method("sum", 10, 90'000'000), method("sort", 10, 200'000'000)}; });
  pool.pass();
  monitor.finish();
  ASSERT_EQ(pool.warnings.size(), 1u);
  EXPECT_EQ(pool.warnings[0].what, "latency");
  EXPECT_EQ(pool.warnings[0].where, "lab.Stats.sort");
  EXPECT_NEAR(pool.warnings[0].value, 0.2, 0.2 / 16);
}

TEST(Monitors, LookOnceMoreAtTheEndAndThenNeverAgain) {
  Watched pool;
  Monitor monitor(pool.looker(), pool.options());
  pool.clock.advance(500ms);
  pool.change([](PoolReport& p) { p.methods = {method("sum", 7, 1000)}; });
  const RunReport run = monitor.finish();
  EXPECT_EQ(run.total.calls, 7u);
  ASSERT_EQ(run.history.size(), 1u);
  EXPECT_DOUBLE_EQ(run.history[0].seconds, 0.5);
  EXPECT_EQ(run.version, monitor.finish().version);
  EXPECT_EQ(pool.looks(), 2);
}

/// Looks at the pool; the second look, behind which another is due at once, does what `fail` does.
std::function<PoolReport()> second_look_fails(Watched& pool, std::function<void()> fail) {
  return [&pool, fail = std::move(fail), looks = 0]() mutable {
    if (++looks == 2) {
      pool.clock.advance(1s);
      fail();
    }
    return pool.look();
  };
}

TEST(Monitors, GoOnAfterALookWithoutMemory) {
  Watched pool;
  Monitor monitor(second_look_fails(pool, [] { throw std::bad_alloc(); }), pool.options());
  pool.pass();
  EXPECT_DOUBLE_EQ(pool.latest.seconds, 2);
  EXPECT_EQ(monitor.report().missed, 1u);
}

TEST(Monitors, GoOnAfterALookThatFails) {
  Watched pool;
  Monitor monitor(second_look_fails(pool, [] { throw Error(Errc::unavailable, "the far side is gone"); }),
                  pool.options());
  pool.pass();
  EXPECT_DOUBLE_EQ(pool.latest.seconds, 2) << "what the failed look would have told is in the next";
  const RunReport run = monitor.finish();
  EXPECT_EQ(run.missed, 1u);
  EXPECT_NE(run.missed_why.find("the far side is gone"), std::string::npos) << run.missed_why;
  EXPECT_NE(html_of(run).find("the far side is gone"), std::string::npos);
}

TEST(Monitors, EndAtOnce) {
  const auto begin = std::chrono::steady_clock::now();
  {
    MonitorOptions options;
    options.interval = 1h;
    Monitor monitor([] { return pool_at(0s); }, options);
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 30s) << "of an hour";
}

TEST(Monitors, RefuseAnIntervalOfNothing) {
  MonitorOptions options;
  options.interval = 0s;
  EXPECT_THROW(Monitor([] { return pool_at(0s); }, options), Error);
}

struct Number {
  std::int64_t x = 0;
  LAGOON_FIELDS(Number, x)
};
using Twice = Unary<"twice", Number, Number>;
using Doubler = Contract<"test.Doubler", Twice>;

TEST(Monitors, WatchAPool) {
  Engine engine;
  RunReport run;
  {
    Pool pool(engine, {serve<Doubler>(on<Twice>([](const Number& n) -> Result<Number> {
                if (n.x < 0) return Status(Errc::out_of_range, "below zero");
                return Number{2 * n.x};
              }))},
              {.name = "doublers", .workers = 2});
    MonitorOptions options;
    options.clock = &engine.clock();
    Monitor monitor(pool, options);
    const Caller<Doubler> caller(pool);
    for (int k = 0; k < 50; ++k) (void)caller.try_call<Twice>({k % 10 - 1});
    run = monitor.finish();
  }
  // The pool is gone; its report is not.
  EXPECT_EQ(run.pool, "doublers");
  EXPECT_EQ(run.total.calls, 50u);
  EXPECT_EQ(run.total.failed_calls, 5u);
  ASSERT_EQ(run.total.methods.size(), 1u);
  EXPECT_EQ(run.total.methods[0].service, "test.Doubler");
  ASSERT_EQ(run.total.methods[0].failures.size(), 1u);
  EXPECT_EQ(run.total.methods[0].failures[0].code, "out_of_range");
  EXPECT_EQ(run.total.workers.size(), 2u);
  EXPECT_GT(run.total.latency.mean, 0);
  EXPECT_NE(html_of(run).find("pool doublers"), std::string::npos);
}

}  // namespace
}  // namespace lagoon::test
