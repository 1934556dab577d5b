// SPDX-License-Identifier: Apache-2.0
// The ceiling of a product: fused multiply-adds in registers, nothing loaded, nothing stored.
#include <benchmark/benchmark.h>

#include <thread>

#include "rivals/dense.hpp"
#include "runner/timing.hpp"

#if defined(__x86_64__) && !defined(__clang__)
#define LAGOON_BENCH_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define LAGOON_BENCH_CLONES
#endif

namespace lagoon::bench::rivals {
namespace {

constexpr int kChains = 12;  // latency times rate of any core that has them

template <class T>
struct Wide {
  typedef T Vector __attribute__((vector_size(64)));
  static constexpr int kLanes = 64 / sizeof(T);
};

// Written out twice because clones cannot be templates.
#define LAGOON_BENCH_FMA(name, T)                                                         \
  LAGOON_BENCH_CLONES T name(long rounds) {                                               \
    Wide<T>::Vector x[kChains];                                                           \
    for (int i = 0; i < kChains; ++i) x[i] = Wide<T>::Vector{} + static_cast<T>(1 + i);   \
    const Wide<T>::Vector m = Wide<T>::Vector{} + static_cast<T>(0.999), c = m * T(1e-3); \
    for (long r = 0; r < rounds; ++r)                                                     \
      for (int i = 0; i < kChains; ++i) x[i] = x[i] * m + c;                              \
    for (int i = 1; i < kChains; ++i) x[0] += x[i];                                       \
    return x[0][0];                                                                       \
  }
LAGOON_BENCH_FMA(fma_f64, double)
LAGOON_BENCH_FMA(fma_f32, float)

}  // namespace

Candidate fma_loop(bool single, unsigned threads, double flops) {
  const int lanes = single ? Wide<float>::kLanes : Wide<double>::kLanes;
  const auto rounds = static_cast<long>(flops / threads / (2.0 * kChains * lanes));
  const auto run = [single, rounds] {
    if (single)
      benchmark::DoNotOptimize(fma_f32(rounds));
    else
      benchmark::DoNotOptimize(fma_f64(rounds));
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
