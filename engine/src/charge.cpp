// SPDX-License-Identifier: Apache-2.0
#include "charge.hpp"

#include <cstdlib>
#include <new>

#include "isolate_state.hpp"

namespace lagoon::detail {

constinit thread_local IsolateState* t_working_for = nullptr;

ChargeAccount* account_of(IsolateState& isolate) noexcept {
  ChargeAccount* have = isolate.account.load(std::memory_order_acquire);
  if (have) return have;
  void* room = std::malloc(sizeof(ChargeAccount));  // not by an operator new that asks this question
  if (!room) return nullptr;
  auto* made = ::new (room) ChargeAccount{isolate.memory, {}};
  if (isolate.account.compare_exchange_strong(have, made)) return made;
  made->~ChargeAccount();
  std::free(room);
  return have;
}

}  // namespace lagoon::detail
