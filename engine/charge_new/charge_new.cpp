// SPDX-License-Identifier: Apache-2.0
// Global operator new and delete that charge what they give to the isolate whose work runs on this thread: linking
// lagoon::charge_new is all there is to do. A block knows its owner, so that it is given back to whom it was charged,
// wherever it is freed and whenever. Threads take and keep credit of 64 KiB, so that most blocks touch no shared word.
#include <lagoon/core/error.hpp>

#include <cstdint>
#include <cstdlib>
#include <new>
#include <utility>

#include "charge.hpp"

namespace lagoon::detail {
namespace {

constexpr std::size_t kBatch = 64 << 10;
// Small blocks are what statuses and notes of calls are made of. They are given when there is no room as well, up to a
// point, so that a failure can be told; and some more to a thread that has just been refused.
constexpr std::size_t kSmall = 4 << 10;
constexpr std::size_t kOverdraft = 192 << 10;
constexpr std::size_t kLastWords = 64 << 10;

struct alignas(__STDCPP_DEFAULT_NEW_ALIGNMENT__) Header {
  std::uintptr_t owner;  // a ChargeAccount, 0 for nobody; the lowest bit: it was overdrawn
  std::size_t bytes;
};
static_assert(sizeof(Header) == 16);

struct Credit {
  ChargeAccount* from = nullptr;
  std::size_t bytes = 0;  // each a reference: while there are any, `from` lives
  bool refused = false;   // since the last that was granted
  bool charging = false;  // what charging itself allocates is nobody's
  bool ended = false;
};
constinit thread_local Credit t_credit;

/// What is made while it lives is nobody's.
class Charging {
 public:
  Charging() noexcept { t_credit.charging = true; }
  ~Charging() { t_credit.charging = before_; }
  Charging(const Charging&) = delete;
  Charging& operator=(const Charging&) = delete;

 private:
  const bool before_ = t_credit.charging;
};

void give_credit_back() noexcept {
  ChargeAccount* const from = std::exchange(t_credit.from, nullptr);
  if (const std::size_t bytes = std::exchange(t_credit.bytes, 0)) from->give_back(bytes);
}

/// Gives back what the thread has when it ends.
struct CreditOfThread {
  ~CreditOfThread() {
    const Charging charging;
    give_credit_back();
    t_credit.ended = true;
  }
  void use() noexcept {}
};
thread_local CreditOfThread t_credit_of_thread;

bool charge(ChargeAccount& account, std::size_t bytes) noexcept {
  Credit& credit = t_credit;
  if (credit.ended) return account.charge(bytes, bytes) != 0;
  if (credit.from != &account) {
    give_credit_back();
    t_credit_of_thread.use();  // made by its first use
    credit.from = &account;
  }
  const std::size_t booked = account.charge(bytes, bytes + kBatch);
  if (booked > bytes) credit.bytes += booked - bytes;
  return booked != 0;
}

/// Whose block it is to be; `full`: there is no room.
std::uintptr_t owner_of(std::size_t bytes, ChargeAccount*& full) noexcept {
  Credit& credit = t_credit;
  IsolateState* const isolate = t_working_for;
  if (!isolate || credit.charging) return 0;
  ChargeAccount* const account = account_of(*isolate);
  if (!account) return 0;  // malloc has nothing left, and says so in a moment
  const auto owner = reinterpret_cast<std::uintptr_t>(account);
  if (credit.from == account && credit.bytes >= bytes) [[likely]] {
    credit.bytes -= bytes;
    return owner;
  }
  const Charging charging;
  if (charge(*account, bytes)) {
    credit.refused = false;
    return owner;
  }
  if (bytes <= kSmall && account->overdraw(bytes, kOverdraft + (credit.refused ? kLastWords : 0))) return owner | 1;
  credit.refused = true;
  full = account;
  return 0;
}

void release(const Header& header) noexcept {
  if (header.owner == 0) return;
  auto& account = *reinterpret_cast<ChargeAccount*>(header.owner & ~std::uintptr_t{1});
  Credit& credit = t_credit;
  const bool overdrawn = (header.owner & 1) != 0;
  if (!overdrawn && credit.from == &account && credit.bytes + header.bytes <= 2 * kBatch) [[likely]] {
    credit.bytes += header.bytes;
    return;
  }
  const Charging charging;
  if (overdrawn) return account.give_back_overdrawn(header.bytes);
  std::size_t bytes = header.bytes;
  if (credit.from == &account && credit.bytes > kBatch) bytes += std::exchange(credit.bytes, kBatch) - kBatch;
  account.give_back(bytes);
}

/// The header lies right before the block, and for large alignments what is before it is padding.
std::size_t room_before(std::size_t alignment) noexcept {
  return alignment > sizeof(Header) ? alignment : sizeof(Header);
}

/// Null: the system has nothing left, or `full` has no room.
void* allocate(std::size_t bytes, std::size_t alignment, ChargeAccount*& full) noexcept {
  const std::size_t before = room_before(alignment);
  if (bytes > PTRDIFF_MAX - 2 * before) return nullptr;
  const std::size_t all = bytes + before;
  const Header header{owner_of(all, full), all};
  if (full) return nullptr;
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

[[noreturn]] void refuse(const ChargeAccount& full, std::size_t bytes) {
  const Charging charging;
  throw OutOfBudget(full.refusal(bytes));
}

void* allocate_or_throw(std::size_t bytes, std::size_t alignment) {
  for (;;) {
    ChargeAccount* full = nullptr;
    if (void* p = allocate(bytes, alignment, full)) return p;
    if (full) refuse(*full, bytes);
    const std::new_handler handler = std::get_new_handler();
    if (!handler) throw std::bad_alloc();
    handler();
  }
}

void* allocate_or_null(std::size_t bytes, std::size_t alignment) noexcept {
  for (;;) {
    ChargeAccount* full = nullptr;
    if (void* p = allocate(bytes, alignment, full)) return p;
    const std::new_handler handler = full ? nullptr : std::get_new_handler();
    if (!handler) return nullptr;
    try {
      handler();
    } catch (const std::bad_alloc&) {
      return nullptr;
    }
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

extern "C" {
extern const char lagoon_charge_new;  // what the linker is told to look for
const char lagoon_charge_new = 1;
}

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
