// SPDX-License-Identifier: Apache-2.0
// What lagoon::charge_new costs. Built twice, with it and without, since a program has one operator new; run both in
// turn and compare:
//   for i in 1 2 3; do build/bench/bench/lagoon_bench_new; build/bench/bench/lagoon_bench_charge_new; done
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <lagoon/engine/isolate.hpp>
#include <new>
#include <vector>

namespace {

// In the compiler's eyes it may do anything with a block, so that pairs are not left out.
void keep(void* p) { asm volatile("" : : "g"(p) : "memory"); }

/// ns of a pair of new and delete: median and least of 15 batches.
void measure(const char* where, std::size_t bytes, std::size_t alignment) {
  constexpr int kBatches = 15, kPairs = 20'000;
  const std::align_val_t aligned{alignment};
  const bool plain = alignment <= __STDCPP_DEFAULT_NEW_ALIGNMENT__;
  std::vector<double> ns;
  std::vector<void*> blocks(std::clamp<std::size_t>((64 << 10) / bytes, 1, 64));  // few enough to be malloc's own cache
  const int rounds = kPairs / static_cast<int>(blocks.size());
  for (int batch = 0; batch < kBatches; ++batch) {
    const auto begin = std::chrono::steady_clock::now();
    for (int round = 0; round < rounds; ++round) {
      for (void*& p : blocks) keep(p = plain ? ::operator new(bytes) : ::operator new(bytes, aligned));
      for (void* p : blocks) plain ? ::operator delete(p, bytes) : ::operator delete(p, bytes, aligned);
    }
    const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - begin;
    ns.push_back(took.count() / (rounds * static_cast<double>(blocks.size())));
  }
  std::sort(ns.begin(), ns.end());
  std::printf("%-8s %6zu B aligned to %3zu: %6.1f ns (best %.1f)\n", where, bytes, alignment, ns[kBatches / 2], ns[0]);
}

}  // namespace

int main() {
  lagoon::Engine engine;
  lagoon::Isolate isolate(engine);
  const auto all = [](const char* where) {
    for (const std::size_t bytes : {64, 1024, 16 << 10}) measure(where, bytes, 16);
    measure(where, 64, 64);
  };
  all("outside");
  isolate.run([&] { all("inside"); });
}
