// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lagoon/rpc/call_state.hpp>

namespace lagoon::detail {

/// How soon a stop from outside, which nobody announces, is noticed by who sleeps.
inline constexpr auto kLookUp = std::chrono::milliseconds(20);

/// Of the call alone, its parent's not counted.
TimePoint deadline_of(const Clock& clock, const CallOptions& options);

/// The call whose handler runs on this thread.
extern constinit thread_local CallState* t_call;

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
};

}  // namespace lagoon::detail
