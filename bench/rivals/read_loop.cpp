// SPDX-License-Identifier: Apache-2.0
// The floor of a statistic that looks at each number once: read them all, on one thread.
#include <cstdint>

#include "rivals/rivals.hpp"
#include "runner/timing.hpp"

#if defined(__x86_64__)
#define LAGOON_BENCH_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define LAGOON_BENCH_CLONES
#endif

namespace lagoon::bench::rivals {
namespace {

// Words, not doubles: integer sums may be taken in any order, so the compiler makes the widest loop there is.
LAGOON_BENCH_CLONES std::uint64_t sum(const std::uint64_t* words, std::size_t count) {
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < count; ++i) total += words[i];
  return total;
}

}  // namespace

void read_all(const void* data, std::size_t bytes) {
  benchmark::DoNotOptimize(sum(static_cast<const std::uint64_t*>(data), bytes / sizeof(std::uint64_t)));
}

Side read_loop(const void* data, std::size_t bytes) {
  return {"plain read loop", rate_of(static_cast<double>(bytes), [data, bytes] { read_all(data, bytes); })};
}

}  // namespace lagoon::bench::rivals
