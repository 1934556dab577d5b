// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lagoon/core/memory.hpp>
#include <lagoon/engine/stop.hpp>
#include <lagoon/engine/trace.hpp>

namespace lagoon::detail {

/// What belongs to a call and goes with its work to other threads.
struct Carried {
  const StopControl* stop = current_stop();
  MemorySource* memory = current_memory_source();
  TraceContext trace = handed_over(current_trace());

 private:
  static TraceContext handed_over(TraceContext context) noexcept {
    context.handed_over = true;
    return context;
  }
};

/// While it lives, this thread works for the call that `carried` was taken from.
class CarriedScope {
 public:
  explicit CarriedScope(const Carried& carried) noexcept
      : stop_(carried.stop), memory_(carried.memory), trace_(carried.trace) {}

 private:
  StopScope stop_;
  MemoryScope memory_;
  TraceScope trace_;
};

}  // namespace lagoon::detail
