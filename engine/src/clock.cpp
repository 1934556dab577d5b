// SPDX-License-Identifier: Apache-2.0
#include <lagoon/engine/clock.hpp>

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <climits>

namespace lagoon {
namespace {

static_assert(sizeof(std::atomic<std::uint32_t>) == sizeof(std::uint32_t), "a futex word is plain 32 bits");

void futex_wait(const std::atomic<std::uint32_t>& word, std::uint32_t expected, const timespec* timeout) noexcept {
  // All outcomes mean the same to the caller, who looks again: woken, timed out, value changed, interrupted.
  syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, expected, timeout, nullptr, 0);
}

timespec to_timespec(std::chrono::nanoseconds left) noexcept {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(left);
  return {static_cast<time_t>(seconds.count()), static_cast<long>((left - seconds).count())};
}

class SystemClock final : public Clock {
 public:
  TimePoint now() const noexcept override { return std::chrono::steady_clock::now(); }
  void wait(const std::atomic<std::uint32_t>& word, std::uint32_t expected, TimePoint deadline) const override {
    if (deadline == kNever) return futex_wait(word, expected, nullptr);
    const auto left = deadline - now();
    if (left <= left.zero()) return;
    const timespec timeout = to_timespec(left);
    futex_wait(word, expected, &timeout);
  }
};

}  // namespace

const Clock& system_clock() noexcept {
  static const SystemClock clock;
  return clock;
}

TimePoint VirtualClock::now() const noexcept { return TimePoint(std::chrono::nanoseconds(nanoseconds_.load())); }

void VirtualClock::advance(std::chrono::nanoseconds by) noexcept { nanoseconds_.fetch_add(by.count()); }

void VirtualClock::wait(const std::atomic<std::uint32_t>& word, std::uint32_t expected, TimePoint deadline) const {
  if (now() >= deadline) return;
  // Looks up from the sleep each real millisecond, so that no advance is missed however the threads interleave.
  const timespec slice = {0, 1'000'000};
  futex_wait(word, expected, &slice);
}

void futex_wake(const std::atomic<std::uint32_t>& word, int how_many) noexcept {
  syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, how_many, nullptr, nullptr, 0);
}

}  // namespace lagoon
