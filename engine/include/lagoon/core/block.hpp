// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <lagoon/core/memory.hpp>
#include <utility>

namespace lagoon::detail {

/// What keeps the elements of arrays alive: a reference count in front of them, or beside an adopted object.
struct Block {
  std::atomic<std::uint32_t> references{1};
  std::uint32_t lender = 0;  ///< the worker process whose memory it is; 0: this process's own
  std::size_t bytes = 0;
  void (*destroy)(Block*) noexcept = nullptr;
};

/// Shared handle of a Block.
class BlockHandle {
 public:
  BlockHandle() noexcept = default;
  explicit BlockHandle(Block* owned) noexcept : block_(owned) {}
  BlockHandle(const BlockHandle& other) noexcept : block_(other.block_) {
    if (block_) block_->references.fetch_add(1, std::memory_order_relaxed);  // a handle exists: no ordering needed
  }
  BlockHandle(BlockHandle&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
  BlockHandle& operator=(BlockHandle other) noexcept {
    std::swap(block_, other.block_);
    return *this;
  }
  ~BlockHandle() {
    // acq_rel: pairs with the decrement of every other handle, so that their writes happen before destroy.
    if (block_ && block_->references.fetch_sub(1, std::memory_order_acq_rel) == 1) block_->destroy(block_);
  }

  Block* get() const noexcept { return block_; }
  explicit operator bool() const noexcept { return block_ != nullptr; }
  /// acquire: pairs with the decrement of the last other handle.
  bool unique() const noexcept { return block_ && block_->references.load(std::memory_order_acquire) == 1; }
  friend bool operator==(const BlockHandle& a, const BlockHandle& b) noexcept { return a.block_ == b.block_; }

 private:
  Block* block_ = nullptr;
};

struct Allocation {
  BlockHandle block;
  void* data = nullptr;
};

/// Block and elements in one allocation; elements start on a cache line and are not initialised.
///   throws  lagoon::Error(resource_exhausted)
Allocation allocate_elements(std::size_t bytes, MemoryHandle memory);

/// An object that owns elements, moved to the heap; its elements must not move with it.
template <class X>
struct Adopted final : Block {
  explicit Adopted(X&& from) : object(std::move(from)) {
    destroy = [](Block* self) noexcept { delete static_cast<Adopted*>(self); };
  }
  X object;
};

}  // namespace lagoon::detail
