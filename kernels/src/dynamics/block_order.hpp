// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <lagoon/engine/both_ends.hpp>
#include <lagoon/engine/parallel.hpp>
#include <memory>
#include <thread>
#include <vector>

namespace lagoon::dynamics::detail {

/// Runs blocks so that neighbours, which write to the same particles, follow one another by colour, while no colour
/// waits for all of the last: a block begins when its own neighbours of lower colours are done.
///
/// Blocks are handed out in the order of colours. Whoever waits does so for blocks that were handed out before, so the
/// first that is not done never waits, and all come to an end. Of each colour the thread whose loop it is takes blocks
/// from one end, and others from the other: so each comes back to the same part of the box, which is in its cache, and
/// leaves it only to help.
class BlockOrder {
 public:
  /// shape   blocks along x, and along y, which close to a ring where `ring` says so; then their number is even or 1
  void plan(std::array<int, 2> shape, std::array<bool, 2> ring);

  /// Calls body(block) once for each.
  ///   throws   what a body threw; what parallel_for throws
  template <class F>
  void run(F&& body) {
    begin_round(0, kColours);
    loop(blocks_, [&](Handed next) { run_block(next.block, body); });
  }

  /// The same, and then after(block), as soon as all blocks are done that touch its particles: while the last ones run,
  /// others go on with this.
  template <class F, class G>
  void run(F&& body, G&& after) {
    begin_round(0, kColours + 1);
    loop(2 * blocks_, [&](Handed next) {
      if (next.stage < kColours) return run_block(next.block, body);
      wait_for(touching_, next.block);
      after(next.block);
    });
  }

  /// Calls body(block) once for each, in any order.
  template <class F>
  void run_apart(F&& body) {
    begin_round(kColours, kColours + 1);
    loop(blocks_, [&](Handed next) { body(next.block); });
  }

 private:
  static constexpr std::size_t kColours = 4;

  /// Blocks that may be handed out before those of the next stage: a colour, or, behind the colours, all of them.
  struct alignas(64) Stage {
    std::size_t first = 0, count = 0;  ///< in `order_`
    lagoon::detail::BothEnds blocks;
  };
  struct Handed {
    std::size_t stage, block;
  };
  /// Of each block, some others.
  struct Neighbours {
    std::vector<std::int32_t> first, blocks;
  };

  /// Says that a block is done, also when it failed: then others go on to the end of the loop, which throws.
  struct Done {
    std::atomic<std::uint32_t>& flag;
    std::uint32_t round;
    ~Done() { flag.store(round, std::memory_order_release); }  // forces are there for who acquires it in waiting
  };

  void begin_round(std::size_t stage, std::size_t end) noexcept;
  Handed next(bool from_front) noexcept;
  void wait_for(const Neighbours& neighbours, std::size_t block) const;

  template <class F>
  void loop(std::size_t count, F each) {
    const auto mine = std::this_thread::get_id();
    parallel_for(static_cast<std::ptrdiff_t>(count), {1}, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
      const bool from_front = std::this_thread::get_id() == mine;
      for (; begin < end; ++begin) each(next(from_front));
    });
  }
  template <class F>
  void run_block(std::size_t block, F& body) {
    wait_for(before_, block);
    const Done done{done_[block], round_};
    body(block);
  }

  std::vector<std::int32_t> order_;
  std::array<Stage, kColours + 1> stages_;
  std::size_t first_stage_ = 0, end_stage_ = 0;         ///< of this round
  Neighbours before_;                                   ///< neighbours of lower colours
  Neighbours touching_;                                 ///< who reads or writes a block's particles, itself among them
  std::unique_ptr<std::atomic<std::uint32_t>[]> done_;  ///< the last round in which it was
  std::size_t blocks_ = 0;
  std::uint32_t round_ = 0;
};

}  // namespace lagoon::dynamics::detail
