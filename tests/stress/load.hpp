// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <random>
#include <vector>

#include <lagoon/rpc/pool.hpp>

#include "rpc/lab.hpp"
#include "support/long_run.hpp"

// Calls of all kinds with faults, cancels, deadlines and dropped replies, made by many threads and counted.
namespace lagoon::test {

inline int slice(int all, int part) { return (run_long() ? all : part) / kSlowness; }

/// What the process takes of the machine.
struct Footprint {
  long resident_kib = 0, heap_kib = 0;
  int threads = 0, files = 0;
  static Footprint now();
};
/// Prints both, and expects that so many calls between them left nothing behind but, perhaps, so many threads.
void expect_no_growth(const Footprint& begin, const Footprint& end, std::int64_t calls, int more_threads);

/// How much a line through what so many loads left, one as large as the other, rises from the first to the last: growth
/// that one large or small value at the end does not hide.
double rise(const std::vector<Footprint>& marks, long Footprint::*what);

/// Ends by status code: what a caller was told, once for each call that it started.
struct Ends {
  std::atomic<std::int64_t> started{0}, ended{0};
  std::array<std::atomic<std::int64_t>, kErrcCount> by_code{};
  void note(const Status& status) {
    ++by_code[static_cast<std::size_t>(status.code())];
    ++ended;
  }
  std::int64_t count(Errc code) const { return by_code[static_cast<std::size_t>(code)].load(); }
};

/// Handlers begun and ended, by the handlers' own word.
struct Lives {
  std::atomic<std::int64_t> begun{0}, ended{0};
  class One {
   public:
    explicit One(Lives& lives) : lives_(lives) { ++lives_.begun; }
    ~One() { ++lives_.ended; }
    One(const One&) = delete;
    One& operator=(const One&) = delete;

   private:
    Lives& lives_;
  };
};

/// Three isolates, or pools, whose handlers call the next one, work, allocate, fail, stream, and look at their stop now
/// and then.
class LoadedLabs {
 public:
  static constexpr std::size_t kLabs = 3;
  LoadedLabs(Engine& engine, const IsolateOptions& like);
  /// The same, each a pool of isolates.
  LoadedLabs(Engine& engine, const PoolOptions& like);
  ~LoadedLabs() { close(); }
  void close() {
    for (auto& lab : labs_)
      if (lab) lab->close();
    for (auto& pool : pools_)
      if (pool) (void)pool->drain();
  }
  const LabCaller& at(std::size_t k) const { return *callers_[k % kLabs]; }
  Lab& lab(std::size_t k) { return *labs_[k % kLabs]; }
  Pool& pool(std::size_t k) { return *pools_[k % kLabs]; }
  const Lives& lives() const { return lives_; }

 private:
  Handlers handlers(std::size_t k);
  Lives lives_;
  std::array<std::unique_ptr<LabCaller>, kLabs> callers_;
  std::array<std::unique_ptr<Lab>, kLabs> labs_;
  std::array<std::unique_ptr<Pool>, kLabs> pools_;
};

/// One random call, from its start to its end; at most one end is noted, and exactly one if it is heard.
void one_random_call(const LoadedLabs& labs, std::minstd_rand& random, Ends& ends);

/// Each of `threads` makes so many random calls.
void load(const LoadedLabs& labs, int threads, int calls_each, Ends& ends, unsigned seed = 1);

}  // namespace lagoon::test
