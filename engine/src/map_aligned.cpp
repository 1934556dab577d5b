// SPDX-License-Identifier: Apache-2.0
#include <lagoon/engine/map_aligned.hpp>

#include <sys/mman.h>

#include <cstdint>

namespace lagoon::detail {

void* map_aligned(std::size_t bytes, std::size_t alignment, int protection, int more_flags) noexcept {
  constexpr std::size_t kPage = 4096;
  const std::size_t size = (bytes + kPage - 1) & ~(kPage - 1), extra = alignment > kPage ? alignment : 0;
  void* const mapped = mmap(nullptr, size + extra, protection, MAP_PRIVATE | MAP_ANONYMOUS | more_flags, -1, 0);
  if (mapped == MAP_FAILED) return nullptr;
  // What comes before the multiple is given back, and what is left behind.
  auto* const begin = static_cast<std::byte*>(mapped);
  std::byte* const place = begin + (-reinterpret_cast<std::uintptr_t>(begin) & (alignment - 1));
  std::byte* const end = place + size;
  if (place > begin) munmap(begin, static_cast<std::size_t>(place - begin));
  if (end < begin + size + extra) munmap(end, static_cast<std::size_t>(begin + size + extra - end));
  return place;
}

}  // namespace lagoon::detail
