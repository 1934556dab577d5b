// SPDX-License-Identifier: Apache-2.0
// What control groups leave to a process, told from files laid out as the kernel does.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <lagoon/engine/engine.hpp>
#include <map>

namespace lagoon {
namespace {

constexpr std::size_t kMiB = 1 << 20;

/// A folder with such files, gone at the end.
class Machine {
 public:
  explicit Machine(const std::map<std::string, std::string>& files) {
    for (const auto& [path, text] : files) {
      std::filesystem::create_directories((root_ / path).parent_path());
      std::ofstream(root_ / path) << text << '\n';
    }
  }
  ~Machine() { std::filesystem::remove_all(root_); }
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;
  std::size_t memory() const { return usable_memory(root_.string()); }
  unsigned cores() const { return usable_cores(root_.string()); }

 private:
  std::filesystem::path root_ =
      std::filesystem::path(testing::TempDir()) / ("lagoon_cgroup_" + std::to_string(getpid()));
};

const std::size_t kRam = Machine({}).memory();
const unsigned kCores = Machine({}).cores();

TEST(ControlGroups, ThatAreNotThereLeaveTheWholeMachine) {
  EXPECT_GT(kRam, 64 * kMiB);
  EXPECT_GE(kCores, 1u);
  const Machine unlimited({{"proc/self/cgroup", "0::/"},
                           {"sys/fs/cgroup/memory.max", "max"},
                           {"sys/fs/cgroup/memory.high", "max"},
                           {"sys/fs/cgroup/cpu.max", "max 100000"}});
  EXPECT_EQ(unlimited.memory(), kRam);
  EXPECT_EQ(unlimited.cores(), kCores);
}

TEST(ControlGroups, OfVersion2AreLookedUpWhereTheProcessIs) {
  const Machine nested({{"proc/self/cgroup", "0::/user.slice/job.scope"},
                        {"sys/fs/cgroup/user.slice/memory.max", "max"},
                        {"sys/fs/cgroup/user.slice/job.scope/memory.max", std::to_string(48 * kMiB)},
                        {"sys/fs/cgroup/user.slice/job.scope/cpu.max", "100000 100000"},
                        {"sys/fs/cgroup/other.slice/memory.max", std::to_string(kMiB)}});
  EXPECT_EQ(nested.memory(), 48 * kMiB);
  EXPECT_EQ(nested.cores(), 1u);
}

TEST(ControlGroups, HoldForAllBelowThem) {
  const Machine nested({{"proc/self/cgroup", "0::/a/b/c"},
                        {"sys/fs/cgroup/a/memory.max", std::to_string(32 * kMiB)},
                        {"sys/fs/cgroup/a/cpu.max", "50000 100000"},
                        {"sys/fs/cgroup/a/b/memory.max", std::to_string(64 * kMiB)},
                        {"sys/fs/cgroup/a/b/c/memory.max", "max"}});
  EXPECT_EQ(nested.memory(), 32 * kMiB);
  EXPECT_EQ(nested.cores(), 1u) << "half a core is one";
}

TEST(ControlGroups, HoldProcessesUpBeforeTheyEndThem) {
  const Machine throttled({{"proc/self/cgroup", "0::/job"},
                           {"sys/fs/cgroup/job/memory.max", std::to_string(48 * kMiB)},
                           {"sys/fs/cgroup/job/memory.high", std::to_string(40 * kMiB)}});
  EXPECT_EQ(throttled.memory(), 40 * kMiB);
}

TEST(ControlGroups, OfVersion1HaveAHierarchyEach) {
  const Machine nested(
      {{"proc/self/cgroup", "12:cpuset:/x\n4:memory:/batch/job7\n3:cpu,cpuacct:/batch\n1:name=systemd:/x\n0::/"},
       {"sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712"},
       {"sys/fs/cgroup/memory/batch/memory.limit_in_bytes", std::to_string(56 * kMiB)},
       {"sys/fs/cgroup/memory/batch/job7/memory.limit_in_bytes", "9223372036854771712"},
       {"sys/fs/cgroup/memory/x/memory.limit_in_bytes", std::to_string(kMiB)},
       {"sys/fs/cgroup/cpu,cpuacct/batch/cpu.cfs_quota_us", "100000"},
       {"sys/fs/cgroup/cpu,cpuacct/batch/cpu.cfs_period_us", "100000"},
       {"sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "-1"}});
  EXPECT_EQ(nested.memory(), 56 * kMiB);
  EXPECT_EQ(nested.cores(), 1u);
}

TEST(ControlGroups, SeenFromInsideAContainerAreWhatIsMounted) {
  // The host's path is told, the container's own group is mounted.
  const Machine inside({{"proc/self/cgroup", "4:memory:/docker/0123abcd"},
                        {"sys/fs/cgroup/memory/memory.limit_in_bytes", std::to_string(24 * kMiB)}});
  EXPECT_EQ(inside.memory(), 24 * kMiB);
  const Machine moved({{"proc/self/cgroup", "0::/../outside"},
                       {"sys/fs/cgroup/memory.max", std::to_string(24 * kMiB)},
                       {"sys/fs/outside/memory.max", std::to_string(kMiB)}});
  EXPECT_EQ(moved.memory(), 24 * kMiB);
}

TEST(ControlGroups, ThatSayNonsenseArePassedOver) {
  const Machine odd({{"proc/self/cgroup", "\n:\n0:\n0::/job"},
                     {"sys/fs/cgroup/job/memory.max", "a lot"},
                     {"sys/fs/cgroup/job/cpu.max", "100000"}});
  EXPECT_EQ(odd.memory(), kRam);
  EXPECT_EQ(odd.cores(), kCores);
}

TEST(Engines, TakeSeventyPercentOfWhatTheProcessMayUse) {
  const Engine engine;
  EXPECT_EQ(engine.memory().limit(), usable_memory() / 10 * 7);
}

}  // namespace
}  // namespace lagoon
