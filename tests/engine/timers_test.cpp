// SPDX-License-Identifier: Apache-2.0
#include "../../engine/src/timers.hpp"

#include <gtest/gtest.h>

#include <lagoon/engine/engine.hpp>
#include <memory>
#include <vector>

#include "rpc/gate.hpp"
#include "rpc/watchdog.hpp"

namespace lagoon {
namespace {

using detail::Timers;
using test::Gate;
using test::Tally;
using namespace std::chrono_literals;

TEST(TimersOf, AVirtualClockFireInTheOrderOfTheirTimes) {
  VirtualClock clock;
  Timers timers(clock);
  std::vector<int> fired;
  Tally count;
  const auto note = [&](int n) {
    return [&, n] {
      fired.push_back(n);
      count.add();
    };
  };
  timers.at(clock.now() + 3s, note(3));
  timers.at(clock.now() + 1s, note(1));
  timers.at(clock.now() + 2s, note(2));
  timers.at(clock.now() + 1s, note(11));  // same time: in the order they were set
  clock.advance(1s - 1ns);
  EXPECT_EQ(count.value(), 0);
  clock.advance(1ns);
  count.wait_for(2);
  EXPECT_EQ(fired, (std::vector<int>{1, 11}));
  clock.advance(10s);
  count.wait_for(4);
  EXPECT_EQ(fired, (std::vector<int>{1, 11, 2, 3}));
}

TEST(TimersOf, TheMachineFireNotBeforeTheirTime) {
  Timers timers(system_clock());
  Gate late, early;
  const TimePoint begin = system_clock().now();
  TimePoint fired_late, fired_early;
  timers.at(begin + 40ms, [&] {
    fired_late = system_clock().now();
    late.open();
  });
  timers.at(begin + 10ms, [&] {  // earlier than what the thread already waits for
    fired_early = system_clock().now();
    early.open();
  });
  early.wait();
  late.wait();
  EXPECT_GE(fired_early, begin + 10ms);
  EXPECT_LT(fired_early, fired_late);
  EXPECT_GE(fired_late, begin + 40ms);
}

TEST(Timers, ThatAreTakenBackDoNotFire) {
  VirtualClock clock;
  Timers timers(clock);
  Gate fired;
  bool cancelled_fired = false;
  const auto id = timers.at(clock.now() + 1s, [&] { cancelled_fired = true; });
  timers.at(clock.now() + 2s, [&] { fired.open(); });
  timers.cancel(id);
  timers.cancel(id);        // again: nothing
  timers.cancel(id + 999);  // never set: nothing
  clock.advance(5s);
  fired.wait();
  EXPECT_FALSE(cancelled_fired);
  timers.cancel(id);
}

TEST(Timers, LetGoOfWhatTheyOwnWhenTakenBackFiredOrDropped) {
  VirtualClock clock;
  auto owned = std::make_shared<int>(1);
  Gate fired;
  {
    Timers timers(clock);
    const auto id = timers.at(clock.now() + 1h, [owned] {});
    EXPECT_EQ(owned.use_count(), 2);
    timers.cancel(id);
    EXPECT_EQ(owned.use_count(), 1);
    timers.at(clock.now() + 1s, [owned, &fired] { fired.open(); });
    clock.advance(1s);
    fired.wait();
    while (owned.use_count() != 1) std::this_thread::yield();
    timers.at(clock.now() + 1h, [owned] {});
  }
  EXPECT_EQ(owned.use_count(), 1);
}

TEST(Timers, MaySetAndTakeBackOthersWhileTheyFire) {
  VirtualClock clock;
  Timers timers(clock);
  Gate done;
  Timers::Id victim = 0, self = 0;
  bool victim_fired = false;
  victim = timers.at(clock.now() + 2s, [&] { victim_fired = true; });
  self = timers.at(clock.now() + 1s, [&] {
    timers.cancel(victim);
    timers.cancel(self);
    timers.at(clock.now() - 5s, [&] { done.open(); });  // in the past: at once
  });
  clock.advance(10s);
  done.wait();
  EXPECT_FALSE(victim_fired);
}

TEST(Timers, MayOwnWhatOwnsTimers) {
  // What an action owns is destroyed without the lock: its destructor may set and take back timers.
  VirtualClock clock;
  Timers timers(clock);
  struct Owner {
    Timers& timers;
    Timers::Id id;
    ~Owner() {
      timers.cancel(id);
      timers.at(kNever, [] {});
    }
  };
  const auto hold = [&](TimePoint when) {
    return timers.at(when, [owner = std::make_shared<Owner>(Owner{timers, timers.at(kNever, [] {})})] {});
  };
  timers.cancel(hold(clock.now() + 1s));
  hold(clock.now() + 1s);
  hold(clock.now() + 1h);
  clock.advance(2s);
}

TEST(Timers, OfManyThreadsAllFireOrAreTakenBack) {
  VirtualClock clock;
  Timers timers(clock);
  constexpr int kEach = 5000;
  Tally fired;
  std::atomic<int> kept{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (int k = 0; k < kEach; ++k) {
        const bool cancel = (k + t) % 3 == 0;
        auto counted = std::make_shared<std::atomic<bool>>(false);
        const auto id = timers.at(clock.now() + std::chrono::microseconds(1 + k % 100), [&, counted, cancel] {
          counted->store(true);
          if (!cancel) fired.add();
        });
        if (cancel) {
          timers.cancel(id);
        } else {
          ++kept;
        }
        if (k % 50 == 0) clock.advance(10us);
      }
    });
  for (auto& t : threads) t.join();
  clock.advance(1s);
  fired.wait_for(kept);
  EXPECT_EQ(fired.value(), kept);
}

TEST(Timers, ByTheHundredThousandAreSetAndTakenBackInAMoment) {
  VirtualClock clock;
  Timers timers(clock);
  const auto begin = std::chrono::steady_clock::now();
  std::vector<Timers::Id> ids;
  for (int k = 0; k < 100000; ++k) ids.push_back(timers.at(clock.now() + std::chrono::seconds(1 + k % 1000), [] {}));
  for (std::size_t k = 0; k < ids.size(); k += 2) timers.cancel(ids[k]);
  for (std::size_t k = 1; k < ids.size(); k += 2) timers.cancel(ids[k]);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 5s * test::kSlowness);
}

TEST(Timers, OfAnEngineThatEndsAreDropped) {
  VirtualClock clock;
  bool fired = false;
  for (int k = 0; k < 100; ++k) {
    Engine engine({.clock = &clock});
    engine.at(clock.now() + 1s, [&] { fired = true; });
    if (k % 2) engine.at(clock.now(), [] {});
  }
  clock.advance(1h);
  EXPECT_FALSE(fired);
}

TEST(Timers, AreWaitedForByAnEngineThatEndsWhileOneFires) {
  for (int k = 0; k < 50; ++k) {
    Gate firing, go;
    std::atomic<bool> ended{false};
    std::thread opener;
    {
      Engine engine;
      engine.at(system_clock().now(), [&] {
        firing.open();
        go.wait();
        ended = true;
      });
      firing.wait();
      opener = std::thread([&] { go.open(); });
    }
    EXPECT_TRUE(ended);
    opener.join();
  }
}

}  // namespace
}  // namespace lagoon
