// SPDX-License-Identifier: Apache-2.0
#include "block_order.hpp"

#include <algorithm>

namespace lagoon::dynamics::detail {

void BlockOrder::plan(std::array<int, 2> shape, std::array<bool, 2> ring) {
  const auto blocks = static_cast<std::size_t>(shape[0]) * static_cast<std::size_t>(shape[1]);
  const auto colour_of = [](int x, int y) { return x % 2 + 2 * (y % 2); };
  order_.clear();
  for (int colour = 0; colour < 4; ++colour)
    for (int y = 0; y < shape[1]; ++y)
      for (int x = 0; x < shape[0]; ++x)
        if (colour_of(x, y) == colour) order_.push_back(y * shape[0] + x);
  const auto beside = [&](int at, int step, std::size_t axis) {
    const int to = at + step;
    if (to >= 0 && to < shape[axis]) return to;
    return ring[axis] ? (to + shape[axis]) % shape[axis] : -1;
  };
  first_.assign(1, 0);
  before_.clear();
  for (int y = 0; y < shape[1]; ++y)
    for (int x = 0; x < shape[0]; ++x) {
      const auto begin = static_cast<std::ptrdiff_t>(before_.size());
      for (const int dy : {-1, 0, 1})
        for (const int dx : {-1, 0, 1}) {
          const int nx = beside(x, dx, 0), ny = beside(y, dy, 1);
          if (nx < 0 || ny < 0) continue;
          if (colour_of(nx, ny) < colour_of(x, y)) before_.push_back(ny * shape[0] + nx);
        }
      std::sort(before_.begin() + begin, before_.end());
      before_.erase(std::unique(before_.begin() + begin, before_.end()), before_.end());
      first_.push_back(static_cast<std::int32_t>(before_.size()));
    }
  if (blocks == blocks_) return;
  blocks_ = blocks;
  done_ = std::make_unique<std::atomic<std::uint32_t>[]>(blocks);
  round_ = 0;
}

void BlockOrder::wait_for_neighbours(std::size_t block) const {
  constexpr int kSpins = 200;  // some microseconds; a block takes tens
  for (auto k = first_[block]; k < first_[block + 1]; ++k) {
    const auto& flag = done_[static_cast<std::size_t>(before_[static_cast<std::size_t>(k)])];
    for (int spins = 0; flag.load(std::memory_order_acquire) != round_;)  // with the release in Done
      if (++spins > kSpins) std::this_thread::yield();
  }
}

}  // namespace lagoon::dynamics::detail
