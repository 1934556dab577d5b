// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lagoon/core/memory.hpp>
#include <lagoon/engine/job.hpp>
#include <lagoon/engine/stop.hpp>
#include <lagoon/engine/ticks.hpp>
#include <lagoon/engine/trace.hpp>

#include "charge.hpp"

namespace lagoon::detail {

/// What belongs to a call and goes with its work to other threads.
struct Carried {
  const StopControl* stop = current_stop();
  MemorySource* memory = current_memory_source();
  TraceContext trace = current_trace();
  const void* thread = &t_trace;          // where it was taken: the address of a thread-local names the thread
  IsolateState* isolate = t_working_for;  // known on threads that help in one of its loops, too
};

/// While it lives, this thread works for the call that `carried` was taken from.
class CarriedScope {
 public:
  explicit CarriedScope(const Carried& carried) noexcept
      : stop_(carried.stop), memory_(carried.memory), trace_(handed_over(carried)), working_(carried.isolate) {
    if (carried.isolate && carried.thread != &t_trace) {
      helped_ = carried.isolate;
      since_ = ticks_now();
    }
  }
  ~CarriedScope() {
    if (helped_) add_helper_ticks(*helped_, ticks_now() - since_);
  }
  CarriedScope(const CarriedScope&) = delete;
  CarriedScope& operator=(const CarriedScope&) = delete;

 private:
  static TraceContext handed_over(const Carried& carried) noexcept {
    TraceContext context = carried.trace;
    if (carried.thread != &t_trace) context.handed_over = true;
    return context;
  }

  StopScope stop_;
  MemoryScope memory_;
  TraceScope trace_;
  WorkingFor working_;
  IsolateState* helped_ = nullptr;  // this thread is not the one whose CPU time is booked anyway
  std::uint64_t since_ = 0;
};

}  // namespace lagoon::detail
