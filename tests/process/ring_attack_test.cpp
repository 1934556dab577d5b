// SPDX-License-Identifier: Apache-2.0
// A peer that writes what it likes: data_loss, or garbage within bounds, and nothing else.
#include <gtest/gtest.h>
#include <lagoon/core/error.hpp>

#include <array>
#include <atomic>
#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <thread>

#include "../rpc/watchdog.hpp"
#include "process/ring.hpp"
#include "ring_pair.hpp"

using lagoon::Errc;
using lagoon::Error;
using lagoon::test::RingPair;
using namespace lagoon::detail;

namespace {

constexpr std::uint32_t kRing = 256;

/// A peer's page and ring on the heap, where the address sanitizer knows their ends.
struct Peer {
  std::unique_ptr<RingPage> page = std::make_unique<RingPage>();
  std::unique_ptr<std::uint64_t[]> words = std::make_unique<std::uint64_t[]>(kRing / 8);
  std::span<std::byte> data() const { return {reinterpret_cast<std::byte*>(words.get()), kRing}; }
  void put(std::uint32_t at, std::uint32_t number) const { std::memcpy(data().data() + at, &number, sizeof number); }
};

std::string complaint_of_reader(const Peer& peer, std::uint32_t head = 0, bool looks_at_tail = false) {
  RingPage own;
  own.head = head;
  RingReader reader(own, peer.data(), *peer.page);
  try {
    if (looks_at_tail) {
      EXPECT_FALSE(reader.set_listening(Listening::asleep));
    }
    return "none, " + std::to_string(reader.try_next().size()) + " bytes";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Errc::data_loss);
    return error.what();
  }
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST(RingReaders, RefuseATailThatCannotBe) {
  const Peer peer;
  for (std::uint32_t tail : {kRing + 8, 12u, 1u, 64u, 0u - 8, 0x80000000u}) {
    peer.page->tail = tail;
    const std::string complaint = complaint_of_reader(peer, 0, true);
    EXPECT_TRUE(has(complaint, "tail is at " + std::to_string(tail) + ", and there is no message at 0")) << complaint;
  }
  peer.page->tail = 64;  // back behind what was taken
  EXPECT_TRUE(has(complaint_of_reader(peer, 128, true), "tail is at 64, and there is no message at 128"));
  peer.put(0, 8);
  EXPECT_EQ(complaint_of_reader(peer, 0, true), "none, 8 bytes");
}

TEST(RingReaders, BelieveATailThatIsAboutToFollowItsMessage) {
  const Peer peer;
  RingPage own;
  RingReader reader(own, peer.data(), *peer.page);
  peer.put(0, 8);
  ASSERT_EQ(reader.try_next().size(), 8u);
  EXPECT_TRUE(reader.set_listening(Listening::asleep)) << "the tail is at 0 still";
  EXPECT_EQ(reader.try_next().size(), 8u);
  reader.take();
  EXPECT_TRUE(reader.set_listening(Listening::asleep));
  EXPECT_TRUE(reader.try_next().empty());
  peer.page->tail = 64;
  EXPECT_TRUE(reader.set_listening(Listening::asleep));
  peer.page->tail = 128;
  EXPECT_FALSE(reader.set_listening(Listening::asleep));
  EXPECT_THROW(reader.try_next(), Error);
  peer.page->tail = 0;  // it has been further
  EXPECT_FALSE(reader.set_listening(Listening::asleep));
  EXPECT_THROW(reader.try_next(), Error);
}

TEST(RingReaders, BelieveATailThatIsAboutToFollowManyMessages) {
  const RingPair pair(1024);
  RingWriter writer = pair.left_writer();
  RingReader reader = pair.right_reader();
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(writer.try_reserve(8));
    writer.commit();
  }
  RingPage& page = pair.left.own_page();
  const std::uint32_t tail = page.tail.exchange(0);  // as if it had not been written yet
  for (int i = 0; i < 5; ++i) {
    ASSERT_EQ(reader.try_next().size(), 8u);
    reader.take();
  }
  EXPECT_TRUE(reader.set_listening(Listening::asleep));
  EXPECT_TRUE(reader.try_next().empty());
  page.tail = tail;
  EXPECT_TRUE(reader.set_listening(Listening::asleep));
  EXPECT_TRUE(reader.try_next().empty());
}

TEST(RingReaders, BelieveSuchATailAfterFourGibibytesToo) {
  const RingPair pair(1 << 14);
  RingWriter writer = pair.left_writer();
  RingReader reader = pair.right_reader();
  RingPage& page = pair.left.own_page();
  for (int i = 0; i < 1'100'000; ++i) {
    const std::uint32_t before = writer.written();
    ASSERT_TRUE(writer.try_reserve(4000));
    writer.commit();
    page.tail = before;  // as if it had not been written yet
    ASSERT_EQ(reader.try_next().size(), 4000u);
    reader.take();
    ASSERT_TRUE(reader.rest(reader.read())) << i;
    page.tail = writer.written();
  }
}

TEST(RingReaders, RefuseALengthThatCannotBe) {
  const Peer peer;
  for (std::uint32_t length : {65u, 0xfffffffeu, 0xfffffff8u, 0x80000000u}) {
    peer.put(0, length);
    EXPECT_TRUE(has(complaint_of_reader(peer), "a length of " + std::to_string(length))) << length;
  }
  peer.put(0, 28);
  EXPECT_EQ(complaint_of_reader(peer), "none, 28 bytes");
}

TEST(RingReaders, RefuseAMessageThatRunsOverTheEnd) {
  const Peer peer;
  peer.put(kRing - 64, 60);
  EXPECT_EQ(complaint_of_reader(peer, kRing - 64), "none, 60 bytes");
  peer.put(kRing - 64, 61);
  EXPECT_TRUE(has(complaint_of_reader(peer, kRing - 64), "a length of 61"));
}

TEST(RingReaders, RefuseASkipToNothingAndASecondSkip) {
  const Peer peer;
  peer.put(kRing - 64, kRingSkip);
  EXPECT_TRUE(has(complaint_of_reader(peer, kRing - 64), "a length of 0"));
  peer.put(0, kRingSkip);
  EXPECT_TRUE(has(complaint_of_reader(peer, kRing - 64), "a length of 4294967295"));
  peer.put(0, 61);  // its second line is one that was read already, but within the ring
  EXPECT_EQ(complaint_of_reader(peer, kRing - 64), "none, 61 bytes");
  EXPECT_TRUE(has(complaint_of_reader(peer, 0), "none, 61 bytes"));
  peer.put(64, kRingSkip);
  peer.put(0, 64);  // 128 bytes in the 64 before the place that it came from
  EXPECT_TRUE(has(complaint_of_reader(peer, 64), "a length of 64"));
}

TEST(RingWriters, RefuseAHeadThatCannotBe) {
  const Peer peer;
  RingPage own;
  std::array<std::uint64_t, kRing / 8> words{};
  RingWriter writer(own, std::as_writable_bytes(std::span(words)), *peer.page);
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(writer.try_reserve(60));
    writer.commit();
  }
  const auto refused = [&](std::uint32_t head) {
    peer.page->head = head;
    for (const bool reserves : {true, false}) try {
        reserves ? static_cast<void>(writer.try_reserve(60)) : static_cast<void>(writer.taken());
        ADD_FAILURE() << head;
      } catch (const Error& error) {
        EXPECT_EQ(error.code(), Errc::data_loss);
        EXPECT_TRUE(has(error.what(), "head is at " + std::to_string(head))) << error.what();
      }
  };
  refused(kRing + 8);
  refused(12);
  refused(0u - 64);
  peer.page->head = 128;
  EXPECT_EQ(writer.taken(), 128u);
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(writer.try_reserve(60));
    writer.commit();
  }
  refused(64);  // back
  refused(128 + kRing + 8);
}

// In both, this thread makes a peer's step between its own, so that something happens on one core as well; the other
// thread makes them at any time.

TEST(RingReaders, StayWithinBoundsUnderAPeerThatRewritesAllTheTime) {
  if (lagoon::test::kThreadSanitizer) GTEST_SKIP() << "races are what this is about";
  const Peer peer;
  RingPage own;
  const auto rewrite = [&](std::mt19937& random) {
    // Mostly what could be, or nothing would get past the first look.
    const std::uint32_t head = own.head;
    peer.page->tail = random() % 64 == 0 ? random() : head + random() % (kRing / 8 + 1) * 8;
    const std::uint64_t words[] = {random() % 72, kRingSkip, random(), 4};
    for (int i = 0; i < 8; ++i)
      std::atomic_ref(peer.words[random() % 2 ? random() % (kRing / 8) : random() % (kRing / kRingLine) * 8])
          .store(words[random() % 8 < 5 ? 0 : random() % 4], std::memory_order_relaxed);
  };
  std::atomic<bool> stop{false};
  std::thread flipper([&] {
    std::mt19937 random(3);
    while (!stop) rewrite(random);
  });
  std::mt19937 random(6);
  int messages = 0, refused = 0, outside = 0;
  std::byte copy[kRing];
  for (int round = 0; round < 50'000; ++round) {
    rewrite(random);
    RingReader reader(own, peer.data(), *peer.page);
    try {
      for (int i = 0; i < 20; ++i) {
        const auto message = reader.try_next();
        if (message.empty()) {
          if (!reader.set_listening(Listening::asleep)) reader.try_next();
          break;
        }
        if (message.data() < peer.data().data() || message.data() + message.size() > peer.data().data() + kRing ||
            message.size() > kRing / 4) {
          ++outside;
          break;
        }
        std::memcpy(copy, message.data(), message.size());
        reader.take();
        ++messages;
      }
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Errc::data_loss);
      ++refused;
    }
  }
  stop = true;
  flipper.join();
  EXPECT_EQ(outside, 0);
  EXPECT_GT(messages, 10'000);
  EXPECT_GT(refused, 10'000);
}

TEST(RingWriters, StayWithinBoundsUnderAPeerThatRewritesAllTheTime) {
  const Peer peer;
  const Peer mine;
  const auto rewrite = [&](std::mt19937& random) {
    const std::uint32_t tail = mine.page->tail;
    peer.page->head = random() % 64 == 0 ? random() : tail - random() % (kRing / 8 + 1) * 8;
    peer.page->listening = random() % 6;
  };
  std::atomic<bool> stop{false};
  std::thread flipper([&] {
    std::mt19937 random(4);
    while (!stop) rewrite(random);
  });
  std::mt19937 random(5);
  int messages = 0, refused = 0, outside = 0;
  for (int round = 0; round < 50'000; ++round) {
    RingWriter writer(*mine.page, mine.data(), *peer.page);
    try {
      for (int i = 0; i < 20; ++i) {
        const std::size_t bytes = 1 + random() % (kRing / 4);
        rewrite(random);
        std::byte* const to = writer.try_reserve(bytes);
        if (!to) continue;
        if (to < mine.data().data() || to + bytes > mine.data().data() + kRing) {
          ++outside;
          continue;
        }
        std::memset(to, 1, bytes);
        writer.commit();
        ++messages;
      }
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Errc::data_loss);
      ++refused;
    }
  }
  stop = true;
  flipper.join();
  EXPECT_EQ(outside, 0);
  EXPECT_GT(messages, 10'000);
  EXPECT_GT(refused, 10'000);
}
