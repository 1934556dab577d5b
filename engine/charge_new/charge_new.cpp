// SPDX-License-Identifier: Apache-2.0
// Global operator new and delete that charge what they give to the isolate whose work runs on this thread: linking
// lagoon::charge_new is all there is to do. A block knows its owner, so that it is given back to whom it was charged,
// wherever it is freed and whenever. Threads take and keep credit of 64 KiB, so that most blocks touch no shared word.
#include <cstdint>
#include <cstdlib>
#include <new>

#include "charge.hpp"

namespace lagoon::detail {
namespace {

constexpr std::size_t kBatch = 64 << 10;
// Small blocks are what statuses and the engine's own notes are made of. They are given when there is no room as well,
// up to a point, so that a failure can always be told; and some more on the thread that has just been refused.
constexpr std::size_t kSmall = 4 << 10;
constexpr std::int64_t kOverdraft = 256 << 10;
constexpr std::size_t kLastWords = 64 << 10;

struct alignas(__STDCPP_DEFAULT_NEW_ALIGNMENT__) Header {
  std::uintptr_t owner;  // a ChargeAccount, 0 for nobody; the lowest bit: it was overdrawn
  std::size_t bytes;
};
static_assert(sizeof(Header) == 16);

struct Credit {
  ChargeAccount* from = nullptr;
  std::size_t bytes = 0;
  std::size_t last_words = 0;  // small blocks that nobody pays
  bool charging = false;       // what charging itself allocates is nobody's
  bool ended = false;
};
constinit thread_local Credit t_credit;

void give_back(ChargeAccount& account, std::size_t bytes) noexcept {
  if (const auto memory = account.memory.lock()) memory->refund(bytes);  // a memory that is gone has been settled
}

/// Gives back what the thread has when it ends.
struct CreditOfThread {
  ~CreditOfThread() {
    t_credit.charging = true;
    if (t_credit.from) give_back(*t_credit.from, t_credit.bytes);
    t_credit.from = nullptr;
    t_credit.ended = true;
    t_credit.charging = false;
  }
};
thread_local CreditOfThread t_credit_of_thread;

bool charge(ChargeAccount& account, std::size_t bytes) noexcept {
  const auto memory = account.memory.lock();
  if (!memory) return false;
  Credit& credit = t_credit;
  if (credit.ended) return memory->try_charge(bytes);
  if (credit.from != &account) {
    (void)&t_credit_of_thread;  // made by its first use
    if (credit.from) give_back(*credit.from, credit.bytes);
    credit.from = &account;
    credit.bytes = 0;
  }
  if (memory->try_charge(bytes + kBatch)) {
    credit.bytes += kBatch;
    return true;
  }
  return memory->try_charge(bytes);
}

/// Whose block it is to be; `refused`: nobody's.
std::uintptr_t owner_of(std::size_t bytes, bool& refused) noexcept {
  Credit& credit = t_credit;
  IsolateState* const isolate = t_working_for;
  if (!isolate || credit.charging) return 0;
  credit.charging = true;
  ChargeAccount* const account = account_of(*isolate);
  std::uintptr_t owner = reinterpret_cast<std::uintptr_t>(account);
  if (!account) {
    refused = true;
  } else if (credit.from == account && credit.bytes >= bytes) {
    credit.bytes -= bytes;
  } else if (charge(*account, bytes)) {
    credit.last_words = 0;
  } else if (bytes <= kSmall && credit.last_words >= bytes) {
    credit.last_words -= bytes;
    owner = 0;
  } else if (bytes <= kSmall && account->overdraft.load(std::memory_order_relaxed) < kOverdraft) {
    account->overdraft.fetch_add(static_cast<std::int64_t>(bytes), std::memory_order_relaxed);
    owner |= 1;
  } else {
    credit.last_words = kLastWords;
    refused = true;
  }
  credit.charging = false;
  return owner;
}

void release(const Header& header) noexcept {
  if (header.owner == 0) return;
  auto& account = *reinterpret_cast<ChargeAccount*>(header.owner & ~std::uintptr_t{1});
  if (header.owner & 1) {
    account.overdraft.fetch_sub(static_cast<std::int64_t>(header.bytes), std::memory_order_relaxed);
    return;
  }
  Credit& credit = t_credit;
  if (credit.from == &account && credit.bytes + header.bytes <= 2 * kBatch) {
    credit.bytes += header.bytes;
    return;
  }
  const bool before = credit.charging;
  credit.charging = true;
  if (credit.from == &account) {
    give_back(account, credit.bytes + header.bytes - kBatch);
    credit.bytes = kBatch;
  } else {
    give_back(account, header.bytes);
  }
  credit.charging = before;
}

/// The header lies right before the block, and for large alignments what is before it is padding.
std::size_t room_before(std::size_t alignment) noexcept {
  return alignment > sizeof(Header) ? alignment : sizeof(Header);
}

void* allocate(std::size_t bytes, std::size_t alignment) noexcept {
  const std::size_t before = room_before(alignment);
  if (bytes > SIZE_MAX - 2 * before) return nullptr;
  bool refused = false;
  Header header{owner_of(bytes, refused), bytes};
  if (refused) return nullptr;
  const std::size_t all = bytes + before;
  void* raw = alignment <= sizeof(Header)
                  ? std::malloc(all)
                  : std::aligned_alloc(alignment, (all + alignment - 1) / alignment * alignment);
  if (!raw) {
    release(header);
    return nullptr;
  }
  auto* block = static_cast<char*>(raw) + before;
  ::new (static_cast<void*>(block - sizeof(Header))) Header(header);
  return block;
}

void* allocate_or_throw(std::size_t bytes, std::size_t alignment) {
  for (;;) {
    if (void* p = allocate(bytes, alignment)) return p;
    const std::new_handler handler = std::get_new_handler();
    if (!handler) throw std::bad_alloc();
    handler();
  }
}

void* allocate_or_null(std::size_t bytes, std::size_t alignment) noexcept {
  try {
    return allocate_or_throw(bytes, alignment);
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}

void deallocate(void* p, std::size_t alignment) noexcept {
  if (!p) return;
  auto* block = static_cast<char*>(p);
  release(*reinterpret_cast<Header*>(block - sizeof(Header)));
  std::free(block - room_before(alignment));
}

constexpr std::size_t kPlain = __STDCPP_DEFAULT_NEW_ALIGNMENT__;
std::size_t number(std::align_val_t alignment) noexcept { return static_cast<std::size_t>(alignment); }

}  // namespace
}  // namespace lagoon::detail

using namespace lagoon::detail;

void* operator new(std::size_t n) { return allocate_or_throw(n, kPlain); }
void* operator new[](std::size_t n) { return allocate_or_throw(n, kPlain); }
void* operator new(std::size_t n, const std::nothrow_t&) noexcept { return allocate_or_null(n, kPlain); }
void* operator new[](std::size_t n, const std::nothrow_t&) noexcept { return allocate_or_null(n, kPlain); }
void* operator new(std::size_t n, std::align_val_t a) { return allocate_or_throw(n, number(a)); }
void* operator new[](std::size_t n, std::align_val_t a) { return allocate_or_throw(n, number(a)); }
void* operator new(std::size_t n, std::align_val_t a, const std::nothrow_t&) noexcept {
  return allocate_or_null(n, number(a));
}
void* operator new[](std::size_t n, std::align_val_t a, const std::nothrow_t&) noexcept {
  return allocate_or_null(n, number(a));
}

void operator delete(void* p) noexcept { deallocate(p, kPlain); }
void operator delete[](void* p) noexcept { deallocate(p, kPlain); }
void operator delete(void* p, std::size_t) noexcept { deallocate(p, kPlain); }
void operator delete[](void* p, std::size_t) noexcept { deallocate(p, kPlain); }
void operator delete(void* p, const std::nothrow_t&) noexcept { deallocate(p, kPlain); }
void operator delete[](void* p, const std::nothrow_t&) noexcept { deallocate(p, kPlain); }
void operator delete(void* p, std::align_val_t a) noexcept { deallocate(p, number(a)); }
void operator delete[](void* p, std::align_val_t a) noexcept { deallocate(p, number(a)); }
void operator delete(void* p, std::size_t, std::align_val_t a) noexcept { deallocate(p, number(a)); }
void operator delete[](void* p, std::size_t, std::align_val_t a) noexcept { deallocate(p, number(a)); }
void operator delete(void* p, std::align_val_t a, const std::nothrow_t&) noexcept { deallocate(p, number(a)); }
void operator delete[](void* p, std::align_val_t a, const std::nothrow_t&) noexcept { deallocate(p, number(a)); }
