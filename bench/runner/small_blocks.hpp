// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>

#include "runner/timing.hpp"

namespace lagoon::bench {

/// What small arrays cost, the same for every allocator: 256 blocks of 32 to 1052 bytes taken, then given back.
/// Figure: seconds per pair.
template <class Take, class Give>
auto small_blocks(Take take, Give give) {
  return [take, give](benchmark::State& state) {
    constexpr std::size_t kBlocks = 256, kAlignment = 64;
    std::array<void*, kBlocks> blocks{};
    const double batch = median_of_batches(state, 1, [&] {
      for (std::size_t i = 0; i < kBlocks; ++i) blocks[i] = take(32 + 4 * i, kAlignment);
      benchmark::ClobberMemory();
      for (std::size_t i = 0; i < kBlocks; ++i) give(blocks[i], 32 + 4 * i, kAlignment);
    });
    set_figure(state, batch / kBlocks);
  };
}

}  // namespace lagoon::bench
