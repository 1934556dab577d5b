// SPDX-License-Identifier: Apache-2.0
// A pool ends in peace, at a deadline, or without the handlers that do not stop; it never just hangs.
#include <lagoon/rpc/pool.hpp>

#include "pool_lab.hpp"

namespace lagoon::test {
namespace {

TEST(Pools, DrainRefuseNewCallsAndFinishThoseTheyHave) {
  Engine engine;
  Held held;
  Pool pool(engine, {held.service()}, {.name = "crew", .workers = 1});
  const LabCaller caller(pool);
  auto first = caller.start<Compute>({1, {}}), second = caller.start<Compute>({2, {}});
  held.running.wait_for(1);
  const Status late = pool.drain(std::chrono::steady_clock::now() + 20ms);
  EXPECT_EQ(late.code(), Errc::deadline_exceeded);
  EXPECT_NE(late.message().find("2 calls of crew"), std::string::npos) << late.message();
  const auto refused = caller.try_call<Compute>();
  EXPECT_EQ(refused.status().code(), Errc::unavailable);
  EXPECT_EQ(refused.status().executed(), Executed::no);
  held.finish.open();
  EXPECT_TRUE(pool.drain().ok());
  EXPECT_TRUE(pool.drain().ok()) << "twice does no harm";
  EXPECT_EQ(first.try_get()->x, 1);
  EXPECT_EQ(second.try_get()->x, 2);
  EXPECT_EQ(first.report().isolate, "crew/0") << "a reply outlives its worker";
  EXPECT_EQ(pool.size(), 0u);
}

TEST(Pools, RefuseToBeDrainedFromWithin) {
  Engine engine;
  Pool* self = nullptr;
  Pool pool(engine, {serve_lab({.compute = [&](const Item&, CallContext&) -> Result<Item> { return self->drain(); }})},
            {.workers = 1});
  self = &pool;
  const LabCaller caller(pool);
  EXPECT_EQ(caller.try_call<Compute>().status().code(), Errc::failed_precondition);
  EXPECT_EQ(caller.start<Compute>().try_get().status().code(), Errc::failed_precondition);
}

TEST(PoolShutdowns, OfIdlePoolsAreDoneAtOnceAndTwiceDoesNoHarm) {
  WatchedClock clock;
  Engine engine({.clock = &clock});
  Pool pool(engine, {serve_lab({})}, {.workers = 2});
  EXPECT_TRUE(pool.shutdown(clock.now() + 1s).ok());
  EXPECT_TRUE(pool.shutdown(clock.now()).ok());
  EXPECT_TRUE(pool.shutdown(kNever).ok());
  EXPECT_EQ(pool.size(), 0u);
  EXPECT_EQ(LabCaller(pool).try_call<Compute>().status().code(), Errc::unavailable);
}

/// A call of each kind, held back in its handler; all look at the stop flag, or none.
struct Kinds {
  explicit Kinds(const LabCaller& caller)
      : unary(caller.start<Compute>()), down(caller.read<Down>()), up(caller.write<Up>()), both(caller.both<Both>()) {}
  Reply<Compute> unary;
  StreamReply<Down> down;
  Upload<Up> up;
  Duplex<Both> both;
  std::vector<Status> statuses() { return {unary.status(), down.status(), up.status(), both.status()}; }
};

TEST(PoolShutdowns, OfBusyPoolsLetCallsEndUntilTheDeadline) {
  WatchedClock clock;
  Engine engine({.clock = &clock});
  Held held;
  Pool pool(engine, {held.service()}, {.workers = 4});
  const LabCaller caller(pool);
  Kinds calls(caller);
  held.running.wait_for(4);
  auto waits = caller.start<Compute>({7, {}});
  Status status(Errc::unknown, "");
  std::thread ending([&] { status = pool.shutdown(clock.now() + 1h); });
  held.finish.open();
  ending.join();
  EXPECT_TRUE(status.ok()) << status.to_string();
  for (const Status& s : calls.statuses()) EXPECT_TRUE(s.ok()) << s.to_string();
  EXPECT_EQ(waits.try_get()->x, 7) << "a call that waited is one that was made";
}

TEST(PoolShutdowns, EndWhatIsLeftAtTheDeadline) {
  WatchedClock clock;
  Engine engine({.clock = &clock});
  Tally running;
  const auto until_told = [&](CallContext& context) {
    running.add();
    while (!context.stop_requested()) std::this_thread::yield();
    return Status(Errc::cancelled, "told to stop");
  };
  Pool pool(engine,
            {serve_lab({.compute = [&](const Item&, CallContext& c) -> Result<Item> { return until_told(c); },
                        .down = [&](Item, Writer<Item>, CallContext& c) { return until_told(c); },
                        .up = [&](Reader<Item>, CallContext& c) -> Result<Item> { return until_told(c); },
                        .both = [&](Reader<Item>, Writer<Item>, CallContext& c) { return until_told(c); }})},
            {.name = "crew", .workers = 4});
  const LabCaller caller(pool);
  Kinds calls(caller);
  running.wait_for(4);
  auto waits = caller.start<Compute>();
  const Status status = pool.shutdown(clock.now());  // time stands still: handlers have all the time they need
  EXPECT_EQ(status.code(), Errc::deadline_exceeded);
  EXPECT_NE(status.message().find("5 calls of crew were ended at the deadline; 0 workers"), std::string::npos)
      << status.message();
  for (const Status& s : calls.statuses()) {
    EXPECT_EQ(s.code(), Errc::unavailable) << s.to_string();
    EXPECT_EQ(s.executed(), Executed::maybe);
  }
  EXPECT_EQ(waits.status().code(), Errc::unavailable);
  EXPECT_EQ(waits.status().executed(), Executed::no);
}

TEST(PoolShutdowns, LeaveHandlersBehindThatDoNotStop) {
  WatchedClock clock;
  Engine engine({.clock = &clock});
  static std::vector<std::unique_ptr<Held>> kept;  // what a handler left behind refers to must live on
  Held& held = *kept.emplace_back(std::make_unique<Held>());
  std::vector<Status> told;
  {
    Diary diary;
    Pool pool(engine, {held.service()}, {.name = "crew", .workers = 4, .on_event = diary.writer()});
    const LabCaller caller(pool);
    Kinds calls(caller);
    held.running.wait_for(4);
    Status status;
    std::thread ending([&] { status = pool.shutdown(clock.now()); });
    told = calls.statuses();
    while (diary.count(What::hung) < 4) {
      clock.advance(10ms);
      clock.let_threads_look();
    }
    ending.join();
    EXPECT_EQ(status.code(), Errc::deadline_exceeded);
    EXPECT_NE(status.message().find("4 workers were left behind"), std::string::npos) << status.message();
    EXPECT_EQ(pool.overview().counts.hung, 4u);
  }  // returns although they run on
  for (const Status& s : told) EXPECT_EQ(s.code(), Errc::unavailable);
  held.finish.open();
}

TEST(PoolShutdowns, FromWithinGoOnWithoutTheirCaller) {
  Engine engine;
  Pool* self = nullptr;
  Status inner;
  Pool pool(engine,
            {serve_lab({.compute =
                            [&](const Item& q, CallContext&) {
                              inner = self->shutdown(std::chrono::steady_clock::now() + 1h);
                              return q;
                            }})},
            {.workers = 1});
  self = &pool;
  const LabCaller caller(pool);
  EXPECT_TRUE(caller.start<Compute>().try_get().ok()) << "a call that runs has until the deadline";
  EXPECT_EQ(inner.code(), Errc::failed_precondition);
  EXPECT_TRUE(pool.drain().ok());
  EXPECT_EQ(caller.try_call<Compute>().status().code(), Errc::unavailable);
}

TEST(PoolShutdownsDeathTest, AtExitAreClean) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");  // a child that begins anew: threads of oneTBB do not survive a fork
  EXPECT_EXIT(
      {
        static Engine engine;
        static Pool pool(engine, {serve_lab({})}, {.workers = 2});
        static const LabCaller caller(pool);
        for (int k = 0; k < 100; ++k) (void)caller.start<Later>();  // unheard, and under way
        std::exit(0);
      },
      testing::ExitedWithCode(0), "");
  EXPECT_EXIT(
      {
        static Held held;
        static Engine engine;
        static Pool pool(engine, {held.service()}, {.workers = 2});
        static const LabCaller caller(pool);
        (void)caller.start<Compute>();
        held.running.wait_for(1);
        (void)pool.shutdown(std::chrono::steady_clock::now());
        std::exit(0);  // although a handler runs on
      },
      testing::ExitedWithCode(0), "");
}

TEST(PoolShutdowns, EndCallsThatRunOnTheirCallersOwnThread) {
  Engine engine;
  Pool* self = nullptr;
  Gate inside;
  Pool pool(engine, {serve_lab({.compute = [&](const Item&, CallContext& context) -> Result<Item> {
              inside.open();
              for (;;) context.throw_if_stopped();
            }})},
            {.workers = 1});
  self = &pool;
  std::thread ending([&] {
    inside.wait();
    (void)self->shutdown(std::chrono::steady_clock::now());
  });
  EXPECT_EQ(LabCaller(pool).try_call<Compute>().status().code(), Errc::cancelled);
  ending.join();
}

}  // namespace
}  // namespace lagoon::test
