// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

namespace lagoon::detail {

/// What the control groups that this process is in leave to it; nothing: they do not say.
struct CgroupLimits {
  std::optional<double> cores;
  std::optional<std::uint64_t> memory;  ///< bytes
};

/// The smallest of the process's own group and those above it, in versions 1 and 2 and where both are mounted. A group
/// that cannot be seen, as from inside a container, is passed over.
///   root   below it are proc/self/cgroup and sys/fs/cgroup
CgroupLimits cgroup_limits(const std::filesystem::path& root);

}  // namespace lagoon::detail
