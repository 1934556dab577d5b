// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lagoon/core/memory.hpp>

#include <atomic>
#include <memory>

namespace lagoon::test {

/// Memory that counts what it gives and gets back, and says when it is gone itself.
class CountingMemory final : public std::pmr::memory_resource {
 public:
  struct Counts {
    std::atomic<std::ptrdiff_t> held{0}, allocations{0}, deallocations{0};
    std::atomic<bool> gone{false};
  };
  const std::shared_ptr<Counts> counts = std::make_shared<Counts>();
  ~CountingMemory() override { counts->gone = true; }

 private:
  void* do_allocate(std::size_t bytes, std::size_t alignment) override {
    counts->held += static_cast<std::ptrdiff_t>(bytes);
    ++counts->allocations;
    return process_heap()->allocate(bytes, alignment);
  }
  void do_deallocate(void* p, std::size_t bytes, std::size_t alignment) override {
    counts->held -= static_cast<std::ptrdiff_t>(bytes);
    ++counts->deallocations;
    process_heap()->deallocate(p, bytes, alignment);
  }
  bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }
};

class CountingSource final : public MemorySource {
 public:
  MemoryHandle memory() override { return memory_; }
  CountingMemory::Counts& counts() const { return *memory_->counts; }

 private:
  const std::shared_ptr<CountingMemory> memory_ = std::make_shared<CountingMemory>();
};

}  // namespace lagoon::test
