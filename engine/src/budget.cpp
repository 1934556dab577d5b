// SPDX-License-Identifier: Apache-2.0
#include <lagoon/engine/budget.hpp>

#include <lagoon/core/error.hpp>

#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <map>
#include <mutex>
#include <new>
#include <vector>

namespace lagoon {

Budget::~Budget() {
  if (parent_) parent_->release(held());
}

bool Budget::take(std::size_t bytes) noexcept {
  // Add first, then look: two takers at the edge may both be refused, never both be granted.
  const std::size_t now = held_.fetch_add(bytes, std::memory_order_relaxed) + bytes;
  if (now > limit_ || now < bytes) {
    held_.fetch_sub(bytes, std::memory_order_relaxed);
    return false;
  }
  std::size_t seen = peak_.load(std::memory_order_relaxed);
  while (seen < now && !peak_.compare_exchange_weak(seen, now, std::memory_order_relaxed)) {
  }
  return true;
}

Status Budget::try_reserve(std::size_t bytes) {
  for (Budget* level = this; level; level = level->parent_) {
    if (level->take(bytes)) continue;
    for (Budget* undo = this; undo != level; undo = undo->parent_)
      undo->held_.fetch_sub(bytes, std::memory_order_relaxed);
    return Status(Errc::resource_exhausted, std::to_string(bytes) + " bytes wanted, " + level->holder_ + " holds " +
                                                std::to_string(level->held()) + " of its limit of " +
                                                std::to_string(level->limit_))
        .with_detail("holder", level->holder_)
        .with_detail("wanted", std::to_string(bytes))
        .with_detail("held", std::to_string(level->held()))
        .with_detail("limit", std::to_string(level->limit_));
  }
  return {};
}

void Budget::release(std::size_t bytes) noexcept {
  for (Budget* level = this; level; level = level->parent_) level->held_.fetch_sub(bytes, std::memory_order_relaxed);
}

namespace {

constexpr std::size_t kSlabThreshold = 64 << 10;  // below it malloc's own caches do well (19 ns a pair at 64 KiB)
constexpr std::size_t kHugePage = 2 << 20;
constexpr std::size_t kBatch = 64 << 10;  // small blocks are charged in batches of this size per thread

/// Sizes in steps of a sixteenth of the power of two below: at most 6 % is lost, and freed slabs fit again.
std::size_t slab_size(std::size_t bytes) noexcept {
  const std::size_t step = std::max<std::size_t>(std::bit_floor(bytes) / 16, 4096);
  return (bytes + step - 1) / step * step;
}

// Aligned allocation costs a third more, and malloc aligns to 16 anyway.
// Not by operator new, which may be one that charges (charge_new/).
void* new_block(std::size_t bytes, std::size_t alignment) noexcept {
  if (alignment <= __STDCPP_DEFAULT_NEW_ALIGNMENT__) return std::malloc(bytes ? bytes : 1);
  return std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
}

/// Makes the pages of a slab now rather than at first touch.
void populate(void* slab, std::size_t size) noexcept {
  constexpr int kPopulateWrite = 23;  // MADV_POPULATE_WRITE: Linux 5.14, in headers since glibc 2.35
  if (madvise(slab, size, kPopulateWrite) == 0) return;
  constexpr std::size_t kPage = 4096;
  for (std::size_t at = 0; at < size; at += kPage) static_cast<volatile char*>(slab)[at] = 0;
}

void* map_slab(std::size_t size, const MemoryRules& rules) noexcept {
  const std::size_t extra = rules.huge_pages && size >= kHugePage ? kHugePage : 0;
  void* slab = mmap(nullptr, size + extra, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (slab == MAP_FAILED) return nullptr;
  if (extra) {
    const auto start = reinterpret_cast<std::uintptr_t>(slab);
    const auto aligned = (start + kHugePage - 1) / kHugePage * kHugePage;
    if (aligned > start) munmap(slab, aligned - start);
    if (aligned + size < start + size + extra) munmap(reinterpret_cast<void*>(aligned + size), start + extra - aligned);
    slab = reinterpret_cast<void*>(aligned);
    madvise(slab, size, MADV_HUGEPAGE);  // advice: fresh pages cost a quarter; refusal changes nothing else
  }
  if (rules.strategy == MemoryStrategy::low_latency) populate(slab, size);
  return slab;
}

}  // namespace

struct IsolateMemory::Slabs {
  Slabs(std::string holder, std::size_t limit, std::shared_ptr<Budget> parent_budget, MemoryRules how,
        std::function<void()> ask_neighbours)
      : parent(std::move(parent_budget)),
        budget(std::move(holder), limit, parent.get()),
        rules(std::move(how)),
        soft_mark(limit == kUnlimited || !(rules.soft_mark < 1)
                      ? kUnlimited
                      : static_cast<std::size_t>(static_cast<double>(limit) * std::max(rules.soft_mark, 0.0))),
        reclaim(std::move(ask_neighbours)) {}

  std::size_t live() const noexcept {
    const std::size_t all = budget.held(), kept = warm.load(std::memory_order_relaxed);
    return all > kept ? all - kept : 0;
  }
  /// Something was freed: below the mark again?
  void note_freed() noexcept {
    if (!over.load(std::memory_order_relaxed) || live() > soft_mark / 10 * 9) return;
    if (over.exchange(false) && relief) relief();
  }

  /// Whether a freed slab is kept, with its reservation; if not, it is the caller's to give back.
  bool keep(void* slab, std::size_t size) noexcept {
    // Above the soft mark what is freed goes back, to whoever needs it more.
    if (size > rules.keep_warm ||
        (over.load(std::memory_order_relaxed) && rules.strategy == MemoryStrategy::throughput))
      return false;
    std::lock_guard lock(mutex);
    if (warm.load(std::memory_order_relaxed) + size > rules.keep_warm) return false;
    try {
      free[size].push_back(slab);
    } catch (const std::bad_alloc&) {
      return false;  // no room to remember it
    }
    warm.fetch_add(size, std::memory_order_relaxed);
    return true;
  }

  /// A slab that was kept, with its reservation; null: there is none of that size.
  void* warm_slab(std::size_t size) noexcept {
    std::lock_guard lock(mutex);
    const auto it = free.find(size);
    if (it == free.end() || it->second.empty()) return nullptr;
    void* p = it->second.back();
    it->second.pop_back();
    warm.fetch_sub(size, std::memory_order_relaxed);
    return p;
  }

  std::shared_ptr<Budget> parent;
  Budget budget;
  const MemoryRules rules;
  const std::size_t soft_mark;
  const std::function<void()> reclaim;
  std::function<void()> relief;
  std::mutex mutex;
  std::map<std::size_t, std::vector<void*>> free;
  std::atomic<std::size_t> warm{0};  // changed with the mutex held
  std::atomic<bool> over{false};     // the soft mark, and not down to nine tenths of it since
};

/// Bytes reserved in advance by this thread from the memory that it used last; given back when it turns to another
/// memory, and when it ends.
struct ThreadCredit {
  IsolateMemory::Slabs* from = nullptr;
  std::size_t bytes = 0;
  bool ended = false;  // the thread is about to

  /// False: the credit does not reach.
  bool take(const IsolateMemory::Slabs* slabs, std::size_t wanted) noexcept {
    if (from != slabs || bytes < wanted) return false;
    bytes -= wanted;
    return true;
  }
  /// False: more than a thread should keep, or of another memory.
  bool give(const IsolateMemory::Slabs* slabs, std::size_t freed) noexcept {
    if (from != slabs || bytes + freed > 2 * kBatch) return false;
    bytes += freed;
    return true;
  }
  void turn_to(const std::shared_ptr<IsolateMemory::Slabs>& other) noexcept;
  /// What take() and give() leave: all but one block in hundreds are done with by then.
  static void charge(IsolateMemory& memory, std::size_t wanted);
  static void refund(const std::shared_ptr<IsolateMemory::Slabs>& to, std::size_t freed) noexcept;

  /// Keeps what the credit came from, and gives it back with the thread.
  struct Owner {
    std::shared_ptr<IsolateMemory::Slabs> slabs;
    ~Owner();
  };
};

namespace {
constinit thread_local ThreadCredit t_credit;  // plain data: reached without a check whether it has been made
thread_local ThreadCredit::Owner t_owner;
}  // namespace

ThreadCredit::Owner::~Owner() {
  t_credit.turn_to(nullptr);
  t_credit.ended = true;
}

void ThreadCredit::turn_to(const std::shared_ptr<IsolateMemory::Slabs>& other) noexcept {
  if (from) from->budget.release(bytes);
  from = other.get();
  bytes = 0;
  t_owner.slabs = other;
}

void ThreadCredit::charge(IsolateMemory& memory, std::size_t wanted) {
  ThreadCredit& credit = t_credit;
  if (credit.ended) return memory.reserve_or_trim(wanted);
  if (credit.from != memory.slabs_.get()) credit.turn_to(memory.slabs_);
  const std::size_t batch = std::max(wanted, kBatch);
  if (memory.slabs_->budget.try_reserve(batch).ok()) {
    memory.note_taken();
    credit.bytes += batch - wanted;
  } else {
    memory.reserve_or_trim(wanted - std::min(wanted, credit.bytes));  // the batch does not fit, the block itself may
    credit.bytes -= std::min(wanted, credit.bytes);
  }
}

void ThreadCredit::refund(const std::shared_ptr<IsolateMemory::Slabs>& to, std::size_t freed) noexcept {
  if (t_credit.give(to.get(), freed)) return;
  if (t_credit.from != to.get()) {
    to->budget.release(freed);
  } else {
    to->budget.release(t_credit.bytes + freed - kBatch);
    t_credit.bytes = kBatch;
  }
  to->note_freed();
}

IsolateMemory::IsolateMemory(std::string holder, std::size_t limit, std::shared_ptr<Budget> parent, MemoryRules rules,
                             std::function<void()> reclaim)
    : slabs_(
          std::make_shared<Slabs>(std::move(holder), limit, std::move(parent), std::move(rules), std::move(reclaim))) {}

IsolateMemory::~IsolateMemory() { trim(); }

Budget& IsolateMemory::budget() noexcept { return slabs_->budget; }

MemoryUse IsolateMemory::use() const noexcept {
  return {.held = slabs_->live(),
          .warm = slabs_->warm.load(std::memory_order_relaxed),
          .peak = slabs_->budget.peak(),
          .limit = slabs_->budget.limit()};
}

bool IsolateMemory::over_soft_mark() const noexcept { return slabs_->over.load(std::memory_order_relaxed); }
void IsolateMemory::on_relief(std::function<void()> call) { slabs_->relief = std::move(call); }

void IsolateMemory::note_taken() {
  Slabs& slabs = *slabs_;
  if (slabs.soft_mark == kUnlimited || slabs.live() <= slabs.soft_mark || slabs.over.exchange(true)) return;
  if (slabs.rules.strategy == MemoryStrategy::throughput) trim();
  if (slabs.rules.on_pressure) slabs.rules.on_pressure(use());
}

std::size_t IsolateMemory::trim() noexcept {
  std::map<std::size_t, std::vector<void*>> taken;
  std::size_t bytes = 0;
  {
    std::lock_guard lock(slabs_->mutex);
    taken.swap(slabs_->free);
    bytes = slabs_->warm.exchange(0, std::memory_order_relaxed);
  }
  for (auto& [size, list] : taken)
    for (void* p : list) munmap(p, size);
  slabs_->budget.release(bytes);
  return bytes;
}

void IsolateMemory::reserve_or_trim(std::size_t bytes) {
  Status status = slabs_->budget.try_reserve(bytes);
  if (status.ok()) return note_taken();
  if (trim() > 0) status = slabs_->budget.try_reserve(bytes);
  if (!status.ok() && slabs_->reclaim) {
    slabs_->reclaim();
    status = slabs_->budget.try_reserve(bytes);
  }
  if (!status.ok()) throw Error(status);
  note_taken();
}

bool IsolateMemory::try_charge(std::size_t bytes) noexcept {
  try {
    reserve_or_trim(bytes);
    return true;
  } catch (...) {
    return false;
  }
}

void IsolateMemory::refund(std::size_t bytes) noexcept {
  slabs_->budget.release(bytes);
  slabs_->note_freed();
}

void* IsolateMemory::do_allocate(std::size_t bytes, std::size_t alignment) {
  if (bytes < kSlabThreshold) {
    if (!t_credit.take(slabs_.get(), bytes)) ThreadCredit::charge(*this, bytes);
    if (void* p = new_block(bytes, alignment)) return p;
    ThreadCredit::refund(slabs_, bytes);
    throw Error(Errc::resource_exhausted, "the process has no " + std::to_string(bytes) + " bytes left");
  }
  const std::size_t size = slab_size(bytes);
  if (void* p = slabs_->warm_slab(size)) {
    note_taken();
    return p;
  }
  reserve_or_trim(size);
  if (void* p = map_slab(size, slabs_->rules)) return p;
  slabs_->budget.release(size);
  throw Error(Errc::resource_exhausted, "the system maps no " + std::to_string(size) + " bytes more");
}

void IsolateMemory::do_deallocate(void* p, std::size_t bytes, std::size_t) {
  if (bytes < kSlabThreshold) {
    std::free(p);
    if (!t_credit.give(slabs_.get(), bytes)) ThreadCredit::refund(slabs_, bytes);
    return;
  }
  const std::size_t size = slab_size(bytes);
  const auto slabs = slabs_;  // the last array may be what kept this memory
  if (!slabs->keep(p, size)) {
    munmap(p, size);
    slabs->budget.release(size);
  }
  slabs->note_freed();
}

void* CallMemory::do_allocate(std::size_t bytes, std::size_t alignment) {
  if (Status status = budget_.try_reserve(bytes); !status.ok()) throw Error(status);
  try {
    return isolate_->allocate(bytes, alignment);
  } catch (...) {
    budget_.release(bytes);
    throw;
  }
}

void CallMemory::do_deallocate(void* p, std::size_t bytes, std::size_t alignment) {
  isolate_->deallocate(p, bytes, alignment);
  budget_.release(bytes);
}

}  // namespace lagoon
