// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <lagoon/engine/parallel.hpp>
#include <memory>
#include <thread>
#include <vector>

namespace lagoon::dynamics::detail {

/// Runs blocks so that neighbours, which write to the same particles, follow one another by colour, while no colour
/// waits for all of the last: a block begins when its own neighbours of lower colours are done.
///
/// Blocks are handed out in the order of colours, by a counter. Whoever waits does so for blocks that were handed out
/// before, so the first that is not done never waits, and all come to an end.
class BlockOrder {
 public:
  /// shape   blocks along x, and along y, which close to a ring where `ring` says so; then their number is even or 1
  void plan(std::array<int, 2> shape, std::array<bool, 2> ring);

  /// Calls body(block) once for each.
  ///   throws   what a body threw; what parallel_for throws
  template <class F>
  void run(F&& body) {
    ++round_;
    next_.store(0, std::memory_order_relaxed);  // seen by others through the loop that begins
    parallel_for(static_cast<std::ptrdiff_t>(order_.size()), {1}, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
      for (; begin < end; ++begin) {
        const std::size_t k = next_.fetch_add(1, std::memory_order_relaxed);
        const auto block = static_cast<std::size_t>(order_[k]);
        wait_for_neighbours(block);
        const Done done{done_[block], round_};
        body(block);
      }
    });
  }

 private:
  /// Says that a block is done, also when it failed: then others go on to the end of the loop, which throws.
  struct Done {
    std::atomic<std::uint32_t>& flag;
    std::uint32_t round;
    ~Done() { flag.store(round, std::memory_order_release); }  // forces are there for who acquires it in waiting
  };
  void wait_for_neighbours(std::size_t block) const;

  std::vector<std::int32_t> order_;
  std::vector<std::int32_t> first_, before_;            ///< of each block: neighbours of lower colours
  std::unique_ptr<std::atomic<std::uint32_t>[]> done_;  ///< the last round in which it was
  std::size_t blocks_ = 0;
  std::atomic<std::size_t> next_{0};
  std::uint32_t round_ = 0;
};

}  // namespace lagoon::dynamics::detail
