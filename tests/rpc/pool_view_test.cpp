// SPDX-License-Identifier: Apache-2.0
// Threads remember the workers that they saw last; nobody stays alive for that.
#include "src/pool_view.hpp"

#include <thread>

#include "pool_lab.hpp"

namespace lagoon::test {
namespace {

/// A worker that this thread saw last.
std::weak_ptr<detail::PoolWorker> seen_last() {
  detail::PoolView view;
  return view->workers ? view->workers->front() : nullptr;
}

TEST(ThreadsThatCalled, KeepNoWorkerAliveThatHasGone) {
  Engine engine;
  Diary diary;
  Pool pool(engine, {serve_lab({})}, {.workers = 1, .recycle_after = 2, .on_event = diary.writer()});
  const LabCaller caller(pool);
  std::weak_ptr<detail::PoolWorker> worker;
  Gate known, may_end;
  std::thread idle([&] {
    (void)caller.try_call<Compute>();
    worker = seen_last();
    known.open();
    may_end.wait();
  });
  known.wait();
  EXPECT_FALSE(worker.expired());
  while (diary.count(What::terminated) == 0) (void)caller.try_call<Compute>();
  while (!worker.expired()) std::this_thread::yield();  // hangs if the idle thread keeps it
  may_end.open();
  idle.join();
}

TEST(ThreadsThatCalled, KeepNothingOfAPoolThatHasGone) {
  Engine engine;
  std::weak_ptr<detail::PoolWorker> worker;
  {
    Pool pool(engine, {serve_lab({})}, {.workers = 1});
    (void)LabCaller(pool).try_call<Compute>();
    worker = seen_last();
    EXPECT_FALSE(worker.expired());
  }
  EXPECT_TRUE(worker.expired());
}

TEST(ThreadsThatCalled, AreManyAndAllForget) {
  Engine engine;
  PoolOptions options;
  options.workers = 1;
  auto pool = std::make_unique<Pool>(engine, std::vector<Service>{serve_lab({})}, options);
  const LabCaller caller(*pool);
  Tally called;
  Gate may_end;
  std::vector<std::thread> threads;
  for (int k = 0; k < 40; ++k) {  // more than are looked at in one go
    threads.emplace_back([&] {
      (void)caller.try_call<Compute>();
      called.add();
      may_end.wait();
    });
  }
  called.wait_for(40);
  (void)caller.try_call<Compute>();
  const auto worker = seen_last();
  pool.reset();
  EXPECT_TRUE(worker.expired());
  may_end.open();
  for (auto& t : threads) t.join();
}

TEST(BalancersThatCall, AnotherPoolAreNotConfused) {
  Engine engine;
  Pool other(engine, {serve_lab({})}, {.workers = 1});
  const LabCaller ask(other);
  std::atomic<int> asked{0};
  const Balancer balancer = [&](const WorkerLoad& worker, const CallToPlace&) {
    asked += ask.try_call<Compute>().ok();
    return static_cast<double>(worker.index + 1);
  };
  Pool pool(engine, {serve_lab({})}, {.workers = 3, .balancer = balancer});
  const LabCaller caller(pool);
  for (int k = 0; k < 20; ++k) EXPECT_TRUE(caller.try_call<Compute>().ok());
  EXPECT_EQ(asked, 60);
}

}  // namespace
}  // namespace lagoon::test
