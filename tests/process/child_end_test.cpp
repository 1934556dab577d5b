// SPDX-License-Identifier: Apache-2.0
// How children end, and how that is seen.

#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

#include <thread>
#include <utility>

#include "started.hpp"

namespace lagoon::test {
namespace {

using detail::Child;
using detail::ChildEnd;
using std::chrono::nanoseconds;

/// Whether this process has a child, alive or not waited for.
bool has_children() {
  siginfo_t info{};
  return ::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 || errno != ECHILD;
}

/// Blocks until the child has changed to this state (WSTOPPED, WCONTINUED).
void wait_for_state(const Child& child, int state) {
  siginfo_t info{};
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(child.pid()), &info, state | WNOWAIT), 0);
}

TEST(ChildEnds, OfAnExitAreItsStatus) {
  for (const int status : {0, 3, 255}) {
    Started started = start({"exit", std::to_string(status)});
    const ChildEnd end = started.end();
    EXPECT_FALSE(end.killed);
    EXPECT_EQ(end.code, status);
    EXPECT_EQ(end.to_string(), "exited with status " + std::to_string(status));
  }
}

TEST(ChildEnds, OfASignalAreNamedAfterIt) {
  const std::pair<int, const char*> signals[] = {
      {SIGSEGV, "Segmentation fault"}, {SIGABRT, "Aborted"}, {SIGKILL, "Killed"}, {SIGFPE, "Floating point exception"}};
  for (const auto& [signal, description] : signals) {
    Started started = start({"raise", std::to_string(signal)});
    ChildEnd end = started.end();
    EXPECT_TRUE(end.killed);
    EXPECT_EQ(end.code, signal);
    end.dumped = false;  // as this machine has it
    EXPECT_EQ(end.to_string(), "was killed by signal " + std::to_string(signal) + " (" + description + ")");
  }
  EXPECT_EQ((ChildEnd{.killed = true, .code = SIGSEGV, .dumped = true}).to_string(),
            "was killed by signal 11 (Segmentation fault), core dumped");
}

TEST(ChildEnds, AreSeenByWhoPollsTheDescriptor) {
  Started started = start({"wait"});
  EXPECT_EQ(started.line(), "ready");
  pollfd ended{.fd = started.child.descriptor(), .events = POLLIN, .revents = 0};
  EXPECT_EQ(::poll(&ended, 1, 0), 0);
  EXPECT_FALSE(started.child.wait(nanoseconds(0)));
  EXPECT_FALSE(started.child.wait(nanoseconds(-1)));
  EXPECT_FALSE(started.child.wait(std::chrono::milliseconds(1)));
  started.child.kill();
  EXPECT_EQ(::poll(&ended, 1, static_cast<int>(std::chrono::milliseconds(kPatience).count())), 1);
  const auto end = started.child.wait(nanoseconds(0));
  ASSERT_TRUE(end);
  EXPECT_EQ(end->to_string(), "was killed by signal 9 (Killed)");
}

TEST(ChildEnds, StayTheSameForWhoAsksAgain) {
  Started started = start({"exit", "7"});
  EXPECT_EQ(started.end().code, 7);
  started.child.kill();
  started.child.kill();
  EXPECT_FALSE(started.child.stopped());
  const auto again = started.child.wait(nanoseconds::max());
  ASSERT_TRUE(again);
  EXPECT_EQ(again->to_string(), "exited with status 7");
}

TEST(ChildEnds, CanComeFromAnotherThreadThanTheOneThatWaits) {
  Started started = start({"wait"});
  EXPECT_EQ(started.line(), "ready");
  std::thread killer([&] { std::as_const(started.child).kill(); });
  EXPECT_TRUE(started.end().killed);
  killer.join();
}

TEST(ChildEnds, OfOneThatClosesItsLinkIsNotThere) {
  Started started = start({"close the link"});
  EXPECT_EQ(started.line(), "");
  EXPECT_FALSE(started.child.wait(nanoseconds(0)));
}

TEST(ChildEnds, ThatAnotherPartOfTheProcessTookAreSaidToBeUnknown) {
  Started started = start({"exit", "3"});
  int status = 0;
  EXPECT_EQ(::waitpid(-1, &status, 0), started.child.pid());
  EXPECT_TRUE(started.end().taken);
  EXPECT_NE(started.end().to_string().find("not known"), std::string::npos);
}

TEST(StoppedChildren, AreSeenGoOnAndDie) {
  Started started = start({"wait"});
  EXPECT_EQ(started.line(), "ready");
  EXPECT_FALSE(started.child.stopped());
  ::kill(started.child.pid(), SIGSTOP);
  wait_for_state(started.child, WSTOPPED);
  EXPECT_TRUE(started.child.stopped());
  EXPECT_TRUE(started.child.stopped()) << "asking once must not be the end of it";
  EXPECT_FALSE(started.child.wait(nanoseconds(0)));
  ::kill(started.child.pid(), SIGCONT);
  wait_for_state(started.child, WCONTINUED);
  EXPECT_FALSE(started.child.stopped());
  ::kill(started.child.pid(), SIGSTOP);
  wait_for_state(started.child, WSTOPPED);
  started.child.kill();
  EXPECT_EQ(started.end().code, SIGKILL);
  EXPECT_FALSE(started.child.stopped());
}

TEST(Children, AreKilledAndWaitedForWithTheirOwner) {
  Started first = start({"wait"});
  EXPECT_EQ(first.line(), "ready");
  {
    Started second = start({"wait"});
    EXPECT_EQ(second.line(), "ready");
    const int number = second.child.pid();
    first.child = std::move(second.child);  // kills the first
    EXPECT_EQ(first.line(), "");
    EXPECT_EQ(first.child.pid(), number);
    EXPECT_EQ(second.child.pid(), -1);
    EXPECT_EQ(second.child.descriptor(), -1);
    second.child.kill();
    EXPECT_FALSE(second.child.stopped());
    EXPECT_FALSE(second.child.wait(nanoseconds(0)));
  }
  EXPECT_FALSE(first.child.wait(nanoseconds(0)));
  { const Child last = std::move(first.child); }
  EXPECT_FALSE(has_children());
}

TEST(Children, DieWithTheirParent) {
  Started middle = start({"have a child"});
  EXPECT_EQ(middle.line(), "ready");  // the child of the child
  middle.child.kill();
  EXPECT_EQ(middle.end().code, SIGKILL);
  // Closed when the last process that holds it is gone; poll tells before patience ends.
  ASSERT_TRUE(middle.readable());
  EXPECT_EQ(middle.line(), "");
}

TEST(Children, DieWithTheThreadThatStartedThem) {
  std::optional<Started> started;
  std::thread([&] {
    started = start_confined("wait confined");
    EXPECT_EQ(started->line(), "ready");
  }).join();
  EXPECT_EQ(started->end().code, SIGKILL);
}

}  // namespace
}  // namespace lagoon::test
