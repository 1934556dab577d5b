// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lagoon/engine/clock.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>

#include "carried.hpp"

namespace lagoon::detail {

/// A loop under way, on the stack of the thread that runs it.
struct Loop {
  const std::ptrdiff_t count;
  void (*const part)(void* context, std::ptrdiff_t k);  // does not throw
  void* const context;
  const Carried carried = {};
  Loop* before = nullptr;
  Loop* after = nullptr;
  alignas(64) std::atomic<std::ptrdiff_t> next{0};    // part that nobody has taken
  alignas(64) std::atomic<std::uint32_t> helpers{0};  // threads in it beside its own, and whether that sleeps

  bool open() const noexcept { return next.load(std::memory_order_relaxed) < count; }
};

/// The loops of an isolate, and the workers of its arena that help in them. Workers are asked by tasks that are for
/// whichever loop there is then, so that no more than one for each worker waits, however many loops have come and gone.
///
/// oneTBB's own loops are not used: a worker finds their parts by looking into slots of the arena at random, of which
/// an isolate has many in reserve (docs/decisions/0005-loops-share-a-counter.md).
class Loops {
 public:
  /// workers   that may help, this thread not among them
  explicit Loops(unsigned workers) noexcept : workers_(workers) {}
  Loops(const Loops&) = delete;
  Loops& operator=(const Loops&) = delete;
  unsigned workers() const noexcept { return workers_; }

  /// Runs all parts of a loop, here and on workers.
  ///   ask   bool() noexcept: sends a task to the arena that will call help(ask) once. Called only while a loop runs
  template <class Ask>
  void run(Loop& loop, Ask ask) {
    begin(loop, ask);
    work(loop, false);
    end(loop);
  }
  /// A worker looks for a loop to help in. Not on top of a call: that would be held up.
  template <class Ask>
  void help(Ask ask) noexcept {
    Loop* loop = begin_help(ask);
    for (; loop; loop = next_help(*loop, ask)) {
      const CarriedScope scope(loop->carried);
      work(*loop, true);
    }
  }
  /// A worker that was asked cannot help.
  void decline() noexcept {
    std::lock_guard lock(mutex_);
    --asked_;
  }

 private:
  static constexpr std::uint32_t kSleeps = 1u << 31;

  template <class Ask>
  void begin(Loop& loop, Ask ask) noexcept {
    std::lock_guard lock(mutex_);
    loop.before = last_;
    (last_ ? last_->after : first_) = &loop;
    last_ = &loop;
    ask_for(static_cast<std::size_t>(loop.count - 1), ask);
  }
  void end(Loop& loop) noexcept;
  void work(Loop& loop, bool as_helper) noexcept;

  /// The oldest loop with parts that nobody has taken, entered.
  template <class Ask>
  Loop* begin_help(Ask ask) noexcept {
    std::lock_guard lock(mutex_);
    return enter_open(ask);
  }
  template <class Ask>
  Loop* next_help(Loop& done, Ask ask) noexcept {
    std::lock_guard lock(mutex_);
    leave(done);
    // oneTBB sends a worker to an isolate that needs it more between two tasks, so this one ends now and then.
    if (any_open() && ask()) return nullptr;
    return enter_open(ask);
  }
  template <class Ask>
  Loop* enter_open(Ask ask) noexcept {
    for (Loop* loop = first_; loop; loop = loop->after) {
      if (!loop->open()) continue;
      loop->helpers.fetch_add(1, std::memory_order_relaxed);  // with the mutex: the loop is there
      ask_for(static_cast<std::size_t>(loop->count - loop->next.load(std::memory_order_relaxed)), ask);
      return loop;
    }
    --asked_;
    return nullptr;
  }
  bool any_open() const noexcept {
    for (const Loop* loop = first_; loop; loop = loop->after)
      if (loop->open()) return true;
    return false;
  }
  /// Two at most: they ask two more each, so that many are there soon and none has to ask them all.
  template <class Ask>
  void ask_for(std::size_t parts, Ask ask) noexcept {
    for (std::size_t k = 0; k < 2 && k < parts && asked_ < workers_; ++k)
      if (ask()) ++asked_;
  }
  static void leave(Loop& loop) noexcept;

  const unsigned workers_;
  std::mutex mutex_;  // what follows
  Loop* first_ = nullptr;
  Loop* last_ = nullptr;
  unsigned asked_ = 0;
};

}  // namespace lagoon::detail
