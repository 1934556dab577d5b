// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lagoon/engine/both_ends.hpp>
#include <lagoon/engine/clock.hpp>

#include <algorithm>
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
  alignas(64) BothEnds parts = {};
  alignas(64) std::atomic<std::uint32_t> helpers{0};  // threads in it beside its own, and whether that sleeps

  /// The loop's own thread takes from the front and helpers from the back: where loops over the same data follow one
  /// another, a core meets what its cache has.
  BothEnds::Some take(std::ptrdiff_t some, bool from_back) noexcept { return parts.take(some, from_back, count); }
  std::ptrdiff_t left() const noexcept { return parts.left(count); }
  bool open() const noexcept { return parts.any_left(count); }
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
  /// A worker looks for a loop to help in, and stays for a moment: where loops are short, the next one is near, and
  /// sending for a worker takes as long as some of them. Not on top of a call: that would be held up.
  template <class Ask>
  void help(Ask ask) noexcept {
    const std::uint64_t since = ticks_now();
    for (;;) {
      const std::uint32_t seen = begun_.load(std::memory_order_acquire);  // before the look at those that there are
      while (Loop* loop = enter_one(ask)) {
        {
          const CarriedScope scope(loop->carried);
          work(*loop, true);
        }
        if (leave_or_hand_over(*loop, ask)) return;
      }
      if (!another_begins(seen, since) && may_go()) return;
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
    {
      std::lock_guard lock(mutex_);
      loop.before = last_;
      (last_ ? last_->after : first_) = &loop;
      last_ = &loop;
      ask_for(static_cast<std::size_t>(loop.count - 1), ask);
    }
    begun_.fetch_add(1, std::memory_order_release);
  }
  void end(Loop& loop) noexcept;
  void work(Loop& loop, bool as_helper) noexcept;

  /// Whether a loop has begun that `seen` does not count, for as long as a worker stays.
  bool another_begins(std::uint32_t seen, std::uint64_t since) const noexcept;
  /// Unless a loop has begun since: whoever began it counts on the worker.
  bool may_go() noexcept {
    std::lock_guard lock(mutex_);
    if (any_open()) return false;
    --asked_;
    return true;
  }
  /// True: another task goes on instead. oneTBB sends a worker to an isolate that needs it more between two tasks, so
  /// this one ends now and then.
  template <class Ask>
  bool leave_or_hand_over(Loop& done, Ask ask) noexcept {
    std::lock_guard lock(mutex_);
    leave(done);
    return any_open() && ask();
  }
  /// The oldest loop with parts that nobody has taken, entered.
  template <class Ask>
  Loop* enter_one(Ask ask) noexcept {
    std::lock_guard lock(mutex_);
    for (Loop* loop = first_; loop; loop = loop->after) {
      if (!loop->open()) continue;
      loop->helpers.fetch_add(1, std::memory_order_relaxed);  // with the mutex: the loop is there
      ask_for(static_cast<std::size_t>(std::max<std::ptrdiff_t>(loop->left(), 0)), ask);
      return loop;
    }
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
  alignas(64) std::atomic<std::uint32_t> begun_{0};
  alignas(64) std::mutex mutex_;  // what follows
  Loop* first_ = nullptr;
  Loop* last_ = nullptr;
  unsigned asked_ = 0;
};

}  // namespace lagoon::detail
