// SPDX-License-Identifier: Apache-2.0
// What a worker does to itself.

#include <fcntl.h>
#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <fstream>

#include "started.hpp"
#include "support/sanitizers.hpp"

namespace lagoon::test {
namespace {

using Lines = std::vector<std::string>;

void send_descriptor(const detail::File& link, int descriptor) {
  char letter = 'd';
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  iovec data{&letter, 1};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int));
  std::memcpy(CMSG_DATA(header), &descriptor, sizeof descriptor);
  ASSERT_EQ(::sendmsg(link.get(), &message, MSG_NOSIGNAL), 1);
}

TEST(ConfinedWorkers, HaveTheirLimits) {
  int score = 0;
  std::ifstream("/proc/self/oom_score_adj") >> score;
  rlimit descriptors{};
  ::getrlimit(RLIMIT_NOFILE, &descriptors);
  const auto hard = std::min<rlim_t>(descriptors.rlim_max, 1024), soft = std::min(descriptors.rlim_cur, hard);
  // A sanitizer's own memory counts as data, and is left alone.
  const std::string data = std::to_string(kSanitized ? RLIM_INFINITY : rlim_t{1} << 50);
  EXPECT_EQ(start_confined("limits").lines(),
            (Lines{"core 0 0", "data " + data + " " + data,
                   "descriptors " + std::to_string(soft) + " " + std::to_string(hard), "death of parent 9",
                   "no new privileges 1", "oom " + std::to_string(std::min(score + 500, 1000))}));
}

TEST(ConfinedWorkers, WhoseParentIsGoneDoNotServe) {
  Started started = start({"wait confined", "1"});
  EXPECT_EQ(started.line(),
            "failed_precondition: confine: the parent is process " + std::to_string(::getpid()) + ", not 1: gone");
  EXPECT_EQ(started.end().code, 1);
}

TEST(ConfinedWorkers, GetBadAllocOverTheirMemoryAndLive) {
  if (kSanitized) GTEST_SKIP() << "a sanitizer's shadow alone is over the limit, and its allocator dies of it";
  Started started = start_confined("exhaust memory");
  const std::string said = started.line(), before = "bad_alloc after ";
  ASSERT_EQ(said.substr(0, before.size()), before);
  const int held = std::stoi(said.substr(before.size()));
  EXPECT_GE(held, 200);  // of 256 MiB, in pieces of 1 MiB
  EXPECT_LE(held, 256);
  EXPECT_EQ(started.end().to_string(), "exited with status 0");
}

/// Starts it, sends it a descriptor of a pipe with a letter inside, and takes down what it says.
Lines life_in_sandbox(const std::string& what) {
  Started started = start_confined(what);
  int ends[2];
  EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  const detail::File reading(ends[0]), writing(ends[1]);
  EXPECT_EQ(::write(writing.get(), "L", 1), 1);
  send_descriptor(started.link, reading.get());
  Lines lines = started.lines();
  EXPECT_EQ(started.end().to_string(), "exited with status 0");
  return lines;
}

const Lines kLifeInSandbox{"open by an earlier thread: EPERM",
                           "open: EPERM",
                           "open in /proc: EPERM",
                           "unlink: EPERM",
                           "readlink: EPERM",
                           "socket: EPERM",
                           "socketpair: EPERM",
                           "execve: EPERM",
                           "posix_spawn: EPERM",
                           "fork: EPERM",
                           "clone3: ENOSYS",
                           "thread with a name space: EPERM",
                           "kill the parent: EPERM",
                           "tgkill the parent: EPERM",
                           "pidfd_open: EPERM",
                           "SIGIO to the parent: EPERM",
                           "ptrace: EPERM",
                           "process_vm_readv: EPERM",
                           "affinity of the parent: EPERM",
                           "forget the parent: EPERM",
                           "setrlimit: EPERM",
                           "type into the terminal: EPERM",
                           "io_uring: EPERM",
                           "mprotect code: EPERM",
                           "mmap code: EPERM",
                           "parallel sum: works",
                           "thread: works",
                           "shared memory: works",
                           "raise: works",
                           "time: works",
                           "descriptor sent: works"};

TEST(SandboxedWorkers, ReachNothingOutsideAndCompute) { EXPECT_EQ(life_in_sandbox("sandbox cold"), kLifeInSandbox); }

TEST(SandboxedWorkers, ComputeWithThreadsFromBefore) {
  Lines expected = kLifeInSandbox;
  expected.insert(expected.begin(), "parallel sum before: works");
  EXPECT_EQ(life_in_sandbox("sandbox warm"), expected);
}

TEST(SandboxedWorkers, CanAbort) {
  Started started = start_confined("abort in the sandbox");
  EXPECT_EQ(started.end().to_string(), "was killed by signal 6 (Aborted)");
}

}  // namespace
}  // namespace lagoon::test
