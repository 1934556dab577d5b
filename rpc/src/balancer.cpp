// SPDX-License-Identifier: Apache-2.0
#include <lagoon/rpc/balancer.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace lagoon {
namespace {

constexpr double kNever = std::numeric_limits<double>::infinity();
constexpr double kTight = 0.8;  // part of the memory from which on trimming and refusals are near

bool fits(const WorkerLoad& worker, const CallToPlace& call) noexcept {
  if (worker.memory_limit == 0 || worker.memory_limit == kUnlimited) return true;
  const std::size_t extra = call.bytes > worker.resident ? call.bytes - worker.resident : 0;
  return worker.memory_held <= worker.memory_limit && extra <= worker.memory_limit - worker.memory_held;
}

}  // namespace

namespace balance {

double round_robin(const WorkerLoad& worker, const CallToPlace& call) noexcept {
  if (call.workers == 0) return 0;
  const std::size_t turn = call.number % call.workers;
  return static_cast<double>((worker.index + call.workers - turn) % call.workers);
}

double least_loaded(const WorkerLoad& worker, const CallToPlace&) noexcept { return worker.load(); }

double by_cpu(const WorkerLoad& worker, const CallToPlace&) noexcept {
  return worker.cpu + 1e-3 * worker.load();  // cores first: loads beyond a thousand are queues that refuse
}

double by_memory(const WorkerLoad& worker, const CallToPlace& call) noexcept {
  return fits(worker, call) ? worker.memory() + 1e-3 * worker.load() : kNever;
}

double balanced(const WorkerLoad& worker, const CallToPlace& call) noexcept {
  if (!fits(worker, call)) return kNever;
  switch (call.work) {
    case WorkType::cpu: return by_cpu(worker, call);
    case WorkType::memory: return by_memory(worker, call);
    case WorkType::balanced: break;
  }
  return worker.load() + worker.cpu + worker.memory();
}

double adaptive(const WorkerLoad& worker, const CallToPlace& call) noexcept {
  if (!fits(worker, call)) return kNever;
  // A worker that nobody has measured counts as a quick one: it has to be tried to be known.
  const double latency = std::max<double>(static_cast<double>(worker.latency.count()), 1);
  const double turns =
      std::max(1.0, worker.load() + 1 / static_cast<double>(std::max<std::size_t>(worker.concurrency, 1)));
  const double memory = worker.memory();
  const double pressure = memory <= kTight ? 1 : 1 / std::max(1e-3, (1 - memory) / (1 - kTight));
  const double here =
      call.bytes ? static_cast<double>(std::min(worker.resident, call.bytes)) / static_cast<double>(call.bytes) : 0;
  return latency * turns * pressure * (1 - 0.5 * here);
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
