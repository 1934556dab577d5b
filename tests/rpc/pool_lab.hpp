// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lagoon/rpc/pool.hpp>

#include <condition_variable>
#include <map>

#include "lab.hpp"

// What tests of pools are made with: time that they move, what happened to workers, calls that run until they may end.
namespace lagoon::test {

using namespace std::chrono_literals;
using What = WorkerEvent::What;

/// Time that the test moves, and who has looked at it since.
class WatchedClock final : public Clock {
 public:
  TimePoint now() const noexcept override { return time_.now(); }
  void wait(const std::atomic<std::uint32_t>& word, std::uint32_t expected, TimePoint deadline) const override {
    {
      std::lock_guard lock(mutex_);
      ++waits_[std::this_thread::get_id()];
      ++all_waits_;
    }
    waited_.notify_all();
    time_.wait(word, expected, deadline);
  }
  void advance(std::chrono::nanoseconds by) noexcept { time_.advance(by); }
  /// Returns when threads have gone to sleep so often from now on, whichever they are.
  void let_threads_look(std::uint64_t times = 8) const {
    std::unique_lock lock(mutex_);
    const auto enough = all_waits_ + times;
    waited_.wait(lock, [&] { return all_waits_ >= enough; });
  }
  /// Returns when that thread has gone to sleep twice from now on: what it did in between saw the time of now.
  void let_look(std::thread::id thread) const {
    std::unique_lock lock(mutex_);
    const auto enough = waits_[thread] + 2;
    waited_.wait(lock, [&] { return waits_[thread] >= enough; });
  }

 private:
  VirtualClock time_;
  mutable std::mutex mutex_;
  mutable std::condition_variable waited_;
  mutable std::map<std::thread::id, std::uint64_t> waits_;
  mutable std::uint64_t all_waits_ = 0;
};

/// What happened to workers, in order.
class Diary {
 public:
  std::function<void(const WorkerEvent&)> writer() {
    return [this](const WorkerEvent& e) {
      {
        std::lock_guard lock(mutex_);
        events_.push_back(e);
        writer_ = std::this_thread::get_id();
      }
      written_.notify_all();
    };
  }
  std::size_t count(WorkerEvent::What what) const {
    std::lock_guard lock(mutex_);
    return count_locked(what);
  }
  std::string last_reason() const {
    std::lock_guard lock(mutex_);
    return events_.empty() ? std::string() : events_.back().why;
  }
  void wait_for(WorkerEvent::What what, std::size_t times) const {
    std::unique_lock lock(mutex_);
    written_.wait(lock, [&] { return count_locked(what) >= times; });
  }
  /// The thread of the last event: the pool's own, once something has happened after the pool was made.
  std::thread::id writer_thread() const {
    std::lock_guard lock(mutex_);
    return writer_;
  }

 private:
  std::size_t count_locked(WorkerEvent::What what) const {
    return static_cast<std::size_t>(std::ranges::count(events_, what, &WorkerEvent::what));
  }
  mutable std::mutex mutex_;
  mutable std::condition_variable written_;
  std::vector<WorkerEvent> events_;
  std::thread::id writer_;
};

/// Calls that run until they may finish, whatever they are told.
struct Held {
  Tally running;
  Gate finish;
  void hold() {
    running.add();
    finish.wait();
  }
  Service service() {
    return serve_lab({.compute =
                          [this](const Item& q, CallContext&) {
                            hold();
                            return q;
                          },
                      .alone =
                          [this](const Item& q, CallContext&) {
                            hold();
                            return q;
                          },
                      .down =
                          [this](Item, Writer<Item>, CallContext&) {
                            hold();
                            return Status();
                          },
                      .up = [this](Reader<Item>, CallContext&) -> Result<Item> {
                        hold();
                        return Item{};
                      },
                      .both =
                          [this](Reader<Item>, Writer<Item>, CallContext&) {
                            hold();
                            return Status();
                          }});
  }
};

/// An engine on time that the test moves, with a diary and calls that can be held.
struct Watched {
  WatchedClock clock;
  Engine engine{{.clock = &clock}};
  Diary diary;
  Held held;
  /// Moves time on until it is so.
  template <class Condition>
  void advance_until(Condition condition, std::chrono::nanoseconds step = 250ms) {
    while (!condition()) {
      clock.advance(step);
      clock.let_threads_look();
    }
  }
};

inline std::uint64_t calls_of(const Pool& pool, std::string_view method, Errc code = Errc::ok) {
  for (const MethodReport& m : pool.report())
    if (m.method == method) return m.totals.calls_by_code[static_cast<std::size_t>(code)];
  return 0;
}

}  // namespace lagoon::test
