// SPDX-License-Identifier: Apache-2.0
#include "process/free_ranges.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <vector>

using lagoon::detail::FreeRanges;

namespace {

/// The same by the plainest means: a list that is looked through from its start.
class Plain {
 public:
  explicit Plain(std::size_t size) : free_{{0, size}} {}

  std::optional<std::size_t> take(std::size_t bytes, std::size_t alignment) {
    for (auto [offset, room] : free_) {
      const std::size_t begin = (offset + alignment - 1) / alignment * alignment;
      if (begin + bytes > offset + room) continue;
      free_.erase(offset);
      if (begin > offset) free_[offset] = begin - offset;
      if (begin + bytes < offset + room) free_[begin + bytes] = offset + room - begin - bytes;
      return begin;
    }
    return std::nullopt;
  }

  void give(std::size_t offset, std::size_t bytes) {
    auto here = free_.emplace(offset, bytes).first;
    if (const auto next = std::next(here); next != free_.end() && offset + bytes == next->first) {
      here->second += next->second;
      free_.erase(next);
    }
    if (here == free_.begin()) return;
    if (const auto before = std::prev(here); before->first + before->second == offset) {
      before->second += here->second;
      free_.erase(here);
    }
  }

  const std::map<std::size_t, std::size_t>& free() const { return free_; }

 private:
  std::map<std::size_t, std::size_t> free_;
};

}  // namespace

TEST(FreeRanges, AreThoseOfAPlainListAfterAnyTakesAndGives) {
  struct Taken {
    std::size_t offset, bytes;
  };
  constexpr std::size_t kSize = 1 << 20;
  for (unsigned seed = 1; seed <= 4; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    FreeRanges ranges(kSize);
    Plain plain(kSize);
    std::vector<Taken> taken;
    std::size_t most_ranges = 0;
    for (int step = 0; step < 30000; ++step) {
      // Fills up, then empties, in turn.
      const bool fills = step / 3000 % 2 == 0;
      if (random() % 8 < (fills ? 5u : 3u) || taken.empty()) {
        const std::size_t bytes = std::size_t{64} << random() % 6;
        const std::size_t alignment = std::size_t{64} << random() % 4;
        const auto offset = ranges.take(bytes, alignment);
        ASSERT_EQ(offset, plain.take(bytes, alignment));
        if (offset) taken.push_back({*offset, bytes});
      } else {
        std::swap(taken[random() % taken.size()], taken.back());
        ranges.give(taken.back().offset, taken.back().bytes);
        plain.give(taken.back().offset, taken.back().bytes);
        taken.pop_back();
      }
      ASSERT_EQ(ranges.count(), plain.free().size());
      most_ranges = std::max(most_ranges, ranges.count());
      if (step % 64 != 0) continue;
      std::size_t place = 0;
      for (auto [offset, bytes] : plain.free()) {
        const auto range = ranges.find_behind(place);
        ASSERT_TRUE(range);
        ASSERT_EQ(range->offset, offset);
        ASSERT_EQ(range->bytes, bytes);
        place = offset + bytes;
      }
      ASSERT_FALSE(ranges.find_behind(place));
    }
    EXPECT_GT(most_ranges, 200u);
    for (const Taken& each : taken) ranges.give(each.offset, each.bytes);
    ASSERT_EQ(ranges.count(), 1u);
    EXPECT_EQ(ranges.find_behind(0)->bytes, kSize);
    EXPECT_EQ(ranges.take(kSize + 64, 64), std::nullopt);
  }
}

TEST(FreeRanges, GiveNothingWhenAllIsTaken) {
  FreeRanges ranges(256);
  EXPECT_EQ(ranges.take(64, 64), 0u);
  EXPECT_EQ(ranges.take(192, 64), 64u);
  EXPECT_EQ(ranges.take(64, 64), std::nullopt);
  EXPECT_EQ(ranges.find_behind(0), std::nullopt);
  ranges.give(0, 64);
  EXPECT_EQ(ranges.take(128, 64), std::nullopt);
  EXPECT_EQ(ranges.take(64, 64), 0u);
}

#ifndef NDEBUG
TEST(FreeRangesDeathTest, EndTheProcessWhenFreeBytesAreGiven) {
  FreeRanges ranges(256);
  ASSERT_TRUE(ranges.take(64, 64));
  ASSERT_TRUE(ranges.take(64, 64));
  ranges.give(0, 64);
  EXPECT_DEATH(ranges.give(0, 64), "");
  EXPECT_DEATH(ranges.give(64, 128), "");
}
#endif
