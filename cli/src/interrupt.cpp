// SPDX-License-Identifier: Apache-2.0
#include "interrupt.hpp"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <string_view>

namespace lagoon::cli {
namespace {

constexpr auto kPatience = std::chrono::milliseconds(150);
constexpr int kWake = SIGUSR2;  // from the destructor to the listener

sigset_t signals() {
  sigset_t set;
  sigemptyset(&set);
  for (int s : {SIGINT, SIGTERM, SIGHUP, kWake}) sigaddset(&set, s);
  return set;
}

TimePoint deadline_in(std::chrono::nanoseconds timeout) {
  return timeout.count() > 0 ? system_clock().now() + timeout : kNever;
}

}  // namespace

Interrupt::Interrupt(std::chrono::nanoseconds timeout) : control_(system_clock(), deadline_in(timeout)) {
  // Blocked here and in all threads to come; one thread waits for them, free to do what a handler must not.
  const sigset_t set = signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  listener_ = std::thread([this] { listen(); });
}

Interrupt::~Interrupt() {
  over_.store(true, std::memory_order_release);
  pthread_kill(listener_.native_handle(), kWake);
  listener_.join();
}

void Interrupt::listen() {
  const sigset_t set = signals();
  int got = 0;
  do sigwait(&set, &got);
  while (got == kWake && !over_.load(std::memory_order_acquire));
  if (got == kWake) return;
  signal_.store(got, std::memory_order_relaxed);
  control_.request_stop();

  const timespec patience{0, std::chrono::nanoseconds(kPatience).count()};
  for (;;) {
    const int next = sigtimedwait(&set, nullptr, &patience);
    if (over_.load(std::memory_order_acquire)) return;
    if (next == kWake) continue;
    if (next > 0) {
      // Second signal: die of it, as if nobody had listened.
      sigset_t one;
      sigemptyset(&one);
      sigaddset(&one, next);
      ::signal(next, SIG_DFL);
      pthread_sigmask(SIG_UNBLOCK, &one, nullptr);
      ::kill(::getpid(), next);
    }
    constexpr std::string_view kWords = "lagoon: interrupted; what ran was left behind\n";
    [[maybe_unused]] const auto ignored = ::write(STDERR_FILENO, kWords.data(), kWords.size());
    _exit(128 + got);
  }
}

}  // namespace lagoon::cli
