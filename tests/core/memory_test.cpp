// SPDX-License-Identifier: Apache-2.0
#include <lagoon/core/memory.hpp>

#include <gtest/gtest.h>

#include <lagoon/core/error.hpp>
#include <lagoon/core/units.hpp>

#include <cstdint>
#include <thread>

#include "counting_memory.hpp"
#include "support/sanitizers.hpp"

namespace lagoon {
namespace {

using namespace literals;

TEST(Memory, OutsideCallsIsTheProcessHeap) {
  EXPECT_EQ(current_memory_source(), nullptr);
  EXPECT_EQ(current_memory(), process_heap());
}

TEST(Memory, InsideAScopeIsThatOfTheSourceUntilTheScopeEnds) {
  test::CountingSource outer, inner;
  {
    const MemoryScope a(&outer);
    EXPECT_EQ(current_memory(), outer.memory());
    {
      const MemoryScope b(&inner);
      EXPECT_EQ(current_memory(), inner.memory());
      EXPECT_EQ(current_memory_source(), &inner);
      const MemoryScope none(nullptr);
      EXPECT_EQ(current_memory(), process_heap());
    }
    EXPECT_EQ(current_memory(), outer.memory());
  }
  EXPECT_EQ(current_memory(), process_heap());
}

TEST(Memory, ScopesBelongToTheirThread) {
  test::CountingSource source;
  const MemoryScope scope(&source);
  std::thread([] { EXPECT_EQ(current_memory(), process_heap()); }).join();
}

TEST(ProcessHeap, GivesTheAlignmentAskedFor) {
  for (std::size_t alignment : {8u, 64u, 4096u}) {
    void* p = process_heap()->allocate(100, alignment);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(p) % alignment, 0u);
    process_heap()->deallocate(p, 100, alignment);
  }
}

TEST(ProcessHeap, SaysThatThereIsNoMemoryAsAnErrorWithTheSize) {
  if (test::kSanitized) GTEST_SKIP() << "sanitizers end the process instead";
  try {
    void* p = process_heap()->allocate(std::size_t{1} << 60, 64);
    process_heap()->deallocate(p, std::size_t{1} << 60, 64);
    FAIL() << "there were 2^60 bytes";
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), Errc::resource_exhausted);
    EXPECT_NE(e.status().message().find(std::to_string(std::size_t{1} << 60)), std::string::npos);
  }
}

TEST(Units, AreBytes) { static_assert(3_KiB == 3072 && 1_MiB == 1024_KiB && 2_GiB == std::size_t{2} << 30); }

}  // namespace
}  // namespace lagoon
