// SPDX-License-Identifier: Apache-2.0
#include <lagoon/engine/parallel.hpp>

#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

#include <atomic>
#include <exception>
#include <mutex>

#include "carried.hpp"
#include "isolate_state.hpp"

namespace lagoon::detail {
namespace {

/// The failure of the lowest part. Parts above it are skipped, parts below still run, so that the one reported is
/// the one that a plain loop would have met, whatever the number of cores.
class FirstFailure {
 public:
  bool before(std::ptrdiff_t part) const noexcept {
    return part_.load(std::memory_order_relaxed) < part;  // relaxed: only a hint to skip work
  }
  void record(std::ptrdiff_t part) noexcept {
    std::lock_guard lock(mutex_);
    if (part >= part_.load(std::memory_order_relaxed)) return;
    error_ = std::current_exception();
    part_.store(part, std::memory_order_relaxed);
  }
  void rethrow() const {
    if (error_) std::rethrow_exception(error_);
  }

 private:
  std::atomic<std::ptrdiff_t> part_{PTRDIFF_MAX};
  std::mutex mutex_;
  std::exception_ptr error_;
};

void run_chunk(std::ptrdiff_t k, void (*body)(void*, std::ptrdiff_t), void* context) {
  TraceSpan span("chunk", "chunk");
  span.set_number(static_cast<double>(k));
  body(context, k);
}

/// A plain arena of oneTBB, in which no isolate's threads are.
void run_in_arena(std::ptrdiff_t count, void (*part)(void*, std::ptrdiff_t), void* context) {
  const Carried carried;
  // isolated: bound to the context of a task around it, the loop would be cancelled with that, skip parts, and return
  // as if all were done.
  tbb::task_group_context alone(tbb::task_group_context::isolated);
  // isolate: while this thread waits for stolen parts it may run parts of this loop only. Without it the wait picks
  // up other calls' tasks and stacks them up (39 of 40 in a test with oneTBB 2021.8).
  tbb::this_task_arena::isolate([&] {
    tbb::parallel_for(
        tbb::blocked_range<std::ptrdiff_t>(0, count, 1),
        [&](const tbb::blocked_range<std::ptrdiff_t>& r) {
          const CarriedScope scope(carried);
          for (std::ptrdiff_t k = r.begin(); k != r.end(); ++k) part(context, k);
        },
        tbb::simple_partitioner{}, alone);
  });
}

}  // namespace

void run_chunks(std::ptrdiff_t count, void (*body)(void*, std::ptrdiff_t), void* context, bool parallel) {
  if (count <= 0) return;
  IsolateState* const isolate = t_working_for;
  const bool alone = isolate ? isolate->loops.workers() == 0 : tbb::this_task_arena::max_concurrency() == 1;
  if (count == 1 || !parallel || alone) {
    for (std::ptrdiff_t k = 0; k < count; ++k) {
      throw_if_stopped();
      run_chunk(k, body, context);
    }
    return;
  }
  struct Work {
    void (*body)(void*, std::ptrdiff_t);
    void* context;
    FirstFailure failure;
    std::atomic<bool> stopped{false};  // relaxed: a hint, and read again after the loop
  } work{body, context, {}};
  const auto part = [](void* p, std::ptrdiff_t k) {
    auto& w = *static_cast<Work*>(p);
    if (w.stopped.load(std::memory_order_relaxed) || w.failure.before(k)) return;
    // Not by an exception from each part that is left: hundreds of them take milliseconds.
    if (stop_requested()) return w.stopped.store(true, std::memory_order_relaxed);
    try {
      run_chunk(k, w.body, w.context);
    } catch (...) {
      w.failure.record(k);
    }
  };
  isolate ? isolate->run_loop(count, part, &work) : run_in_arena(count, part, &work);
  work.failure.rethrow();
  if (work.stopped.load(std::memory_order_relaxed)) throw_if_stopped();
}

}  // namespace lagoon::detail
