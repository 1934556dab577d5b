// SPDX-License-Identifier: Apache-2.0
#include <lagoon/engine/cgroup.hpp>

#include <algorithm>
#include <fstream>
#include <string>

namespace lagoon::detail {
namespace {

namespace fs = std::filesystem;

std::optional<double> first_number(const fs::path& path) {
  std::ifstream file(path);
  double value = 0;
  if (file >> value) return value;  // "max" does not parse: no limit
  return std::nullopt;
}

template <class T>
void lower(std::optional<T>& limit, double to) {
  if (!limit || to < static_cast<double>(*limit)) limit = static_cast<T>(to);
}

void look_at_memory(const fs::path& group, CgroupLimits& limits) {
  // memory.high is where the kernel begins to hold the process up.
  for (const char* name : {"memory.max", "memory.high", "memory.limit_in_bytes"}) {
    const auto bytes = first_number(group / name);
    if (bytes && *bytes >= 0 && *bytes < 0x1p63) lower(limits.memory, *bytes);  // version 1 has a number for no limit
  }
}

void look_at_cores(const fs::path& group, CgroupLimits& limits) {
  std::optional<double> quota = first_number(group / "cpu.max"), period;
  if (quota) {
    std::ifstream both(group / "cpu.max");
    double of = 0;
    if (both >> of >> of) period = of;
  } else {
    quota = first_number(group / "cpu.cfs_quota_us");  // -1: no limit
    period = first_number(group / "cpu.cfs_period_us");
  }
  if (quota && period && *quota > 0 && *period > 0) lower(limits.cores, *quota / *period);
}

/// From the group up to where the hierarchy is mounted.
template <class F>
void walk_up(const fs::path& mount, const std::string& group, F look) {
  fs::path at = mount;
  // A process outside of its namespace's root is told "/../...", which nothing here can be found by.
  if (group.find("..") == std::string::npos) at /= fs::path(group).relative_path();
  for (;; at = at.parent_path()) {
    look(at);
    if (at == mount || !at.has_relative_path()) return;
  }
}

bool names(const std::string& controllers, const std::string& one) {
  return (',' + controllers + ',').find(',' + one + ',') != std::string::npos;
}

}  // namespace

CgroupLimits cgroup_limits(const fs::path& root) {
  CgroupLimits limits;
  const auto memory = [&](const fs::path& group) { look_at_memory(group, limits); };
  const auto cores = [&](const fs::path& group) { look_at_cores(group, limits); };
  const fs::path mounts = root / "sys/fs/cgroup";
  std::ifstream groups(root / "proc/self/cgroup");
  std::string line;
  while (std::getline(groups, line)) {  // number:controllers:group
    const std::size_t first = line.find(':'), second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1), group = line.substr(second + 1);
    if (controllers.empty()) {  // version 2, alone or beside version 1
      for (const fs::path& mount : {mounts, mounts / "unified"}) {
        walk_up(mount, group, memory);
        walk_up(mount, group, cores);
      }
    }
    if (names(controllers, "memory")) walk_up(mounts / "memory", group, memory);
    if (names(controllers, "cpu"))
      for (const char* mount : {"cpu", "cpu,cpuacct", "cpuacct,cpu"}) walk_up(mounts / mount, group, cores);
  }
  return limits;
}

}  // namespace lagoon::detail
