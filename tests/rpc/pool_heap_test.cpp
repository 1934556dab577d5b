// SPDX-License-Identifier: Apache-2.0
// What a pool keeps does not grow with the threads that called it, nor with the workers that have gone.
#include <barrier>
#include <thread>

#include "pool_lab.hpp"
#include "support/heap.hpp"

namespace lagoon::test {
namespace {

TEST(HeapOfPools, HasNoCountersForEachThreadThatWasRefused) {
  Engine engine;
  Held held;
  Pool pool(engine, {held.service()}, {.workers = 1, .queue_limit = 1});
  const LabCaller caller(pool);
  std::vector<Reply<Compute>> taken;
  for (int k = 0; k < 2; ++k) taken.push_back(caller.start<Compute>());
  held.running.wait_for(1);

  constexpr int kThreads = 32, kRounds = 3,
                kCalls = 70;  // more than a thread makes in a method before it has counters of its own
  std::size_t first = 0, last = 0;
  std::barrier all(kThreads + 1);
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t)
    threads.emplace_back([&] {
      // The first round is for what a thread keeps anyway: its memory for calls, what it has seen of the pool.
      for (int round = 0; round < kRounds; ++round) {
        for (int k = 0; k < kCalls && round == 0; ++k) (void)caller.start<Alone>().status();
        for (int k = 0; k < kCalls && round == 1; ++k) {
          (void)caller.start<Compute>().status();
          (void)caller.start<Later>().status();
          (void)caller.start<LaterAlone>().status();
        }
        all.arrive_and_wait();
        all.arrive_and_wait();
      }
    });
  for (int round = 0; round < kRounds; ++round) {
    all.arrive_and_wait();
    (round == 0 ? first : last) = heap_bytes();
    all.arrive_and_wait();
  }
  for (auto& t : threads) t.join();
  EXPECT_EQ(calls_of(pool, "compute", Errc::resource_exhausted), std::uint64_t{kThreads * kCalls});
  // 5.4 KiB for each thread and method would be 522 KiB. A thread may keep a block or two more of each size.
  EXPECT_LE(last, first + (64 << 10));
  held.finish.open();
  for (auto& r : taken) EXPECT_TRUE(r.try_get().ok());
}

TEST(HeapOfPools, IsTheSameAfterManyWorkersAsAfterFew) {
  Engine engine;
  Pool pool(engine, {serve_lab({})}, {.workers = 1, .recycle_after = 2});
  const LabCaller caller(pool);
  // The least that is seen while twenty more go: a worker that has just gone may have somebody who still looks at it.
  const auto heap_after = [&](std::uint64_t workers) {
    std::size_t least = kUnlimited;
    PoolCounts counts;
    do {
      (void)caller.start<Compute>().try_get();
      (void)caller.try_call<Later>();
      while (counts = pool.overview().counts, counts.created != counts.terminated + 1) std::this_thread::yield();
      if (counts.terminated >= workers) least = std::min(least, heap_bytes());
    } while (counts.terminated < workers + 20);
    return least;
  };
  const std::size_t few = heap_after(20), many = heap_after(200);
  // 180 workers of 108 KiB each: 180 bytes of each would be seen. Malloc's own caches have some KiB more or less.
  EXPECT_LE(many, few + (32 << 10));
}

}  // namespace
}  // namespace lagoon::test
