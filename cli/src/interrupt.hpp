// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <lagoon/engine/stop.hpp>
#include <thread>

namespace lagoon::cli {

/// Ctrl-C and its relatives (SIGINT, SIGTERM, SIGHUP). The first one asks the work to stop; the second kills.
///
///   Interrupt interrupt;                     // before any thread is started
///   run(work, &interrupt.control());         // polls the control, ends with Error(cancelled)
///   return interrupt.signal() ? 128 + interrupt.signal() : 0;
///
/// Work that has not ended 150 ms after the first one is left behind: the process ends with that code, so that the
/// whole takes less than 200 ms, unless the work is given more patience. Files that were being written are hidden ones
/// then, see AtomicFile.
class Interrupt {
 public:
  static constexpr std::chrono::milliseconds kPatience{150};

  /// timeout   the control's deadline is that far away; zero: none
  /// patience  how long the work may take to end
  explicit Interrupt(std::chrono::nanoseconds timeout = {}, std::chrono::milliseconds patience = kPatience);
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  const StopControl& control() const noexcept { return control_; }
  /// The signal that came first, or 0.
  int signal() const noexcept { return signal_.load(std::memory_order_relaxed); }

 private:
  void listen();

  StopControl control_;
  std::chrono::milliseconds patience_;
  std::atomic<int> signal_{0};
  std::atomic<bool> over_{false};
  std::thread listener_;
};

}  // namespace lagoon::cli
