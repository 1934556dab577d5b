// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lagoon/engine/engine.hpp>
#include <mutex>
#include <vector>

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
  /// Isolates' memories, to be asked for their warm slabs when the engine's limit is reached.
  void enlist(const std::shared_ptr<IsolateMemory>& isolate);
  void trim_all();

  std::atomic<std::uint64_t> random_state;
  Timers timers;

 private:
  std::mutex mutex_;
  std::vector<std::weak_ptr<IsolateMemory>> memories_;
};

}  // namespace lagoon::detail
