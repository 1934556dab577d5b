// SPDX-License-Identifier: Apache-2.0
// Small items of a stream may wait for one another, to travel together; nobody waits for those.
#include "lab_programs.hpp"

namespace lagoon::test {
namespace {

const std::vector<int> kBursts = {1, 2, 7, 8, 9, 16, 63, 64, 65, 100, 1000, 1024, 5000};

/// From now on somebody looks up each millisecond on both sides, and items may wait.
void warm(const ProcessCaller& caller) {
  for (int k = 0; k < 100; ++k) caller.call<Do>(deed(""));
}

TEST(ItemsThatTravelTogether, ArriveThoughTheirWriterComputesOn) {
  LabProcess lab;
  warm(lab.caller);
  for (const int items : kBursts) {
    SCOPED_TRACE(items);
    auto read = lab.caller.start<Count>(deed("hold", items));
    for (int k = 0; k < items; ++k) ASSERT_EQ(read.read()->number, k);
    read.cancel();
  }
}

template <class M>
void exchange_in_bursts(const ProcessCaller& caller) {
  auto both = caller.start<M>();
  for (int round = 0; round < 20; ++round) {
    for (const int items : kBursts) {
      if (items > 1000) continue;  // more than the windows of both ways together hold would wait for each other
      SCOPED_TRACE(items);
      for (int k = 0; k < items; ++k) ASSERT_TRUE(both.write({k}));
      for (int k = 0; k < items; ++k) ASSERT_EQ(both.read()->number, k);
    }
  }
  both.close();
  EXPECT_FALSE(both.read());
  EXPECT_TRUE(both.status().ok()) << both.status().to_string();
}

TEST(ItemsThatTravelTogether, AreSentBeforeTheirWriterWaits) {
  LabProcess lab;
  warm(lab.caller);
  exchange_in_bursts<Mirror>(lab.caller);
  exchange_in_bursts<MirrorInTurns>(lab.caller);
}

TEST(ItemsThatTravelTogether, ArriveInOrderAndAllWhenTheReaderIsSlowOrQuick) {
  LabProcess lab;
  warm(lab.caller);
  for (const std::size_t window : {1, 2, 3, 64, 1024}) {
    SCOPED_TRACE(window);
    const std::int64_t items = window < 64 ? 1000 : 20'000;
    auto read = lab.caller.start<Count>(deed("", items), {.window_items = window});
    std::int64_t next = 0;
    while (auto tick = read.read()) {
      ASSERT_EQ(tick->number, next++);
      if (next % 1000 == 0) std::this_thread::sleep_for(1ms);
    }
    EXPECT_EQ(next, items);
    EXPECT_TRUE(read.status().ok()) << read.status().to_string();
  }
}

TEST(ItemsThatTravelTogether, OfManyCallsAtOnceArriveAll) {
  LabProcess lab({.name = "lab", .concurrency = 4});
  warm(lab.caller);
  std::vector<std::thread> callers;
  std::atomic<int> right{0};
  for (int t = 0; t < 4; ++t)
    callers.emplace_back([&] {
      for (int round = 0; round < 20; ++round) {
        auto both = lab.caller.start<Mirror>();
        std::int64_t sum = 0;
        for (int k = 0; k < 500; ++k) (void)both.write({k});
        both.close();
        while (auto tick = both.read()) sum += tick->number;
        right += sum == 500 * 499 / 2;
      }
    });
  for (auto& caller : callers) caller.join();
  EXPECT_EQ(right, 4 * 20);
}

TEST(ItemsThatTravelTogether, AreNotMissedByACallThatIsCancelled) {
  LabProcess lab;
  warm(lab.caller);
  for (int k = 0; k < 50; ++k) {
    auto both = lab.caller.start<Mirror>();
    for (int i = 0; i < 10 * k; ++i) (void)both.write({i});
    both.cancel();
    EXPECT_EQ(both.status().code(), Errc::cancelled);
  }
  EXPECT_TRUE(lab.caller.try_call<Do>(deed("")).ok());
}

}  // namespace
}  // namespace lagoon::test
