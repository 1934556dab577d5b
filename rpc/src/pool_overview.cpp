// SPDX-License-Identifier: Apache-2.0
// What a pool says of itself.
#include <lagoon/rpc/pool.hpp>

#include "pool_state.hpp"

namespace lagoon {
namespace detail {
std::vector<MethodReport> PoolState::report() const {
  std::vector<MethodReport> all;
  std::lock_guard lock(mutex_);
  const auto table = workers();
  for (const auto& method : pool_->methods) {
    MethodTotals totals = totals_of_the_dead_[method->number];
    totals.merge(method->metrics.totals());  // of calls that ended before a worker had them
    for (const auto& worker : *table) totals.merge(worker->methods[method->number]->metrics.totals());
    for (const auto& worker : retiring_) totals.merge(worker->methods[method->number]->metrics.totals());
    all.push_back({method->service, method->entry->name, options_.name, totals});
  }
  return all;
}

WorkerReport PoolState::describe(PoolWorker& worker, std::size_t index) const {
  const std::size_t peak = worker.look_at_memory();
  return {.worker = worker.name,
          .state = worker.hung      ? WorkerState::hung
                   : worker.retired ? WorkerState::leaving
                                    : WorkerState::serving,
          .process = worker.process ? worker.process->pid() : 0,
          .calls = worker.calls(),
          .load = worker.load(index),
          .memory_peak = peak,
          .cpu = worker.cpu_time(),
          .busy = duration_of(worker.book.busy_ticks()),
          .age = engine_.clock().now() - worker.started};
}

PoolReport PoolState::overview() const {
  PoolReport all;
  all.pool = options_.name;
  all.at = engine_.clock().now();
  all.age = all.at - made_;
  all.most_workers = options_.workers;
  all.queued = pool_->queue->waiting.load();
  all.methods = report();
  std::lock_guard lock(mutex_);
  const auto table = workers();
  for (const auto& worker : *table) all.workers.push_back(describe(*worker, all.workers.size()));
  for (const auto& worker : retiring_) all.workers.push_back(describe(*worker, all.workers.size()));
  all.counts = counts_;
  all.counts.moved = pool_->moved.load(std::memory_order_relaxed);
  all.status = failed_;
  return all;
}

}  // namespace detail

std::string_view name(WorkerState state) noexcept {
  switch (state) {
    case WorkerState::serving: return "serving";
    case WorkerState::leaving: return "leaving";
    case WorkerState::hung: return "hung";
  }
  return "unknown";
}

std::string_view name(WorkerEvent::What what) noexcept {
  switch (what) {
    case WorkerEvent::What::created: return "created";
    case WorkerEvent::What::terminated: return "terminated";
    case WorkerEvent::What::failed: return "failed";
    case WorkerEvent::What::hung: return "hung";
    case WorkerEvent::What::unhealthy: return "unhealthy";
    case WorkerEvent::What::died: return "died";
  }
  return "unknown";
}

}  // namespace lagoon
