// SPDX-License-Identifier: Apache-2.0
// Starting: what children are given, what they are not, and why one cannot be started.

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <iterator>

#include "started.hpp"

namespace lagoon::test {
namespace {

using detail::Child;
using detail::File;
using Lines = std::vector<std::string>;

std::ptrdiff_t open_descriptors() {
  return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), std::filesystem::directory_iterator());
}

Status refusal(const std::string& program) {
  const Link link = make_link();
  return Child::start({program, {}, {}}, link.there).status();
}

TEST(StartedChildren, HaveNothingOpenButTheLink) {
  const File inherited(::open("/dev/null", O_RDONLY)), high(::fcntl(inherited.get(), F_DUPFD, 200));
  EXPECT_EQ(start({"descriptors"}).lines(), (Lines{"0", "1", "2", "3"}));
}

TEST(StartedChildren, FindTheLinkWhateverItsNumberWas) {
  for (const int number : {0, 3}) {
    // Free, as where a program was started without standard input.
    const File before(::fcntl(number, F_DUPFD_CLOEXEC, 10));
    Link link = make_link();
    const File here(::fcntl(link.here.get(), F_DUPFD_CLOEXEC, 10));
    link.here = File();
    const int there = link.there.release();
    if (there != number) {
      ::dup3(there, number, O_CLOEXEC);
      ::close(there);
    }
    auto child = Child::start({LAGOON_TEST_MISBEHAVING, {"print"}, {}}, File(number));
    if (before) ::dup2(before.get(), number);
    ASSERT_TRUE(child.ok()) << child.status().to_string();
    const Started started{std::move(child).value(), File(::dup(here.get()))};
    EXPECT_EQ(started.lines(), Lines{"input is empty"});
  }
}

TEST(StartedChildren, PrintToStandardError) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  const File reading(ends[0]);
  File writing(ends[1]);
  const File before(::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 10));
  ::dup2(writing.get(), STDERR_FILENO);
  Started started = start({"print"});
  ::dup2(before.get(), STDERR_FILENO);
  writing = File();
  EXPECT_EQ(started.line(), "input is empty");
  std::string printed;
  char letter = 0;
  while (::read(reading.get(), &letter, 1) == 1) printed += letter;
  EXPECT_EQ(printed, "from the child\n");
}

TEST(StartedChildren, AreAskedForNoSignalThatTheParentBlocksOrIgnores) {
  sigset_t blocked, before;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGTERM);
  ::pthread_sigmask(SIG_BLOCK, &blocked, &before);
  const auto handler = ::signal(SIGPIPE, SIG_IGN);
  EXPECT_EQ(start({"signals"}).lines(), Lines{"own group"});
  ::signal(SIGPIPE, handler);
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

TEST(StartedChildren, HaveTheEnvironmentOfTheParentAndWhatIsGiven) {
  ::setenv("LAGOON_TEST_KEPT", "kept", 1);
  ::setenv("LAGOON_TEST_CHANGED", "before", 1);
  const Lines given{"LAGOON_TEST_CHANGED=after", "LAGOON_TEST_NEW=new"};
  EXPECT_EQ(start({"environment", "LAGOON_TEST_KEPT"}, given).line(), "kept");
  EXPECT_EQ(start({"environment", "LAGOON_TEST_CHANGED"}, given).line(), "after");
  EXPECT_EQ(start({"environment", "LAGOON_TEST_NEW"}, given).line(), "new");
  EXPECT_STREQ(std::getenv("LAGOON_TEST_CHANGED"), "before");
  EXPECT_EQ(std::getenv("LAGOON_TEST_NEW"), nullptr);
}

TEST(StartedChildren, LeaveNoZombieAndNoDescriptor) {
  const auto before = open_descriptors();
  for (int i = 0; i < 200; ++i) {
    Started started = start({"exit", "0"});
    if (i % 2 == 0) {
      EXPECT_EQ(started.end().code, 0);
    }
  }
  EXPECT_EQ(open_descriptors(), before);
  siginfo_t info{};
  EXPECT_EQ(::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT), -1);
  EXPECT_EQ(errno, ECHILD);
}

TEST(Programs, ThatAreMissingAreNotFound) {
  const Status by_path = refusal("/no/such/program"), by_name = refusal("lagoon-no-such-program");
  EXPECT_EQ(by_path.code(), Errc::not_found);
  EXPECT_EQ(by_path.message(), "program \"/no/such/program\" was not found: posix_spawn: No such file or directory");
  EXPECT_EQ(by_name.code(), Errc::not_found);
  EXPECT_EQ(by_name.message(),
            "program \"lagoon-no-such-program\" was not found in PATH: posix_spawn: No such file or directory");
}

TEST(Programs, ThatMayNotOrCannotRunAreRefused) {
  std::string path = testing::TempDir() + "lagoon-program-XXXXXX";
  File file(::mkstemp(path.data()));
  ASSERT_TRUE(file);
  ASSERT_EQ(::write(file.get(), "words", 5), 5);
  const Status forbidden = refusal(path);
  EXPECT_EQ(forbidden.code(), Errc::permission_denied);
  EXPECT_NE(forbidden.message().find(path), std::string::npos) << forbidden.message();
  ::fchmod(file.get(), 0700);
  file = File();  // a program that is open for writing is busy
  EXPECT_EQ(refusal(path).code(), Errc::invalid_argument);
  ::unlink(path.c_str());
}

TEST(Programs, AreNotStartedWithoutADescriptorToFollowThem) {
  const Link link = make_link();
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const File lowest_free(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const rlimit full{static_cast<rlim_t>(lowest_free.get()) + 1, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &full), 0);
  const Status status = Child::start({LAGOON_TEST_MISBEHAVING, {"wait"}, {}}, link.there).status();
  ::setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_EQ(status.code(), Errc::resource_exhausted) << status.to_string();
  EXPECT_NE(status.message().find("Too many open files"), std::string::npos) << status.message();
  siginfo_t info{};
  EXPECT_EQ(::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT), -1) << "it is left behind";
}

TEST(Programs, AreNotStartedOverTheLimitOfProcesses) {
  const std::string said = start({"start without processes"}).line();
  if (said == "cannot stop being root") GTEST_SKIP() << said << ", whom the limit does not bind";
  EXPECT_EQ(said,
            "resource_exhausted: program \"/bin/true\" cannot be started: posix_spawn: "
            "Resource temporarily unavailable");
}

}  // namespace
}  // namespace lagoon::test
