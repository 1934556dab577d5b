// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <lagoon/core/memory.hpp>
#include <lagoon/core/tensor.hpp>
#include <lagoon/engine/isolate.hpp>
#include <lagoon/engine/parallel.hpp>
#include <lagoon/engine/stop.hpp>

#include <tbb/task_group.h>

#include <functional>
#include <mutex>
#include <numeric>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "threads.hpp"

namespace lagoon {
namespace {

using test::Meeting;

/// Loops are shared out by oneTBB in arenas that others make, by the engine within isolates.
template <class F>
void everywhere(F&& body) {
  test::in_arena(body);
  Engine engine({.cores = static_cast<unsigned>(std::min<std::size_t>(test::allowed_threads(), 4))});
  Isolate isolate(engine, {.name = "loops"});
  isolate.run(body);
}

TEST(ParallelFor, VisitsEachElementOnceInPartsOfItsGrain) {
  everywhere([] {
    for (std::ptrdiff_t n : {1, 2, 99, 100, 101, 1000, 12'345}) {
      for (std::ptrdiff_t grain : {1, 7, 100, 100'000}) {
        std::vector<std::atomic<int>> visits(static_cast<std::size_t>(n));
        std::atomic<int> odd_parts{0};
        parallel_for(n, {grain}, [&](std::ptrdiff_t b, std::ptrdiff_t e) {
          odd_parts += b % grain != 0 || (e - b != grain && e != n);
          for (std::ptrdiff_t i = b; i < e; ++i) ++visits[static_cast<std::size_t>(i)];
        });
        EXPECT_EQ(odd_parts, 0);
        for (auto& v : visits) ASSERT_EQ(v, 1);
      }
    }
  });
}

TEST(ParallelFor, OfNothingCallsNobody) {
  for (std::ptrdiff_t n : {0, -5}) parallel_for(n, {}, [](std::ptrdiff_t, std::ptrdiff_t) { FAIL(); });
}

TEST(ParallelFor, TakesAGrainOfNothingAsOne) {
  std::atomic<int> parts{0};
  parallel_for(10, {0}, [&](std::ptrdiff_t, std::ptrdiff_t) { ++parts; });
  EXPECT_EQ(parts, 10);
}

TEST(ParallelFor, RunsPartsSideBySide) {
  LAGOON_NEEDS_THREADS(2u);
  everywhere([] {
    Meeting meeting(2);
    std::atomic<int> met{0};
    parallel_for(2, {1}, [&](std::ptrdiff_t, std::ptrdiff_t) { met += meeting.arrive_and_wait(); });
    EXPECT_EQ(met, 2);
  });
}

TEST(ParallelFor, StaysOnItsThreadWhenAskedTo) {
  everywhere([] {
    std::set<std::thread::id> threads;
    parallel_for(1000, {1, false}, [&](std::ptrdiff_t, std::ptrdiff_t) { threads.insert(std::this_thread::get_id()); });
    EXPECT_EQ(threads, std::set{std::this_thread::get_id()});
  });
}

TEST(ParallelFor, ThrowsWhatTheLowestFailingPartThrew) {
  everywhere([] {
    for (int round = 0; round < 300; ++round) {
      const int bad = round % 50;
      try {
        parallel_for(50, {1}, [&](std::ptrdiff_t b, std::ptrdiff_t) {
          if (b >= bad) throw Error(Errc::data_loss, std::to_string(b));
        });
        FAIL() << "nothing was thrown";
      } catch (const Error& e) {
        ASSERT_EQ(e.status().message(), std::to_string(bad));
      }
    }
  });
}

TEST(ParallelFor, ThrowsWhatTheLowestPartThrewWhicheverFailedFirst) {
  LAGOON_NEEDS_THREADS(2u);
  everywhere([] {
    struct AtEnd {
      test::Event& event;
      ~AtEnd() { event.happen(); }
    };
    for (int round = 0; round < 40; ++round) {
      const int sooner = round % 2;
      Meeting meeting(2);
      test::Event sooner_failed;
      try {
        parallel_for(2, {1}, [&](std::ptrdiff_t part, std::ptrdiff_t) {
          EXPECT_TRUE(meeting.arrive_and_wait());
          if (part != sooner) {
            EXPECT_TRUE(sooner_failed.wait());
            for (int k = 0; k < 20; ++k) std::this_thread::yield();  // until the other failure is on record
          }
          const AtEnd at_end{sooner_failed};
          throw Error(part == 0 ? Errc::aborted : Errc::data_loss, "failed");
        });
        FAIL() << "nothing was thrown";
      } catch (const Error& e) {
        ASSERT_EQ(e.code(), Errc::aborted);
      }
    }
  });
}

TEST(ParallelFor, SkipsPartsAfterOneThatFailed) {
  everywhere([] {
    std::atomic<int> ran{0};
    EXPECT_THROW(parallel_for(100'000, {1},
                              [&](std::ptrdiff_t, std::ptrdiff_t) {
                                ++ran;
                                throw 42;
                              }),
                 int);
    EXPECT_LT(ran, 50'000);
  });
}

TEST(ParallelFor, PassesOnExceptionsOfAnyType) {
  everywhere([] {
    auto thrower = [](std::ptrdiff_t, std::ptrdiff_t) { throw 42; };
    EXPECT_THROW(parallel_for(10, {1}, thrower), int);
    EXPECT_THROW(parallel_for(1, {1}, thrower), int);
  });
}

TEST(ParallelFor, StopsBetweenPartsWhenTheCallerAsks) {
  everywhere([] {
    StopControl stop;
    const StopScope scope(&stop);
    std::atomic<int> parts{0};
    try {
      parallel_for(100'000, {1}, [&](std::ptrdiff_t, std::ptrdiff_t) {
        if (++parts >= 10) stop.request_stop();
      });
      FAIL() << "not stopped";
    } catch (const Error& e) {
      EXPECT_EQ(e.code(), Errc::cancelled);
    }
    EXPECT_LE(parts, 9 + 4) << "each of at most four threads ends the part it is in";
  });
}

TEST(ParallelFor, NeverStartsAfterTheDeadline) {
  VirtualClock clock;
  StopControl stop(clock, clock.now());
  const StopScope scope(&stop);
  EXPECT_THROW(parallel_for(10, {1}, [](std::ptrdiff_t, std::ptrdiff_t) { FAIL(); }), Error);
}

struct Source final : MemorySource {
  MemoryHandle memory() override { return process_heap(); }
};

TEST(ParallelFor, CarriesTheCallToEveryThread) {
  everywhere([] {
    Source source;
    StopControl stop;
    const MemoryScope memory_scope(&source);
    const StopScope stop_scope(&stop);
    std::atomic<int> strangers{0};
    const int together = test::allowed_threads() < 2 ? 1 : 2;  // parts that meet, so that another thread takes part
    Meeting meeting(together);
    parallel_for(2000, {1}, [&](std::ptrdiff_t b, std::ptrdiff_t) {
      if (b == 0 || (together == 2 && b == 1999)) {
        EXPECT_TRUE(meeting.arrive_and_wait());
      }
      strangers += current_stop() != &stop || current_memory_source() != &source;
    });
    EXPECT_EQ(strangers, 0);
  });
}

TEST(ParallelFor, CompletesWithinATaskGroupThatIsCancelled) {
  everywhere([] {
    tbb::task_group around;
    std::atomic<int> parts{0};
    around.run_and_wait([&] {
      around.cancel();
      parallel_for(1000, {1}, [&](std::ptrdiff_t, std::ptrdiff_t) { ++parts; });
    });
    EXPECT_EQ(parts, 1000) << "the loop said it was done but had skipped parts";
  });
}

TEST(ParallelFor, RunsNoOtherLoopOnTheStackOfAWaitingOne) {
  everywhere([] {
    // Outer parts each run an inner loop. A thread that waits for its inner loop must not begin another outer part.
    static thread_local int depth = 0;
    std::atomic<int> nested{0};
    parallel_for(200, {1}, [&](std::ptrdiff_t, std::ptrdiff_t) {
      nested += depth++ > 0;
      parallel_for(4, {1}, [](std::ptrdiff_t, std::ptrdiff_t) { std::this_thread::yield(); });
      --depth;
    });
    EXPECT_EQ(nested, 0);
  });
}

TEST(ParallelFor, SharesOutNestedLoopsToo) {
  everywhere([] {
    std::vector<std::atomic<int>> visits(50 * 40);
    parallel_for(50, {1}, [&](std::ptrdiff_t i, std::ptrdiff_t) {
      parallel_for(40, {3}, [&](std::ptrdiff_t b, std::ptrdiff_t e) {
        for (std::ptrdiff_t j = b; j < e; ++j) ++visits[static_cast<std::size_t>(40 * i + j)];
      });
    });
    for (auto& v : visits) ASSERT_EQ(v, 1);
  });
}

TEST(LoopsOfAnIsolate, RunSideBySideForCallersThatComeAtOnce) {
  Engine engine({.cores = static_cast<unsigned>(test::allowed_threads())});
  Isolate isolate(engine, {.name = "loops", .concurrency = 4});
  std::vector<std::thread> callers;
  std::atomic<std::int64_t> sum{0};
  for (int k = 0; k < 4; ++k) {
    callers.emplace_back([&] {
      for (int round = 0; round < 300; ++round)
        isolate.run([&] { parallel_for(100, {7}, [&](std::ptrdiff_t b, std::ptrdiff_t e) { sum += e - b; }); });
    });
  }
  for (auto& t : callers) t.join();
  EXPECT_EQ(sum, 4 * 300 * 100);
}

TEST(LoopsOfAnIsolate, MayBeTheLastThingThatItDoes) {
  // Workers that were asked and come late find neither the loop nor, perhaps, the isolate.
  Engine engine({.cores = static_cast<unsigned>(test::allowed_threads())});
  for (int round = 0; round < 300; ++round) {
    Isolate isolate(engine, {.name = "short"});
    std::atomic<int> parts{0};
    isolate.run([&] { parallel_for(4, {1}, [&](std::ptrdiff_t, std::ptrdiff_t) { ++parts; }); });
    EXPECT_EQ(parts, 4);
  }
}

TEST(LoopsOfAnIsolate, VisitEachPartOnceFromBothEnds) {
  Engine engine({.cores = static_cast<unsigned>(test::allowed_threads())});
  Isolate isolate(engine, {.name = "ends"});
  isolate.run([] {
    std::vector<std::atomic<int>> visits(257);
    for (int round = 1; round <= 3000; ++round) {
      const auto parts = static_cast<std::size_t>(round) % visits.size() + 1;
      parallel_for(static_cast<std::ptrdiff_t>(parts), {1}, [&](std::ptrdiff_t b, std::ptrdiff_t e) {
        for (; b < e; ++b) ++visits[static_cast<std::size_t>(b)];
      });
      for (std::size_t k = 0; k < visits.size(); ++k) ASSERT_EQ(visits[k].exchange(0), k < parts) << round;
    }
  });
}

TEST(LoopsOfAnIsolate, LetWorkersGoThoughTheNextLoopIsNear) {
  LAGOON_NEEDS_THREADS(2u);
  Engine engine({.cores = 2});
  Isolate isolate(engine, {.name = "near"});
  isolate.run([] {
    const auto own = std::this_thread::get_id();
    std::atomic<bool> asked{false}, done{false};
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!done && std::chrono::steady_clock::now() < end) {
      parallel_for(64, {1}, [&](std::ptrdiff_t, std::ptrdiff_t) {
        if (std::this_thread::get_id() != own && !asked.exchange(true))
          tbb::this_task_arena::enqueue([&] { done = true; });
        std::this_thread::yield();
      });
    }
    EXPECT_TRUE(done) << "the only worker stayed in loops";
    while (asked && !done) std::this_thread::yield();
  });
}

TEST(LoopsOfAnIsolate, LetWorkersGoNowAndThen) {
  LAGOON_NEEDS_THREADS(2u);
  Engine engine({.cores = 2});
  Isolate isolate(engine, {.name = "long"});
  isolate.run([] {
    const auto own = std::this_thread::get_id();
    std::atomic<bool> asked{false}, done{false};
    std::atomic<int> left{0};  // parts that ended without more ado
    parallel_for(100'000, {1}, [&](std::ptrdiff_t, std::ptrdiff_t) {
      left += done;
      if (done) return;
      // The only worker is in this loop when it is asked for something else.
      if (std::this_thread::get_id() != own && !asked.exchange(true))
        tbb::this_task_arena::enqueue([&] { done = true; });
      std::this_thread::sleep_for(std::chrono::microseconds(50));
    });
    EXPECT_GT(left, 0) << "the loop was through before";
    while (!done) std::this_thread::yield();
  });
}

TEST(ParallelReduce, GivesTheSameBitsForAnyNumberOfThreads) {
  std::vector<double> x(100'003);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = 1.0 / static_cast<double>(i + 1) * (i % 2 ? -1 : 1);
  auto sum = [&](bool parallel) {
    return parallel_reduce<double>(
        static_cast<std::ptrdiff_t>(x.size()), {1000, parallel},
        [&](std::ptrdiff_t b, std::ptrdiff_t e) { return std::accumulate(x.data() + b, x.data() + e, 0.0); },
        std::plus<>());
  };
  const double alone = sum(false);
  everywhere([&] {
    for (int round = 0; round < 50; ++round) ASSERT_EQ(sum(true), alone);
  });
}

TEST(ParallelReduce, CombinesPartsInTheirOrder) {
  everywhere([] {
    for (std::ptrdiff_t n : {1, 2, 3, 26}) {
      const std::string text = parallel_reduce<std::string>(
          n, {1}, [](std::ptrdiff_t b, std::ptrdiff_t) { return std::string(1, static_cast<char>('a' + b)); },
          std::plus<>());
      EXPECT_EQ(text, std::string("abcdefghijklmnopqrstuvwxyz").substr(0, static_cast<std::size_t>(n)));
    }
  });
}

TEST(ParallelReduce, OfNothingIsTheDefaultValue) {
  EXPECT_EQ(parallel_reduce<int>(
                0, {}, [](std::ptrdiff_t, std::ptrdiff_t) { return 7; }, std::plus<>()),
            0);
}

}  // namespace
}  // namespace lagoon
