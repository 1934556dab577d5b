// SPDX-License-Identifier: Apache-2.0
#include "interrupt.hpp"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <string_view>

namespace lagoon::cli {
namespace {

constexpr int kWake = SIGUSR2;  // from the destructor to the listener

sigset_t signals() {
  sigset_t set;
  sigemptyset(&set);
  for (int s : {SIGINT, SIGTERM, SIGHUP, kWake}) sigaddset(&set, s);
  return set;
}

// Threads that libraries have started when they were loaded do not block anything, and the kernel may choose them.
std::atomic<pthread_t> g_listener{};
std::atomic<bool> g_listens{false};

void pass_on(int signal) {
  if (g_listens.load(std::memory_order_acquire)) pthread_kill(g_listener.load(std::memory_order_relaxed), signal);
}

void pass_on_what_is_not_ignored() {
  for (const int s : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction now {};
    if (sigaction(s, nullptr, &now) != 0 || now.sa_handler == SIG_IGN) continue;
    now.sa_handler = pass_on;
    now.sa_flags = SA_RESTART;
    sigaction(s, &now, nullptr);
  }
}

TimePoint deadline_in(std::chrono::nanoseconds timeout) {
  return timeout.count() > 0 ? system_clock().now() + timeout : kNever;
}

}  // namespace

Interrupt::Interrupt(std::chrono::nanoseconds timeout, std::chrono::milliseconds patience)
    : control_(system_clock(), deadline_in(timeout)), patience_(patience) {
  // Blocked here and in all threads to come; one thread waits for them, free to do what a handler must not.
  const sigset_t set = signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  listener_ = std::thread([this] { listen(); });
  g_listener.store(listener_.native_handle(), std::memory_order_relaxed);
  g_listens.store(true, std::memory_order_release);
  pass_on_what_is_not_ignored();
}

Interrupt::~Interrupt() {
  g_listens.store(false, std::memory_order_release);
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

  const auto whole = std::chrono::duration_cast<std::chrono::seconds>(patience_);
  const timespec patience{whole.count(), std::chrono::nanoseconds(patience_ - whole).count()};
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
