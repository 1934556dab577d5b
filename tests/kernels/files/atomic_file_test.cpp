// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <lagoon/kernels/files/atomic_file.hpp>
#include <lagoon/kernels/files/csv.hpp>
#include <lagoon/kernels/files/npy.hpp>

#include <csignal>

#include "temporary_folder.hpp"

namespace lagoon::files {
namespace {

TEST(AtomicFiles, AppearWhenCommittedAndNotBefore) {
  const TemporaryFolder folder;
  folder.write("out", "old");
  AtomicFile file(folder.path("out"));
  file.write("new");
  EXPECT_EQ(folder.read("out"), "old");
  file.commit();
  EXPECT_EQ(folder.read("out"), "new");
  EXPECT_EQ(folder.files(), 1u);
}

TEST(AtomicFiles, LeaveNothingBehindWhenGivenUp) {
  const TemporaryFolder folder;
  {
    AtomicFile file(folder.path("out"));
    file.write(std::string(1 << 20, 'x'));
  }
  EXPECT_EQ(folder.files(), 0u);
}

TEST(AtomicFiles, KeepModeAndLink) {
  const TemporaryFolder folder;
  const std::string target = folder.write("target", "old");
  chmod(target.c_str(), 0640);
  ASSERT_EQ(symlink("target", folder.path("link").c_str()), 0);
  AtomicFile file(folder.path("link"));
  file.write("new");
  file.commit();
  struct stat now {};
  ASSERT_EQ(lstat(folder.path("link").c_str(), &now), 0);
  EXPECT_TRUE(S_ISLNK(now.st_mode));
  ASSERT_EQ(stat(target.c_str(), &now), 0);
  EXPECT_EQ(now.st_mode & 07777, 0640u);
  EXPECT_EQ(folder.read("target"), "new");
}

TEST(AtomicFiles, WriteDevicesDirectly) {
  AtomicFile file("/dev/null");
  file.write("x");
  EXPECT_NO_THROW(file.commit());
}

TEST(AtomicFiles, SayWhyTheyCannotBeWritten) {
  const TemporaryFolder folder;
  EXPECT_EQ(error_of([&] { AtomicFile(folder.path("no/out")); }),
            "not_found: cannot write " + folder.path("no/out") + ": no folder " + folder.path("no"));
  EXPECT_EQ(error_of([&] { AtomicFile(folder.path("")); }),
            "invalid_argument: cannot write " + folder.path("") + ": it is a folder");
  EXPECT_EQ(error_of([] { AtomicFile(""); }), "invalid_argument: a file to write has no name");
}

TEST(AtomicFiles, AFullDiskIsNamed) {
  EXPECT_EQ(error_of([] {
              AtomicFile file("/dev/full");
              file.write("x");
              file.commit();
            }),
            "resource_exhausted: cannot write /dev/full: No space left on device");
}

/// A limit on the size of files stands for a full disk under a regular file.
TEST(AtomicFiles, KeepTheOldFileWhenTheDiskIsFull) {
  const TemporaryFolder folder;
  folder.write("t.csv", "old");
  folder.write("x.npy", "old");
  std::string text = "x\n";
  for (int i = 0; i < 300'000; ++i) text += "12345\n";
  const Table table = parse_csv(text);

  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{}, small{1 << 20, 0};
  getrlimit(RLIMIT_FSIZE, &before);
  small.rlim_max = before.rlim_max;
  setrlimit(RLIMIT_FSIZE, &small);
  const std::string csv = error_of([&] { write_csv(folder.path("t.csv"), table); });
  const std::string npy = error_of([&] { write_npy<double, 1>(folder.path("x.npy"), table.columns[0].values); });
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, SIG_DFL);

  EXPECT_EQ(csv, "resource_exhausted: cannot write " + folder.path("t.csv") + ": File too large");
  EXPECT_EQ(npy, "resource_exhausted: cannot write " + folder.path("x.npy") + ": File too large");
  EXPECT_EQ(folder.read("t.csv"), "old");
  EXPECT_EQ(folder.read("x.npy"), "old");
  EXPECT_EQ(folder.files(), 2u);
}

}  // namespace
}  // namespace lagoon::files
