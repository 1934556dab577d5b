// SPDX-License-Identifier: Apache-2.0
#include <lagoon/engine/faults.hpp>

#include <lagoon/core/error.hpp>

#include <new>

namespace lagoon {
namespace {

// splitmix64: a decision that depends on seed and visit number alone.
double unit_interval(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15ULL;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  x ^= x >> 31;
  return static_cast<double>(x >> 11) * 0x1.0p-53;
}

}  // namespace

void FaultPlan::at(std::string_view point, std::uint64_t nth, Fault fault, std::function<void()> action) {
  std::lock_guard lock(mutex_);
  points_[std::string(point)].rules.push_back({nth, 0, 0, fault, std::move(action)});
}

void FaultPlan::randomly(std::string_view point, double chance, Fault fault, std::uint64_t seed) {
  std::lock_guard lock(mutex_);
  points_[std::string(point)].rules.push_back({0, chance, seed, fault, {}});
}

std::vector<std::pair<std::string, std::uint64_t>> FaultPlan::visits() const {
  std::lock_guard lock(mutex_);
  std::vector<std::pair<std::string, std::uint64_t>> all;
  for (const auto& [name, point] : points_) all.emplace_back(name, point.visits);
  return all;
}

void FaultPlan::visit(std::string_view name) {
  Fault fault = Fault::none;
  std::function<void()> action;
  {
    std::lock_guard lock(mutex_);
    auto it = points_.find(name);
    if (it == points_.end()) it = points_.emplace(std::string(name), Point{}).first;
    Point& point = it->second;
    ++point.visits;
    for (const Rule& rule : point.rules) {
      const bool due = rule.nth ? rule.nth == point.visits
                                : unit_interval(rule.seed ^ (point.visits * 0x2545f4914f6cdd1dULL)) < rule.chance;
      if (!due) continue;
      fault = rule.fault;
      action = rule.action;
      break;
    }
  }
  switch (fault) {
    case Fault::none: return;
    case Fault::fail: throw Error(Errc::aborted, "injected fault at " + std::string(name));
    case Fault::foreign: throw 42;
    case Fault::no_memory: throw std::bad_alloc();
    case Fault::call:
      if (action) action();
      return;
  }
}

}  // namespace lagoon
