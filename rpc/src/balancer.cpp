// SPDX-License-Identifier: Apache-2.0
#include <lagoon/rpc/balancer.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

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
  Placement best{workers.size(), std::vector<double>(workers.size())};
  const std::size_t first = call.number % workers.size();
  for (std::size_t k = 0; k < workers.size(); ++k) {
    const std::size_t i = (first + k) % workers.size();
    const double score = balancer(workers[i], call);
    best.scores[i] = std::isnan(score) ? kNever : score;
    if (best.index == workers.size() || best.scores[i] < best.scores[best.index]) best.index = i;
  }
  return best;
}

}  // namespace lagoon
