// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>
#include <tbb/global_control.h>
#include <tbb/task_arena.h>

#include <atomic>
#include <chrono>
#include <thread>

namespace lagoon::test {

/// Threads that oneTBB may use here: 1, 2 or 4, as the test run says.
inline std::size_t allowed_threads() {
  return tbb::global_control::active_value(tbb::global_control::max_allowed_parallelism);
}

/// Runs the body in an arena of four slots, one of them this thread's.
template <class F>
void in_arena(F&& body) {
  tbb::task_arena arena(4, 1);
  arena.execute([&] { body(); });
}

/// Something that happens once and others wait for.
class Event {
 public:
  void happen() { happened_.store(true, std::memory_order_release); }
  bool happened() const { return happened_.load(std::memory_order_acquire); }
  /// False when it has not happened after ten seconds: a deadlock, for tests that show one to fail.
  bool wait() const {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!happened()) {
      if (std::chrono::steady_clock::now() > end) return false;
      std::this_thread::yield();
    }
    return true;
  }

 private:
  std::atomic<bool> happened_{false};
};

/// A place where `count` threads meet; a test of what runs at the same time.
class Meeting {
 public:
  explicit Meeting(int count) : count_(count) {}
  /// False when the others have not come within ten seconds.
  bool arrive_and_wait() {
    if (arrived_.fetch_add(1) + 1 == count_) all_.happen();
    return all_.wait();
  }

 private:
  const int count_;
  std::atomic<int> arrived_{0};
  Event all_;
};

/// A number that a test writes on a thread to know it again.
inline int& thread_mark() {
  thread_local int mark = 0;
  return mark;
}

}  // namespace lagoon::test

#define LAGOON_NEEDS_THREADS(n) \
  if (::lagoon::test::allowed_threads() < (n)) GTEST_SKIP() << "needs " << (n) << " threads"
