// SPDX-License-Identifier: Apache-2.0
#include <lagoon/engine/parallel.hpp>

#include <lagoon/core/memory.hpp>
#include <lagoon/engine/stop.hpp>

#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

#include <atomic>
#include <exception>
#include <mutex>

namespace lagoon::detail {
namespace {

/// The first failure by number of the part, not by time: which one is reported does not depend on luck alone.
class FirstFailure {
 public:
  bool happened() const noexcept { return happened_.load(std::memory_order_relaxed); }  // a hint to skip work
  void record(std::ptrdiff_t part) noexcept {
    std::lock_guard lock(mutex_);
    if (!error_ || part < part_) {
      part_ = part;
      error_ = std::current_exception();
    }
    happened_.store(true, std::memory_order_relaxed);
  }
  void rethrow() const {
    if (error_) std::rethrow_exception(error_);
  }

 private:
  std::atomic<bool> happened_{false};
  std::mutex mutex_;
  std::ptrdiff_t part_ = 0;
  std::exception_ptr error_;
};

}  // namespace

void run_chunks(std::ptrdiff_t count, void (*body)(void*, std::ptrdiff_t), void* context, bool parallel) {
  if (count <= 0) return;
  if (count == 1 || !parallel || tbb::this_task_arena::max_concurrency() == 1) {
    for (std::ptrdiff_t k = 0; k < count; ++k) {
      throw_if_stopped();
      body(context, k);
    }
    return;
  }
  const StopControl* stop = current_stop();
  MemorySource* memory = current_memory_source();
  FirstFailure failure;
  auto part = [&](std::ptrdiff_t k) {
    if (failure.happened()) return;
    const StopScope stop_scope(stop);
    const MemoryScope memory_scope(memory);
    try {
      throw_if_stopped();
      body(context, k);
    } catch (...) {
      failure.record(k);
    }
  };
  // isolate: while this thread waits for stolen parts it may run parts of this loop only. Without it the wait picks
  // up other calls' tasks and stacks them up (39 of 40 in a test with oneTBB 2021.8).
  tbb::this_task_arena::isolate([&] {
    tbb::parallel_for(tbb::blocked_range<std::ptrdiff_t>(0, count, 1),
                      [&](const tbb::blocked_range<std::ptrdiff_t>& r) {
                        for (std::ptrdiff_t k = r.begin(); k != r.end(); ++k) part(k);
                      },
                      tbb::simple_partitioner{});
  });
  failure.rethrow();
}

}  // namespace lagoon::detail
