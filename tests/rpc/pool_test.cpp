// SPDX-License-Identifier: Apache-2.0
// Many isolates behind one endpoint: no call is lost, whoever comes and goes.
#include <lagoon/rpc/pool.hpp>

#include <condition_variable>
#include <map>
#include <set>

#include "lab.hpp"

namespace lagoon::test {
namespace {

using namespace std::chrono_literals;

/// Time that the test moves, and who has looked at it since.
class WatchedClock final : public Clock {
 public:
  TimePoint now() const noexcept override { return time_.now(); }
  void wait(const std::atomic<std::uint32_t>& word, std::uint32_t expected, TimePoint deadline) const override {
    {
      std::lock_guard lock(mutex_);
      ++waits_[std::this_thread::get_id()];
    }
    waited_.notify_all();
    time_.wait(word, expected, deadline);
  }
  void advance(std::chrono::nanoseconds by) noexcept { time_.advance(by); }
  /// Returns when that thread has gone to sleep twice from now on: what it did in between saw the time of now.
  void let_look(std::thread::id thread) const {
    std::unique_lock lock(mutex_);
    const auto enough = waits_[thread] + 2;
    waited_.wait(lock, [&] { return waits_[thread] >= enough; });
  }

 private:
  VirtualClock time_;
  mutable std::mutex mutex_;
  mutable std::condition_variable waited_;
  mutable std::map<std::thread::id, std::uint64_t> waits_;
};

/// What happened to workers, in order.
class Diary {
 public:
  std::function<void(const WorkerEvent&)> writer() {
    return [this](const WorkerEvent& e) {
      {
        std::lock_guard lock(mutex_);
        events_.push_back(e);
        writer_ = std::this_thread::get_id();
      }
      written_.notify_all();
    };
  }
  std::size_t count(WorkerEvent::What what) const {
    std::lock_guard lock(mutex_);
    return count_locked(what);
  }
  std::string last_reason() const {
    std::lock_guard lock(mutex_);
    return events_.empty() ? std::string() : events_.back().why;
  }
  void wait_for(WorkerEvent::What what, std::size_t times) const {
    std::unique_lock lock(mutex_);
    written_.wait(lock, [&] { return count_locked(what) >= times; });
  }
  /// The thread of the last event: the pool's own, once something has happened after the pool was made.
  std::thread::id writer_thread() const {
    std::lock_guard lock(mutex_);
    return writer_;
  }

 private:
  std::size_t count_locked(WorkerEvent::What what) const {
    return static_cast<std::size_t>(std::ranges::count(events_, what, &WorkerEvent::what));
  }
  mutable std::mutex mutex_;
  mutable std::condition_variable written_;
  std::vector<WorkerEvent> events_;
  std::thread::id writer_;
};

/// Calls that run until they may finish.
struct Held {
  Tally running;
  Gate finish;
  Service service() {
    return serve_lab({.compute = [this](const Item& q, CallContext&) {
      running.add();
      finish.wait();
      return q;
    }});
  }
};

using What = WorkerEvent::What;

std::uint64_t calls_of(const Pool& pool, std::string_view method, Errc code = Errc::ok) {
  for (const MethodReport& m : pool.report())
    if (m.method == method) return m.totals.calls_by_code[static_cast<std::size_t>(code)];
  return 0;
}

TEST(Pools, AnswerEveryKindOfMethod) {
  Engine engine;
  Pool pool(engine,
            {serve_lab({.down =
                            [](const Item& q, Writer<Item> out, CallContext&) {
                              for (int k = 0; k < 3; ++k) out.write(q);
                              return Status();
                            },
                        .up = [](Reader<Item> in, CallContext&) -> Result<Item> {
                          Item sum;
                          for (const Item& i : in) sum.x += i.x;
                          return sum;
                        }})},
            {.workers = 3});
  const LabCaller caller(pool);
  EXPECT_EQ(caller.try_call<Compute>({7, {}})->x, 7);
  EXPECT_EQ(caller.try_call<Later>({8, {}})->x, 8);
  EXPECT_EQ(caller.start<Compute>({9, {}}).try_get()->x, 9);
  int items = 0;
  for (auto stream = caller.read<Down>({1, {}}); stream.read();) ++items;
  EXPECT_EQ(items, 3);
  auto up = caller.write<Up>();
  for (int k = 1; k <= 4; ++k) EXPECT_TRUE(up.write({k, {}}));
  EXPECT_EQ(up.try_get()->x, 10);
  auto both = caller.both<Both>();
  both.close();
  EXPECT_TRUE(both.status().ok());
}

TEST(Pools, PassArraysByReference) {
  Engine engine;
  const double* seen = nullptr;
  Pool pool(engine,
            {serve_lab({.compute =
                            [&](const Item& q, CallContext&) {
                              seen = q.data.data();
                              return q;
                            }})},
            {.workers = 2});
  const LabCaller caller(pool);
  const auto data = filled(1000);
  const auto back = caller.try_call<Compute>({0, data}, {.require_zero_copy = true});
  EXPECT_EQ(seen, data.data());
  EXPECT_EQ(back->data.data(), data.data());
}

TEST(Pools, RunCallsSideBySideOnSeveralWorkers) {
  Engine engine;
  Held held;
  Pool pool(engine, {held.service()}, {.name = "crew", .workers = 3});
  const LabCaller caller(pool);
  std::vector<Reply<Compute>> replies;
  for (int k = 0; k < 3; ++k) replies.push_back(caller.start<Compute>());
  held.running.wait_for(3);  // hangs if two of them went to one worker
  held.finish.open();
  std::set<std::string> isolates;
  for (auto& r : replies) isolates.insert(r.report().isolate);
  EXPECT_EQ(isolates, (std::set<std::string>{"crew/0", "crew/1", "crew/2"}));
}

TEST(Pools, SayWhatIsWrongWithABinding) {
  Engine engine;
  Pool pool(engine, {serve_lab({})}, {.workers = 1});
  using Other = Contract<"other.Service", Compute>;
  EXPECT_EQ(Caller<Other>(pool).try_call<Compute>({}).status().code(), Errc::unimplemented);
}

TEST(Pools, GrowWhenAllAreBusyAndShrinkWhenIdle) {
  WatchedClock clock;
  Engine engine({.clock = &clock});
  Diary diary;
  Held held;
  Pool pool(engine, {held.service()},
            {.workers = 3, .least_workers = 1, .idle_timeout = 10s, .on_event = diary.writer()});
  const LabCaller caller(pool);
  EXPECT_EQ(pool.size(), 1u);
  std::vector<Reply<Compute>> replies;
  for (std::size_t k = 1; k <= 3; ++k) {
    replies.push_back(caller.start<Compute>());
    held.running.wait_for(static_cast<int>(k));
    if (k < 3) {  // the next call finds all busy, and asks for one more
      replies.push_back(caller.start<Compute>());
      diary.wait_for(What::created, k + 1);
      replies.back().cancel();
    }
  }
  EXPECT_EQ(pool.size(), 3u);
  held.finish.open();
  for (auto& r : replies) (void)r.status();
  clock.let_look(diary.writer_thread());  // it sees that they are idle
  clock.advance(1s);
  clock.let_look(diary.writer_thread());
  EXPECT_EQ(pool.size(), 3u) << "idle for a second only";
  while (diary.count(What::terminated) < 2) {
    clock.advance(5s);
    clock.let_look(diary.writer_thread());
  }
  EXPECT_EQ(pool.size(), 1u);
  EXPECT_EQ(diary.last_reason(), "it had no call for its idle timeout");
  EXPECT_TRUE(caller.try_call<Compute>().ok());
}

TEST(Pools, ReplaceWorkersThatHaveServedWithoutLosingACall) {
  Engine engine;
  Diary diary;
  constexpr int kThreads = 4, kCalls = 300;
  std::atomic<int> ok{0};
  {
    Pool pool(engine, {serve_lab({})}, {.workers = 2, .recycle_after = 25, .on_event = diary.writer()});
    const LabCaller caller(pool);
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t)
      threads.emplace_back([&, t] {
        for (int k = 0; k < kCalls; ++k) {
          const bool inline_call = (k + t) % 2 == 0;
          const auto r = inline_call ? caller.try_call<Compute>({k, {}}) : caller.start<Later>({k, {}}).try_get();
          EXPECT_TRUE(r.ok()) << r.status().to_string();
          ok += r.ok() && r->x == k;
        }
      });
    for (auto& t : threads) t.join();
    EXPECT_EQ(ok, kThreads * kCalls);
    EXPECT_EQ(calls_of(pool, "compute") + calls_of(pool, "later"), static_cast<std::uint64_t>(kThreads * kCalls));
    EXPECT_GE(pool.size(), 2u);        // a replacement comes before the old one goes
    diary.wait_for(What::created, 3);  // hangs if nobody is replaced
  }
  EXPECT_EQ(diary.count(What::created), diary.count(What::terminated));
}

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

TEST(Pools, ThatCannotStartSaySo) {
  FaultPlan faults;
  faults.at("pool.start_worker", 2, Fault::fail);
  Engine engine({.faults = &faults});
  EXPECT_THROW(Pool(engine, {serve_lab({})}, {.workers = 2}), Error);
}

TEST(Pools, GiveUpWhenWorkersDoNotStartAndTellEveryCall) {
  WatchedClock clock;
  FaultPlan faults;
  for (std::uint64_t n = 2; n < 50; ++n) faults.at("pool.start_worker", n, Fault::foreign);
  Engine engine({.clock = &clock, .faults = &faults});
  Diary diary;
  Pool pool(engine, {serve_lab({})},
            {.name = "crew", .workers = 1, .recycle_after = 3, .restart = {.most = 2}, .on_event = diary.writer()});
  const LabCaller caller(pool);
  for (int k = 0; k < 10; ++k) EXPECT_TRUE(caller.try_call<Compute>().ok()) << "the old worker serves on";
  diary.wait_for(What::failed, 1);
  while (diary.count(What::failed) < 3) {
    clock.advance(100ms);
    EXPECT_TRUE(caller.try_call<Compute>().ok());
    clock.let_look(diary.writer_thread());
  }
  clock.advance(10s);
  clock.let_look(diary.writer_thread());
  EXPECT_EQ(diary.count(What::failed), 3u) << "it has given up";
  EXPECT_NE(diary.last_reason().find("unknown"), std::string::npos) << diary.last_reason();
}

TEST(Pools, SurviveOneAnotherAndTheirCallersInAnyOrder) {
  for (int round = 0; round < 20 / kSlowness + 1; ++round) {
    Engine engine;
    std::vector<Reply<Later>> replies;
    {
      Pool pool(engine, {serve_lab({})}, {.workers = 2, .recycle_after = 3});
      const LabCaller caller(pool);
      for (int k = 0; k < 20; ++k) replies.push_back(caller.start<Later>({k, filled(100)}));
    }
    for (auto& r : replies) EXPECT_TRUE(r.try_get().ok());
  }
}

}  // namespace
}  // namespace lagoon::test
