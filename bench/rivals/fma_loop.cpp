// SPDX-License-Identifier: Apache-2.0
// The ceiling of a product: fused multiply-adds in registers, nothing loaded, nothing stored.
#include <benchmark/benchmark.h>

#include <thread>

#include "rivals/dense.hpp"
#include "runner/timing.hpp"

#if defined(__x86_64__) && !defined(__clang__)
#define LAGOON_BENCH_AVX512 __attribute__((target("arch=x86-64-v4")))
#define LAGOON_BENCH_CLONES __attribute__((target_clones("arch=x86-64-v3", "default")))
#else
#define LAGOON_BENCH_AVX512
#define LAGOON_BENCH_CLONES
#endif

namespace lagoon::bench::rivals {
namespace {

constexpr int kChains = 12;  // latency times rate of any core that has them; with two constants in 16 registers

// Vectors as wide as registers are, lest those of AVX2 go through the stack; written out since clones cannot be
// templates.
#define LAGOON_BENCH_FMA(attribute, name, T, bytes)                            \
  attribute T name(long rounds) {                                              \
    typedef T Vector __attribute__((vector_size(bytes)));                      \
    Vector x[kChains];                                                         \
    for (int i = 0; i < kChains; ++i) x[i] = Vector{} + static_cast<T>(1 + i); \
    const Vector m = Vector{} + static_cast<T>(0.999), c = m * T(1e-3);        \
    for (long r = 0; r < rounds; ++r)                                          \
      for (int i = 0; i < kChains; ++i) x[i] = x[i] * m + c;                   \
    for (int i = 1; i < kChains; ++i) x[0] += x[i];                            \
    return x[0][0];                                                            \
  }
LAGOON_BENCH_FMA(LAGOON_BENCH_AVX512, wide_f64, double, 64)
LAGOON_BENCH_FMA(LAGOON_BENCH_AVX512, wide_f32, float, 64)
LAGOON_BENCH_FMA(LAGOON_BENCH_CLONES, narrow_f64, double, 32)
LAGOON_BENCH_FMA(LAGOON_BENCH_CLONES, narrow_f32, float, 32)

bool has_avx512() {
#if defined(__x86_64__) && !defined(__clang__)
  return __builtin_cpu_supports("x86-64-v4");
#else
  return false;
#endif
}

}  // namespace

Candidate fma_loop(bool single, unsigned threads, double flops) {
  const bool wide = has_avx512();
  const double lanes = (wide ? 64.0 : 32.0) / (single ? sizeof(float) : sizeof(double));
  const auto rounds = static_cast<long>(flops / threads / (2.0 * kChains * lanes));
  const auto run = [=] {
    if (single)
      benchmark::DoNotOptimize(wide ? wide_f32(rounds) : narrow_f32(rounds));
    else
      benchmark::DoNotOptimize(wide ? wide_f64(rounds) : narrow_f64(rounds));
  };
  return {"fused multiply-adds in registers",
          [run, threads] {
            const auto begin = Steady::now();
            std::vector<std::thread> others;
            for (unsigned k = 1; k < threads; ++k) others.emplace_back(run);
            run();
            for (auto& t : others) t.join();
            return seconds_since(begin);
          },
          {}};
}

}  // namespace lagoon::bench::rivals
