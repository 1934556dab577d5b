// SPDX-License-Identifier: Apache-2.0
// Who may go before whom. Most of these tests show their failure under the address sanitizer.
#include "lab.hpp"

namespace lagoon::test {
namespace {

TEST(Lifetimes, ALocalAndItsCallersMayGoWhileACallRunsUnheard) {
  for (const bool coroutine : {false, true}) {
    Engine engine;
    Gate running, finish;
    std::atomic<bool> ended{false};
    auto isolate = std::make_unique<Isolate>(engine, IsolateOptions{.name = "lab"});
    {
      Handlers handlers{.compute = [&](const Item& q, CallContext& c) {
        running.open();
        finish.wait();
        c.add_trailing_metadata("method", std::string(c.method()));
        ended = true;
        return q;
      }};
      handlers.later = [&](Item q, CallContext& c) -> Task<Result<Item>> {
        running.open();
        finish.wait();
        c.add_trailing_metadata("method", std::string(c.method()));
        ended = true;
        co_return q;
      };
      Local local(*isolate, {serve_lab(std::move(handlers))});
      const LabCaller caller(local);
      if (coroutine) {
        (void)caller.start<Later>();
      } else {
        (void)caller.start<Compute>();
      }
      running.wait();
    }
    finish.open();
    isolate.reset();
    EXPECT_TRUE(ended);
  }
}

TEST(Lifetimes, ALocalMayGoWhileCallsWaitInItsQueueAndLane) {
  Engine engine;
  Gate running, finish;
  auto isolate = std::make_unique<Isolate>(engine, IsolateOptions{.name = "lab", .concurrency = 1});
  std::vector<Reply<Alone>> replies;
  {
    Local local(*isolate, {serve_lab({.alone = [&](const Item& q, CallContext&) {
      running.open();
      finish.wait();
      return q;
    }})});
    const LabCaller caller(local);
    for (int k = 0; k < 5; ++k) replies.push_back(caller.start<Alone>({k, {}}));
    running.wait();
  }
  finish.open();
  for (auto& r : replies) EXPECT_TRUE(r.try_get().ok());
  isolate.reset();
}

TEST(Lifetimes, HandlersGoWithTheirServiceNotBefore) {
  auto tracked = std::make_shared<int>(1);
  const std::weak_ptr<int> alive = tracked;
  {
    Engine engine;
    Lab lab(engine, {.name = "lab"}, {.compute = [tracked](const Item& q, CallContext&) { return q; }});
    tracked.reset();
    EXPECT_TRUE(lab->try_call<Compute>().ok());
    EXPECT_FALSE(alive.expired());
  }
  EXPECT_TRUE(alive.expired());
}

TEST(Lifetimes, RequestsAndAnswersGoWithTheirCall) {
  Engine engine;
  Lab lab(engine, {.name = "lab"}, {});
  const auto data = filled(1000);
  for (int k = 0; k < 50; ++k) {
    ASSERT_TRUE(lab->try_call<Compute>({k, data}).ok());
    ASSERT_TRUE(lab->start<Later>({k, data}).try_get().ok());
    ASSERT_TRUE(lab->start<Later>({k, data}, {.timeout = std::chrono::hours(1)}).try_get().ok());
    (void)lab->start<Compute>({k, data});
    auto both = lab->both<LaterBoth>();
    ASSERT_TRUE(both.write({k, data}));
    ASSERT_TRUE(both.read().has_value());
  }
  lab.close();
  EXPECT_TRUE(data.unique());
}

// The timer thread may hold the last reference to an isolate, and through it to the engine whose thread it is.
TEST(Lifetimes, EnginesMayGoWhileTheirTimersFire) {
  for (int k = 0; k < 300 / kSlowness; ++k) {
    Engine engine;
    Lab lab(engine, {.name = "lab", .concurrency = 2}, {.compute = [&](const Item& q, CallContext&) {
              const auto until = std::chrono::steady_clock::now() + std::chrono::microseconds(150 + 3 * q.x % 120);
              while (std::chrono::steady_clock::now() < until) {
              }
              return q;
            }});
    (void)lab->start<Compute>({k, {}});
    (void)lab->start<Compute>({k, {}});
    EXPECT_TRUE(lab->start<Compute>({k, {}}).try_get().ok());
  }
}

TEST(Lifetimes, ARepliesHandleMayBeDroppedAtAnyTime) {
  Engine engine;
  Lab lab(engine, {.name = "lab"}, {.down = [](Item, Writer<Item> out, CallContext&) {
            for (std::int64_t k = 0; k < 50; ++k)
              if (!out.write({k, filled(10)})) break;
            return Status();
          }});
  for (int k = 0; k < 400; ++k) {
    auto down = lab->read<Down>({}, {.window_items = 2});
    auto both = k % 2 ? std::optional(lab->both<LaterBoth>()) : std::nullopt;
    auto up = lab->write<LaterUp>();
    (void)lab->start<Later>();
    for (int i = 0; i < k % 5; ++i) (void)down.read();
    if (both) both->write({1, {}});
    if (k % 3) up.write({1, {}});
  }
}

TEST(Lifetimes, AMovedReplyIsTheSameCall) {
  Engine engine;
  Lab lab(engine, {.name = "lab"}, {});
  auto both = lab->both<Both>();
  ASSERT_TRUE(both.write({1, {}}));
  auto moved = std::move(both);
  EXPECT_EQ(moved.read()->x, 1);
  ASSERT_TRUE(moved.write({2, {}}));
  EXPECT_EQ(moved.read()->x, 2);
  auto reply = lab->start<Compute>({3, {}});
  Reply<Compute> other;
  other = std::move(reply);
  EXPECT_EQ(other.get().x, 3);
}

}  // namespace
}  // namespace lagoon::test
