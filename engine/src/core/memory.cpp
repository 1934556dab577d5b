// SPDX-License-Identifier: Apache-2.0
#include <lagoon/core/memory.hpp>

#include <lagoon/core/error.hpp>

#include <sys/mman.h>

#include <memory>
#include <new>
#include <string>

namespace lagoon {
namespace {

/// Large arrays are touched a huge page at a time where the kernel has them for who asks: a fault for each 4 KiB is a
/// seventh of the time of inverting a matrix of 2048 rows.
void advise_huge_pages(void* p, std::size_t bytes) {
  constexpr std::size_t kLarge = 4 << 20, kHugePage = 2 << 20;
  if (bytes < kLarge) return;
  std::size_t room = bytes;
  void* first = p;
  if (!std::align(kHugePage, kHugePage, first, room)) return;
  madvise(first, room / kHugePage * kHugePage, MADV_HUGEPAGE);  // refused, nothing else changes
}

class ProcessHeap final : public std::pmr::memory_resource {
  void* do_allocate(std::size_t bytes, std::size_t alignment) override {
    void* p = ::operator new(bytes, std::align_val_t{alignment}, std::nothrow);
    if (!p) throw Error(Errc::resource_exhausted, "the process has no " + std::to_string(bytes) + " bytes left");
    advise_huge_pages(p, bytes);
    return p;
  }
  void do_deallocate(void* p, std::size_t, std::size_t alignment) override {
    ::operator delete(p, std::align_val_t{alignment});  // unsized: clang has no other by default
  }
  bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }
};

thread_local MemorySource* g_source = nullptr;

}  // namespace

const MemoryHandle& process_heap() {
  // Never destroyed: arrays with static lifetime may be freed after any destructor of ours.
  static const auto* heap = new MemoryHandle(std::make_shared<ProcessHeap>());
  return *heap;
}

MemoryHandle current_memory() { return g_source ? g_source->memory() : process_heap(); }

MemorySource* current_memory_source() noexcept { return g_source; }

MemoryScope::MemoryScope(MemorySource* source) noexcept : previous_(g_source) { g_source = source; }
MemoryScope::~MemoryScope() { g_source = previous_; }

}  // namespace lagoon
