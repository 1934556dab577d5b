// SPDX-License-Identifier: Apache-2.0
#include <lagoon/core/tensor.hpp>

#include <gtest/gtest.h>

#include <Eigen/Core>

#include <algorithm>
#include <numeric>
#include <random>
#include <thread>

#include "counting_memory.hpp"

namespace lagoon {
namespace {

Tensor<int, 2> counted(std::ptrdiff_t rows, std::ptrdiff_t columns) {
  Tensor<int, 2> t({rows, columns});
  std::iota(t.data(), t.data() + t.size(), 0);
  return t;
}

std::string failure_of(std::vector<Tensor<int, 2>> slices) {
  try {
    (void)Tensor<int, 2>::join(std::move(slices));
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), Errc::invalid_argument);
    return e.status().message();
  }
  return "";
}

TEST(Split, CutsRowsAsEvenlyAsCanBeWithoutMovingThem) {
  for (std::ptrdiff_t rows : {1, 2, 7, 10, 64}) {
    for (std::size_t parts = 1; parts <= static_cast<std::size_t>(rows); ++parts) {
      auto t = counted(rows, 3);
      const int* at = t.data();
      auto slices = std::move(t).split(parts);
      ASSERT_EQ(slices.size(), parts);
      std::ptrdiff_t least = rows, most = 0;
      for (auto& s : slices) {
        ASSERT_EQ(s.data(), at);
        at += s.size();
        least = std::min(least, s.extent(0));
        most = std::max(most, s.extent(0));
      }
      ASSERT_LE(most - least, 1);
      auto whole = Tensor<int, 2>::join(std::move(slices));
      ASSERT_EQ(whole.extents(), (Extents<2>{rows, 3}));
      ASSERT_EQ(whole(rows - 1, 2), 3 * rows - 1);
    }
  }
}

TEST(Split, RefusesNoPartsAndMorePartsThanRows) {
  auto code = [](std::ptrdiff_t rows, std::size_t parts) {
    try {
      (void)counted(rows, 2).split(parts);
    } catch (const Error& e) {
      return e.code();
    }
    return Errc::ok;
  };
  EXPECT_EQ(code(3, 0), Errc::out_of_range);
  EXPECT_EQ(code(3, 4), Errc::out_of_range);
  EXPECT_EQ(code(0, 1), Errc::out_of_range);
  EXPECT_EQ(code(3, 3), Errc::ok);
}

TEST(Split, LeavesTheTensorAloneWhenItRefuses) {
  auto t = counted(3, 2);
  EXPECT_THROW((void)std::move(t).split(9), Error);
  EXPECT_EQ(t.size(), 6);  // NOLINT(bugprone-use-after-move): what is tested
}

TEST(Split, SlicesAreWrittenByManyThreadsAtOnce) {
  auto t = counted(64, 100);
  const int* address = t.data();
  auto slices = std::move(t).split(4);
  std::vector<std::thread> threads;
  for (auto& s : slices)
    threads.emplace_back([&s] {
      for (auto i = 0; i < s.size(); ++i) s.data()[i] *= 2;
    });
  for (auto& thread : threads) thread.join();
  auto whole = Tensor<int, 2>::join(std::move(slices));
  EXPECT_EQ(whole.data(), address);
  for (int i = 0; i < 6400; ++i) ASSERT_EQ(whole.data()[i], 2 * i);
}

TEST(Split, TakesColumnMajorArrays) {
  Eigen::MatrixXi m = Eigen::MatrixXi::Random(8, 5);
  const Eigen::MatrixXi copy = m;
  const int* address = m.data();
  auto slices = Tensor<int, 2>::adopt(std::move(m)).split(3);
  EXPECT_EQ(slices[1].data(), address + 2) << "rows of a column-major array lie side by side";
  EXPECT_EQ(slices[1](0, 4), copy(2, 4));
  auto whole = Tensor<int, 2>::join(std::move(slices));
  EXPECT_EQ(whole.view().strides(), (Extents<2>{1, 8}));
  for (int i = 0; i < 8; ++i)
    for (int j = 0; j < 5; ++j) ASSERT_EQ(whole(i, j), copy(i, j));
}

TEST(Join, TakesSlicesInAnyOrder) {
  std::mt19937 random(1);
  for (int round = 0; round < 20; ++round) {
    auto t = counted(17, 2);
    const int* address = t.data();
    auto slices = std::move(t).split(5);
    std::shuffle(slices.begin(), slices.end(), random);
    auto whole = Tensor<int, 2>::join(std::move(slices));
    ASSERT_EQ(whole.data(), address);
    ASSERT_EQ(whole.extents(), (Extents<2>{17, 2}));
  }
}

TEST(Join, NamesTheSliceThatWasLost) {
  auto slices = counted(9, 2).split(3);
  slices.erase(slices.begin() + 1);
  EXPECT_EQ(failure_of(std::move(slices)), "join: slice 1 of 3 is missing");
}

TEST(Join, NamesTheSliceThatIsForeign) {
  auto slices = counted(9, 2).split(3), others = counted(9, 2).split(3);
  std::swap(slices[2], others[2]);
  EXPECT_EQ(failure_of(std::move(slices)), "join: slice 2 comes from another split");
  auto plain = counted(9, 2).split(3);
  plain[0] = counted(3, 2);
  EXPECT_EQ(failure_of(std::move(plain)), "join: slice 0 does not come from a split");
  EXPECT_EQ(failure_of({}), "join: no slices given");
}

TEST(Join, RefusesASliceThatWasMovedAway) {
  auto slices = counted(9, 2).split(3);
  Tensor<int, 2> kept = std::move(slices[1]);
  EXPECT_NE(failure_of(std::move(slices)), "");
  EXPECT_EQ(kept(0, 0), 6);
}

TEST(Join, ReunitesSlicesOfSlices) {
  auto t = counted(12, 1);
  const int* address = t.data();
  auto outer = std::move(t).split(2);
  auto inner = std::move(outer[1]).split(3);
  EXPECT_EQ(inner[0].data(), address + 6);
  std::vector<Tensor<int, 2>> mixed;
  mixed.push_back(std::move(outer[0]));
  for (auto& s : inner) mixed.push_back(std::move(s));
  outer.clear();
  // Only slices of one split fit together: first the inner, then the outer.
  std::vector<Tensor<int, 2>> parts;
  for (std::size_t k = 1; k < 4; ++k) parts.push_back(std::move(mixed[k]));
  outer.push_back(Tensor<int, 2>::join(std::move(parts)));
  outer.push_back(std::move(mixed[0]));
  auto whole = Tensor<int, 2>::join(std::move(outer));
  EXPECT_EQ(whole.data(), address);
  EXPECT_EQ(whole.extents(), (Extents<2>{12, 1}));
}

TEST(Join, GivesAnArrayThatCanBeFrozenAgain) {
  auto slices = counted(4, 4).split(2);
  EXPECT_THROW((void)std::move(slices[0]).freeze(), Error) << "others may still write beside it";
  auto whole = Tensor<int, 2>::join(std::move(slices));
  EXPECT_EQ(std::move(whole).freeze().size(), 16);
}

TEST(Split, KeepsTheMemoryUntilTheLastSliceIsGone) {
  auto memory = std::make_shared<test::CountingMemory>();
  auto slices = Tensor<int, 2>({6, 2}, memory).split(3);
  slices.erase(slices.begin(), slices.begin() + 2);
  EXPECT_EQ(memory->counts->deallocations, 0);
  slices.clear();
  EXPECT_EQ(memory->counts->deallocations, 1);
}

}  // namespace
}  // namespace lagoon
