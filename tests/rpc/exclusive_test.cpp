// SPDX-License-Identifier: Apache-2.0
// At most one call at a time of an exclusive method on an isolate; others wait their turn, in a bounded queue.
#include "lab.hpp"

namespace lagoon::test {
namespace {

TEST(Exclusive, CallsNeverMeet) {
  Engine engine;
  Crowd functions, coroutines;
  const LabCaller* self = nullptr;
  Lab lab(engine, {.name = "lab", .concurrency = 4},
          {.alone =
               [&](const Item& q, CallContext&) {
                 const Crowd::Inside inside(functions);
                 burn(300);
                 return q;
               },
           .later_alone = [&](Item q, CallContext&) -> Task<Result<Item>> {
             const Crowd::Inside inside(coroutines);
             auto reply = self->start<Compute>(q);
             co_return co_await reply;
           }});
  self = &lab.caller();
  std::atomic<int> ok{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int k = 0; k < 100; ++k) {
        auto a = lab->start<Alone>();
        auto b = lab->start<LaterAlone>();
        ok += lab->try_call<Alone>().ok();
        ok += a.try_get().ok();
        ok += b.try_get().ok();
      }
    });
  for (auto& t : threads) t.join();
  EXPECT_EQ(ok, 1200);
  EXPECT_EQ(functions.most(), 1);
  EXPECT_EQ(coroutines.most(), 1);
}

TEST(Exclusive, CallsRunInTheOrderTheyCame) {
  Engine engine;
  Gate running, finish;
  std::vector<std::int64_t> order;
  Lab lab(engine, {.name = "lab", .concurrency = 4}, {.alone = [&](const Item& q, CallContext&) {
            if (q.x == 0) {
              running.open();
              finish.wait();
            }
            order.push_back(q.x);
            return q;
          }});
  std::vector<Reply<Alone>> replies;
  replies.push_back(lab->start<Alone>({0, {}}));
  running.wait();
  for (std::int64_t k = 1; k < 20; ++k) replies.push_back(lab->start<Alone>({k, {}}));
  finish.open();
  for (auto& r : replies) EXPECT_TRUE(r.try_get().ok());
  for (std::int64_t k = 0; k < 20; ++k) EXPECT_EQ(order[static_cast<std::size_t>(k)], k);
}

TEST(Exclusive, CallsLeaveOtherMethodsAlone) {
  Engine engine;
  Gate running, finish;
  Lab lab(engine, {.name = "lab", .concurrency = 2}, {.alone = [&](const Item& q, CallContext&) {
            running.open();
            finish.wait();
            return q;
          }});
  auto alone = lab->start<Alone>();
  running.wait();
  std::vector<Reply<Alone>> waiting;
  for (int k = 0; k < 5; ++k) waiting.push_back(lab->start<Alone>());
  for (int k = 0; k < 5; ++k) EXPECT_TRUE(lab->start<Compute>().try_get().ok());
  finish.open();
}

TEST(Exclusive, ACancelledOrExpiredCallInTheLaneIsSkipped) {
  VirtualClock clock;
  Engine engine({.clock = &clock});
  Gate running, finish;
  std::atomic<int> begun{0};
  Lab lab(engine, {.name = "lab", .concurrency = 4}, {.alone = [&](const Item& q, CallContext&) {
            ++begun;
            if (q.x == 0) {
              running.open();
              finish.wait();
            }
            return q;
          }});
  auto first = lab->start<Alone>({0, {}});
  running.wait();
  auto cancelled = lab->start<Alone>({1, {}});
  auto expired = lab->start<Alone>({2, {}}, {.timeout = std::chrono::minutes(1)});
  auto last = lab->start<Alone>({3, {}});
  cancelled.cancel();
  clock.advance(std::chrono::minutes(1));
  EXPECT_EQ(expired.status().executed(), Executed::no);
  finish.open();
  EXPECT_TRUE(last.try_get().ok());
  EXPECT_EQ(cancelled.status().executed(), Executed::no);
  EXPECT_EQ(begun, 2);
}

TEST(Exclusive, ACallHoldsTheLaneUntilItsCoroutineHasEndedNotUntilItsCallerGaveUp) {
  Engine engine;
  Crowd crowd;
  Gate suspended, finish;
  const LabCaller* other_caller = nullptr;
  Lab other(engine, {.name = "other"}, {.compute = [&](const Item& q, CallContext&) {
              suspended.open();
              finish.wait();
              return q;
            }});
  other_caller = &other.caller();
  Lab lab(engine, {.name = "lab"}, {.later_alone = [&](Item q, CallContext&) -> Task<Result<Item>> {
            const Crowd::Inside inside(crowd);
            if (q.x) co_return q;
            auto reply = other_caller->start<Compute>(q, {.detached = true});
            co_return co_await reply;
          }});
  auto first = lab->start<LaterAlone>({0, {}});
  suspended.wait();
  first.cancel();
  auto second = lab->start<LaterAlone>({1, {}});
  EXPECT_TRUE(lab->try_call<Compute>().ok());  // the isolate is alive meanwhile
  EXPECT_FALSE(second.is_done());
  finish.open();
  EXPECT_TRUE(second.try_get().ok());
  EXPECT_EQ(crowd.most(), 1);
}

TEST(Exclusive, AWaitingLineIsBoundedLikeTheQueue) {
  Engine engine;
  Gate suspended, finish;
  const LabCaller* other_caller = nullptr;
  Lab other(engine, {.name = "other"}, {.compute = [&](const Item& q, CallContext&) {
              suspended.open();
              finish.wait();
              return q;
            }});
  other_caller = &other.caller();
  Lab lab(engine, {.name = "lab", .queue_limit = 8}, {.later_alone = [&](Item q, CallContext&) -> Task<Result<Item>> {
            auto reply = other_caller->start<Compute>(q);
            co_return co_await reply;
          }});
  std::vector<Reply<LaterAlone>> replies;
  replies.push_back(lab->start<LaterAlone>());
  suspended.wait();
  int refused = 0;
  for (int k = 0; k < 200; ++k) {
    replies.push_back(lab->start<LaterAlone>());
    if (!lab->try_call<Compute>().ok()) ++refused;  // and gives the host time to move calls from queue to lane
  }
  for (auto& r : replies)
    if (r.is_done() && r.status().code() == Errc::resource_exhausted) ++refused;
  EXPECT_GE(refused, 200 - 2 * 8) << "200 calls wait, the limit is 8";
  finish.open();
}

// A method that calls itself would wait for itself: it is told so, rather than left to hang.
TEST(Exclusive, ACallOfItselfEndsWithATypedError) {
  Engine engine;
  for (const bool started : {false, true}) {
    const LabCaller* self = nullptr;
    Lab lab(engine, {.name = "lab"}, {.alone = [&](const Item& q, CallContext&) -> Result<Item> {
              if (q.x == 0) return q;
              return started ? self->start<Alone>({0, {}}).try_get() : self->try_call<Alone>({0, {}});
            }});
    self = &lab.caller();
    const Status status = lab->start<Alone>({1, {}}, {.timeout = std::chrono::seconds(15 * kSlowness)}).status();
    EXPECT_FALSE(status.ok());
    EXPECT_NE(status.code(), Errc::deadline_exceeded) << "it waited for itself until the deadline";
  }
}

// What an exclusive call has set going may call the method again once that call has ended: then nobody waits for
// himself.
TEST(Exclusive, AnUnheardChildMayCallTheMethodAfterItsParentHasEnded) {
  Engine engine;
  Gate child_begun, parent_ended;
  const LabCaller *a_caller = nullptr, *b_caller = nullptr;
  Status inner(Errc::unknown, "was not called");
  Lab a(engine, {.name = "a"}, {.alone = [&](const Item& q, CallContext&) {
          if (q.x == 1) (void)b_caller->start<Compute>(q);
          return q;
        }});
  Lab b(engine, {.name = "b"}, {.compute = [&](const Item&, CallContext&) {
          child_begun.open();
          parent_ended.wait();
          auto r = a_caller->start<Alone>({0, {}}).try_get();
          inner = r.status();
          return r;
        }});
  a_caller = &a.caller();
  b_caller = &b.caller();
  ASSERT_TRUE(a->start<Alone>({1, {}}).try_get().ok());
  ASSERT_TRUE(a->start<Alone>({0, {}}).try_get().ok());  // the lane is free again
  child_begun.wait();
  parent_ended.open();
  b.close();
  EXPECT_TRUE(inner.ok()) << inner.to_string();
}

TEST(Exclusive, ACircleThroughAnotherIsolateEndsWithATypedError) {
  Engine engine;
  const LabCaller *a_caller = nullptr, *b_caller = nullptr;
  Lab a(engine, {.name = "a"}, {.alone = [&](const Item& q, CallContext&) { return b_caller->try_call<Compute>(q); }});
  Lab b(engine, {.name = "b"}, {.compute = [&](const Item& q, CallContext&) { return a_caller->try_call<Alone>(q); }});
  a_caller = &a.caller();
  b_caller = &b.caller();
  const Status status = a->start<Alone>({1, {}}, {.timeout = std::chrono::seconds(15 * kSlowness)}).status();
  EXPECT_FALSE(status.ok());
  EXPECT_NE(status.code(), Errc::deadline_exceeded) << "the circle waited for itself until the deadline";
}

}  // namespace
}  // namespace lagoon::test
