// SPDX-License-Identifier: Apache-2.0
#include <lagoon/engine/budget.hpp>

#include <lagoon/core/error.hpp>
#include <lagoon/engine/map_aligned.hpp>

#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <map>
#include <mutex>
#include <new>
#include <vector>

#include "charge.hpp"

namespace lagoon {

Budget::~Budget() {
  if (parent_) parent_->release(held());
}

bool Budget::take(std::size_t bytes) noexcept {
  // Not added first and taken back after a look: what is refused must at no time stand in the way of what fits.
  std::size_t now = held();
  do {
    if (bytes > limit_ || now > limit_ - bytes) return false;
  } while (!held_.compare_exchange_weak(now, now + bytes, std::memory_order_relaxed));
  now += bytes;
  std::size_t seen = peak_.load(std::memory_order_relaxed);
  while (seen < now && !peak_.compare_exchange_weak(seen, now, std::memory_order_relaxed)) {
  }
  return true;
}

Budget* Budget::try_take(std::size_t bytes) noexcept {
  // All levels are asked before any is charged, for the same reason; in between others may still come first.
  for (Budget* level = this; level; level = level->parent_)
    if (!level->fits(bytes)) return level;
  for (Budget* level = this; level; level = level->parent_) {
    if (level->take(bytes)) continue;
    for (Budget* undo = this; undo != level; undo = undo->parent_)
      undo->held_.fetch_sub(bytes, std::memory_order_relaxed);
    return level;
  }
  return nullptr;
}

Status Budget::refusal(std::size_t bytes) const {
  if (fits(bytes) && parent_ && !parent_->fits(bytes)) return parent_->refusal(bytes);
  const std::string wanted = std::to_string(bytes), has = std::to_string(held()), most = std::to_string(limit_);
  return Status(Errc::resource_exhausted,
                wanted + " bytes wanted, " + holder_ + " holds " + has + " of its limit of " + most)
      .with_detail("holder", holder_)
      .with_detail("wanted", wanted)
      .with_detail("held", has)
      .with_detail("limit", most);
}

Status Budget::try_reserve(std::size_t bytes) {
  const Budget* full = try_take(bytes);
  return full ? full->refusal(bytes) : Status();
}

void Budget::release(std::size_t bytes) noexcept {
  for (Budget* level = this; level; level = level->parent_) level->held_.fetch_sub(bytes, std::memory_order_relaxed);
}

namespace {

constexpr std::size_t kSlabThreshold = 64 << 10;  // below it malloc's own caches do well (19 ns a pair at 64 KiB)
constexpr std::size_t kPage = 4096;
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
  for (std::size_t at = 0; at < size; at += kPage) static_cast<volatile char*>(slab)[at] = 0;
}

void unmap_slab(void* slab, std::size_t size, const MemoryRules& rules) noexcept {
  if (rules.slabs) {
    rules.slabs->unmap(slab, size);
  } else {
    munmap(slab, size);
  }
}

void* map_slab(std::size_t size, const MemoryRules& rules) noexcept {
  if (rules.slabs) {
    void* slab = rules.slabs->map(size);
    if (slab && rules.strategy == MemoryStrategy::low_latency) populate(slab, size);
    return slab;
  }
  const bool huge = rules.huge_pages && size >= detail::kHugePage;
  void* const slab = detail::map_aligned(size, huge ? detail::kHugePage : kPage, PROT_READ | PROT_WRITE);
  if (!slab) return nullptr;
  if (huge) madvise(slab, size, MADV_HUGEPAGE);  // advice: fresh pages cost a quarter; refusal changes nothing else
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

  /// Null, or the budget that was full. Look at the soft mark when it is safe to do what passing it asks for.
  Budget* take(std::size_t bytes) noexcept {
    if (Budget* full = budget.try_take(bytes)) return full;
    live.fetch_add(bytes);
    return nullptr;
  }
  void release(std::size_t bytes) noexcept {
    budget.release(bytes);
    live.fetch_sub(bytes);
    look_at_mark(false);
  }

  /// To be called by whoever changed `live`, who looks at `over` after that; whoever changes `over` looks at `live`
  /// after that. All of it is seq_cst, so that of two who do so at once one sees the other: `over` is never left wrong,
  /// which nobody might notice until the next array is made.
  ///   taken     it grew: the mark may have been passed, which is for this thread to tell
  ///   returns   it was
  bool look_at_mark(bool taken) noexcept {
    if (soft_mark == kUnlimited) return false;
    bool passed = false, relieved = false;
    for (;;) {
      bool before = over.load();
      const std::size_t now = live.load();
      if (before && now <= soft_mark / 10 * 9) {
        relieved |= over.compare_exchange_strong(before, false);
      } else if (!before && now > soft_mark && relieved) {  // it grew meanwhile, and who did it may have looked before
        relieved = !over.compare_exchange_strong(before, true);
      } else if (!before && now > soft_mark && taken) {
        passed |= over.compare_exchange_strong(before, true);
      } else {
        break;
      }
    }
    if (relieved && relief) relief();
    return passed;
  }

  /// Whether a freed slab is kept, with its reservation; if not, it is the caller's to give back.
  bool keep(void* slab, std::size_t size) noexcept {
    // Above the soft mark what is freed goes back, to whoever needs it more.
    if (size > rules.keep_warm ||
        (over.load(std::memory_order_relaxed) && rules.strategy == MemoryStrategy::throughput))
      return false;
    {
      const detail::WorkingFor nobody(nullptr);  // charging may trim, which takes this mutex
      std::lock_guard lock(mutex);
      if (warm.load(std::memory_order_relaxed) + size > rules.keep_warm) return false;
      try {
        free[size].push_back(slab);
      } catch (const std::bad_alloc&) {
        return false;  // no room to remember it
      }
      warm.fetch_add(size, std::memory_order_relaxed);
      live.fetch_sub(size);  // before another thread takes the slab and adds it
    }
    look_at_mark(false);
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
    live.fetch_add(size);
    return p;
  }

  std::shared_ptr<Budget> parent;
  Budget budget;
  const MemoryRules rules;
  const std::size_t soft_mark;
  const std::function<void()> reclaim;
  std::function<void()> relief;
  std::mutex trimming;
  std::mutex mutex;
  std::map<std::size_t, std::vector<void*>> free;
  std::atomic<std::size_t> warm{0};  // changed with the mutex held
  std::atomic<std::size_t> live{0};  // what of the budget is not warm; the budget itself has it a moment earlier
  std::atomic<bool> untold{false};   // the mark was passed, on_pressure is still to be called
  alignas(64) std::atomic<bool> over{false};  // see look_at_mark; read for each call that finds another one running
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
  if (from) from->release(bytes);
  from = other.get();
  bytes = 0;
  t_owner.slabs = other;
}

void ThreadCredit::charge(IsolateMemory& memory, std::size_t wanted) {
  ThreadCredit& credit = t_credit;
  if (credit.ended) return memory.reserve_or_trim(wanted);
  if (credit.from != memory.slabs_.get()) credit.turn_to(memory.slabs_);
  const std::size_t batch = std::max(wanted, kBatch);
  if (!memory.slabs_->take(batch)) {
    credit.bytes += batch - wanted;
    memory.note_taken();
  } else {
    memory.reserve_or_trim(wanted - std::min(wanted, credit.bytes));  // the batch does not fit, the block itself may
    credit.bytes -= std::min(wanted, credit.bytes);
  }
}

void ThreadCredit::refund(const std::shared_ptr<IsolateMemory::Slabs>& to, std::size_t freed) noexcept {
  if (t_credit.give(to.get(), freed)) return;
  if (t_credit.from != to.get()) return to->release(freed);
  const std::size_t more = t_credit.bytes + freed - kBatch;
  t_credit.bytes = kBatch;
  to->release(more);
}

IsolateMemory::IsolateMemory(std::string holder, std::size_t limit, std::shared_ptr<Budget> parent, MemoryRules rules,
                             std::function<void()> reclaim)
    : slabs_(
          std::make_shared<Slabs>(std::move(holder), limit, std::move(parent), std::move(rules), std::move(reclaim))) {}

IsolateMemory::~IsolateMemory() { trim(); }

Budget& IsolateMemory::budget() noexcept { return slabs_->budget; }

MemoryUse IsolateMemory::use() const noexcept {
  return {.held = slabs_->live.load(),
          .warm = slabs_->warm.load(std::memory_order_relaxed),
          .peak = slabs_->budget.peak(),
          .limit = slabs_->budget.limit()};
}

bool IsolateMemory::over_soft_mark() const noexcept { return slabs_->over.load(std::memory_order_relaxed); }
void IsolateMemory::on_relief(std::function<void()> call) { slabs_->relief = std::move(call); }

void IsolateMemory::note_taken() noexcept {
  if (!slabs_->look_at_mark(true)) return;
  if (slabs_->rules.strategy == MemoryStrategy::throughput) trim();
  slabs_->untold.store(true);
  tell_pressure();
}

void IsolateMemory::tell_pressure() noexcept {
  if (!slabs_->untold.load(std::memory_order_relaxed) || !slabs_->untold.exchange(false)) return;
  if (!slabs_->rules.on_pressure) return;
  try {
    slabs_->rules.on_pressure(use());
  } catch (...) {  // as the header says: this allocation has done nothing wrong
  }
}

std::size_t IsolateMemory::trim() noexcept {
  // One at a time: who comes second must find what the first has given back, not refuse meanwhile.
  std::lock_guard trimming(slabs_->trimming);
  std::map<std::size_t, std::vector<void*>> taken;
  std::size_t bytes = 0;
  {
    std::lock_guard lock(slabs_->mutex);
    taken.swap(slabs_->free);
    bytes = slabs_->warm.exchange(0, std::memory_order_relaxed);
  }
  for (auto& [size, list] : taken)
    for (void* p : list) unmap_slab(p, size, slabs_->rules);
  slabs_->budget.release(bytes);
  return bytes;
}

Budget* IsolateMemory::take_or_trim(std::size_t bytes) noexcept {
  Budget* full = slabs_->take(bytes);
  if (full) {
    trim();
    full = slabs_->take(bytes);
  }
  if (full && full != &slabs_->budget && slabs_->reclaim) {  // its own limit: neighbours would give for nothing
    slabs_->reclaim();
    full = slabs_->take(bytes);
  }
  return full;
}

void IsolateMemory::reserve_or_trim(std::size_t bytes) {
  if (const Budget* full = take_or_trim(bytes)) throw Error(full->refusal(bytes));
  note_taken();
}

std::size_t IsolateMemory::try_charge(std::size_t least, std::size_t most) noexcept {
  if (slabs_->take(most)) {
    if (take_or_trim(least)) return 0;
    most = least;
  }
  if (slabs_->look_at_mark(true)) {
    if (slabs_->rules.strategy == MemoryStrategy::throughput) trim();
    slabs_->untold.store(true);
  }
  return most;
}

void IsolateMemory::refund(std::size_t bytes) noexcept { slabs_->release(bytes); }

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
  slabs_->release(size);
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
  if (slabs->keep(p, size)) return;
  unmap_slab(p, size, slabs->rules);
  slabs->release(size);
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
