// SPDX-License-Identifier: Apache-2.0
#include "runner/machine.hpp"

#include <sys/utsname.h>
#include <tbb/version.h>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>

#include "commit.hpp"
#include "rivals/slot.hpp"
#include "runner/cores.hpp"
#include "runner/timing.hpp"

namespace lagoon::bench {
namespace {

/// What follows "key : " in a file of such lines.
std::string field(const char* path, const std::string& key) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (line.rfind(key, 0) != 0) continue;
    const auto at = line.find(':');
    if (at != std::string::npos) return line.substr(std::min(line.size(), at + 2));
  }
  return "unknown";
}

std::string first_line(const char* path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

/// Nanoseconds for a cache line to go to the other core of a handoff and back. Every handoff is made of such trips; a
/// virtual machine whose cores are moved about shows 100 one day and 700 the next.
double line_round_trip() {
  constexpr std::uint32_t kTrips = 20'000;
  if (std::thread::hardware_concurrency() < 2) return 0;
  alignas(64) std::atomic<std::uint32_t> there{0};
  alignas(64) std::atomic<std::uint32_t> back{0};
  const BoundCaller bound;
  std::thread other([&] {
    bind_this_thread(Core::callee);
    for (std::uint32_t i = 1; i <= kTrips; ++i) {
      while (there.load(std::memory_order_acquire) != i) pause_core();
      back.store(i, std::memory_order_release);
    }
  });
  std::vector<float> nanoseconds;
  for (std::uint32_t i = 1; i <= kTrips;) {
    const auto begin = Steady::now();
    for (int k = 0; k < 20; ++k, ++i) {
      there.store(i, std::memory_order_release);
      while (back.load(std::memory_order_acquire) != i) pause_core();
    }
    nanoseconds.push_back(static_cast<float>(1e9 * seconds_since(begin) / 20));
  }
  other.join();
  return std::round(static_cast<double>(median(std::move(nanoseconds))));
}

}  // namespace

nlohmann::ordered_json machine() {
  utsname system{};
  uname(&system);
  double load[3] = {};
  getloadavg(load, 3);
#ifdef __clang__
  const std::string compiler = "clang " __clang_version__;
#else
  const std::string compiler = "gcc " __VERSION__;
#endif
  return {{"cpu", field("/proc/cpuinfo", "model name")},
          {"cores", std::thread::hardware_concurrency()},
          {"memory", field("/proc/meminfo", "MemTotal")},
          {"kernel", std::string(system.sysname) + " " + system.release + " " + system.machine},
          {"huge_pages", first_line("/sys/kernel/mm/transparent_hugepage/enabled")},
          {"compiler", compiler},
          {"flags", LAGOON_BENCH_FLAGS},
          {"commit", LAGOON_BENCH_COMMIT},
          {"tbb", TBB_runtime_version()},
          {"line_round_trip_ns", line_round_trip()},
          {"load", {load[0], load[1], load[2]}}};
}

}  // namespace lagoon::bench
