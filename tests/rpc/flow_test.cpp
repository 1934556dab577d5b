// SPDX-License-Identifier: Apache-2.0
// Flow control counts the bytes that items refer to: a producer is never further ahead of its consumer than the window.
#include "lab.hpp"

namespace lagoon::test {
namespace {

constexpr std::size_t kItemBytes = 8000;

Item heavy(std::int64_t x) { return {x, filled(kItemBytes / sizeof(double))}; }

/// Counts what its handlers have produced, and says when one cannot go on.
class Producer {
 public:
  Handlers handlers() {
    Handlers h;
    h.down = [this](Item, Writer<Item> out, CallContext&) {
      for (std::int64_t k = 0;; ++k) {
        Item item = heavy(k);
        if (!out.try_write(item)) {
          stuck_.add();
          if (!out.write(std::move(item))) return Status();
        }
        produced_.add();
      }
    };
    h.later_down = [this](Item, CallContext&) -> Stream<Item> {
      for (std::int64_t k = 0;; ++k) {
        Item item = heavy(k);
        stuck_.add();  // of a coroutine it is not known which item was the one
        co_yield item;
        produced_.add();
      }
    };
    h.numbers = [this](Number, Writer<Number> out, CallContext&) {
      for (std::int64_t k = 0;; ++k) {
        Number item{k};
        if (!out.try_write(item)) {
          stuck_.add();
          if (!out.write(item)) return Status();
        }
        produced_.add();
      }
    };
    h.later_numbers = [this](Number, CallContext&) -> Stream<Number> {
      for (std::int64_t k = 0;; ++k) {
        stuck_.add();
        co_yield Number{k};
        produced_.add();
      }
    };
    return h;
  }
  std::int64_t produced() const { return produced_.value(); }
  /// Until a function's handler cannot write, or a coroutine's has tried that often.
  void wait_stuck(std::int64_t times) const { stuck_.wait_for(times); }
  void wait_produced(std::int64_t n) const { produced_.wait_for(n); }

 private:
  Tally produced_, stuck_;
};

class Windows : public testing::TestWithParam<int> {
 protected:
  std::int64_t window() const { return GetParam(); }
  /// Until a coroutine is suspended for want of room: it has tried once more than it has produced, and nothing runs.
  void wait_suspended() const {
    producer_.wait_stuck(window() + 1);
    while (lab_.isolate().running()) std::this_thread::yield();
  }
  Engine engine_;
  Producer producer_;
  Lab lab_{engine_, {.name = "lab"}, producer_.handlers()};
};

TEST_P(Windows, InBytesAreWhatAFunctionGetsAheadByWhenNobodyReads) {
  auto stream = lab_->read<Down>({}, {.window_bytes = kItemBytes * window(), .window_items = 1024});
  producer_.wait_stuck(1);
  EXPECT_EQ(producer_.produced(), window());
  stream.cancel();
}

TEST_P(Windows, InBytesAreWhatACoroutineGetsAheadByWhenNobodyReads) {
  auto stream = lab_->read<LaterDown>({}, {.window_bytes = kItemBytes * window(), .window_items = 1024});
  wait_suspended();
  EXPECT_EQ(producer_.produced(), window());
  stream.cancel();
}

TEST_P(Windows, InItemsAreWhatAFunctionGetsAheadByWhenNobodyReads) {
  auto stream = lab_->numbers(0, {.window_items = static_cast<std::size_t>(window())});
  producer_.wait_stuck(1);
  EXPECT_EQ(producer_.produced(), window());
}

TEST_P(Windows, InItemsAreWhatACoroutineGetsAheadByWhenNobodyReads) {
  auto stream = lab_->later_numbers(0, {.window_items = static_cast<std::size_t>(window())});
  wait_suspended();
  EXPECT_EQ(producer_.produced(), window());
}

TEST_P(Windows, ReturnCreditWhenTheReaderAsksForTheNextItemNotBefore) {
  auto stream = lab_->read<Down>({}, {.window_bytes = kItemBytes * window(), .window_items = 1024});
  producer_.wait_stuck(1);
  std::optional<Item> held = stream.read();  // still refers to its bytes
  ASSERT_TRUE(held && held->x == 0);
  EXPECT_EQ(producer_.produced(), window());
  for (std::int64_t k = 1; k < 20; ++k) {
    held = stream.read();
    ASSERT_TRUE(held && held->x == k);
    producer_.wait_produced(window() + k);  // the credit of item k - 1 came back
    EXPECT_LE(producer_.produced(), window() + k);
  }
  stream.cancel();
}

TEST_P(Windows, BoundWhatACallersWriterGetsAheadBy) {
  Gate finish;
  Lab lab(engine_, {.name = "deaf"},
          {.up =
               [&](Reader<Item>, CallContext&) {
                 finish.wait();
                 return Item{};
               },
           .both =
               [&](Reader<Item>, Writer<Item>, CallContext&) {
                 finish.wait();
                 return Status();
               }});
  const CallOptions with{.window_bytes = kItemBytes * window(), .window_items = 1024};
  auto upload = lab->write<Up>(with);
  auto both = lab->both<Both>(with);
  std::int64_t up = 0, over = 0;
  for (Item item = heavy(0); upload.try_write(item); item = heavy(0)) ++up;
  for (Item item = heavy(0); both.try_write(item); item = heavy(0)) ++over;
  EXPECT_EQ(up, window());
  EXPECT_EQ(over, window());
  finish.open();
}

INSTANTIATE_TEST_SUITE_P(Of, Windows, testing::Values(1, 2, 3, 5, 64), testing::PrintToStringParamName());

class Flow : public testing::Test {
 protected:
  Engine engine_;
};

TEST_F(Flow, AMessageLargerThanTheWindowPassesAlone) {
  Lab lab(engine_, {.name = "lab"},
          {.down =
               [&](Item, Writer<Item> out, CallContext&) {
                 for (std::int64_t k = 0; k < 5; ++k)
                   if (!out.write(heavy(k))) break;
                 return Status();
               },
           .later_down = [&](Item, CallContext&) -> Stream<Item> {
             for (std::int64_t k = 0; k < 5; ++k) {
               Item item = heavy(k);
               co_yield item;
             }
           }});
  const CallOptions small{.window_bytes = kItemBytes / 10};
  std::int64_t next = 0;
  for (const Item& item : lab->read<Down>({}, small)) EXPECT_EQ(item.x, next++);
  EXPECT_EQ(next, 5);
  next = 0;
  for (const Item& item : lab->read<LaterDown>({}, small)) EXPECT_EQ(item.x, next++);
  EXPECT_EQ(next, 5);
  auto both = lab->both<Both>(small);
  for (std::int64_t k = 0; k < 5; ++k) {
    ASSERT_TRUE(both.write(heavy(k)));
    EXPECT_EQ(both.read()->x, k);
  }
  auto later = lab->both<LaterBoth>(small);
  for (std::int64_t k = 0; k < 5; ++k) {
    ASSERT_TRUE(later.write(heavy(k)));
    EXPECT_EQ(later.read()->x, k);
  }
}

// Credit for an item's place and credit for its bytes come back separately; neither may be taken for the other.
TEST_F(Flow, ItemsOfManySizesArriveInFullThroughEveryNarrowWindow) {
  constexpr std::int64_t kItems = 300;
  const auto sized = [](std::int64_t k) { return Item{k, filled(1 + (k * 7919) % 200)}; };
  Lab lab(engine_, {.name = "lab"},
          {.down =
               [&](Item, Writer<Item> out, CallContext&) {
                 for (std::int64_t k = 0; k < kItems; ++k)
                   if (!out.write(sized(k))) break;
                 return Status();
               },
           .later_down = [&](Item, CallContext&) -> Stream<Item> {
             for (std::int64_t k = 0; k < kItems; ++k) {
               Item item = sized(k);
               co_yield item;
             }
           }});
  for (const std::size_t bytes : {8u, 800u, 1600u, 2400u, 5000u}) {
    for (const std::size_t items : {1u, 2u, 7u, 1024u}) {
      SCOPED_TRACE(std::to_string(bytes) + " bytes, " + std::to_string(items) + " items");
      const CallOptions with{.window_bytes = bytes, .window_items = items};
      std::int64_t next = 0;
      for (const Item& item : lab->read<Down>({}, with)) ASSERT_EQ(item.x, next++);
      EXPECT_EQ(next, kItems);
      next = 0;
      for (const Item& item : lab->read<LaterDown>({}, with)) ASSERT_EQ(item.x, next++);
      EXPECT_EQ(next, kItems);

      std::int64_t sent = 0;
      auto upload = lab->write<LaterUp>(with);
      for (std::int64_t k = 0; k < kItems; ++k) {
        ASSERT_TRUE(upload.write(sized(k)));
        sent += k;
      }
      EXPECT_EQ(upload.get().x, sent);

      auto both = lab->both<LaterBoth>(with);
      std::thread writer([&] {
        for (std::int64_t k = 0; k < kItems; ++k) EXPECT_TRUE(both.write(sized(k)));
        both.close();
      });
      for (next = 0; auto item = both.read();) EXPECT_EQ(item->x, next++);
      EXPECT_EQ(next, kItems);
      writer.join();
    }
  }
}

// The limit is looked at when the item is taken, which for a coroutine may be long after it was yielded.
TEST_F(Flow, AnItemOverTheLimitThatHasWaitedForRoomEndsItsCallAlone) {
  const auto item = [](std::int64_t k) { return Item{k, filled(k < 3 ? 10 : 1000)}; };
  Lab lab(engine_, {.name = "lab"},
          {.down =
               [&](Item, Writer<Item> out, CallContext&) {
                 for (std::int64_t k = 0; k < 5; ++k)
                   if (!out.write(item(k))) break;
                 return Status();
               },
           .later_down = [&](Item, CallContext&) -> Stream<Item> {
             for (std::int64_t k = 0; k < 5; ++k) {
               Item next = item(k);
               co_yield next;
             }
           },
           .later_both = [&](Reader<Item>, Writer<Item> out, CallContext&) -> Task<Status> {
             for (std::int64_t k = 0; k < 5; ++k) {
               Item next = item(k);
               if (!co_await out.send(next)) break;
             }
             co_return Status();
           }},
          {.max_message = 1000});
  const auto read = [&](auto stream) {
    std::int64_t seen = 0;
    try {
      while (stream.read()) ++seen;
      ADD_FAILURE() << "the stream ended as if all were well";
    } catch (const Error& e) {
      EXPECT_EQ(e.code(), Errc::resource_exhausted) << e.what();
      EXPECT_EQ(e.status().executed(), Executed::yes) << e.what();
    }
    EXPECT_EQ(seen, 3);
  };
  for (int k = 0; k < 20; ++k) {
    read(lab->read<Down>({}, {.window_items = 1}));
    read(lab->read<LaterDown>({}, {.window_items = 1}));
    read(lab->both<LaterBoth>({.window_items = 1}));
  }
  EXPECT_TRUE(lab->try_call<Compute>().ok());
}

TEST_F(Flow, AnItemThatCannotBeCopiedForWantOfMemoryEndsItsCallAlone) {
  Lab lab(engine_, {.name = "lab", .memory_limit = 4 << 20}, {.later_down = [&](Item q, CallContext&) -> Stream<Item> {
            for (std::int64_t k = 0; k < 3; ++k) {
              Item next{k, k < 2 ? filled(10) : q.data};  // 3 MiB of the caller's, and again for the copy
              co_yield next;
            }
          }});
  const auto large = filled(3 << 17);
  for (int k = 0; k < 10; ++k) {
    auto stream = lab->read<LaterDown>({0, large}, {.zero_copy = false, .window_items = 1});
    try {
      while (stream.read()) {
      }
      ADD_FAILURE() << "the stream ended as if all were well";
    } catch (const Error& e) {
      EXPECT_EQ(e.code(), Errc::resource_exhausted) << e.what();
    }
  }
}

TEST_F(Flow, OneSlowConsumerLeavesOtherStreamsAlone) {
  Producer producer;
  Lab lab(engine_, {.name = "lab", .concurrency = 2}, producer.handlers());
  auto slow = lab->numbers(0, {.window_items = 4});
  producer.wait_stuck(1);
  auto quick = lab->later_numbers(0, {.window_items = 4});
  for (std::int64_t k = 0; k < 1000; ++k) EXPECT_EQ(quick.read()->x, k);
  EXPECT_EQ(lab->start<Compute>({7, {}}).get().x, 7);
  EXPECT_EQ(slow.read()->x, 0);
}

TEST_F(Flow, ItemsThatAreNotReadAreLetGo) {
  const auto data = filled(1000);
  std::weak_ptr<int> alive;
  {
    auto owner = std::make_shared<int>(1);
    alive = owner;
    const auto tracked = Frozen<double, 1>::over(data.view(), owner);
    owner.reset();
    Lab lab(engine_, {.name = "lab"}, {.down = [&](Item, Writer<Item> out, CallContext&) {
              while (out.write({1, tracked})) {
              }
              return Status();
            }});
    auto stream = lab->read<Down>({}, {.window_items = 8});
    ASSERT_TRUE(stream.read().has_value());
    stream.cancel();
    auto upload = lab->write<Up>();
    for (int k = 0; k < 5; ++k) upload.write({1, tracked});
    upload.cancel();
  }
  EXPECT_TRUE(alive.expired());
}

TEST_F(Flow, AReaderThatLeavesTellsItsWriter) {
  Gate told;
  Lab lab(engine_, {.name = "lab"},
          {.down =
               [&](Item, Writer<Item> out, CallContext&) {
                 while (out.write({1, {}})) {
                 }
                 told.open();
                 return Status();
               },
           .up =
               [](Reader<Item> in, CallContext&) {
                 const auto first = in.read();
                 return *first;
               }});
  {
    auto stream = lab->read<Down>();
    ASSERT_TRUE(stream.read().has_value());
  }
  told.wait();
  auto upload = lab->write<Up>();
  ASSERT_TRUE(upload.write({5, {}}));
  while (upload.write({6, {}})) {
  }
  EXPECT_EQ(upload.get().x, 5);
}

TEST_F(Flow, AHandlersEndsMayGoToAnotherThreadOfItsOwn) {
  Lab lab(engine_, {.name = "lab"}, {.both = [](Reader<Item> in, Writer<Item> out, CallContext&) {
            std::thread worker([in = std::move(in), out = std::move(out)]() mutable {
              while (auto item = in.read())
                if (!out.write(std::move(*item))) break;
            });
            worker.join();
            return Status();
          }});
  auto both = lab->both<Both>({.window_items = 2});
  for (std::int64_t k = 0; k < 100; ++k) {
    ASSERT_TRUE(both.write({k, {}}));
    EXPECT_EQ(both.read()->x, k);
  }
  both.close();
  EXPECT_FALSE(both.read().has_value());
}

}  // namespace
}  // namespace lagoon::test
