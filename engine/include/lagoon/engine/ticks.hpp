// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace lagoon {

namespace detail {
enum class TickSource : std::uint8_t { undecided, counter, steady_clock };
extern constinit std::atomic<TickSource> g_tick_source;
std::uint64_t ticks_by_clock() noexcept;
std::uint64_t cycle_counter() noexcept;
}  // namespace detail

/// A time stamp for measuring, not for deadlines: the processor's constant-rate counter (8-10 ns a reading against
/// 20-25 of steady_clock), or steady_clock where it has none. Differences below zero do not occur on one thread.
///
///   const std::uint64_t begin = ticks_now();
///   work();
///   metrics.record(ticks_now() - begin, Errc::ok);
std::uint64_t ticks_now() noexcept;

/// Nanoseconds in so many ticks.
///   cost   one multiplication; the first use in a process measures the rate, 1 ms, to about 0.01 %
std::uint64_t ticks_to_ns(std::uint64_t ticks) noexcept;
inline std::chrono::nanoseconds duration_of(std::uint64_t ticks) noexcept {
  return std::chrono::nanoseconds(static_cast<std::int64_t>(ticks_to_ns(ticks)));
}

inline std::uint64_t detail::cycle_counter() noexcept {
#if defined(__x86_64__)
  return __builtin_ia32_rdtsc();
#elif defined(__aarch64__)
  std::uint64_t count;
  asm volatile("mrs %0, cntvct_el0" : "=r"(count));
  return count;
#else
  return 0;
#endif
}

inline std::uint64_t ticks_now() noexcept {
  // relaxed: the value is decided once and guards nothing
  if (detail::g_tick_source.load(std::memory_order_relaxed) == detail::TickSource::counter) [[likely]]
    return detail::cycle_counter();
  return detail::ticks_by_clock();
}

}  // namespace lagoon
