// SPDX-License-Identifier: Apache-2.0
#include <lagoon/rpc/balancer.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

#include "lowest_score.hpp"

namespace lagoon {
namespace {

constexpr double kNever = std::numeric_limits<double>::infinity();
constexpr double kUntilKnown = 1e6;  // nanoseconds that a call is taken to need before any has ended
constexpr double kCopied = 10;       // bytes a nanosecond, about what one core copies

bool fits(const WorkerLoad& worker, const CallToPlace& call) noexcept {
  if (worker.memory_limit == 0 || worker.memory_limit == kUnlimited) return true;
  // Arrays that the caller holds are not the worker's, and what its method held is: the larger of both, to be safe.
  const std::size_t wanted = std::max(call.bytes, call.memory);
  return worker.memory_held <= worker.memory_limit && wanted <= worker.memory_limit - worker.memory_held;
}

/// Whether the others, busy as they are, would end the call sooner than this slow worker. Bounded: once it has waited
/// as long as that was to take, it is.
bool better_left_to_others(const WorkerLoad& worker, const CallToPlace& call) noexcept {
  if (call.workers < 2 || call.fastest.count() == 0) return false;
  const double turns = 1 + static_cast<double>(call.waiting) / static_cast<double>(call.workers - 1);
  const double elsewhere = static_cast<double>(call.fastest.count()) * turns;
  return static_cast<double>(worker.typical.count()) > elsewhere &&
         static_cast<double>(call.waited.count()) < elsewhere;
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

double by_cpu(const WorkerLoad& worker, const CallToPlace&) noexcept { return worker.cpu + 1e-3 * worker.load(); }

double balanced(const WorkerLoad& worker, const CallToPlace& call) noexcept {
  if (call.work == WorkType::memory) return by_memory(worker, call);
  return fits(worker, call) ? worker.load() + worker.memory() : kNever;
}

double adaptive(const WorkerLoad& worker, const CallToPlace& call) noexcept {
  if (!fits(worker, call) || better_left_to_others(worker, call)) return kNever;
  const double fastest = call.fastest.count() ? static_cast<double>(call.fastest.count()) : kUntilKnown;
  const double typical = worker.typical.count() ? static_cast<double>(worker.typical.count()) : fastest;
  const double bring = static_cast<double>(worker.bytes_to_bring) / kCopied;
  return (typical * (1 + worker.load()) + bring) / fastest / std::max(1 - worker.memory(), 0.05);
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
  placement.index = detail::lowest_score(call.number % workers.size(), workers.size(),
                                         [&](std::size_t i) { return placement.scores[i]; });
  if (placement.index == detail::kNobody) return std::nullopt;
  return placement;
}

}  // namespace lagoon
