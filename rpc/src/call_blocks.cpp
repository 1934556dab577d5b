// SPDX-License-Identifier: Apache-2.0
// Memory of calls.
#include <lagoon/rpc/call_state.hpp>

#include <array>
#include <new>

namespace lagoon::detail {
namespace {

/// Blocks of one size that this thread freed and may hand out again.
struct BlockCache {
  static constexpr std::size_t kStep = 64, kSizes = 12, kKeep = 64;
  struct Free {
    Free* next;
  };
  std::array<Free*, kSizes> first{};
  std::array<std::size_t, kSizes> count{};
  ~BlockCache() {
    for (Free*& list : first)
      while (list) ::operator delete(std::exchange(list, list->next), std::align_val_t{kStep});
  }
};
thread_local BlockCache t_blocks;

}  // namespace

void* CallState::operator new(std::size_t bytes, std::align_val_t) {
  const std::size_t at = (bytes - 1) / BlockCache::kStep;
  BlockCache& cache = t_blocks;
  if (at < BlockCache::kSizes && cache.first[at]) {
    --cache.count[at];
    return std::exchange(cache.first[at], cache.first[at]->next);
  }
  return ::operator new((at + 1) * BlockCache::kStep, std::align_val_t{BlockCache::kStep});
}

void CallState::operator delete(void* p, std::size_t bytes, std::align_val_t) noexcept {
  const std::size_t at = (bytes - 1) / BlockCache::kStep;
  BlockCache& cache = t_blocks;
  if (at >= BlockCache::kSizes || cache.count[at] == BlockCache::kKeep)
    return ::operator delete(p, std::align_val_t{BlockCache::kStep});
  cache.first[at] = ::new (p) BlockCache::Free{cache.first[at]};
  ++cache.count[at];
}

}  // namespace lagoon::detail
