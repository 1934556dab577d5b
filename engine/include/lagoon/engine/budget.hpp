// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <lagoon/core/memory.hpp>
#include <lagoon/core/status.hpp>
#include <limits>
#include <memory>
#include <string>

namespace lagoon {

inline constexpr std::size_t kUnlimited = std::numeric_limits<std::size_t>::max();

/// Bytes that a holder may have at once. Budgets form a tree, engine -> isolate -> call: a reservation counts at
/// each level or at none. Reserve before allocating; what is refused was never taken.
class Budget {
 public:
  Budget(std::string holder, std::size_t limit, Budget* parent = nullptr)
      : holder_(std::move(holder)), limit_(limit), parent_(parent) {}
  ~Budget();
  Budget(const Budget&) = delete;
  Budget& operator=(const Budget&) = delete;

  /// ok, or resource_exhausted naming the size, the budget that was full, and its holder.
  Status try_reserve(std::size_t bytes);
  /// Null, or the budget that was full, and then nothing was taken.
  Budget* try_take(std::size_t bytes) noexcept;
  /// What try_reserve says when this budget is full, or the first above it that is.
  Status refusal(std::size_t bytes) const;
  void release(std::size_t bytes) noexcept;
  /// Whether this level alone would grant it.
  bool fits(std::size_t bytes) const noexcept { return bytes <= limit_ && held() <= limit_ - bytes; }

  const std::string& holder() const noexcept { return holder_; }
  std::size_t limit() const noexcept { return limit_; }
  std::size_t held() const noexcept { return held_.load(std::memory_order_relaxed); }
  std::size_t peak() const noexcept { return peak_.load(std::memory_order_relaxed); }

 private:
  bool take(std::size_t bytes) noexcept;

  std::string holder_;
  std::size_t limit_;
  Budget* parent_;
  // relaxed throughout: the counts order nothing but themselves
  std::atomic<std::size_t> held_{0};
  std::atomic<std::size_t> peak_{0};
};

/// Counts of one isolate's memory, in bytes.
struct MemoryUse {
  std::size_t held = 0;  ///< by arrays that live
  std::size_t warm = 0;  ///< freed, kept for reuse, given back before anything is refused
  std::size_t peak = 0;  ///< most held and warm together
  std::size_t limit = 0;
};

/// What becomes of freed arrays.
enum class MemoryStrategy : std::uint8_t {
  throughput,   ///< kept warm, given back at the soft mark and before anything is refused
  low_latency,  ///< pages are made when a slab is mapped, not at first touch; given back only before a refusal
};

/// Where an isolate's slabs come from, when it is not the system: memory that other processes see as well.
class SlabSource {
 public:
  virtual ~SlabSource() = default;
  /// Aligned to a page; what it holds does not matter. Null: there is no room.
  virtual void* map(std::size_t bytes) noexcept = 0;
  virtual void unmap(void* slab, std::size_t bytes) noexcept = 0;
};

struct MemoryRules {
  std::size_t keep_warm = kUnlimited;  ///< most bytes of freed slabs to keep
  double soft_mark = 0.8;              ///< share of the limit above which arrays that live are too much; 1: none is
  MemoryStrategy strategy = MemoryStrategy::throughput;
  bool huge_pages = true;  ///< asks the system for them, for slabs of 2 MiB and more
  /// Called when the mark is passed, once until nine tenths of it are reached again, by the thread that allocates and
  /// without a lock of Lagoon's: it may trim, allocate, free. What it throws is lost, the allocation goes on.
  std::function<void(const MemoryUse&)> on_pressure{};
  std::shared_ptr<SlabSource> slabs{};  ///< null: the system
};

/// The memory of one isolate: arrays from warm slabs, charged before they are allocated.
/// Slabs of 64 KiB and more keep their pages when freed (first touch of fresh memory costs 0.1 to 0.5 s per GiB,
/// a second touch 3.5 ms); smaller blocks come from malloc, charged in batches of 64 KiB per thread.
class IsolateMemory : public std::pmr::memory_resource, public std::enable_shared_from_this<IsolateMemory> {
 public:
  /// reclaim   asks the neighbours for their warm slabs when the parent is full; may be empty
  IsolateMemory(std::string holder, std::size_t limit, std::shared_ptr<Budget> parent, MemoryRules rules = {},
                std::function<void()> reclaim = {});
  ~IsolateMemory() override;

  MemoryUse use() const noexcept;
  Budget& budget() noexcept;
  /// Arrays that live hold more than the soft mark, or have not gone down to nine tenths of it since they did.
  bool over_soft_mark() const noexcept;
  /// Called by whoever frees when it is below the mark again. To be set before the memory is used.
  void on_relief(std::function<void()> call);
  /// Books bytes that come from elsewhere, and takes the booking back. Warm slabs are given back for `least`, not for
  /// `most`. on_pressure is left to tell_pressure(): whoever makes something by operator new may hold any lock.
  ///   returns   bytes booked, one of the two; 0: there is no room
  std::size_t try_charge(std::size_t least, std::size_t most) noexcept;
  void refund(std::size_t bytes) noexcept;
  void tell_pressure() noexcept;
  /// Gives all warm slabs back to the system; returns their bytes.
  std::size_t trim() noexcept;

 private:
  void* do_allocate(std::size_t bytes, std::size_t alignment) override;
  void do_deallocate(void* p, std::size_t bytes, std::size_t alignment) override;
  bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }
  void reserve_or_trim(std::size_t bytes);
  /// Null: taken, if need be after warm slabs were given back, the neighbours' too.
  Budget* take_or_trim(std::size_t bytes) noexcept;
  /// Something lives that did not before: over the soft mark?
  void note_taken() noexcept;

  friend struct ThreadCredit;
  struct Slabs;
  std::shared_ptr<Slabs> slabs_;  // threads that hold credit of it keep it, not the isolate
};

/// The memory of one call: the isolate's, with a limit of its own. Arrays that outlive the call keep it alive.
class CallMemory final : public std::pmr::memory_resource {
 public:
  CallMemory(std::shared_ptr<IsolateMemory> isolate, std::string holder, std::size_t limit)
      : isolate_(std::move(isolate)), budget_(std::move(holder), limit) {}
  const Budget& budget() const noexcept { return budget_; }

 private:
  void* do_allocate(std::size_t bytes, std::size_t alignment) override;
  void do_deallocate(void* p, std::size_t bytes, std::size_t alignment) override;
  bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }

  std::shared_ptr<IsolateMemory> isolate_;
  Budget budget_;
};

}  // namespace lagoon
