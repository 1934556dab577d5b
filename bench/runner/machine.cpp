// SPDX-License-Identifier: Apache-2.0
#include "runner/machine.hpp"

#include <sys/utsname.h>
#include <tbb/version.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>

#include "commit.hpp"

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
          {"load", {load[0], load[1], load[2]}}};
}

}  // namespace lagoon::bench
