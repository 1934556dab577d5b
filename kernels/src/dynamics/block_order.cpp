// SPDX-License-Identifier: Apache-2.0
#include "block_order.hpp"

#include <algorithm>

namespace lagoon::dynamics::detail {

void BlockOrder::plan(std::array<int, 2> shape, std::array<bool, 2> ring) {
  const auto blocks = static_cast<std::size_t>(shape[0]) * static_cast<std::size_t>(shape[1]);
  const auto colour_of = [](int x, int y) { return x % 2 + 2 * (y % 2); };
  order_.clear();
  const auto fill_stage = [&](std::size_t stage, auto belongs) {
    stages_[stage].first = order_.size();
    for (int y = 0; y < shape[1]; ++y)
      for (int x = 0; x < shape[0]; ++x)
        if (belongs(x, y)) order_.push_back(y * shape[0] + x);
    stages_[stage].count = order_.size() - stages_[stage].first;
  };
  for (std::size_t colour = 0; colour < kColours; ++colour)
    fill_stage(colour, [&](int x, int y) { return colour_of(x, y) == static_cast<int>(colour); });
  fill_stage(kColours, [](int, int) { return true; });

  const auto beside = [&](int at, int step, std::size_t axis) {
    const int to = at + step;
    if (to >= 0 && to < shape[axis]) return to;
    return ring[axis] ? (to + shape[axis]) % shape[axis] : -1;
  };
  const auto list = [&](Neighbours& neighbours, int last_step, auto belongs) {
    neighbours.first.assign(1, 0);
    neighbours.blocks.clear();
    for (int y = 0; y < shape[1]; ++y)
      for (int x = 0; x < shape[0]; ++x) {
        const auto begin = static_cast<std::ptrdiff_t>(neighbours.blocks.size());
        for (int dy = -1; dy <= last_step; ++dy)
          for (int dx = -1; dx <= last_step; ++dx) {
            const int nx = beside(x, dx, 0), ny = beside(y, dy, 1);
            if (nx >= 0 && ny >= 0 && belongs(colour_of(nx, ny), colour_of(x, y)))
              neighbours.blocks.push_back(ny * shape[0] + nx);
          }
        std::sort(neighbours.blocks.begin() + begin, neighbours.blocks.end());
        neighbours.blocks.erase(std::unique(neighbours.blocks.begin() + begin, neighbours.blocks.end()),
                                neighbours.blocks.end());
        neighbours.first.push_back(static_cast<std::int32_t>(neighbours.blocks.size()));
      }
  };
  list(before_, 1, [](int neighbour, int own) { return neighbour < own; });
  // A block touches itself and those on its right, above, and right above: see Grid.
  list(touching_, 0, [](int, int) { return true; });
  if (blocks == blocks_) return;
  blocks_ = blocks;
  done_ = std::make_unique<std::atomic<std::uint32_t>[]>(blocks);
  round_ = 0;
}

void BlockOrder::begin_round(std::size_t stage, std::size_t end) noexcept {
  ++round_;
  first_stage_ = stage;
  end_stage_ = end;
  for (; stage < end; ++stage) stages_[stage].blocks.begin_again();  // before the loop that others enter
}

/// Whoever asks has a part of the loop, and there are as many parts as blocks, so one is left for him.
BlockOrder::Handed BlockOrder::next(bool from_front) noexcept {
  for (std::size_t s = first_stage_;; s += s + 1 < end_stage_) {
    Stage& stage = stages_[s];
    const auto count = static_cast<std::ptrdiff_t>(stage.count);
    if (!stage.blocks.any_left(count)) continue;
    const auto one = stage.blocks.take(1, !from_front, count);
    if (one.empty()) continue;
    return {s, static_cast<std::size_t>(order_[stage.first + static_cast<std::size_t>(one.first)])};
  }
}

void BlockOrder::wait_for(const Neighbours& neighbours, std::size_t block) const {
  constexpr int kSpins = 200;  // some microseconds; a block takes tens
  for (auto k = neighbours.first[block]; k < neighbours.first[block + 1]; ++k) {
    const auto& flag = done_[static_cast<std::size_t>(neighbours.blocks[static_cast<std::size_t>(k)])];
    for (int spins = 0; flag.load(std::memory_order_acquire) != round_;)  // with the release in Done
      if (++spins > kSpins) std::this_thread::yield();
  }
}

}  // namespace lagoon::dynamics::detail
