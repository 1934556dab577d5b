// SPDX-License-Identifier: Apache-2.0
// Blocks of the grid, each of which writes to itself and to those on its right, above, and right above.
#include "dynamics/block_order.hpp"

#include <gtest/gtest.h>
#include <tbb/global_control.h>
#include <tbb/task_arena.h>

#include <algorithm>
#include <lagoon/core/error.hpp>
#include <set>

#include "kernels/expect.hpp"

namespace lagoon::dynamics::detail {
namespace {

struct Shape {
  std::array<int, 2> blocks;
  std::array<bool, 2> ring;
};

const Shape kShapes[] = {{{1, 1}, {true, true}},  {{1, 1}, {false, false}}, {{2, 2}, {true, true}},
                         {{4, 6}, {true, true}},  {{3, 5}, {false, false}}, {{10, 1}, {true, true}},
                         {{3, 8}, {false, true}}, {{1, 7}, {true, false}},  {{12, 12}, {true, true}}};

/// What a block writes to.
std::set<std::size_t> written_by(const Shape& s, std::size_t block) {
  const int x = static_cast<int>(block) % s.blocks[0], y = static_cast<int>(block) / s.blocks[0];
  std::set<std::size_t> written;
  for (const int dy : {0, 1})
    for (const int dx : {0, 1}) {
      int nx = x + dx, ny = y + dy;
      if ((nx == s.blocks[0] && !s.ring[0]) || (ny == s.blocks[1] && !s.ring[1])) continue;
      nx %= s.blocks[0], ny %= s.blocks[1];
      written.insert(static_cast<std::size_t>(ny * s.blocks[0] + nx));
    }
  return written;
}

int colour_of(const Shape& s, std::size_t block) {
  const int x = static_cast<int>(block) % s.blocks[0], y = static_cast<int>(block) / s.blocks[0];
  return x % 2 + 2 * (y % 2);
}

template <class F>
void on_threads(F f) {
  const tbb::global_control allow(tbb::global_control::max_allowed_parallelism, 4);
  for (int threads : {1, 2, 4}) {
    SCOPED_TRACE(threads);
    tbb::task_arena(threads).execute(f);
  }
}

TEST(BlockOrder, RunsBlocksThatOverlapOneAfterAnotherByColour) {
  for (const Shape& shape : kShapes) {
    const auto count = static_cast<std::size_t>(shape.blocks[0] * shape.blocks[1]);
    SCOPED_TRACE(count);
    BlockOrder order;
    order.plan(shape.blocks, shape.ring);
    on_threads([&] {
      for (int round = 0; round < 50; ++round) {
        std::vector<std::atomic<int>> runs(count), afters(count), writers(count), least_colour(count);
        std::atomic<int> faults{0};
        order.run(
            [&](std::size_t b) {
              for (const std::size_t w : written_by(shape, b)) {
                if (writers[w]++ != 0 || afters[w] != 0) ++faults;
                if (least_colour[w].exchange(colour_of(shape, b)) > colour_of(shape, b)) ++faults;
              }
              for (int k = 0; k < 1000; ++k) writers[b].load();  // long enough for others to begin too early
              for (const std::size_t w : written_by(shape, b)) --writers[w];
              runs[b]++;
            },
            [&](std::size_t b) {
              afters[b]++;
              for (std::size_t other = 0; other < count; ++other)
                if (written_by(shape, other).count(b) && runs[other] != 1) ++faults;
            });
        EXPECT_EQ(faults, 0);
        for (std::size_t b = 0; b < count; ++b) EXPECT_TRUE(runs[b] == 1 && afters[b] == 1) << b;
      }
    });
  }
}

TEST(BlockOrder, RunsEachOnceWithAndWithoutAnOrder) {
  for (const Shape& shape : kShapes) {
    const auto count = static_cast<std::size_t>(shape.blocks[0] * shape.blocks[1]);
    BlockOrder order;
    order.plan(shape.blocks, shape.ring);
    on_threads([&] {
      for (int round = 0; round < 20; ++round) {
        std::vector<std::atomic<int>> runs(count), apart(count);
        order.run([&](std::size_t b) { runs[b]++; });
        order.run_apart([&](std::size_t b) { apart[b]++; });
        for (std::size_t b = 0; b < count; ++b) EXPECT_TRUE(runs[b] == 1 && apart[b] == 1) << b;
      }
    });
  }
}

TEST(BlockOrder, ComesToAnEndWhenABlockFails) {
  BlockOrder order;
  order.plan({12, 12}, {true, true});
  on_threads([&] {
    for (const std::size_t bad : {0u, 13u, 77u, 143u}) {
      test::error_of(Errc::invalid_argument, [&] {
        order.run(
            [&](std::size_t b) {
              if (b == bad) throw Error(Errc::invalid_argument, "this one");
            },
            [](std::size_t) {});
      });
      std::atomic<int> runs{0};
      order.run([&](std::size_t) { ++runs; });
      EXPECT_EQ(runs, 144);
    }
  });
}

}  // namespace
}  // namespace lagoon::dynamics::detail
