// SPDX-License-Identifier: Apache-2.0
// What messages cost in memory: nothing when they are short and often, and never more than they could fill.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "lent_arrays.hpp"
#include "rich_message.hpp"

namespace {
std::atomic<std::size_t> g_allocations{0}, g_largest{0};

void* counted(std::size_t bytes, std::size_t alignment) noexcept {
  g_allocations.fetch_add(1);
  std::size_t largest = g_largest.load();
  while (bytes > largest && !g_largest.compare_exchange_weak(largest, bytes)) {
  }
  void* p = nullptr;
  return posix_memalign(&p, alignment, bytes) == 0 ? p : nullptr;
}
void* counted_or_throw(std::size_t bytes) {
  void* p = counted(bytes, alignof(std::max_align_t));
  if (!p) throw std::bad_alloc();
  return p;
}
}  // namespace

void* operator new(std::size_t bytes) { return counted_or_throw(bytes); }
void* operator new[](std::size_t bytes) { return counted_or_throw(bytes); }
void* operator new(std::size_t bytes, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  return counted(bytes, static_cast<std::size_t>(alignment));
}
void operator delete(void* p) noexcept { std::free(p); }
void operator delete[](void* p) noexcept { std::free(p); }
void operator delete(void* p, std::size_t) noexcept { std::free(p); }
void operator delete[](void* p, std::size_t) noexcept { std::free(p); }
void operator delete(void* p, std::align_val_t) noexcept { std::free(p); }

namespace lagoon::test {
namespace {

struct Hot {
  std::int64_t i = 0;
  double x = 0;
  std::array<float, 3> v{};
  std::optional<bool> yes;
  LAGOON_FIELDS(Hot, i, x, v, yes)
};

TEST(WireMemory, IsNotAllocatedForHotMessages) {
  LentArrays arrays;
  detail::Encoder out;
  detail::Decoder in;
  Hot hot{1, 2, {3, 4, 5}, true};
  std::size_t before = 0;
  for (int i = 0; i < 100; ++i) {
    if (i == 1) before = g_allocations;
    out.begin(arrays);
    encode(out, hot);
    in.begin(out.bytes(), arrays);
    decode(in, hot);
    in.end();
  }
  EXPECT_EQ(g_allocations, before);
}

TEST(WireMemory, IsNotAllocatedBecauseAMessageSaysSo) {
  LentArrays arrays;
  arrays.in_line = true;
  auto message = encoded(rich(), arrays);
  for (auto& byte : message) {
    const std::byte was = byte;
    for (const int value : {0, 1, 0x7f, 0x80, 0xff}) {
      byte = std::byte(value);
      g_largest = 0;
      try {
        (void)decoded<Rich>(message, arrays);
      } catch (const Error&) {
      }
      // Sixteen times in memory what it is in a message, and what an array has in front of it.
      EXPECT_LE(g_largest, 16 * message.size() + 4096);
    }
    byte = was;
  }
}

}  // namespace
}  // namespace lagoon::test
