// SPDX-License-Identifier: Apache-2.0
#include "charge.hpp"

#include <cstdlib>
#include <new>

#include "isolate_state.hpp"

namespace lagoon::detail {

constinit thread_local IsolateState* t_working_for = nullptr;

std::size_t ChargeAccount::charge(std::size_t least, std::size_t most) noexcept {
  const std::size_t booked = memory_->try_charge(least, most);
  references_.fetch_add(booked, std::memory_order_relaxed);  // who asks works for the isolate, which has one
  return booked;
}

void ChargeAccount::give_back(std::size_t bytes) noexcept {
  memory_->refund(bytes);
  drop(bytes);
}

bool ChargeAccount::overdraw(std::size_t bytes, std::size_t most) noexcept {
  if (overdrawn_.fetch_add(bytes, std::memory_order_relaxed) + bytes > most) {
    overdrawn_.fetch_sub(bytes, std::memory_order_relaxed);
    return false;
  }
  references_.fetch_add(bytes, std::memory_order_relaxed);
  return true;
}

void ChargeAccount::give_back_overdrawn(std::size_t bytes) noexcept {
  overdrawn_.fetch_sub(bytes, std::memory_order_relaxed);
  drop(bytes);
}

// Made and freed by malloc: operator new asks for it.

void ChargeAccount::drop(std::size_t references) noexcept {
  if (references_.fetch_sub(references, std::memory_order_acq_rel) != references) return;
  this->~ChargeAccount();
  std::free(this);
}

ChargeAccount::Handle::~Handle() {
  if (ChargeAccount* made = account_.load(std::memory_order_acquire)) made->drop(1);
}

ChargeAccount* ChargeAccount::Handle::get(const std::shared_ptr<IsolateMemory>& memory) noexcept {
  ChargeAccount* have = account_.load(std::memory_order_acquire);
  if (have) return have;
  void* room = std::malloc(sizeof(ChargeAccount));
  if (!room) return nullptr;
  auto* made = ::new (room) ChargeAccount(memory);
  if (account_.compare_exchange_strong(have, made)) return made;
  made->drop(1);
  return have;
}

ChargeAccount* account_of(IsolateState& isolate) noexcept { return isolate.account.get(isolate.memory); }

}  // namespace lagoon::detail
