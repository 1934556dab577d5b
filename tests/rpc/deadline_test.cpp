// SPDX-License-Identifier: Apache-2.0
// Deadlines under a clock that stands still until the test moves it.
#include "lab.hpp"

namespace lagoon::test {
namespace {

using namespace std::chrono_literals;

class VirtualDeadlines : public testing::Test {
 protected:
  VirtualClock clock_;
  Engine engine_{{.clock = &clock_}};
};

TEST_F(VirtualDeadlines, AQueuedCallThatExpiresNeverStarts) {
  Gate running, finish;
  std::atomic<int> begun{0};
  Lab lab(engine_, {.name = "lab", .concurrency = 1}, {.compute = [&](const Item& q, CallContext&) {
            ++begun;
            if (q.x == 0) {
              running.open();
              finish.wait();
            }
            return q;
          }});
  auto first = lab->start<Compute>({0, {}});
  running.wait();
  auto second = lab->start<Compute>({1, {}}, {.timeout = 5min});
  clock_.advance(5min - 1ns);
  EXPECT_FALSE(second.is_done());
  clock_.advance(1ns);
  const Status status = second.status();
  EXPECT_EQ(status.code(), Errc::deadline_exceeded) << status.to_string();
  EXPECT_EQ(status.executed(), Executed::no);
  finish.open();
  EXPECT_TRUE(first.try_get().ok());
  lab.close();
  EXPECT_EQ(begun, 1);
}

TEST_F(VirtualDeadlines, AnUnheardQueuedCallThatExpiresNeverStartsEither) {
  Gate running, finish;
  std::atomic<int> begun{0};
  Lab lab(engine_, {.name = "lab", .concurrency = 1}, {.compute = [&](const Item& q, CallContext&) {
            ++begun;
            running.open();
            finish.wait();
            return q;
          }});
  auto first = lab->start<Compute>();
  running.wait();
  (void)lab->start<Compute>({}, {.timeout = 1min});
  clock_.advance(2min);
  finish.open();
  lab.close();
  EXPECT_EQ(begun, 1);
}

TEST_F(VirtualDeadlines, ATimeThatHasNotComeEndsNothing) {
  Lab lab(engine_, {.name = "lab"}, {});
  for (int k = 0; k < 100; ++k) {
    EXPECT_TRUE(lab->try_call<Compute>({}, {.timeout = 1ns}).ok());
    EXPECT_TRUE(lab->try_call<Later>({}, {.timeout = 1ns}).ok());
  }
}

TEST_F(VirtualDeadlines, TheEarlierOfTimeoutAndDeadlineHolds) {
  TimePoint seen = kNever;
  Lab lab(engine_, {.name = "lab"}, {.compute = [&](const Item& q, CallContext& c) {
            seen = c.deadline();
            return q;
          }});
  const TimePoint now = clock_.now();
  EXPECT_TRUE(lab->try_call<Compute>({}, {.timeout = 3s, .deadline = now + 5s}).ok());
  EXPECT_EQ(seen, now + 3s);
  EXPECT_TRUE(lab->try_call<Compute>({}, {.timeout = 7s, .deadline = now + 5s}).ok());
  EXPECT_EQ(seen, now + 5s);
  EXPECT_TRUE(lab->try_call<Compute>().ok());
  EXPECT_EQ(seen, kNever);
  EXPECT_TRUE(lab->try_call<Compute>({}, {.timeout = std::chrono::nanoseconds::max()}).ok());
  EXPECT_EQ(seen, kNever) << "a timeout beyond the clock's end is none";
}

TEST_F(VirtualDeadlines, ANestedCallHasTheEarlierOfItsOwnAndItsParents) {
  std::vector<TimePoint> seen;
  const LabCaller* inner = nullptr;
  Lab other(engine_, {.name = "other"}, {.compute = [&](const Item& q, CallContext& c) {
              seen.push_back(c.deadline());
              return q;
            }});
  inner = &other.caller();
  Lab lab(engine_, {.name = "lab"}, {.compute = [&](const Item& q, CallContext&) {
            (void)inner->try_call<Compute>(q);                          // inherits
            (void)inner->start<Compute>(q, {.timeout = 1h}).try_get();  // later: the parent's holds
            (void)inner->start<Compute>(q, {.timeout = 1s}).try_get();  // earlier: its own holds
            (void)inner->try_call<Compute>(q, {.timeout = 1s});
            (void)inner->start<Compute>(q, {.detached = true}).try_get();
            return q;
          }});
  const TimePoint now = clock_.now();
  ASSERT_TRUE(lab->try_call<Compute>({}, {.timeout = 1min}).ok());
  EXPECT_EQ(seen, (std::vector<TimePoint>{now + 1min, now + 1min, now + 1s, now + 1s, kNever}));
}

TEST_F(VirtualDeadlines, ReachThreeCallsDeep) {
  const LabCaller* next = nullptr;
  Lab lab(engine_, {.name = "lab"}, {.compute = [&](const Item& q, CallContext& c) -> Result<Item> {
            if (q.x > 0) return next->start<Compute>({q.x - 1, {}}).try_get();
            while (!c.stop_requested()) std::this_thread::yield();
            return Status(Errc::deadline_exceeded, "noticed at depth " + std::to_string(c.depth()));
          }});
  next = &lab.caller();
  auto reply = lab->start<Compute>({3, {}}, {.timeout = 1min});
  std::thread mover([&] {
    while (!reply.is_done()) {
      clock_.advance(10s);
      std::this_thread::yield();
    }
  });
  EXPECT_EQ(reply.status().code(), Errc::deadline_exceeded);
  mover.join();
}

TEST_F(VirtualDeadlines, EndASuspendedCoroutineAndWhatItAwaits) {
  Gate begun;
  const LabCaller* other_caller = nullptr;
  Lab other(engine_, {.name = "other"}, {.compute = [&](const Item&, CallContext& c) -> Result<Item> {
              begun.open();
              while (!c.stop_requested()) std::this_thread::yield();
              c.throw_if_stopped();
              return Item{};
            }});
  other_caller = &other.caller();
  Lab lab(engine_, {.name = "lab"}, {.later = [&](Item q, CallContext&) -> Task<Result<Item>> {
            auto reply = other_caller->start<Compute>(q);
            co_return co_await reply;
          }});
  auto reply = lab->start<Later>({}, {.timeout = 1min});
  begun.wait();
  clock_.advance(1min);
  const Status status = reply.status();
  EXPECT_EQ(status.code(), Errc::deadline_exceeded) << status.to_string();
  lab.close();
  other.close();
}

TEST_F(VirtualDeadlines, EndACoroutineThatWaitsForItems) {
  Lab lab(engine_, {.name = "lab"}, {});
  auto upload = lab->write<LaterUp>({.timeout = 1min});
  ASSERT_TRUE(upload.write({1, {}}));
  auto both = lab->both<LaterBoth>({.timeout = 1min});
  ASSERT_TRUE(both.write({1, {}}));
  ASSERT_TRUE(both.read().has_value());
  clock_.advance(1min);
  // Nobody waits: the handlers must end by themselves, or closing would hang.
  lab.close();
  EXPECT_EQ(upload.status().code(), Errc::deadline_exceeded);
  EXPECT_EQ(both.status().code(), Errc::deadline_exceeded);
}

TEST_F(VirtualDeadlines, EndACoroutineThatWaitsForRoom) {
  Gate full;
  Lab lab(engine_, {.name = "lab"}, {.later_numbers = [&](Number, CallContext&) -> Stream<Number> {
            for (std::int64_t k = 0;; ++k) {
              if (k == 4) full.open();
              co_yield Number{k};
            }
          }});
  auto stream = lab->later_numbers(0, {.timeout = 1min, .window_items = 4});
  full.wait();
  clock_.advance(1min);
  lab.close();
}

// The awaiting side is a coroutine, the handler a function that does not look at the clock: nobody's thread waits.
TEST_F(VirtualDeadlines, EndTheWaitOfACallersCoroutine) {
  Gate begun, release;
  const LabCaller* other_caller = nullptr;
  const auto hang = [&] {
    begun.open();
    release.wait();
  };
  Lab other(engine_, {.name = "other"},
            {.compute = [&](const Item& q, CallContext&) { return hang(), q; },
             .numbers =
                 [&](Number, Writer<Number>, CallContext&) {
                   hang();
                   return Status();
                 }});
  other_caller = &other.caller();
  for (const bool stream : {false, true}) {
    Gate ended;
    Status status;
    const auto launch = [&]() -> Launched {
      if (stream) {
        auto items = other_caller->numbers(1, {.timeout = 1min});
        const auto item = co_await items.next();
        EXPECT_FALSE(item.has_value());
        status = items.status();
      } else {
        auto reply = other_caller->start<Compute>({}, {.timeout = 1min});
        try {
          (void)co_await reply;
        } catch (const Error& e) {
          status = e.status();
        }
      }
      ended.open();
    };
    launch();
    begun.wait();
    clock_.advance(1min);
    ended.wait();
    EXPECT_EQ(status.code(), Errc::deadline_exceeded) << status.to_string();
  }
  release.open();
}

TEST_F(VirtualDeadlines, ABriefCallMayRunOnItsCallersThreadThoughItHasOne) {
  std::thread::id where;
  Lab lab(engine_, {.name = "lab"}, {.quick = [&](const Item& q, CallContext&) {
            where = std::this_thread::get_id();
            return q;
          }});
  ASSERT_TRUE(lab->try_call<Quick>({}, {.timeout = 1s}).ok());
  EXPECT_EQ(where, std::this_thread::get_id());
}

}  // namespace
}  // namespace lagoon::test
