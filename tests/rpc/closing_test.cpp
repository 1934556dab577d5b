// SPDX-License-Identifier: Apache-2.0
// Closing an isolate refuses what is new, answers what waits, and waits for what runs, suspended or not.
#include "lab.hpp"

namespace lagoon::test {
namespace {

class Closing : public testing::Test {
 protected:
  Engine engine_;
};

void expect_unavailable(const Status& status) {
  EXPECT_EQ(status.code(), Errc::unavailable) << status.to_string();
  EXPECT_EQ(status.executed(), Executed::no) << status.to_string();
}

TEST_F(Closing, AnIdleIsolateReturnsAtOnceHoweverItWasUsed) {
  for (int k = 0; k < 200; ++k) {
    Lab lab(engine_, {.name = "lab"}, {});
    if (k % 2) (void)lab->try_call<Compute>().value();
    if (k % 3) (void)lab->start<Later>().get();
  }
}

TEST_F(Closing, WaitsForARunningCallAndAnswersTheQueued) {
  Gate running, finish;
  Lab lab(engine_, {.name = "lab", .concurrency = 1}, {.compute = [&](const Item& q, CallContext&) {
            running.open();
            finish.wait();
            return q;
          }});
  auto first = lab->start<Compute>({1, {}});
  running.wait();
  std::vector<Reply<Compute>> queued;
  for (int k = 0; k < 10; ++k) queued.push_back(lab->start<Compute>());
  auto stream = lab->read<Down>();
  auto upload = lab->write<Up>();
  auto both = lab->both<LaterBoth>();
  std::thread closer([&] { lab.close(); });
  for (auto& r : queued) expect_unavailable(r.status());
  expect_unavailable(upload.status());
  expect_unavailable(both.status());
  EXPECT_THROW(stream.read(), Error);
  expect_unavailable(stream.status());
  EXPECT_FALSE(first.is_done());
  finish.open();
  closer.join();
  EXPECT_EQ(first.get().x, 1);
  expect_unavailable(lab->start<Compute>().status());
  expect_unavailable(lab->try_call<Compute>().status());
}

TEST_F(Closing, WaitsForASuspendedCoroutine) {
  Gate suspended, finish;
  const LabCaller* other_caller = nullptr;
  Lab other(engine_, {.name = "other"}, {.compute = [&](const Item& q, CallContext&) {
              suspended.open();
              finish.wait();
              return q;
            }});
  other_caller = &other.caller();
  Lab lab(engine_, {.name = "lab"}, {.later = [&](Item q, CallContext&) -> Task<Result<Item>> {
            auto reply = other_caller->start<Compute>(q);
            co_return co_await reply;
          }});
  auto reply = lab->start<Later>({5, {}});
  suspended.wait();
  std::thread closer([&] { lab.close(); });
  while (lab->try_call<Compute>().ok()) std::this_thread::yield();  // until it is closing
  EXPECT_FALSE(reply.is_done());
  finish.open();
  closer.join();
  EXPECT_EQ(reply.get().x, 5);
}

TEST_F(Closing, WaitsForACallThatSleepsForAnotherIsolate) {
  Gate running, finish;
  const LabCaller* other_caller = nullptr;
  Lab other(engine_, {.name = "other"}, {.compute = [&](const Item& q, CallContext&) {
              running.open();
              finish.wait();
              return q;
            }});
  other_caller = &other.caller();
  Lab lab(engine_, {.name = "lab"}, {.compute = [&](const Item& q, CallContext&) {
            auto r = other_caller->start<Compute>(q).try_get();
            EXPECT_TRUE(other_caller->try_call<Quick>().ok());  // works on after it woke
            return r;
          }});
  auto reply = lab->start<Compute>({6, {}});
  running.wait();
  std::thread closer([&] { lab.close(); });
  while (lab->try_call<Quick>().ok()) std::this_thread::yield();
  finish.open();
  closer.join();
  EXPECT_EQ(reply.get().x, 6);
}

TEST_F(Closing, WaitsForACallOnItsCallersThread) {
  Gate running, finish;
  std::thread::id where;
  std::atomic<bool> ended{false};
  auto lab = std::make_unique<Lab>(engine_, IsolateOptions{.name = "lab"},
                                   Handlers{.compute = [&](const Item& q, CallContext&) {
                                     where = std::this_thread::get_id();
                                     running.open();
                                     finish.wait();
                                     ended = true;
                                     return q;
                                   }});
  std::thread caller([&] { EXPECT_TRUE((*lab)->try_call<Compute>().ok()); });
  running.wait();
  std::thread closer([&] {
    lab->close();
    EXPECT_TRUE(ended);
  });
  while ((*lab)->start<Quick>().try_get().ok()) std::this_thread::yield();
  finish.open();
  caller.join();
  closer.join();
}

TEST_F(Closing, AnswersCallsThatWaitForAnExclusiveMethod) {
  Gate running, finish;
  std::atomic<int> begun{0};
  Lab lab(engine_, {.name = "lab", .concurrency = 4}, {.alone = [&](const Item& q, CallContext&) {
            ++begun;
            running.open();
            finish.wait();
            return q;
          }});
  std::vector<Reply<Alone>> replies;
  replies.push_back(lab->start<Alone>());
  running.wait();
  for (int k = 0; k < 5; ++k) replies.push_back(lab->start<Alone>());
  std::thread closer([&] { lab.close(); });
  while (lab->try_call<Compute>().ok()) std::this_thread::yield();
  finish.open();
  closer.join();
  EXPECT_TRUE(replies[0].try_get().ok());
  for (std::size_t k = 1; k < replies.size(); ++k) expect_unavailable(replies[k].status());
  EXPECT_EQ(begun, 1);
}

TEST_F(Closing, LetsARunningCallsNestedSelfCallEndWithUnavailable) {
  Gate running, closing;
  const LabCaller* self = nullptr;
  Status inner;
  Lab lab(engine_, {.name = "lab"}, {.compute = [&](const Item& q, CallContext&) -> Result<Item> {
            running.open();
            closing.wait();
            auto r = self->start<Quick>(q).try_get();
            inner = r.status();
            return q;
          }});
  self = &lab.caller();
  auto reply = lab->start<Compute>();
  running.wait();
  std::thread closer([&] { lab.close(); });
  while (lab->start<Quick>().try_get().ok()) std::this_thread::yield();
  closing.open();
  closer.join();
  expect_unavailable(inner);
  EXPECT_TRUE(reply.try_get().ok());
}

void close_beside_callers_that_never_stop(Engine& engine, int rounds) {
  for (int round = 0; round < rounds; ++round) {
    std::atomic<int> begun{0}, ended{0}, ok{0};
    std::atomic<bool> stop{false};
    const LabCaller* self = nullptr;
    Lab lab(engine, {.name = "lab", .concurrency = 2, .queue_limit = 4},
            {.compute =
                 [&](const Item& q, CallContext&) {
                   if (q.x) (void)self->start<Compute>({0, {}}).try_get();
                   return q;
                 },
             .later = [&](Item, CallContext&) -> Task<Result<Item>> {
               auto reply = self->start<Compute>({0, {}});
               co_return co_await reply;
             }});
    self = &lab.caller();
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([&, t] {
        for (int k = t; !stop; ++k) {
          ++begun;
          const Status status = k % 4 == 0   ? lab->try_call<Compute>({1, {}}).status()
                                : k % 4 == 1 ? lab->start<Compute>({1, {}}).try_get().status()
                                : k % 4 == 2 ? lab->start<Later>().try_get().status()
                                             : lab->start<Alone>().try_get().status();
          ++ended;
          ok += status.ok();
          if (status.code() == Errc::unavailable) return;
          EXPECT_TRUE(status.ok() || status.code() == Errc::resource_exhausted) << status.to_string();
        }
      });
    while (ok < 5) std::this_thread::yield();
    lab.close();
    for (auto& t : threads) t.join();
    EXPECT_EQ(begun, ended);
  }
}

TEST_F(Closing, BesideCallersThatNeverStopLosesNoCall) { close_beside_callers_that_never_stop(engine_, 60); }

// A timer may have seen a queue that needs help, and come to ask for it when the isolate is gone.
TEST(ClosingLately, WorkersThatAreCalledToHelpDoNotEnterWhatHasEnded) {
  FaultPlan plan;
  for (std::uint64_t nth = 1; nth <= 500; ++nth)
    plan.at("isolate.add_drainer", nth, Fault::call, [] { std::this_thread::sleep_for(std::chrono::milliseconds(1)); });
  Engine engine({.faults = &plan});
  close_beside_callers_that_never_stop(engine, 60);
}

TEST_F(Closing, TheLastCallerMayOutliveIsolateAndEngine) {
  std::optional<Reply<Compute>> reply;
  std::optional<StreamReply<Down>> stream;
  Frozen<double, 1> data;
  {
    Engine engine;
    Lab lab(engine, {.name = "lab"},
            {.compute =
                 [](const Item&, CallContext&) {
                   return Item{1, filled(100000, 3)};
                 },
             .down =
                 [](Item, Writer<Item> out, CallContext&) {
                   for (int k = 0; k < 3; ++k) out.write({k, filled(100000, k)});
                   return Status();
                 }});
    data = lab->try_call<Compute>()->data;
    reply.emplace(lab->start<Compute>());
    stream.emplace(lab->read<Down>());
    EXPECT_TRUE(reply->status().ok());
    EXPECT_TRUE(stream->read().has_value());
  }
  EXPECT_EQ(reply->get().data[99999], 3);
  EXPECT_EQ(data[99999], 3);
  reply.reset();
  stream.reset();
}

}  // namespace
}  // namespace lagoon::test
