// SPDX-License-Identifier: Apache-2.0
// Handlers and callers that are coroutines: suspended, they cost no thread; resumed, they wait behind nobody.
#include <sys/resource.h>

#include <fstream>

#include "lab.hpp"

namespace lagoon::test {
namespace {

using namespace std::chrono_literals;

long resident_kib() {
  long pages = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> pages >> resident;
  return resident * 4;
}

class Coroutines : public testing::Test {
 protected:
  Engine engine_;
};

TEST_F(Coroutines, OutsideIsolatesMakeOneCallAfterAnother) {
  Lab lab(engine_, {.name = "lab"}, {.compute = [](const Item& q, CallContext& c) {
            EXPECT_EQ(c.depth(), 0u);
            EXPECT_EQ(c.deadline(), kNever);
            return Item{q.x + 1, {}};
          }});
  Gate done;
  std::int64_t x = 0;
  std::vector<std::uint64_t> traces;
  const auto launch = [&]() -> Launched {
    for (int k = 0; k < 200; ++k) {
      auto reply = lab->start<Compute>({x, {}});
      x = (co_await reply).x;
      traces.push_back(reply.report().trace_id);
    }
    done.open();
  };
  launch();
  done.wait();
  EXPECT_EQ(x, 200);
  std::sort(traces.begin(), traces.end());
  EXPECT_EQ(std::adjacent_find(traces.begin(), traces.end()), traces.end()) << "each call is a tree of its own";
}

TEST_F(Coroutines, OutsideIsolatesInheritNoDeadlineFromACallThatHasEnded) {
  VirtualClock clock;
  Engine engine({.clock = &clock});
  Lab lab(engine, {.name = "lab"}, {});
  Gate done;
  Status second;
  const auto launch = [&]() -> Launched {
    auto first = lab->start<Compute>({}, {.timeout = 1s});
    (void)co_await first;
    clock.advance(2s);
    auto reply = lab->start<Compute>();
    try {
      (void)co_await reply;
    } catch (const Error& e) {
      second = e.status();
    }
    done.open();
  };
  launch();
  done.wait();
  EXPECT_TRUE(second.ok()) << second.to_string();
}

TEST_F(Coroutines, BelongToTheirIsolateAndCallAgainAfterEachSuspension) {
  const LabCaller* other_caller = nullptr;
  Lab other(engine_, {.name = "other"}, {});
  other_caller = &other.caller();
  Lab lab(engine_, {.name = "lab"}, {.later = [&](Item q, CallContext& c) -> Task<Result<Item>> {
            for (int k = 0; k < 20; ++k) {
              auto reply = other_caller->start<Compute>(q);
              (void)co_await reply;
              EXPECT_EQ(current_isolate(), "lab");
              EXPECT_NE(current_stop(), nullptr);
              const auto scratch = filled(100000);
              EXPECT_EQ(c.isolate(), "lab");
            }
            co_return q;
          }});
  for (int k = 0; k < 20; ++k) EXPECT_TRUE(lab->try_call<Later>().ok());
}

TEST_F(Coroutines, MayBeSuspendedByTheThousandWithoutAThreadEach) {
  Gate finish;
  const LabCaller* other_caller = nullptr;
  Lab other(engine_, {.name = "other"}, {.alone = [&](const Item& q, CallContext&) {
              finish.wait();
              return q;
            }});
  other_caller = &other.caller();
  Tally suspended;
  Lab lab(engine_, {.name = "lab", .queue_limit = 4096}, {.later = [&](Item q, CallContext&) -> Task<Result<Item>> {
            auto both = other_caller->both<LaterBoth>();
            suspended.add();
            (void)co_await both.next();  // until the test cancels
            co_return q;
          }});
  std::vector<Reply<Later>> replies;
  constexpr int kCalls = 2000;
  for (int k = 0; k < kCalls; ++k) {
    replies.push_back(lab->start<Later>({k, {}}));
    suspended.wait_for(k + 1);
  }
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    EXPECT_TRUE(!line.starts_with("Threads:") || std::stoi(line.substr(8)) < 80) << line;
  for (auto& r : replies) r.cancel();
  finish.open();
  lab.close();
  other.close();
}

TEST_F(Coroutines, ResumedByTheThousandAtOnceAreServedInLinearTime) {
  // Quadratic work at 20 000 is 2e8 list steps for each of them; linear is nothing.
  Watchdog::instance().allow(30s);
  constexpr int kCalls = 20000;
  std::vector<Duplex<LaterBoth>> streams;
  Lab lab(engine_, {.name = "lab", .queue_limit = 1 << 15}, {});
  for (int k = 0; k < kCalls; ++k) {
    streams.push_back(lab->both<LaterBoth>({.window_items = 2}));
    ASSERT_TRUE(streams.back().write({k, {}}));
  }
  for (int k = 0; k < kCalls; ++k) EXPECT_EQ(streams[static_cast<std::size_t>(k)].read()->x, k);
  const auto begin = std::chrono::steady_clock::now();
  for (auto& s : streams) s.close();  // all are suspended, and now become ready
  for (auto& s : streams) EXPECT_FALSE(s.read().has_value());
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 10s * kSlowness);
}

TEST_F(Coroutines, DoNotWaitBehindALongCallWhenACoreIsIdle) {
  Gate running, finish;
  Lab lab(engine_, {.name = "lab", .concurrency = 2}, {.compute = [&](const Item& q, CallContext&) {
            running.open();
            finish.wait();
            return q;
          }});
  auto stream = lab->both<LaterBoth>();
  ASSERT_TRUE(stream.write({1, {}}));
  ASSERT_TRUE(stream.read().has_value());  // suspended again, waiting for the next
  auto slow = lab->start<Compute>();
  running.wait();
  for (std::int64_t k = 0; k < 20; ++k) {
    ASSERT_TRUE(stream.write({k, {}}));
    EXPECT_EQ(stream.read()->x, k);  // needs the coroutine to run beside the long call
  }
  finish.open();
}

TEST_F(Coroutines, ThatKeepEachOtherGoingLeaveRoomForOtherCalls) {
  std::atomic<bool> stop{false};
  Gate playing;
  const LabCaller* self = nullptr;
  Lab lab(engine_, {.name = "lab", .concurrency = 1}, {.later = [&](Item q, CallContext&) -> Task<Result<Item>> {
            auto both = self->both<LaterBoth>();
            for (std::int64_t k = 0; !stop; ++k) {
              Item ball{k, {}};
              if (!co_await both.send(ball)) break;
              if (!co_await both.next()) break;
              if (k == 100) playing.open();
            }
            co_return q;
          }});
  self = &lab.caller();
  auto game = lab->start<Later>();
  playing.wait();
  for (int k = 0; k < 10; ++k) {
    const auto r = lab->start<Compute>({k, {}}, {.timeout = 10s * kSlowness}).try_get();
    EXPECT_TRUE(r.ok()) << r.status().to_string();
  }
  stop = true;
  EXPECT_TRUE(game.try_get().ok());
}

TEST_F(Coroutines, WithFarDeadlinesLeaveNothingBehind) {
  const LabCaller* other_caller = nullptr;
  Lab other(engine_, {.name = "other"}, {});
  other_caller = &other.caller();
  Lab lab(engine_, {.name = "lab"}, {.later = [&](Item q, CallContext&) -> Task<Result<Item>> {
            auto reply = other_caller->start<Compute>(q, {.timeout = 1h});
            co_return co_await reply;
          }});
  const auto tracked = filled(1000);
  const auto calls = [&](int n) {
    for (int k = 0; k < n; ++k) ASSERT_TRUE(lab->try_call<Later>({k, tracked}, {.timeout = 1h}).ok());
  };
  calls(500);
  EXPECT_TRUE(tracked.unique()) << "a call that has ended still holds its request";
  const long before = resident_kib();
  calls(20000);
  const long grown = resident_kib() - before;
  EXPECT_TRUE(kSlowness > 1 || grown < 2000) << grown << " KiB for 20 000 calls";
}

TEST_F(Coroutines, MayEndBeforeTheirCallersLook) {
  Lab lab(engine_, {.name = "lab"}, {});
  for (int k = 0; k < 500; ++k) {
    auto reply = lab->start<Later>({k, {}});
    if (k % 2) {
      while (!reply.is_done()) std::this_thread::yield();
    }
    Gate done;
    std::int64_t x = -1;
    const auto launch = [&]() -> Launched {
      x = (co_await reply).x;
      done.open();
    };
    launch();
    done.wait();
    EXPECT_EQ(x, k);
  }
}

TEST_F(Coroutines, SendItemsAndReadThemInOrderFromOutside) {
  Lab lab(engine_, {.name = "lab"}, {});
  Gate done;
  std::int64_t wrong = 0;
  const auto launch = [&]() -> Launched {
    auto both = lab->both<LaterBoth>({.window_items = 2});
    for (std::int64_t k = 0; k < 2000; ++k) {
      Item item{k, {}};
      if (!co_await both.send(item)) ++wrong;
      const auto back = co_await both.next();
      if (!back || back->x != k) ++wrong;
    }
    both.close();
    if (co_await both.next()) ++wrong;
    done.open();
  };
  launch();
  done.wait();
  EXPECT_EQ(wrong, 0);
}

TEST_F(Coroutines, TasksAwaitTasksAndPassErrorsUp) {
  struct Deep {
    static Task<std::int64_t> count(std::int64_t n) {
      if (n < 0) throw Error(Errc::out_of_range, "below zero");
      if (n == 0) co_return 0;
      co_return 1 + co_await count(n - 1);
    }
    static Task<> nothing() { co_return; }
  };
  Lab lab(engine_, {.name = "lab"}, {.later = [](Item q, CallContext&) -> Task<Result<Item>> {
            co_await Deep::nothing();
            co_return Item{co_await Deep::count(q.x), {}};
          }});
  EXPECT_EQ(lab->try_call<Later>({1000, {}})->x, 1000);
  EXPECT_EQ(lab->try_call<Later>({-1, {}}).status().code(), Errc::out_of_range);
}

}  // namespace
}  // namespace lagoon::test
