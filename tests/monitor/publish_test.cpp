// SPDX-License-Identifier: Apache-2.0
// One folder of sockets, and all that may stand in the way there.
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <lagoon/core/error.hpp>
#include <lagoon/monitor/monitor.hpp>
#include <lagoon/monitor/publish.hpp>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <semaphore>

#include "pools.hpp"

namespace lagoon::test {
namespace {

namespace fs = std::filesystem;

class Publishing : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/lagoon-publish-XXXXXX";
    root_ = ::mkdtemp(name);
    folder_ = root_ + "/lagoon";
  }
  void TearDown() override { fs::remove_all(root_); }

  /// Lines until there are so many, or the publisher has ended.
  static std::vector<std::string> lines_of(Subscription& s, std::size_t wanted) {
    std::vector<std::string> lines;
    while (lines.size() < wanted) {
      pollfd wait{s.descriptor(), POLLIN, 0};
      if (::poll(&wait, 1, 30'000) != 1 || !s.read(lines)) break;
    }
    return lines;
  }
  static Errc code_of(auto f) {
    try {
      f();
    } catch (const Error& e) {
      return e.status().code();
    }
    return Errc::ok;
  }

  std::string root_, folder_;
};

TEST_F(Publishing, SendsLinesToWhoReads) {
  Publisher p(folder_);
  EXPECT_FALSE(p.admit());
  p.send("nobody hears this");
  Subscription a(p.path()), b(p.path());
  EXPECT_TRUE(p.admit());
  p.send("one");
  p.send("two");
  EXPECT_EQ(lines_of(a, 2), (std::vector<std::string>{"one", "two"}));
  EXPECT_EQ(lines_of(b, 2), (std::vector<std::string>{"one", "two"}));
}

TEST_F(Publishing, IsForItsOwnerAlone) {
  const mode_t before = ::umask(0);
  Publisher p(folder_);
  ::umask(before);
  struct stat s {};
  ASSERT_EQ(::stat(folder_.c_str(), &s), 0);
  EXPECT_EQ(s.st_mode & 07777, 0700u);
  ASSERT_EQ(::stat(p.path().c_str(), &s), 0);
  EXPECT_EQ(s.st_mode & 07777, 0600u);
}

TEST_F(Publishing, RefusesAFolderThatOthersMayEnter) {
  ASSERT_EQ(::mkdir(folder_.c_str(), 0700), 0);
  for (mode_t mode : {0750u, 0701u, 0770u, 0777u}) {
    ASSERT_EQ(::chmod(folder_.c_str(), mode), 0);
    EXPECT_EQ(code_of([&] { Publisher p(folder_); }), Errc::permission_denied);
    EXPECT_EQ(code_of([&] { (void)find_published(folder_); }), Errc::permission_denied);
  }
  ASSERT_EQ(::chmod(folder_.c_str(), 0700), 0);
  EXPECT_EQ(code_of([&] { Publisher p(folder_); }), Errc::ok);
}

TEST_F(Publishing, RefusesALinkAndAFile) {
  ASSERT_EQ(::mkdir((root_ + "/real").c_str(), 0700), 0);
  fs::create_directory_symlink(root_ + "/real", folder_);
  EXPECT_EQ(code_of([&] { Publisher p(folder_); }), Errc::permission_denied);
  fs::remove(folder_);
  std::ofstream(folder_) << "x";
  EXPECT_EQ(code_of([&] { Publisher p(folder_); }), Errc::permission_denied);
}

TEST_F(Publishing, RefusesAFolderOfAnotherUser) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give a folder away";
  ASSERT_EQ(::mkdir(folder_.c_str(), 0700), 0);
  ASSERT_EQ(::chown(folder_.c_str(), 65534, 65534), 0);
  EXPECT_EQ(code_of([&] { Publisher p(folder_); }), Errc::permission_denied);
}

TEST_F(Publishing, TurnsOtherUsersAway) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can be somebody else";
  Publisher p(folder_);
  // The doors are opened, so that only the question who is there is left.
  for (const std::string& path : {root_, folder_, p.path()}) ASSERT_EQ(::chmod(path.c_str(), 0777), 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, p.path().c_str(), p.path().size() + 1);
  int ready[2], done[2];
  ASSERT_EQ(::pipe(ready), 0);
  ASSERT_EQ(::pipe(done), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    char byte = 'n';
    const int end = ::socket(AF_UNIX, SOCK_STREAM, 0);
    if (::setuid(65534) == 0 && ::connect(end, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) byte = 'y';
    (void)!::write(ready[1], &byte, 1);
    (void)!::read(done[0], &byte, 1);
    ::_exit(::recv(end, &byte, 1, 0) == 0 ? 0 : 1);  // an end, and not a byte
  }
  char byte = 0;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  EXPECT_EQ(byte, 'y');
  EXPECT_FALSE(p.admit());
  p.send("secret");
  EXPECT_EQ(::write(done[1], "x", 1), 1);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  for (int end : {ready[0], ready[1], done[0], done[1]}) ::close(end);
}

TEST_F(Publishing, NeverWaitsForASlowReader) {
  Publisher p(folder_);
  Subscription slow(p.path());
  const std::string line(200'000, 'x');
  ASSERT_TRUE(p.admit());
  for (int k = 0; k < 100; ++k) p.send(line);  // hangs here if it waits
  EXPECT_FALSE(p.admit()) << "it was dropped";
  for (const std::string& got : lines_of(slow, 100)) EXPECT_EQ(got, line) << "whole lines only";
}

TEST_F(Publishing, LosesNoOtherReaderWhenOneGoes) {
  Publisher p(folder_);
  auto gone = std::make_unique<Subscription>(p.path());
  Subscription stays(p.path());
  ASSERT_TRUE(p.admit());
  gone.reset();
  (void)find_published(folder_);  // knocks, and goes
  ASSERT_TRUE(p.admit());
  p.send("one");
  p.send("two");
  EXPECT_EQ(lines_of(stays, 2).size(), 2u);
}

TEST_F(Publishing, TakesSixteenReaders) {
  Publisher p(folder_);
  std::vector<std::unique_ptr<Subscription>> readers;
  for (int k = 0; k < 40; ++k) {
    readers.push_back(std::make_unique<Subscription>(p.path()));
    p.admit();
  }
  p.send("one");
  std::size_t served = 0;
  for (auto& r : readers) served += lines_of(*r, 1).size();
  EXPECT_EQ(served, 16u);
}

TEST_F(Publishing, IsFoundWhileItLives) {
  EXPECT_TRUE(find_published(folder_).empty()) << "there is no folder yet";
  {
    Publisher a(folder_), b(folder_);
    EXPECT_NE(a.path(), b.path());
    const auto found = find_published(folder_);
    ASSERT_EQ(found.size(), 2u);
    EXPECT_EQ(found[0].pid, ::getpid());
    EXPECT_EQ(found[0].path, a.path());
  }
  EXPECT_TRUE(fs::is_empty(folder_));
}

TEST_F(Publishing, RemovesWhatTheDeadHaveLeft) {
  std::string left;
  {
    Publisher p(folder_);
    left = p.path();
    const pid_t child = ::fork();
    if (child == 0) {
      Publisher dies(folder_);
      ::_exit(0);  // without its destructor, as when it is killed
    }
    ASSERT_EQ(::waitpid(child, nullptr, 0), child);
    EXPECT_TRUE(fs::exists(folder_ + "/" + std::to_string(child) + ".0.sock"));
    std::ofstream(folder_ + "/notes.txt") << "not ours";
    Publisher next(folder_);
    EXPECT_FALSE(fs::exists(folder_ + "/" + std::to_string(child) + ".0.sock"));
    EXPECT_TRUE(fs::exists(folder_ + "/notes.txt"));
    EXPECT_TRUE(fs::exists(left)) << "of the living";
  }
  EXPECT_EQ(code_of([&] { Subscription s(left); }), Errc::not_found);
}

TEST_F(Publishing, RefusesANameTooLongForASocket) {
  const std::string deep = root_ + "/" + std::string(200, 'd');
  EXPECT_EQ(code_of([&] { Publisher p(deep); }), Errc::invalid_argument);
}

TEST_F(Publishing, StandsInTheRuntimeFolderOfTheUser) {
  const char* before = std::getenv("XDG_RUNTIME_DIR");
  const std::string kept = before ? before : "";
  ::setenv("XDG_RUNTIME_DIR", root_.c_str(), 1);
  EXPECT_EQ(publish_folder(), folder_);
  ::setenv("XDG_RUNTIME_DIR", "not/absolute", 1);
  EXPECT_EQ(publish_folder(), "/tmp/lagoon-" + std::to_string(::geteuid()));
  ::unsetenv("XDG_RUNTIME_DIR");
  EXPECT_EQ(publish_folder(), "/tmp/lagoon-" + std::to_string(::geteuid()));
  if (before) ::setenv("XDG_RUNTIME_DIR", kept.c_str(), 1);
}

TEST_F(Publishing, IsDoneByAMonitorAtEachInterval) {
  VirtualClock clock;
  std::counting_semaphore<> seen{0};
  MonitorOptions options;
  options.clock = &clock;
  options.publish = true;
  options.publish_folder = folder_;
  options.on_interval = [&](const PoolInterval&) { seen.release(); };
  Monitor monitor(
      [&] {
        PoolReport p = pool_at(0s);
        p.at = clock.now();
        return p;
      },
      options);
  const auto found = find_published(folder_);
  ASSERT_EQ(found.size(), 1u);
  Subscription s(found[0].path);
  for (int k = 0; k < 2; ++k) {
    clock.advance(1s);
    seen.acquire();
  }
  const auto lines = lines_of(s, 2);
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(pool_interval_from_json(lines[1]).pool, "crew");
  EXPECT_DOUBLE_EQ(pool_interval_from_json(lines[1]).seconds, 1);
}

TEST_F(Publishing, EndsWithTheReportOfAMonitor) {
  MonitorOptions options;
  options.interval = 1h;
  options.publish = true;
  options.publish_folder = folder_;
  Monitor monitor([] { return pool_at(0s); }, options);
  const auto found = find_published(folder_);
  ASSERT_EQ(found.size(), 1u);
  Subscription reads(found[0].path);
  (void)monitor.finish();
  // The monitor lives on. Who reads hears the last interval and the end; who comes now would wait for ever.
  EXPECT_EQ(lines_of(reads, 2).size(), 1u);
  EXPECT_TRUE(find_published(folder_).empty());
  EXPECT_EQ(code_of([&] { Subscription late(found[0].path); }), Errc::not_found);
}

}  // namespace
}  // namespace lagoon::test
