// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <lagoon/engine/parallel.hpp>
#include <lagoon/engine/pipeline.hpp>
#include <lagoon/engine/stop.hpp>

#include <tbb/task_group.h>

#include <list>
#include <map>
#include <mutex>
#include <numeric>
#include <set>
#include <span>
#include <thread>

#include "threads.hpp"

namespace lagoon {
namespace {

using test::in_arena;
using test::Meeting;

std::vector<int> numbers(int n) {
  std::vector<int> v(static_cast<std::size_t>(n));
  std::iota(v.begin(), v.end(), 0);
  return v;
}

// A range that makes its items on the way, as views of the ranges library do (which clang 14 cannot compile).
struct Integers {
  int first, last;
  struct Iterator {
    int i;
    int operator*() const { return i; }
    Iterator& operator++() { return ++i, *this; }
    bool operator==(const Iterator&) const = default;
  };
  Iterator begin() const { return {first}; }
  Iterator end() const { return {last}; }
};

// Small, with default member initialisers: what oneTBB's own pipeline does not take.
struct Size {
  int w = 0, h = 0;
};

TEST(Pipeline, TakesEveryItemThroughEveryStageInOrder) {
  in_arena([] {
    std::vector<int> seen;
    Result<std::size_t> done = each(numbers(1000))
                                   .parallel("widen",
                                             [](int i) {
                                               return Size{i, 2 * i};
                                             })
                                   .parallel("sum", [](Size s) { return s.w + s.h; })
                                   .in_order("write", [&](int x) { seen.push_back(x); })
                                   .run();
    EXPECT_EQ(done.value(), 1000u);
    ASSERT_EQ(seen.size(), 1000u);
    for (int i = 0; i < 1000; ++i) ASSERT_EQ(seen[static_cast<std::size_t>(i)], 3 * i);
  });
}

TEST(Pipeline, CollectsResultsInTheOrderOfItsItems) {
  in_arena([] {
    auto squares = each(numbers(500)).parallel("square", [](int i) { return std::to_string(i * i); }).collect();
    ASSERT_EQ(squares.value().size(), 500u);
    for (int i = 0; i < 500; ++i) ASSERT_EQ((*squares)[static_cast<std::size_t>(i)], std::to_string(i * i));
  });
}

TEST(Pipeline, OfNoItemsIsDoneAtOnce) {
  EXPECT_EQ(each(std::vector<int>()).parallel("never", [](int i) { return 1 / i; }).run().value(), 0u);
  EXPECT_TRUE(each(std::vector<int>()).collect().value().empty());
}

TEST(Pipeline, MovesItemsThatCannotBeCopied) {
  in_arena([] {
    std::vector<std::unique_ptr<int>> items;
    std::vector<int*> addresses;
    for (int i = 0; i < 100; ++i) addresses.push_back(items.emplace_back(std::make_unique<int>(i)).get());
    auto out = each(std::move(items))
                   .parallel("increase", [](std::unique_ptr<int>&& p) { return ++*p, std::move(p); })
                   .in_order("pass", [](std::unique_ptr<int> p) { return p; })
                   .collect();
    for (std::size_t i = 0; i < 100; ++i) {
      ASSERT_EQ((*out)[i].get(), addresses[i]);
      ASSERT_EQ(*(*out)[i], static_cast<int>(i) + 1);
    }
  });
}

TEST(Pipeline, OnlyLooksAtARangeThatStaysTheCallers) {
  in_arena([] {
    const std::vector<std::string> names(100, "a name that does not fit inside a string object");
    std::vector<std::string> mutable_names = names;
    std::set<const std::string*> seen;
    auto look = [&](const std::string& s) { seen.insert(&s); };
    EXPECT_EQ(each(names).in_order("look", look).run().value(), 100u);
    EXPECT_EQ(each(mutable_names).in_order("look", look).run().value(), 100u);
    EXPECT_EQ(each(std::span(mutable_names)).in_order("look", look).run().value(), 100u);
    EXPECT_EQ(seen.size(), 200u) << "each element itself, and no copies";
    EXPECT_EQ(mutable_names, names);
  });
}

TEST(Pipeline, TakesRangesOfAllKindsAndFunctions) {
  in_arena([] {
    auto sum = [](auto&& pipeline) {
      long total = 0;
      EXPECT_TRUE(std::move(pipeline).in_order("add", [&](long x) { total += x; }).run().ok());
      return total;
    };
    EXPECT_EQ(sum(each(std::list<int>{1, 2, 3})), 6);
    EXPECT_EQ(sum(each(Integers{0, 101})), 5050);
    const Integers ten{0, 10};
    EXPECT_EQ(sum(each(ten)), 45);
    const int plain[] = {4, 5};
    EXPECT_EQ(sum(each(plain)), 9);
    int next = 0;
    EXPECT_EQ(sum(each([&]() -> std::optional<int> { return next < 5 ? std::optional(next++) : std::nullopt; })), 10);
    const std::map<std::string, int> table{{"a", 1}, {"b", 2}};
    EXPECT_EQ(sum(each(table).parallel("value", [](const auto& entry) { return entry.second; })), 3);
  });
}

TEST(Pipeline, HoldsNoMoreItemsThanAllowed) {
  in_arena([] {
    for (std::size_t limit : {1u, 2u, 3u, 8u}) {
      std::atomic<std::size_t> alive{0}, most{0};
      struct Item {
        std::atomic<std::size_t>* alive;
        explicit Item(std::atomic<std::size_t>& count) : alive(&count) { ++count; }
        Item(Item&& o) noexcept : alive(std::exchange(o.alive, nullptr)) {}
        ~Item() {
          if (alive) --*alive;
        }
      };
      int left = 300;
      auto source = [&]() -> std::optional<Item> {
        if (left-- == 0) return {};
        std::optional<Item> item(std::in_place, alive);
        most = std::max(most.load(), alive.load());
        return item;
      };
      EXPECT_EQ(each(source)
                    .parallel("hold", [](Item&& item) { return std::this_thread::yield(), std::move(item); })
                    .run({.in_flight = limit})
                    .value(),
                300u);
      EXPECT_EQ(alive, 0u);
      EXPECT_LE(most, limit);
      EXPECT_GE(most, 1u);
    }
  });
}

TEST(Pipeline, WorksOnSeveralItemsAtOnce) {
  LAGOON_NEEDS_THREADS(2u);
  in_arena([] {
    Meeting meeting(2);
    auto met = each(numbers(2)).parallel("meet", [&](int) { return meeting.arrive_and_wait(); }).collect();
    EXPECT_EQ(met.value(), (std::vector<bool>{true, true}));
  });
}

TEST(Pipeline, OverlapsItsStagesThoughEachTakesOneItemAtATime) {
  LAGOON_NEEDS_THREADS(2u);
  in_arena([] {
    // Item 0 in the second stage meets item 1 in the first.
    Meeting meeting(2);
    auto first = [&](int i) { return i == 1 ? meeting.arrive_and_wait() : true; };
    auto second = [&, i = 0](bool fine) mutable { return i++ == 0 ? fine && meeting.arrive_and_wait() : fine; };
    auto met = each(numbers(2)).in_order("first", first).in_order("second", second).collect();
    EXPECT_EQ(met.value(), (std::vector<bool>{true, true}));
  });
}

TEST(Pipeline, TellsItsProgressOnceAnItemInOrder) {
  in_arena([] {
    std::vector<std::pair<std::size_t, std::size_t>> told;
    auto note = [&](const Progress& p) { told.emplace_back(p.done, p.total); };
    EXPECT_TRUE(
        each(numbers(50)).parallel("pass", [](int i) { return i; }).run({.in_flight = 4, .on_progress = note}).ok());
    ASSERT_EQ(told.size(), 50u);
    for (std::size_t k = 0; k < 50; ++k) ASSERT_EQ(told[k], std::pair(k + 1, std::size_t{50}));
    told.clear();
    int left = 3;
    auto source = [&]() -> std::optional<int> { return left ? std::optional(left--) : std::nullopt; };
    EXPECT_TRUE(each(source).run({.on_progress = note}).ok());
    EXPECT_EQ(told.back(), std::pair(std::size_t{3}, std::size_t{0})) << "a total that nobody knows is 0";
    EXPECT_EQ((Progress{25, 50}).fraction(), 0.5);
  });
}

TEST(Pipeline, EndsWithTheFirstFailureOfTheSourceHoweverManyFail) {
  in_arena([] {
    for (int round = 0; round < 200; ++round) {
      std::vector<int> written;
      const int bad = round % 37;
      Result<std::size_t> done = each(numbers(100))
                                     .parallel("check",
                                               [&](int i) -> Result<int> {
                                                 if (i >= bad)
                                                   return Status(Errc::data_loss, "bad item").with_detail("k", "v");
                                                 if (i + 1 == bad) std::this_thread::yield();
                                                 return i;
                                               })
                                     .in_order("write", [&](int i) { written.push_back(i); })
                                     .run({.in_flight = 8});
      ASSERT_EQ(done.status().code(), Errc::data_loss);
      ASSERT_EQ(done.status().message(), "check: item " + std::to_string(bad) + ": bad item");
      ASSERT_EQ(done.status().details(),
                (Status::Details{{"k", "v"}, {"stage", "check"}, {"item", std::to_string(bad)}}));
      ASSERT_EQ(written, numbers(bad)) << "all items before it, and none after";
    }
  });
}

TEST(Pipeline, TurnsWhateverAStageThrowsIntoAStatus) {
  in_arena([] {
    auto fails = [](int how) {
      return each(numbers(20))
          .parallel("pass", [](int i) { return std::make_unique<int>(i); })
          .in_order("thrower",
                    [how](std::unique_ptr<int> p) {
                      if (*p < 7) return;
                      if (how == 0) throw Error(Errc::out_of_range, "too far");
                      if (how == 1) throw std::bad_alloc();
                      throw 42;
                    })
          .run()
          .status();
    };
    EXPECT_EQ(fails(0).message(), "thrower: item 7: too far");
    EXPECT_EQ(fails(1).code(), Errc::resource_exhausted);
    EXPECT_EQ(fails(2).code(), Errc::unknown);
  });
}

TEST(Pipeline, SaysWhenItsSourceOrItsProgressFails) {
  in_arena([] {
    int next = 0;
    auto source = [&]() -> std::optional<int> {
      if (next == 5) throw std::runtime_error("no more film");
      return next++;
    };
    EXPECT_EQ(each(source).parallel("pass", [](int i) { return i; }).run().status().message(),
              "source: item 5: no more film");
    auto progress = [](const Progress& p) {
      if (p.done == 3) throw std::runtime_error("closed window");
    };
    EXPECT_EQ(each(numbers(9)).run({.on_progress = progress}).status().message(), "end: item 2: closed window");
  });
}

TEST(Pipeline, StopsWhenTheCallerAsks) {
  in_arena([] {
    StopControl stop;
    const StopScope scope(&stop);
    int written = 0;
    auto done = each(Integers{0, -1})  // without end
                    .parallel("pass", [](int i) { return i; })
                    .in_order("write",
                              [&](int) {
                                if (++written == 10) stop.request_stop();
                              })
                    .run();
    EXPECT_EQ(done.status().code(), Errc::cancelled);
    EXPECT_EQ(written, 10);
  });
}

TEST(Pipeline, CarriesTheCallToItsStages) {
  in_arena([] {
    StopControl stop;
    const StopScope scope(&stop);
    std::atomic<int> strangers{0};
    const int together = test::allowed_threads() < 2 ? 1 : 2;  // items that meet, so that another thread takes part
    Meeting meeting(together);
    auto look = [&](int i) { return strangers += current_stop() != &stop, i; };
    auto meet = [&](int i) {
      if (i < together) {
        EXPECT_TRUE(meeting.arrive_and_wait());
      }
      return look(i);
    };
    EXPECT_TRUE(each(numbers(200)).parallel("a", meet).in_order("b", look).run().ok());
    EXPECT_EQ(strangers, 0);
  });
}

TEST(Pipeline, CompletesWithinATaskGroupThatIsCancelled) {
  in_arena([] {
    tbb::task_group around;
    Result<std::size_t> done(Status(Errc::unknown, "not run"));
    around.run_and_wait([&] {
      around.cancel();
      done = each(numbers(300)).parallel("pass", [](int i) { return i; }).run();
    });
    EXPECT_EQ(done.value(), 300u);
  });
}

TEST(Pipeline, RunsOnlyOnce) {
  auto p = each(numbers(3)).parallel("pass", [](int i) { return i; });
  EXPECT_EQ(p.run().value(), 3u);
  EXPECT_EQ(p.run().status().code(), Errc::failed_precondition);
}

TEST(Pipeline, RunsLoopsAndPipelinesInsideItsStages) {
  in_arena([] {
    auto sums =
        each(numbers(40))
            .parallel("loop",
                      [](int i) {
                        return parallel_reduce<double>(
                            1000, {50},
                            [&](std::ptrdiff_t b, std::ptrdiff_t e) { return static_cast<double>(e - b) * i; },
                            std::plus<>());
                      })
            .parallel("inner",
                      [](double x) {
                        return each(numbers(10)).parallel("add", [&](int k) { return x + k; }).collect().value().back();
                      })
            .collect();
    for (std::size_t i = 0; i < 40; ++i) ASSERT_EQ(sums.value()[i], 1000.0 * static_cast<double>(i) + 9);
  });
}

TEST(Pipeline, AlignsItsItems) {
  struct alignas(128) Wide {
    double x = 0;
  };
  auto fine = each(numbers(20))
                  .parallel("wide", [](int i) { return Wide{1.0 * i}; })
                  .parallel("look", [](Wide&& w) { return reinterpret_cast<std::uintptr_t>(&w) % 128 == 0; })
                  .collect();
  EXPECT_EQ(fine.value(), std::vector<bool>(20, true));
}

}  // namespace
}  // namespace lagoon
