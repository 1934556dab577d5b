// SPDX-License-Identifier: Apache-2.0
#include <lagoon/rpc/channel.hpp>

#include <lagoon/rpc/stream.hpp>

#include "call_rare.hpp"

namespace lagoon::detail {

void WakeSlot::wake_slow() noexcept {
  // acq_rel: pairs with the release in await, so that the continuation is seen whole
  const std::uintptr_t who = sleeper_.exchange(0, std::memory_order_acq_rel);
  if (who == kThread) {
    signal_.store(1, std::memory_order_release);  // pairs with the acquire in sleep_slow
    futex_wake(signal_);
  } else if (who) {
    auto* then = reinterpret_cast<Continuation*>(who);
    then->fire(then);
  }
}

void throw_end_of_wait(CallState& call, const Status& why) {
  const bool ends_call = why.code() == Errc::cancelled || why.code() == Errc::deadline_exceeded;
  if (current_call() == &call || !ends_call) throw Error(why);
  call.cancel(why.code());
  call.wait();
  throw Error(call.status().ok() ? why : call.status());
}

Status WakeSlot::sleep_slow(const StopControl& stop) {
  const SleepingCall waiting;
  if (!waiting.allowed()) {
    withdraw();
    return too_many_waiting();
  }
  while (!signal_.load(std::memory_order_acquire)) {
    const Errc reason = stop.reason();
    if (reason != Errc::ok && withdraw()) {
      return Status(reason, reason == Errc::cancelled ? "the call was cancelled while it waited for its stream"
                                                      : "the deadline passed while the call waited for its stream");
    }
    if (reason != Errc::ok) continue;  // a waker has taken us: its signal comes at once
    // Looks up now and then: a stop asked for by other means than cancel() wakes nobody.
    stop.clock().wait(signal_, 0, std::min(stop.deadline(), stop.clock().now() + kLookUp));
  }
  return {};
}

}  // namespace lagoon::detail
