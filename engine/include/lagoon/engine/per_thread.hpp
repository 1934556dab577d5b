// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace lagoon {

/// Threads that can have a slot of their own at the same time; later ones share what PerThread keeps for them.
inline constexpr std::uint32_t kThreadSlots = 128;

namespace detail {
inline constexpr std::uint32_t kSlotUnknown = kThreadSlots + 1;
extern constinit thread_local std::uint32_t t_thread_slot;
std::uint32_t take_thread_slot() noexcept;
}  // namespace detail

/// A small number that no other living thread has, or kThreadSlots when there are more threads than slots.
/// A thread that ends leaves its number to a later one, after all it wrote.
inline std::uint32_t thread_slot() noexcept {
  const std::uint32_t slot = detail::t_thread_slot;
  if (slot != detail::kSlotUnknown) [[likely]]
    return slot;
  return detail::take_thread_slot();
}

/// A number that one thread writes and others read: what a shard of PerThread is made of.
/// `exclusive` says whether this thread is the only writer; then adding is a load and a store, 1 ns.
class ShardCount {
 public:
  void add(std::uint64_t n, bool exclusive) noexcept {
    // relaxed throughout: a count orders nothing but itself
    if (exclusive) [[likely]] {
      value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
    } else {
      value_.fetch_add(n, std::memory_order_relaxed);
    }
  }
  void raise_to(std::uint64_t n) noexcept {
    std::uint64_t now = value_.load(std::memory_order_relaxed);
    while (now < n && !value_.compare_exchange_weak(now, n, std::memory_order_relaxed)) {
    }
  }
  std::uint64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

/// One T per thread that used it, made at first use and kept until the end, so that writers never meet on a line.
/// Readers visit all of them; what they read must be atomic.
///
///   PerThread<ShardCount> hits;
///   auto [count, exclusive] = hits.local();
///   count.add(1, exclusive);
///
/// Where T is large and threads are many, `own_after` lets those that come by now and then share one of them.
template <class T>
class PerThread {
 public:
  /// For PerThread(own_after): all threads share one T, always.
  static constexpr std::uint8_t kAlwaysShared = 255;
  /// own_after   uses by a thread, and by those that had its slot before, until it gets a T of its own
  explicit PerThread(std::uint8_t own_after = 0) noexcept : own_after_(own_after) {}
  ~PerThread() {
    for (auto& shard : shards_) std::unique_ptr<Shard>(shard.load(std::memory_order_relaxed));
  }
  PerThread(const PerThread&) = delete;
  PerThread& operator=(const PerThread&) = delete;

  struct Local {
    T& shard;
    bool exclusive;  ///< false: other threads write to it too (it is not its own yet, or no slot or memory was left)
  };
  Local local() noexcept {
    const std::uint32_t slot = thread_slot();
    if (slot >= kThreadSlots) [[unlikely]]
      return {shared_.value, false};
    // relaxed: only the thread that owns the slot stores, and slots change hands with release and acquire
    Shard* shard = shards_[slot].load(std::memory_order_relaxed);
    if (!shard) [[unlikely]]
      shard = make(slot);
    return shard ? Local{shard->value, true} : Local{shared_.value, false};
  }

  template <class F>
  void for_each(F&& f) const {
    for (const auto& shard : shards_)
      if (const Shard* s = shard.load(std::memory_order_acquire)) f(s->value);  // pairs with the release in make
    f(shared_.value);
  }

 private:
  struct alignas(64) Shard {
    T value{};
  };

  Shard* make(std::uint32_t slot) noexcept {
    if (own_after_ == kAlwaysShared) return nullptr;
    if (uses_[slot] < own_after_) {  // plain numbers: the slot's owner alone looks at its own
      ++uses_[slot];
      return nullptr;
    }
    try {
      auto made = std::make_unique<Shard>();
      shards_[slot].store(made.get(), std::memory_order_release);
      return made.release();
    } catch (...) {
      return nullptr;
    }
  }

  std::array<std::atomic<Shard*>, kThreadSlots> shards_{};
  const std::uint8_t own_after_;
  std::array<std::uint8_t, kThreadSlots> uses_{};
  Shard shared_;
};

}  // namespace lagoon
