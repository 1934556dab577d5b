// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <string>
#include <thread>

#include "support/sanitizers.hpp"

// Tests of calls hang when something is wrong, and a hang says nothing. Every executable that includes this header ends
// a test that takes too long, after printing the stacks of all threads if gdb is at hand.
namespace lagoon::test {

inline constexpr int kSlowness = kSanitized ? 8 : 1;

inline void print_all_stacks() {
  const std::string pid = std::to_string(getpid());
  const pid_t child = fork();
  if (child == 0) {
    dup2(STDERR_FILENO, STDOUT_FILENO);
    execlp("gdb", "gdb", "-q", "-batch", "-ex", "thread apply all bt 24", "-p", pid.c_str(),
           static_cast<char*>(nullptr));
    _exit(1);
  }
  int status = 0;
  if (child > 0) waitpid(child, &status, 0);
}

class Watchdog : public testing::EmptyTestEventListener {
 public:
  static constexpr std::chrono::seconds kPatience{45 * kSlowness};

  static Watchdog& instance() {
    static Watchdog* const watchdog = [] {
      auto* made = new Watchdog;
      testing::UnitTest::GetInstance()->listeners().Append(made);  // which owns it from now on
      return made;
    }();
    return *watchdog;
  }

  /// For the test that runs now, instead of kPatience.
  void allow(std::chrono::seconds patience) {
    std::lock_guard lock(mutex_);
    until_ = std::chrono::steady_clock::now() + patience * kSlowness;
    changed_.notify_all();
  }

  void OnTestStart(const testing::TestInfo& test) override {
    std::lock_guard lock(mutex_);
    test_ = std::string(test.test_suite_name()) + "." + test.name();
    until_ = std::chrono::steady_clock::now() + kPatience;
    changed_.notify_all();
  }
  void OnTestEnd(const testing::TestInfo&) override {
    std::lock_guard lock(mutex_);
    until_ = std::chrono::steady_clock::time_point::max();
    changed_.notify_all();
  }
  ~Watchdog() override {
    {
      std::lock_guard lock(mutex_);
      stop_ = true;
      changed_.notify_all();
    }
    thread_.join();
  }

 private:
  Watchdog() : thread_([this] { watch(); }) {}

  void watch() {
    std::unique_lock lock(mutex_);
    while (!stop_) {
      // Never a wait until max(): some implementations overflow.
      changed_.wait_until(lock, std::min(until_, std::chrono::steady_clock::now() + std::chrono::hours(1)));
      if (stop_ || std::chrono::steady_clock::now() < until_) continue;
      std::fprintf(stderr, "%s hangs. Its threads:\n", test_.c_str());
      print_all_stacks();
      std::fprintf(stderr, "[  FAILED  ] %s (hung)\n", test_.c_str());
      std::fflush(nullptr);
      std::_Exit(3);
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::chrono::steady_clock::time_point until_ = std::chrono::steady_clock::time_point::max();
  std::string test_;
  bool stop_ = false;
  std::thread thread_;
};

inline Watchdog& g_watchdog = Watchdog::instance();

}  // namespace lagoon::test
