// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lagoon/rpc/pool_report.hpp>

#include <chrono>
#include <string>
#include <utility>

// Reports of pools that never were.
namespace lagoon::test {

using namespace std::chrono_literals;

inline WorkerReport worker(std::string name, std::chrono::nanoseconds age, std::chrono::nanoseconds cpu = 0ns) {
  WorkerReport w;
  w.worker = std::move(name);
  w.age = age;
  w.cpu = cpu;
  w.busy = cpu;
  w.load.memory_limit = 1000;
  return w;
}

inline MethodReport method(std::string_view name, std::uint64_t calls, std::uint64_t nanoseconds) {
  MethodReport m;
  m.service = "lab.Stats";
  m.method = name;
  m.totals.calls_by_code[0] = calls;
  m.totals.latency.add(nanoseconds, calls);
  return m;
}

/// A pool that was made at time zero.
inline PoolReport pool_at(std::chrono::nanoseconds age) {
  PoolReport p;
  p.pool = "crew";
  p.at = TimePoint(age);
  p.age = age;
  p.most_workers = 4;
  return p;
}

}  // namespace lagoon::test
