// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <unistd.h>

#include <atomic>
#include <fstream>
#include <string>
#include <thread>

namespace lagoon::test {

/// A thread of this process that others wait for to fall asleep.
class Drowsy {
 public:
  /// By that thread, before what it is to sleep in.
  void is_this_thread() noexcept { thread_ = ::gettid(); }
  /// Returns when the kernel says that it sleeps, in whatever.
  void wait_until_asleep() const {
    while (!asleep()) std::this_thread::yield();
  }

 private:
  bool asleep() const {
    std::ifstream stat("/proc/self/task/" + std::to_string(thread_) + "/stat");  // number (name) state ...
    std::string line;
    std::getline(stat, line);
    const auto name_ends = line.rfind(") ");
    return name_ends != std::string::npos && line[name_ends + 2] == 'S';
  }
  std::atomic<pid_t> thread_{0};
};

}  // namespace lagoon::test
