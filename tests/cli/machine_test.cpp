// SPDX-License-Identifier: Apache-2.0
#include "machine.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "kernels/files/temporary_folder.hpp"

namespace lagoon::cli {
namespace {

/// A root of a machine with the files given.
class Root {
 public:
  Root(std::initializer_list<std::pair<const char*, const char*>> files) {
    for (const auto& [name, text] : files) {
      const std::filesystem::path path = folder_.path(name);
      std::filesystem::create_directories(path.parent_path());
      std::ofstream(path) << text;
    }
  }
  std::string path() const { return folder_.path("."); }

 private:
  files::TemporaryFolder folder_;
};

TEST(Machines, AreSeenThroughControlGroupVersion2) {
  const Root root({{"proc/self/cgroup", "0::/\n"},
                   {"sys/fs/cgroup/cgroup.controllers", "cpu memory\n"},
                   {"sys/fs/cgroup/cpu.max", "150000 100000\n"},
                   {"sys/fs/cgroup/memory.max", "1073741824\n"},
                   {"proc/meminfo", "MemTotal:  8388608 kB\nMemAvailable: 4194304 kB\nHugePages_Total: 3\n"},
                   {"proc/cpuinfo", "model name\t: Test 9000\nflags\t\t: fpu avx2 fma\n"},
                   {"sys/kernel/mm/transparent_hugepage/enabled", "always madvise [never]\n"},
                   {"etc/os-release", "PRETTY_NAME=\"Test OS\"\n"}});
  const Machine m = look_at_machine(root.path());
  EXPECT_EQ(m.cgroup, "v2");
  EXPECT_DOUBLE_EQ(m.cores.quota, 1.5);
  EXPECT_EQ(m.cores.model, "Test 9000");
  EXPECT_EQ(m.memory.total, std::uint64_t{8} << 30);
  EXPECT_EQ(m.memory.cgroup_limit, std::uint64_t{1} << 30);
  EXPECT_EQ(m.memory.huge_pages, "never");
  EXPECT_EQ(m.memory.reserved_huge_pages, 3u);
  EXPECT_EQ(m.instructions.supported, (std::vector<std::string>{"avx2", "fma"}));
  EXPECT_EQ(m.versions.distribution, "Test OS");
}

TEST(Machines, AreSeenThroughControlGroupVersion1) {
  const Root root({{"proc/self/cgroup", "4:memory:/\n3:cpu,cpuacct:/\n"},
                   {"sys/fs/cgroup/memory/memory.limit_in_bytes", "536870912\n"},
                   {"sys/fs/cgroup/cpu/cpu.cfs_quota_us", "50000\n"},
                   {"sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n"},
                   {"proc/meminfo", "MemTotal:  8388608 kB\n"}});
  const Machine m = look_at_machine(root.path());
  EXPECT_EQ(m.cgroup, "v1");
  EXPECT_DOUBLE_EQ(m.cores.quota, 0.5);
  EXPECT_EQ(m.memory.cgroup_limit, std::uint64_t{512} << 20);
}

TEST(Machines, WithoutAnyOfItAreStillDescribed) {
  const Root root({});
  const Machine m = look_at_machine(root.path());
  EXPECT_EQ(m.cgroup, "none");
  EXPECT_EQ(m.cores.quota, 0);
  EXPECT_EQ(m.memory.huge_pages, "unknown");
  EXPECT_EQ(m.memory.shm_total, 0u);
}

TEST(Machines, WarnOfWhatStandsInTheWay) {
  Machine m;
  m.cores.online = 8;
  m.cores.allowed = 1;
  m.memory.available = std::uint64_t{4} << 30;
  m.memory.huge_pages = "never";
  m.instructions.used = "avx2";
  const auto w = warnings_about(m);
  ASSERT_EQ(w.size(), 2u);
  EXPECT_NE(w[0].find("1 of 8 cores"), std::string::npos);
  EXPECT_NE(w[1].find("huge pages are off"), std::string::npos);
}

}  // namespace
}  // namespace lagoon::cli
