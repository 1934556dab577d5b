// SPDX-License-Identifier: Apache-2.0
#include <lagoon/rpc/balancer.hpp>

#include <cmath>
#include <limits>

#include "lowest_score.hpp"

namespace lagoon {
namespace {

constexpr double kNever = std::numeric_limits<double>::infinity();

bool fits(const WorkerLoad& worker, const CallToPlace& call) noexcept {
  if (worker.memory_limit == 0 || worker.memory_limit == kUnlimited) return true;
  return worker.memory_held <= worker.memory_limit && call.bytes <= worker.memory_limit - worker.memory_held;
}

}  // namespace

namespace balance {

double round_robin(const WorkerLoad& worker, const CallToPlace& call) noexcept {
  if (call.workers == 0) return 0;
  const std::size_t turn = call.number % call.workers;
  return static_cast<double>((worker.index + call.workers - turn) % call.workers);
}

double least_loaded(const WorkerLoad& worker, const CallToPlace&) noexcept { return worker.load(); }

double by_memory(const WorkerLoad& worker, const CallToPlace& call) noexcept {
  return fits(worker, call) ? worker.memory() + 1e-3 * worker.load() : kNever;
}

double balanced(const WorkerLoad& worker, const CallToPlace& call) noexcept {
  if (call.work == WorkType::memory) return by_memory(worker, call);
  return fits(worker, call) ? worker.load() + worker.memory() : kNever;
}

}  // namespace balance

std::optional<Placement> place(const Balancer& balancer, std::span<const WorkerLoad> workers, CallToPlace call) {
  if (workers.empty()) return std::nullopt;
  call.workers = workers.size();
  Placement placement;
  for (const WorkerLoad& worker : workers) {
    const double score = balancer(worker, call);
    placement.scores.push_back(std::isnan(score) ? kNever : score);
  }
  placement.index = detail::lowest_score(call, [&](std::size_t i) { return placement.scores[i]; });
  return placement;
}

}  // namespace lagoon
