// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>

namespace lagoon::test {

/// Opens once; waiting sleeps until then. The watchdog ends a test whose gate stays shut.
class Gate {
 public:
  void open() {
    open_.store(1);
    open_.notify_all();
  }
  bool is_open() const { return open_.load() != 0; }
  void wait() const { open_.wait(0); }

 private:
  std::atomic<std::uint32_t> open_{0};
};

/// Counts up; waiting sleeps until it has reached a number.
class Tally {
 public:
  std::int64_t add(std::int64_t n = 1) {
    const std::int64_t now = count_.fetch_add(n) + n;
    count_.notify_all();
    return now;
  }
  std::int64_t value() const { return count_.load(); }
  void wait_for(std::int64_t least) const {
    for (std::int64_t now = count_.load(); now < least; now = count_.load()) count_.wait(now);
  }

 private:
  std::atomic<std::int64_t> count_{0};
};

/// Work that the compiler cannot leave out, about a nanosecond a step.
inline void burn(int steps) {
  volatile int sink = 0;
  while (sink < steps) sink = sink + 1;
}

/// How many are inside at once, and the most there were.
class Crowd {
 public:
  class Inside {
   public:
    explicit Inside(Crowd& crowd) : crowd_(crowd) {
      const int now = ++crowd_.now_;
      int most = crowd_.most_.load();
      while (most < now && !crowd_.most_.compare_exchange_weak(most, now)) {
      }
    }
    ~Inside() { --crowd_.now_; }
    Inside(const Inside&) = delete;
    Inside& operator=(const Inside&) = delete;

   private:
    Crowd& crowd_;
  };
  int now() const { return now_.load(); }
  int most() const { return most_.load(); }

 private:
  std::atomic<int> now_{0}, most_{0};
};

}  // namespace lagoon::test
