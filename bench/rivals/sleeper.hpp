// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <thread>

#include "rivals/slot.hpp"
#include "runner/cores.hpp"
#include "runner/work.hpp"

namespace lagoon::bench {

/// A thread that sleeps on a futex until it is called: one wake there, the answer in a spinning slot.
class Sleeper {
 public:
  explicit Sleeper(Core core = Core::any)
      : thread_([this, core] {
          bind_this_thread(core);
          serve();
        }) {}
  ~Sleeper() {
    stop_.store(true);
    post();
    thread_.join();
  }
  Sleeper(const Sleeper&) = delete;
  Sleeper& operator=(const Sleeper&) = delete;

  std::uint64_t call() {
    post();
    return slot_.take();
  }

 private:
  void post() {
    calls_.fetch_add(1, std::memory_order_release);
    futex_wake_one(calls_);
  }
  void serve() {
    for (std::uint32_t seen = 0;; ++seen) {
      while (calls_.load(std::memory_order_acquire) == seen) futex_sleep(calls_, seen);
      if (stop_.load()) return;
      slot_.put(answer(seen));
    }
  }
  alignas(64) std::atomic<std::uint32_t> calls_{0};
  std::atomic<bool> stop_{false};
  Slot slot_;
  std::thread thread_;
};

}  // namespace lagoon::bench
