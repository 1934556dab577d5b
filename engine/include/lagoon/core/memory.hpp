// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <memory_resource>

namespace lagoon {

/// Where arrays get their bytes. Shared, because an array may outlive the call and the isolate that made it.
///   allocate   throws lagoon::Error(resource_exhausted) when a budget is full; memory is aligned to 64 bytes
using MemoryHandle = std::shared_ptr<std::pmr::memory_resource>;

/// Every array begins on a cache line, which is also a whole AVX-512 vector.
inline constexpr std::size_t kAlignment = 64;

/// The memory of the call that runs on this thread, or the process heap outside calls. Never null.
MemoryHandle current_memory();

/// The process heap: operator new with 64-byte alignment, no limit.
const MemoryHandle& process_heap();

/// Gives the current memory when asked; asked only if the call makes an array, so that other calls pay nothing.
class MemorySource {
 public:
  virtual MemoryHandle memory() = 0;

 protected:
  ~MemorySource() = default;
};

/// While it lives, current_memory() on this thread comes from `source`; null means the process heap.
class MemoryScope {
 public:
  explicit MemoryScope(MemorySource* source) noexcept;
  ~MemoryScope();
  MemoryScope(const MemoryScope&) = delete;
  MemoryScope& operator=(const MemoryScope&) = delete;

 private:
  MemorySource* previous_;
};

/// The innermost source on this thread, or null; to carry it to another thread of the same call.
MemorySource* current_memory_source() noexcept;

}  // namespace lagoon
