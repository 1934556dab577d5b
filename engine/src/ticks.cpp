// SPDX-License-Identifier: Apache-2.0
#include <lagoon/engine/ticks.hpp>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

#include <cmath>

namespace lagoon {
namespace detail {

constinit std::atomic<TickSource> g_tick_source{TickSource::undecided};

namespace {

std::uint64_t clock_ns() noexcept {
  return static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
}

// The counter must run at one rate whatever the frequency and sleep state of the core.
bool counter_is_constant() noexcept {
#if defined(__x86_64__)
  unsigned a = 0, b = 0, c = 0, d = 0;
  return __get_cpuid(0x80000007, &a, &b, &c, &d) && (d & (1u << 8));  // "invariant TSC"
#elif defined(__aarch64__)
  return true;  // the architecture says so
#else
  return false;
#endif
}

TickSource decide() noexcept {
  TickSource source = g_tick_source.load(std::memory_order_relaxed);
  if (source == TickSource::undecided) {
    source = counter_is_constant() ? TickSource::counter : TickSource::steady_clock;
    g_tick_source.store(source, std::memory_order_relaxed);
  }
  return source;
}

// Nanoseconds per tick times 2^32.
std::uint64_t measure_rate() noexcept {
  constexpr double kOne = 4294967296.0;
  if (decide() == TickSource::steady_clock) return static_cast<std::uint64_t>(kOne);
  struct Pair {
    std::uint64_t ticks, ns;
  };
  // The clock is read between two readings of the counter; the tightest of some such triples was not interrupted.
  auto sample = [] {
    Pair best{};
    std::uint64_t width = ~std::uint64_t{0};
    for (int k = 0; k < 8; ++k) {
      const std::uint64_t before = cycle_counter(), ns = clock_ns(), after = cycle_counter();
      if (after - before < width) {
        width = after - before;
        best = {before + (after - before) / 2, ns};
      }
    }
    return best;
  };
  const Pair begin = sample();
  while (clock_ns() - begin.ns < 1'000'000) {
  }
  const Pair end = sample();
  if (end.ticks <= begin.ticks) return static_cast<std::uint64_t>(kOne);
  return static_cast<std::uint64_t>(
      std::llround(kOne * static_cast<double>(end.ns - begin.ns) / static_cast<double>(end.ticks - begin.ticks)));
}

}  // namespace

std::uint64_t ticks_by_clock() noexcept { return decide() == TickSource::counter ? cycle_counter() : clock_ns(); }

}  // namespace detail

std::uint64_t ticks_to_ns(std::uint64_t ticks) noexcept {
  static const std::uint64_t rate = detail::measure_rate();
  __extension__ using Wide = unsigned __int128;
  return static_cast<std::uint64_t>((static_cast<Wide>(ticks) * rate) >> 32);
}

}  // namespace lagoon
