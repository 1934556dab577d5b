// SPDX-License-Identifier: Apache-2.0
// A call that failed for a reason that may pass is made again, if that is safe, while its deadline lasts.
#include <lagoon/rpc/retry.hpp>

#include <algorithm>
#include <thread>

#include "again.hpp"

namespace lagoon::test {
namespace {

/// A handler that gives the planned ends in turn, the last of them for ever, and notes what it saw.
struct Script {
  explicit Script(Engine& e, std::vector<Status> planned) : engine(e), ends(std::move(planned)) {}
  Result<Item> operator()(const Item& q) {
    const std::lock_guard lock(mutex);
    times.push_back(engine.clock().now());
    arrays.push_back(q.data.data());
    const Status& end = ends[std::min(times.size(), ends.size()) - 1];
    return end.ok() ? Result<Item>(q) : Result<Item>(end);
  }
  std::size_t attempts() {
    const std::lock_guard lock(mutex);
    return times.size();
  }
  Engine& engine;
  std::mutex mutex;
  std::vector<Status> ends;
  std::vector<TimePoint> times;
  std::vector<const double*> arrays;
};

/// Over both grounds: each way to call, on a clock that pauses move by themselves.
class Retries : public testing::TestWithParam<Ground> {
 protected:
  VirtualClock clock_;
  Engine engine_{{.clock = &clock_, .seed = 1}};

  /// A policy whose pauses pass at once, and are noted.
  RetryPolicy policy() {
    RetryPolicy p;
    p.on_retry = [this](unsigned, const Status&, std::chrono::nanoseconds pause) {
      pauses_.push_back(pause);
      clock_.advance(pause);
    };
    return p;
  }
  template <class M>
  Result<Item> blocking(Script& script, RetryPolicy p, const CallOptions& options = {}, Item q = {}) {
    AgainGround ground(engine_, GetParam(), [&](const Item& item, CallContext&) { return script(item); });
    return retrying(ground.caller(), std::move(p)).template try_call<M>(std::move(q), options);
  }
  template <class M>
  Result<Item> awaited(Script& script, RetryPolicy p, const CallOptions& options = {}, Item q = {}) {
    AgainGround ground(engine_, GetParam(), [&](const Item& item, CallContext&) { return script(item); });
    Awaited<Result<Item>> end;
    end.run(retrying(ground.caller(), std::move(p)).template try_task<M>(std::move(q), options));
    return end.wait();
  }
  /// In both ways, each with a script of its own.
  template <class M, class Check>
  void in_both_ways(const std::vector<Status>& ends, Check check, const CallOptions& options = {}) {
    for (const bool waits : {true, false}) {
      SCOPED_TRACE(waits ? "blocking" : "awaited");
      pauses_.clear();
      Script script(engine_, ends);
      check(waits ? blocking<M>(script, policy(), options) : awaited<M>(script, policy(), options), script);
    }
  }
  std::vector<std::chrono::nanoseconds> pauses_;
};

TEST_P(Retries, AreMadeUntilOneSucceeds) {
  in_both_ways<Ask>({unavailable(), unavailable(Executed::yes), Status()}, [](const auto& r, Script& script) {
    EXPECT_TRUE(r.ok()) << r.status().to_string();
    EXPECT_EQ(script.attempts(), 3u);
  });
}

TEST_P(Retries, AreNotMadeAfterSuccess) {
  in_both_ways<Ask>({Status()}, [this](const auto& r, Script& script) {
    EXPECT_TRUE(r.ok());
    EXPECT_EQ(script.attempts(), 1u);
    EXPECT_TRUE(pauses_.empty());
  });
}

TEST_P(Retries, EndAfterTheAttemptsOfThePolicyAndSayHowMany) {
  in_both_ways<Ask>({unavailable()}, [this](const auto& r, Script& script) {
    EXPECT_EQ(r.status().code(), Errc::unavailable);
    EXPECT_EQ(detail_of(r.status(), "attempts"), "4");
    EXPECT_EQ(script.attempts(), 4u);
    EXPECT_EQ(pauses_.size(), 3u);
  });
}

TEST_P(Retries, OfWhatMayNotBeRepeatedAreMadeOnlyIfItDidNotRun) {
  for (const Executed ran : {Executed::maybe, Executed::yes})
    in_both_ways<Act>({unavailable(ran), Status()}, [&](const auto& r, Script& script) {
      EXPECT_EQ(r.status().code(), Errc::unavailable);
      EXPECT_EQ(r.status().executed(), ran);
      EXPECT_EQ(detail_of(r.status(), "attempts"), "1");
      EXPECT_EQ(script.attempts(), 1u);
    });
  in_both_ways<Act>({unavailable(Executed::no), Status()}, [](const auto& r, Script& script) {
    EXPECT_TRUE(r.ok());
    EXPECT_EQ(script.attempts(), 2u);
  });
}

TEST_P(Retries, AreMadeForTheCodesOfThePolicyAlone) {
  for (int code = 1; code < static_cast<int>(kErrcCount); ++code) {
    const auto errc = static_cast<Errc>(code);
    const bool passes = errc == Errc::unavailable || errc == Errc::resource_exhausted || errc == Errc::aborted;
    SCOPED_TRACE(name(errc));
    in_both_ways<Ask>({Status(errc, "as planned").with_executed(Executed::no), Status()},
                      [&](const auto& r, Script& script) {
                        EXPECT_EQ(r.ok(), passes);
                        EXPECT_EQ(script.attempts(), passes ? 2u : 1u);
                        if (!passes) {
                          EXPECT_EQ(r.status().code(), errc);
                        }
                      });
  }
}

TEST_P(Retries, SayTheMostThatAnyAttemptDid) {
  in_both_ways<Ask>({unavailable(Executed::maybe), Status(Errc::invalid_argument, "no").with_executed(Executed::no)},
                    [](const auto& r, Script&) {
                      EXPECT_EQ(r.status().code(), Errc::invalid_argument);
                      EXPECT_EQ(r.status().executed(), Executed::maybe) << "the first attempt may have run";
                      ASSERT_TRUE(r.status().cause());
                      EXPECT_EQ(r.status().cause()->code(), Errc::unavailable);
                    });
}

TEST_P(Retries, WaitAtLeastAsLongAsTheyAreTold) {
  in_both_ways<Ask>({unavailable().with_retry_after(5s), Status()}, [this](const auto& r, Script& script) {
    EXPECT_TRUE(r.ok());
    ASSERT_EQ(pauses_.size(), 1u);
    EXPECT_GE(pauses_[0], 5s);
    EXPECT_LE(pauses_[0], 5s + 10ms);
    EXPECT_GE(script.times[1] - script.times[0], 5s);
  });
}

TEST_P(Retries, ShareTheArraysOfTheirRequest) {
  for (const bool waits : {true, false}) {
    Script script(engine_, {unavailable(), unavailable(), Status()});
    const Item q{1, filled(1000)};
    const auto r = waits ? blocking<Ask>(script, policy(), {}, q) : awaited<Ask>(script, policy(), {}, q);
    ASSERT_TRUE(r.ok());
    EXPECT_EQ(script.arrays, std::vector<const double*>(3, q.data.data()));
    EXPECT_EQ(r->data.data(), q.data.data());
  }
}

TEST_P(Retries, BeginNoAttemptThatTheDeadlineForbids) {
  in_both_ways<Ask>(
      {unavailable(Executed::yes).with_retry_after(4s)},
      [this](const auto& r, Script& script) {
        EXPECT_EQ(r.status().code(), Errc::deadline_exceeded) << r.status().to_string();
        EXPECT_EQ(detail_of(r.status(), "attempts"), "3") << "after 0, 4 and 8 seconds; the next would be at 12";
        EXPECT_EQ(script.attempts(), 3u);
        EXPECT_EQ(r.status().executed(), Executed::yes);
        ASSERT_TRUE(r.status().cause());
        EXPECT_EQ(r.status().cause()->code(), Errc::unavailable);
        EXPECT_LT(clock_.now() - script.times[0], 10s) << "it does not wait for a deadline that it cannot meet";
      },
      {.timeout = 10s});
}

TEST_P(Retries, PassTheirDeadlineToEveryAttempt) {
  std::mutex mutex;
  std::vector<TimePoint> deadlines;
  AgainGround ground(engine_, GetParam(), [&](const Item&, CallContext& c) -> Result<Item> {
    const std::lock_guard lock(mutex);
    deadlines.push_back(c.deadline());
    return unavailable();
  });
  (void)retrying(ground.caller(), policy()).try_call<Ask>({}, {.timeout = 1h});
  ASSERT_EQ(deadlines.size(), 4u);
  EXPECT_EQ(deadlines, std::vector<TimePoint>(4, deadlines[0]));
}

TEST_P(Retries, FillTheReportOfTheLastAttempt) {
  Script script(engine_, {unavailable(), Status()});
  CallReport report;
  EXPECT_TRUE(blocking<Ask>(script, policy(), {.report = &report}).ok());
  EXPECT_FALSE(report.isolate.empty());
}

INSTANTIATE_TEST_SUITE_P(Over, Retries, testing::Values(Ground::local, Ground::pool), ground_name);

// ---- what ends a pause early

/// An outer call whose handler retries a call that is never available; its pause does not pass by itself.
class RetriesWithin : public testing::TestWithParam<bool> {
 protected:
  VirtualClock clock_;
  Engine engine_{{.clock = &clock_}};
  Gate pausing_;
  Tally attempts_, ended_;
  Status inner_;
  AgainGround leaf_{engine_, Ground::local, [this](const Item&, CallContext&) -> Result<Item> {
                      attempts_.add();
                      return unavailable().with_retry_after(1h);
                    }};
  const Retrying<Twice> again_ =
      retrying(leaf_.caller(), {.on_retry = [this](unsigned, const Status&, auto) { pausing_.open(); }});
  AgainGround top_{engine_, Ground::pool,
                   [this](const Item& q, CallContext&) -> Result<Item> {
                     auto r = again_.try_call<Ask>(q);
                     inner_ = r.status();
                     ended_.add();
                     return r;
                   },
                   [this](Item q, CallContext&) -> Task<Result<Item>> {
                     auto task = again_.try_task<Ask>(q);
                     auto r = co_await task;
                     inner_ = r.status();
                     ended_.add();
                     co_return r;
                   }};
  bool awaits() const { return GetParam(); }
};

TEST_P(RetriesWithin, AHandlerEndTheirPauseWithTheirParent) {
  const auto check = [&](auto reply) {
    pausing_.wait();
    reply.cancel();
    EXPECT_EQ(reply.status().code(), Errc::cancelled);
    ended_.wait_for(1);
    EXPECT_EQ(inner_.code(), Errc::cancelled) << inner_.to_string();
    ASSERT_TRUE(inner_.cause());
    EXPECT_EQ(inner_.cause()->code(), Errc::unavailable);
    EXPECT_EQ(attempts_.value(), 1);
  };
  if (awaits()) {
    check(top_.caller().start<LaterAsk>({}));
  } else {
    check(top_.caller().start<Ask>({}));
  }
}

TEST_P(RetriesWithin, AHandlerObeyTheDeadlineOfTheirParent) {
  const CallOptions options{.timeout = 30min};
  const Status status = awaits() ? top_.caller().try_call<LaterAsk>({}, options).status()
                                 : top_.caller().try_call<Ask>({}, options).status();
  EXPECT_EQ(status.code(), Errc::deadline_exceeded) << "an hour's pause does not fit: it says so at once";
  EXPECT_EQ(attempts_.value(), 1);
}

INSTANTIATE_TEST_SUITE_P(That, RetriesWithin, testing::Values(false, true),
                         [](const auto& info) { return info.param ? "Await" : "Block"; });

TEST(RetriesOutside, EndTheirPauseByTheirStopControl) {
  for (const bool awaits : {false, true}) {
    VirtualClock clock;
    Engine engine({.clock = &clock});
    AgainGround ground(engine, Ground::local,
                       [](const Item&, CallContext&) { return unavailable().with_retry_after(1h); });
    StopControl stop;
    // Told to stop when the pause has been decided upon; a stop from outside is looked for every 20 ms.
    const auto again =
        retrying(ground.caller(), {.on_retry = [&](unsigned, const Status&, auto) { stop.request_stop(); }});
    Status status;
    if (awaits) {
      Awaited<Result<Item>> end;
      end.run(again.try_task<Ask>({}, {.stop = &stop}));
      status = end.wait().status();
    } else {
      status = again.try_call<Ask>({}, {.stop = &stop}).status();
    }
    EXPECT_EQ(status.code(), Errc::cancelled) << status.to_string();
    EXPECT_EQ(detail_of(status, "attempts"), "1");
  }
}

TEST(RetriesOutside, LookForTheirStopWhileTheyPause) {
  VirtualClock clock;
  Engine engine({.clock = &clock});
  AgainGround ground(engine, Ground::local,
                     [](const Item&, CallContext&) { return unavailable().with_retry_after(1h); });
  StopControl stop;
  Gate pausing;
  const auto again = retrying(ground.caller(), {.on_retry = [&](unsigned, const Status&, auto) { pausing.open(); }});
  Awaited<Result<Item>> end;
  end.run(again.try_task<Ask>({}, {.stop = &stop}));
  pausing.wait();
  for (int k = 0; k < 1000; ++k) EXPECT_TRUE(ground.caller().try_call<LaterAsk>({}).ok());  // the pause has begun
  EXPECT_FALSE(end.done.is_open());
  stop.request_stop();
  clock.advance(20ms);
  EXPECT_EQ(end.wait().status().code(), Errc::cancelled);
}

TEST(RetriesOutside, PauseUntilTheTimeHasComeAndNotLonger) {
  VirtualClock clock;
  Engine engine({.clock = &clock});
  Tally attempts;
  AgainGround ground(engine, Ground::local, [&](const Item& q, CallContext&) -> Result<Item> {
    if (attempts.add() == 2) return q;
    return unavailable().with_retry_after(1h);
  });
  const auto again = retrying(ground.caller(), {.first = 0ms});
  Awaited<Result<Item>> end;
  end.run(again.try_task<Ask>({}));
  while (attempts.value() < 1) std::this_thread::yield();
  clock.advance(1h - 1ns);
  for (int k = 0; k < 1000; ++k) EXPECT_TRUE(ground.caller().try_call<LaterAsk>({}).ok());  // time for it to be wrong
  EXPECT_EQ(attempts.value(), 1);
  clock.advance(1h);  // its pause may have begun after the first step
  EXPECT_TRUE(end.wait().ok());
}

TEST(RetriesOutside, LeaveNoCallBehind) {
  Engine engine;
  AgainGround ground(engine, Ground::pool, [](const Item& q, CallContext&) -> Result<Item> {
    return q.x % 3 ? Result<Item>(unavailable()) : Result<Item>(q);
  });
  const auto again = retrying(ground.caller(), {.attempts = 3, .first = 1us, .most = 10us});
  const auto data = filled(100);
  for (std::int64_t k = 0; k < 60; ++k) {
    EXPECT_EQ(again.try_call<Ask>({k, data}).ok(), k % 3 == 0);
    Awaited<Result<Item>> end;
    end.run(again.try_task<Ask>({k, data}));
    EXPECT_EQ(end.wait().ok(), k % 3 == 0);
  }
  ground.close();
  EXPECT_TRUE(data.unique());
}

}  // namespace
}  // namespace lagoon::test
