// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lagoon/rpc/call_state.hpp>
#include <lagoon/rpc/channel.hpp>

#include <array>

namespace lagoon::detail {

/// How soon a stop from outside, which nobody announces, is noticed by who sleeps.
inline constexpr auto kLookUp = std::chrono::milliseconds(20);

/// Of the call alone, its parent's not counted.
TimePoint deadline_of(const Clock& clock, const CallOptions& options);

/// The call whose handler runs on this thread.
extern constinit thread_local CallState* t_call;

/// A handler of this thread sleeps for somebody else: its isolate knows, and so does the process that it serves.
class SleepingCall {
 public:
  SleepingCall() noexcept : far_(waiting_.allowed() && t_call ? t_call->far() : nullptr) {
    if (far_) far_->sleeps(true);
  }
  ~SleepingCall() {
    if (far_) far_->sleeps(false);
  }
  SleepingCall(const SleepingCall&) = delete;
  SleepingCall& operator=(const SleepingCall&) = delete;
  bool allowed() const noexcept { return waiting_.allowed(); }

 private:
  const WaitingScope waiting_;
  FarEnd* const far_;
};

/// What most calls do not have, made when it is first needed.
struct CallState::Rare {
  std::mutex mutex;
  std::shared_ptr<StopNode> parent_node;  // the parent call's, when this call may outlive it
  std::shared_ptr<StopNode> node;         // this call's own, for its children
  const StopControl* outside = nullptr;   // given by the caller instead of the parent's
  std::shared_ptr<HeldLane> lane;         // the exclusive lane that this call holds
  std::shared_ptr<const HeldLane> lanes;  // that one and those of its callers
  Metadata request, initial, trailing;
  CopyReport copies;
  std::atomic<std::uint64_t> deadline_timer{0};
  std::array<FarEnd*, CallState::kMostMoves> far_before{};  // of processes that are gone
};

}  // namespace lagoon::detail
