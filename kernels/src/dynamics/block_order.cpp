// SPDX-License-Identifier: Apache-2.0
#include "block_order.hpp"

#include <algorithm>

namespace lagoon::dynamics::detail {

void BlockOrder::plan(std::span<const std::vector<std::int32_t>> colours, std::array<int, 2> columns,
                      std::array<bool, 2> ring) {
  const auto blocks = static_cast<std::size_t>(columns[0]) * static_cast<std::size_t>(columns[1]);
  std::vector<int> colour_of(blocks);
  order_.clear();
  for (std::size_t c = 0; c < colours.size(); ++c)
    for (const std::int32_t b : colours[c]) {
      colour_of[static_cast<std::size_t>(b)] = static_cast<int>(c);
      order_.push_back(b);
    }
  const auto beside = [&](int at, int step, std::size_t axis) {
    const int to = at + step;
    if (to >= 0 && to < columns[axis]) return to;
    return ring[axis] ? (to + columns[axis]) % columns[axis] : -1;
  };
  first_.assign(1, 0);
  before_.clear();
  for (int y = 0; y < columns[1]; ++y)
    for (int x = 0; x < columns[0]; ++x) {
      const auto begin = static_cast<std::ptrdiff_t>(before_.size());
      const int me = y * columns[0] + x;
      for (const int dy : {-1, 0, 1})
        for (const int dx : {-1, 0, 1}) {
          const int nx = beside(x, dx, 0), ny = beside(y, dy, 1);
          if (nx < 0 || ny < 0) continue;
          const std::int32_t other = ny * columns[0] + nx;
          if (colour_of[static_cast<std::size_t>(other)] < colour_of[static_cast<std::size_t>(me)])
            before_.push_back(other);
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
