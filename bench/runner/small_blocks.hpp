// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>

#include "runner/timing.hpp"

namespace lagoon::bench {

/// Small blocks, the same for every allocator: 256 of 32 to 1052 bytes taken, then given back.
///   alignment  16 is what malloc gives anyway; 64, which arrays have, takes the slow way through glibc
/// Figure: seconds per pair.
template <class Take, class Give>
auto small_blocks(std::size_t alignment, Take take, Give give) {
  return [alignment, take, give](benchmark::State& state) {
    constexpr std::size_t kBlocks = 256;
    std::array<void*, kBlocks> blocks{};
    const double batch = median_of_batches(state, 1, [&] {
      for (std::size_t i = 0; i < kBlocks; ++i) blocks[i] = take(32 + 4 * i, alignment);
      benchmark::ClobberMemory();
      for (std::size_t i = 0; i < kBlocks; ++i) give(blocks[i], 32 + 4 * i, alignment);
    });
    set_figure(state, batch / kBlocks);
  };
}

}  // namespace lagoon::bench
