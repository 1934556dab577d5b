// SPDX-License-Identifier: Apache-2.0
// A call that takes long is made once more: one answer, the first success; nothing of the others is left.
#include <lagoon/rpc/hedge.hpp>

#include <array>
#include <thread>

#include "again.hpp"

namespace lagoon::test {
namespace {

/// How a call is made, and over what.
struct Case {
  Ground ground;
  bool awaits;
};
std::string case_name(const testing::TestParamInfo<Case>& info) {
  return std::string(info.param.ground == Ground::local ? "Local" : "Pool") +
         (info.param.awaits ? "Awaited" : "Waiting");
}

constexpr std::size_t kAttempts = 3;

/// A handler whose attempts each wait for a gate of their own, and end as they are told; or until they shall stop,
/// unless they are stubborn.
class Hedges : public testing::TestWithParam<Case> {
 protected:
  VirtualClock clock_;
  Engine engine_{{.clock = &clock_}};
  std::array<Gate, kAttempts> may_end_;
  std::array<Status, kAttempts> ends_;
  std::atomic<bool> stubborn_{false};
  Tally begun_, ended_, stopped_;
  AgainGround ground_{engine_, GetParam().ground, [this](const Item& q, CallContext& c) -> Result<Item> {
                        const auto attempt = static_cast<std::size_t>(begun_.add()) - 1;
                        const auto shall_stop = [&] { return !stubborn_ && c.stop_requested(); };
                        while (!may_end_[attempt].is_open() && !shall_stop()) std::this_thread::yield();
                        if (c.stop_requested()) stopped_.add();
                        if (!may_end_[attempt].is_open()) c.throw_if_stopped();
                        const Status& end = ends_[attempt];
                        const Result<Item> answer = end.ok()
                                                        ? Result<Item>(Item{static_cast<std::int64_t>(attempt), q.data})
                                                        : Result<Item>(end);
                        ended_.add();
                        return answer;
                      }};

  /// One hedged call on a thread or coroutine of its own.
  struct Running {
    Awaited<Result<Item>> end;
    std::thread waiting;
    Result<Item>& wait() {
      if (waiting.joinable()) waiting.join();
      return end.wait();
    }
    ~Running() {
      if (waiting.joinable()) waiting.join();
    }
  };
  std::unique_ptr<Running> start(const HedgePolicy& policy, const CallOptions& options = {}, Item q = {}) {
    auto running = std::make_unique<Running>();
    const auto caller = hedged(ground_.caller(), policy);
    if (GetParam().awaits) {
      running->end.run(caller.try_task<Ask>(std::move(q), options));
    } else {
      running->waiting = std::thread([&end = running->end, caller, options, q]() mutable {
        end.outcome.emplace(caller.try_call<Ask>(std::move(q), options));
        end.done.open();
      });
    }
    return running;
  }
  /// Until the hedged call has heard of the end of one of its two attempts, not only its handler has ended.
  void wait_until_one_has_told() {
    while (ground_.running() > 1) std::this_thread::yield();
  }
  /// Moves the clock until so many attempts have begun.
  void advance_until_begun(std::int64_t attempts) {
    while (begun_.value() < attempts) {
      clock_.advance(1ms);
      std::this_thread::yield();
    }
  }
  /// The same, with its second attempt under way.
  std::unique_ptr<Running> start_two(const HedgePolicy& policy, const CallOptions& options = {}, Item q = {}) {
    auto running = start(policy, options, std::move(q));
    begun_.wait_for(1);
    advance_until_begun(2);
    return running;
  }
};

TEST_P(Hedges, AreNotMadeOfCallsThatAreQuick) {
  auto running = start({.after = 1h});
  begun_.wait_for(1);
  may_end_[0].open();
  const auto& r = running->wait();
  ASSERT_TRUE(r.ok()) << r.status().to_string();
  EXPECT_EQ(r->x, 0);
  EXPECT_EQ(begun_.value(), 1);
}

TEST_P(Hedges, AnswerWhenTheFirstDoesNot) {
  auto running = start_two({.after = 20ms});
  may_end_[1].open();
  const auto& r = running->wait();
  ASSERT_TRUE(r.ok()) << r.status().to_string();
  EXPECT_EQ(r->x, 1);
  stopped_.wait_for(1);  // the first attempt was told to stop: its gate is still shut
}

TEST_P(Hedges, LetTheFirstAnswerIfItIsSoonerAfterAll) {
  auto running = start_two({.after = 20ms});
  may_end_[0].open();
  const auto& r = running->wait();
  ASSERT_TRUE(r.ok());
  EXPECT_EQ(r->x, 0);
  stopped_.wait_for(1);
}

TEST_P(Hedges, AreNoMoreThanTheyMayBe) {
  auto running = start_two({.after = 20ms, .most = 2});
  clock_.advance(1h);
  for (int k = 0; k < 200; ++k) (void)ground_.caller().start<LaterAsk>({});  // time for it to be wrong
  EXPECT_EQ(begun_.value(), 2);
  may_end_[0].open();
  EXPECT_TRUE(running->wait().ok());
}

TEST_P(Hedges, WaitForTheOtherWhenOneFails) {
  ends_[0] = Status(Errc::aborted, "the first");
  auto running = start_two({.after = 20ms});
  may_end_[0].open();
  wait_until_one_has_told();
  EXPECT_FALSE(running->end.done.is_open());
  may_end_[1].open();
  const auto& r = running->wait();
  ASSERT_TRUE(r.ok()) << r.status().to_string();
  EXPECT_EQ(r->x, 1);
}

TEST_P(Hedges, ThatAllFailGiveTheFirstFailureAndTheOtherAsItsCause) {
  ends_[0] = Status(Errc::aborted, "of the first attempt");
  ends_[1] = Status(Errc::unavailable, "of the second");
  auto running = start_two({.after = 20ms});
  may_end_[1].open();
  wait_until_one_has_told();
  may_end_[0].open();
  const Status status = running->wait().status();
  EXPECT_EQ(status.code(), Errc::unavailable) << status.to_string();
  ASSERT_TRUE(status.cause());
  EXPECT_EQ(status.cause()->code(), Errc::aborted);
  EXPECT_EQ(status.executed(), Executed::yes);
  EXPECT_EQ(detail_of(status, "attempts"), "2");
}

TEST_P(Hedges, EndAtOnceWithAFailureThatWillNotPass) {
  ends_[1] = Status(Errc::data_loss, "as planned").with_executed(Executed::no);
  auto running = start_two({.after = 20ms, .most = 2});
  may_end_[1].open();
  const Status status = running->wait().status();  // hangs if it waits for the first attempt
  EXPECT_EQ(status.code(), Errc::data_loss) << status.to_string();
  EXPECT_EQ(status.cause(), nullptr) << "the attempt that was cancelled for it is not a reason";
  EXPECT_EQ(status.executed(), Executed::maybe) << "the first attempt was running";
  EXPECT_EQ(detail_of(status, "attempts"), "2");
  stopped_.wait_for(1);
  EXPECT_EQ(begun_.value(), 2);
}

TEST_P(Hedges, ThatWillNotPassComeBeforeFailuresThatMay) {
  ends_[0] = Status(Errc::aborted, "may pass");
  ends_[1] = Status(Errc::data_loss, "will not");
  auto running = start_two({.after = 20ms});
  may_end_[0].open();
  wait_until_one_has_told();
  may_end_[1].open();
  const Status status = running->wait().status();
  EXPECT_EQ(status.code(), Errc::data_loss) << status.to_string();
  ASSERT_TRUE(status.cause());
  EXPECT_EQ(status.cause()->code(), Errc::aborted);
}

TEST_P(Hedges, AreMadeAtOnceWhenNothingRunsAnyMore) {
  ends_[0] = Status(Errc::unavailable, "passes");
  may_end_[0].open();
  may_end_[1].open();
  auto running = start({.after = 1h});
  const auto& r = running->wait();  // nobody moves the clock
  ASSERT_TRUE(r.ok()) << r.status().to_string();
  EXPECT_EQ(r->x, 1);
  EXPECT_EQ(begun_.value(), 2);
}

TEST_P(Hedges, AreNotMadeWhenTheServiceAsksToWait) {
  ends_[0] = Status(Errc::resource_exhausted, "full").with_retry_after(1ms);
  may_end_[0].open();
  const Status status = start({.after = 1h})->wait().status();
  EXPECT_EQ(status.code(), Errc::resource_exhausted);
  EXPECT_EQ(detail_of(status, "attempts"), "1");
  EXPECT_EQ(begun_.value(), 1);
}

TEST_P(Hedges, EndAtTheDeadlineOfTheCall) {
  auto running = start_two({.after = 20ms}, {.timeout = 1h});
  clock_.advance(1h);
  const Status status = running->wait().status();
  EXPECT_EQ(status.code(), Errc::deadline_exceeded) << status.to_string();
  EXPECT_NE(status.executed(), Executed::no);
  stopped_.wait_for(2);
}

TEST_P(Hedges, EndWithTheirStopControl) {
  StopControl stop;
  auto running = start_two({.after = 20ms}, {.stop = &stop});
  stop.request_stop();
  while (!running->end.done.is_open()) clock_.advance(1ms);
  EXPECT_EQ(running->wait().status().code(), Errc::cancelled);
  stopped_.wait_for(2);
}

TEST_P(Hedges, ShareTheirArraysAndDropLateAnswers) {
  stubborn_ = true;
  const auto data = filled(1000);
  {
    auto running = start({.after = 20ms}, {}, {7, data});
    begun_.wait_for(1);
    advance_until_begun(2);
    may_end_[1].open();
    const auto& r = running->wait();
    ASSERT_TRUE(r.ok());
    EXPECT_EQ(r->x, 1);
    EXPECT_EQ(r->data.data(), data.data());
    may_end_[0].open();
    ended_.wait_for(2);
    EXPECT_EQ(stopped_.value(), 1);
    EXPECT_EQ(r->x, 1);
  }
  ground_.close();
  EXPECT_TRUE(data.unique()) << "no call is left that holds it";
}

INSTANTIATE_TEST_SUITE_P(Over, Hedges,
                         testing::Values(Case{Ground::local, false}, Case{Ground::local, true},
                                         Case{Ground::pool, false}, Case{Ground::pool, true}),
                         case_name);

TEST(HedgesWithin, AHandlerEndWithTheirParent) {
  for (const bool awaits : {false, true}) {
    VirtualClock clock;
    Engine engine({.clock = &clock});
    Tally begun, stopped;
    AgainGround leaf(engine, Ground::pool, [&](const Item& q, CallContext& c) {
      begun.add();
      while (!c.stop_requested()) std::this_thread::yield();
      stopped.add();
      return q;
    });
    const auto twice = hedged(leaf.caller(), {.after = 20ms});
    AgainGround top(
        engine, Ground::local, [&](const Item& q, CallContext&) { return twice.try_call<Ask>(q); },
        [&](Item q, CallContext&) -> Task<Result<Item>> {
          auto task = twice.try_task<Ask>(q);
          co_return co_await task;
        });
    const auto check = [&](auto reply) {
      begun.wait_for(1);
      while (begun.value() < 2) clock.advance(1ms);
      reply.cancel();
      EXPECT_EQ(reply.status().code(), Errc::cancelled);
      stopped.wait_for(2);
    };
    if (awaits) {
      check(top.caller().start<LaterAsk>({}));
    } else {
      check(top.caller().start<Ask>({}));
    }
  }
}

TEST(HedgesMany, AtOnceEachHaveOneAnswer) {
  Engine engine;
  std::atomic<int> handled{0};
  const auto data = filled(100);
  {
    AgainGround ground(engine, Ground::pool, [&](const Item& q, CallContext&) -> Result<Item> {
      burn(static_cast<int>(++handled % 7) * 5000);
      if (q.x % 5 == 0) return Status(q.x % 2 ? Errc::aborted : Errc::data_loss, "as asked");
      return q;
    });
    const auto twice = hedged(ground.caller(), {.after = 5us, .most = 3});
    std::vector<std::thread> threads;
    for (int t = 0; t < 3; ++t)
      threads.emplace_back([&] {
        for (std::int64_t k = 0; k < 500 / kSlowness; ++k) {
          const auto r = twice.try_call<Ask>({k, data});
          Awaited<Result<Item>> end;
          end.run(twice.try_task<Ask>({k, data}));
          for (const auto* each : {&r, static_cast<const Result<Item>*>(&end.wait())}) {
            EXPECT_EQ(each->ok(), k % 5 != 0) << each->status().to_string();
            if (each->ok()) {
              EXPECT_EQ((*each)->x, k);
            }
          }
        }
      });
    for (auto& t : threads) t.join();
    EXPECT_GT(handled, 3 * 2 * 500 / kSlowness) << "some were hedged";
  }
  EXPECT_TRUE(data.unique());
}

TEST(HedgePolicies, ThatMakeNoSenseAreRefused) {
  Engine engine;
  AgainGround ground(engine, Ground::local, [](const Item& q, CallContext&) { return q; });
  EXPECT_THROW(hedged(ground.caller(), {.most = 0}), Error);
  EXPECT_THROW(hedged(ground.caller(), {.after = -1ns}), Error);
}

}  // namespace
}  // namespace lagoon::test
