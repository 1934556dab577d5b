// SPDX-License-Identifier: Apache-2.0
#include <lagoon/engine/lent_pointer.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>

namespace lagoon::detail {
namespace {

struct Thing {
  int alive = 1;
  ~Thing() { alive = 0; }
};

TEST(LentPointers, ShowNothingUntilTheyDoAndWhenTheyAreTakenAway) {
  LentPointer<Thing> lent;
  const auto fails = [](Thing&) { ADD_FAILURE() << "there is nothing"; };
  EXPECT_FALSE(lent.use(fails));
  {
    Thing thing;
    lent.show(thing);
    EXPECT_TRUE(lent.is_shown());
    EXPECT_TRUE(lent.use([&](Thing& seen) { EXPECT_EQ(&seen, &thing); }));
    lent.take_away();
  }
  EXPECT_FALSE(lent.is_shown());
  EXPECT_FALSE(lent.use(fails));
}

TEST(LentPointers, AreNotUsedOnceTheyHaveBeenTakenAway) {
  LentPointer<Thing> lent;
  std::atomic<bool> over{false};
  std::thread user([&] {
    while (!over) lent.use([](Thing& thing) { EXPECT_EQ(thing.alive, 1); });
  });
  for (int k = 0; k < 20'000; ++k) {
    auto thing = std::make_unique<Thing>();
    lent.show(*thing);
    lent.take_away();
  }
  over = true;
  user.join();
}

// Each side writes its word and looks at the other's: a call that is cancelled while it begins hears of it.
TEST(LentPointers, LetTheOwnerOrTheUserSeeWhatTheOtherWroteBefore) {
  for (int k = 0; k < 2'000; ++k) {
    LentPointer<Thing> lent;
    std::atomic<bool> told{false}, go{false};
    bool used = false;
    std::thread user([&] {
      while (!go) spin_pause();
      told.store(true, std::memory_order_relaxed);
      used = lent.use([](Thing&) {});
    });
    Thing thing;
    go = true;
    lent.show(thing);
    const bool seen = told.load(std::memory_order_relaxed);
    user.join();
    EXPECT_TRUE(used || seen);
    lent.take_away();
  }
}

}  // namespace
}  // namespace lagoon::detail
