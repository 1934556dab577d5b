// SPDX-License-Identifier: Apache-2.0
#include "process/ring.hpp"

#include <gtest/gtest.h>
#include <lagoon/core/error.hpp>

#include <cstring>
#include <random>
#include <thread>
#include <vector>

#include "../rpc/watchdog.hpp"
#include "ring_pair.hpp"

using lagoon::Errc;
using lagoon::Error;
using lagoon::test::RingPair;
using namespace lagoon::detail;

namespace {

/// A message whose bytes say which it is and where they stand.
void fill(std::byte* to, std::size_t bytes, std::uint32_t number) {
  for (std::size_t i = 0; i < bytes; ++i) to[i] = static_cast<std::byte>(number * 31 + i);
}

bool holds(std::span<const std::byte> message, std::uint32_t number) {
  for (std::size_t i = 0; i < message.size(); ++i)
    if (message[i] != static_cast<std::byte>(number * 31 + i)) return false;
  return true;
}

/// Sizes that both ends work out by themselves.
class Sizes {
 public:
  explicit Sizes(std::size_t most) : most_(most) {}
  std::size_t next() { return 1 + random_() % (random_() % 16 == 0 ? most_ : std::min<std::size_t>(most_, 100)); }

 private:
  std::mt19937 random_{11};
  std::size_t most_;
};

bool write(RingWriter& writer, std::size_t bytes, std::uint32_t number) {
  std::byte* const to = writer.try_reserve(bytes);
  if (!to) return false;
  fill(to, bytes, number);
  writer.commit();
  return true;
}

}  // namespace

TEST(Rings, BringAMillionMessagesOfAnySizeInOrder) {
  constexpr std::uint32_t kMessages = 1'000'000;
  lagoon::test::g_watchdog.allow(std::chrono::seconds(60));
  RingPair pair(1 << 14, 0u - (1u << 20));  // passes 2^32 on its way
  std::thread sender([&] {
    RingWriter writer = pair.left_writer();
    Sizes sizes(writer.most());
    for (std::uint32_t number = 0; number < kMessages; ++number) {
      const std::size_t bytes = sizes.next();
      while (!write(writer, bytes, number)) std::this_thread::yield();
    }
  });
  RingReader reader = pair.right_reader();
  reader.set_listening(Listening::polling);
  Sizes sizes(pair.left_writer().most());
  std::uint32_t wrong = 0;
  for (std::uint32_t number = 0; number < kMessages; ++number) {
    std::span<const std::byte> message;
    while ((message = reader.try_next()).empty()) std::this_thread::yield();
    wrong += message.size() != sizes.next() || !holds(message, number);
    reader.take();
  }
  sender.join();
  EXPECT_EQ(wrong, 0u);
  EXPECT_TRUE(reader.empty());
}

TEST(Rings, AreFullAndEmptyWhereTheyAre) {
  const RingPair pair(1024);
  RingWriter writer = pair.left_writer();
  RingReader reader = pair.right_reader();
  EXPECT_TRUE(reader.empty());
  EXPECT_TRUE(reader.try_next().empty());
  EXPECT_TRUE(writer.drained());
  for (std::uint32_t round = 0; round < 50; ++round) {
    // 128 bytes each, and a line that says that nothing follows.
    for (std::uint32_t i = 0; i < 7; ++i) ASSERT_TRUE(write(writer, 124, i));
    ASSERT_FALSE(writer.try_reserve(61));
    ASSERT_FALSE(writer.drained());
    for (std::uint32_t i = 0; i < 7; ++i) {
      ASSERT_FALSE(reader.empty());
      ASSERT_TRUE(holds(reader.try_next(), i));
      ASSERT_EQ(reader.try_next().size(), 124u);  // the same until it is taken
      reader.take();
      reader.take();  // of nothing
      ASSERT_EQ(writer.taken(), (round * 7 + i + 1) * 128);
    }
    ASSERT_TRUE(reader.empty());
    ASSERT_TRUE(reader.try_next().empty());
    ASSERT_TRUE(writer.drained());
    ASSERT_EQ(writer.written(), writer.taken());
  }
}

TEST(Rings, WrapAtEveryOffset) {
  constexpr std::uint32_t kRing = 1024;
  for (std::uint32_t start = 0; start < 2 * kRing; start += 64)
    for (std::size_t bytes = 1; bytes <= kRing / 4; ++bytes) {
      SCOPED_TRACE(testing::Message() << start << ", " << bytes << " bytes");
      const RingPair pair(kRing, start - kRing);  // on both sides of 2^32
      RingWriter writer = pair.left_writer();
      RingReader reader = pair.right_reader();
      // As many as go in, then the rest with one in the ring all the time.
      std::uint32_t written = 0, seen = 0;
      while (write(writer, bytes, written)) ++written;
      ASSERT_GE(written, 2u);
      for (int i = 0; i < 12; ++i) {
        const auto message = reader.try_next();
        ASSERT_EQ(message.size(), bytes);
        ASSERT_TRUE(holds(message, seen++));
        reader.take();
        while (write(writer, bytes, written)) ++written;
      }
      while (!reader.try_next().empty()) {
        ASSERT_TRUE(holds(reader.try_next(), seen++));
        reader.take();
      }
      ASSERT_EQ(seen, written);
      if (bytes > 4 && start % 256 != 0) bytes += 6;  // all sizes at some places, all places with some sizes
    }
}

TEST(Rings, TakeTheLongestMessageHoweverTheyStand) {
  constexpr std::uint32_t kRing = 1024;
  for (std::uint32_t start = 0; start < kRing; start += 64) {
    const RingPair pair(kRing, start);
    RingWriter writer = pair.left_writer();
    RingReader reader = pair.right_reader();
    ASSERT_TRUE(write(writer, kRing / 4, 5));
    ASSERT_TRUE(holds(reader.try_next(), 5));
  }
}

TEST(Rings, ShowNothingThatWasNotCommitted) {
  const RingPair pair(1024);
  RingWriter writer = pair.left_writer();
  RingReader reader = pair.right_reader();
  std::byte* const first = writer.try_reserve(200);
  ASSERT_TRUE(first);
  EXPECT_TRUE(reader.try_next().empty());
  EXPECT_EQ(writer.try_reserve(10), first);
  writer.commit();
  EXPECT_EQ(reader.try_next().size(), 10u);
}

TEST(Rings, RefuseMessagesWithoutBytesAndLongOnes) {
  const RingPair pair(1024);
  RingWriter writer = pair.left_writer();
  for (std::size_t bytes : {std::size_t{0}, std::size_t{257}, std::size_t{1} << 32, ~std::size_t{0}}) {
    try {
      writer.try_reserve(bytes);
      ADD_FAILURE() << bytes;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Errc::invalid_argument);
    }
  }
  EXPECT_TRUE(writer.try_reserve(256));
}
