// SPDX-License-Identifier: Apache-2.0
#include "call_book.hpp"

namespace lagoon::detail {

// `next` leads to the older call, booked_before_ to the younger one.

void CallBook::begin(CallState& call) noexcept {
  std::lock_guard lock(mutex_);
  call.next = last_;
  call.booked_before_ = nullptr;
  if (last_) last_->booked_before_ = &call;
  last_ = &call;
}

void CallBook::end(CallState& call) noexcept {
  std::lock_guard lock(mutex_);
  auto* older = static_cast<CallState*>(call.next);
  if (call.booked_before_) {
    call.booked_before_->next = older;
  } else {
    last_ = older;
  }
  if (older) older->booked_before_ = call.booked_before_;
}

std::vector<CallHandle<CallState>> CallBook::running() const {
  std::vector<CallHandle<CallState>> all;
  std::lock_guard lock(mutex_);
  for (const CallState* call = last_; call; call = static_cast<const CallState*>(call->next))
    all.push_back(CallHandle<CallState>::sharing(const_cast<CallState*>(call)));
  return all;
}

std::vector<std::uint64_t> CallBook::overdue() const {
  std::vector<std::uint64_t> all;
  std::lock_guard lock(mutex_);
  for (const CallState* call = last_; call; call = static_cast<const CallState*>(call->next))
    if (call->is_done()) all.push_back(call->submitted_ticks());
  return all;
}

}  // namespace lagoon::detail
