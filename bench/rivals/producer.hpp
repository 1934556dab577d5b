// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <thread>
#include <utility>

#include "rivals/slot.hpp"
#include "runner/cores.hpp"

namespace lagoon::bench {

/// A thread that runs `produce` each time it is told to: the writing side of a queue. Like the host of an isolate it
/// looks for its next order a while before it sleeps.
template <class Produce>
class Producer {
 public:
  explicit Producer(Produce produce)
      : produce_(std::move(produce)), thread_([this] {
          bind_this_thread(Core::callee);
          serve();
        }) {}
  ~Producer() {
    stop_.store(true);
    start();
    thread_.join();
  }
  Producer(const Producer&) = delete;
  Producer& operator=(const Producer&) = delete;
  void start() {
    orders_.fetch_add(1, std::memory_order_release);
    orders_.notify_one();
  }

 private:
  void serve() {
    for (std::uint32_t seen = 0;; ++seen) {
      for (int spins = 0; spins < 2000 && orders_.load(std::memory_order_acquire) == seen; ++spins) pause_core();
      orders_.wait(seen, std::memory_order_acquire);
      if (stop_.load()) return;
      produce_();
    }
  }
  Produce produce_;
  alignas(64) std::atomic<std::uint32_t> orders_{0};
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

/// How a raw queue waits when it is full or empty: ever longer pauses, so that the line that the other side writes is
/// left alone, and after about a millisecond the core is offered to others.
class Backoff {
 public:
  void wait() noexcept {
    for (unsigned i = 0; i < pauses_; ++i) pause_core();
    if (pauses_ < 64) pauses_ *= 2;
    if (++rounds_ % 512 == 0) std::this_thread::yield();
  }

 private:
  unsigned pauses_ = 1, rounds_ = 0;
};

}  // namespace lagoon::bench
