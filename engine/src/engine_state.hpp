// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lagoon/engine/engine.hpp>

#include "timers.hpp"

namespace lagoon::detail {

class EngineState : public std::enable_shared_from_this<EngineState> {
 public:
  explicit EngineState(const EngineOptions& options);

  const unsigned cores;
  const Clock& clock;
  FaultPlan* const faults;
  Trace* const trace;
  const std::shared_ptr<Budget> memory;
  std::atomic<std::uint64_t> random_state;
  Timers timers;
};

}  // namespace lagoon::detail
