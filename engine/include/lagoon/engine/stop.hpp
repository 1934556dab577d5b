// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <lagoon/core/error.hpp>
#include <lagoon/engine/clock.hpp>

namespace lagoon {

/// Asks work to end early: because somebody said stop, or because a deadline passed. One per call; a child call
/// looks at its parent's too. Work polls it at the grain of its loops; nothing is ever torn down from outside.
class StopControl {
 public:
  /// also   asks as well, for more than one call: where they all run is to end
  explicit StopControl(const Clock& clock = system_clock(), TimePoint deadline = kNever,
                       const StopControl* parent = nullptr, const StopControl* also = nullptr) noexcept
      : clock_(clock), parent_(parent), also_(also), deadline_(deadline) {
    if (parent && parent->deadline_ < deadline_) deadline_ = parent->deadline_;
  }
  StopControl(const StopControl&) = delete;
  StopControl& operator=(const StopControl&) = delete;

  /// From any thread, any number of times.
  void request_stop() noexcept { requested_.store(true, std::memory_order_relaxed); }  // a flag, publishes no data

  /// ok, cancelled or deadline_exceeded. 1-2 ns without a deadline, about 25 ns with one.
  Errc reason() const noexcept {
    for (const StopControl* s = this; s; s = s->parent_) {
      if (s->requested_.load(std::memory_order_relaxed)) return Errc::cancelled;
      if (s->also_ && s->also_->requested_.load(std::memory_order_relaxed)) return Errc::cancelled;
    }
    if (deadline_ != kNever && clock_.now() >= deadline_) return Errc::deadline_exceeded;
    return Errc::ok;
  }
  /// The earliest deadline of this call and its callers; kNever when there is none.
  TimePoint deadline() const noexcept { return deadline_; }
  const Clock& clock() const noexcept { return clock_; }

 private:
  const Clock& clock_;
  const StopControl* parent_;
  const StopControl* also_;
  TimePoint deadline_;
  std::atomic<bool> requested_{false};
};

/// Whether the call that runs on this thread should end; false outside calls.
bool stop_requested() noexcept;

/// Throws Error(cancelled or deadline_exceeded) when it should. Poll at least each 100 us of work.
void throw_if_stopped();

/// The control of the call on this thread, or null.
const StopControl* current_stop() noexcept;

/// While it lives, work on this thread obeys `stop` (null: nothing).
class StopScope {
 public:
  explicit StopScope(const StopControl* stop) noexcept;
  ~StopScope();
  StopScope(const StopScope&) = delete;
  StopScope& operator=(const StopScope&) = delete;

 private:
  const StopControl* previous_;
};

}  // namespace lagoon
