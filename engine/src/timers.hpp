// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <functional>
#include <lagoon/engine/clock.hpp>
#include <map>
#include <mutex>
#include <thread>

namespace lagoon::detail {

/// Runs short functions at a time: deadlines nobody waits for, nudges. One thread, started by the first timer.
class Timers {
 public:
  using Id = std::uint64_t;

  explicit Timers(const Clock& clock) : clock_(clock) {}
  ~Timers();

  Id at(TimePoint when, std::function<void()> action);
  /// False when it has fired or is firing; returns only when it is not running (unless called by itself).
  bool cancel(Id id);

 private:
  void loop();

  const Clock& clock_;
  std::mutex mutex_;
  std::condition_variable fired_;
  std::atomic<std::uint32_t> changed_{0};
  std::multimap<TimePoint, std::pair<Id, std::function<void()>>> waiting_;
  Id next_ = 1;
  Id firing_ = 0;
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace lagoon::detail
