// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lagoon/engine/engine.hpp>
#include <memory>
#include <mutex>
#include <vector>

#include <tbb/task_arena.h>

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
  /// Memory charged to the engine, which is asked for its warm slabs when the engine's limit is reached.
  std::shared_ptr<IsolateMemory> make_memory(std::string holder, std::size_t limit, MemoryRules rules);
  void trim_all() noexcept;

  /// An arena for an isolate, and back. They are kept: one that has run parallel work leaves 75 KiB behind in oneTBB
  /// 2021.8 when it is destroyed, and workers of a pool come and go by the thousand.
  ///   throws  std::runtime_error or bad_alloc: oneTBB's
  std::unique_ptr<tbb::task_arena> take_arena(int slots, unsigned reserved);
  void keep_arena(std::unique_ptr<tbb::task_arena> arena, int slots, unsigned reserved) noexcept;

  std::atomic<std::uint64_t> random_state;
  Timers timers;

 private:
  std::mutex mutex_;
  std::vector<std::weak_ptr<IsolateMemory>> memories_;
  struct KeptArena {
    int slots = 0;
    unsigned reserved = 0;
    std::unique_ptr<tbb::task_arena> arena;
  };
  std::vector<KeptArena> arenas_;
};

}  // namespace lagoon::detail
