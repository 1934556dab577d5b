// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <lagoon/engine/clock.hpp>
#include <map>
#include <mutex>
#include <thread>
#include <unordered_map>

namespace lagoon::detail {

/// Runs short functions at a time: deadlines nobody waits for, nudges. One thread, started by the first timer.
class Timers {
 public:
  using Id = std::uint64_t;

  explicit Timers(const Clock& clock) : clock_(clock) {}
  ~Timers();
  /// Ends the thread; what has not fired is dropped.
  void stop();

  Id at(TimePoint when, std::function<void()> action);
  /// Takes the timer back if it has not fired yet; does not wait for one that is firing.
  void cancel(Id id) noexcept;

 private:
  void loop();

  const Clock& clock_;
  std::mutex mutex_;
  std::atomic<std::uint32_t> changed_{0};
  using Waiting = std::multimap<TimePoint, std::pair<Id, std::function<void()>>>;
  Waiting waiting_;
  std::unordered_map<Id, Waiting::iterator> by_id_;
  Id next_ = 1;
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace lagoon::detail
