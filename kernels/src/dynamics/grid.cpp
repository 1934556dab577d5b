// SPDX-License-Identifier: Apache-2.0
#include "grid.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <lagoon/engine/parallel.hpp>
#include <limits>

#include "polled/parts.hpp"

namespace lagoon::dynamics::detail {
namespace {

constexpr std::ptrdiff_t kGrain = 1024;  // particles per task
constexpr std::ptrdiff_t kColumns = 8;   // columns per task

/// Floats as integers of the same order.
std::uint32_t ordered(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  return bits & 0x80000000u ? ~bits : bits | 0x80000000u;
}

/// A particle in its column: by height, then by where it was.
std::uint64_t key(double height, std::ptrdiff_t slot) {
  return std::uint64_t{ordered(static_cast<float>(height))} << 32 | static_cast<std::uint32_t>(slot);
}

/// Slots [begin, end) into the box, along an axis that repeats.
void bring_back(Particles& p, std::size_t axis, std::ptrdiff_t begin, std::ptrdiff_t end) {
  const double length = p.box.length[axis];
  double* const x = p.x[axis].data();
  for (std::ptrdiff_t i = begin; i < end; ++i) {
    if (p.id[i] < 0) continue;
    double turns = std::floor(x[i] / length);
    if (turns == 0) continue;
    double inside = x[i] - turns * length;
    if (inside >= length) {  // just below zero, and rounded up to the far edge
      inside = 0;
      ++turns;
    }
    x[i] = inside;
    p.image[axis][i] += static_cast<std::int32_t>(turns);
  }
}

}  // namespace

std::ptrdiff_t Grid::column_of(double x, double y) const noexcept {
  const int cx = std::clamp(static_cast<int>((x - low_[0]) / width_[0]), 0, columns_[0] - 1);
  const int cy = std::clamp(static_cast<int>((y - low_[1]) / width_[1]), 0, columns_[1] - 1);
  return std::ptrdiff_t{cy} * columns_[0] + cx;
}

void Grid::choose_columns(const Particles& p) {
  std::array<double, 3> extent{};
  double far = 0;
  for (std::size_t d = 0; d < 3; ++d) {
    double low = 0, high = box_.length[d];
    if (!periodic(d)) {
      low = std::numeric_limits<double>::infinity(), high = -low;
      polled::for_each(p.slots, [&](std::ptrdiff_t i) {
        if (p.id[i] < 0) return;
        low = std::min(low, p.x[d][i]);
        high = std::max(high, p.x[d][i]);
      });
      if (!(low <= high)) low = high = 0;
    }
    extent[d] = std::max(high - low, 1e-3 * reach_);
    if (d < 2) low_[d] = low;
    far = std::max({far, std::abs(low), std::abs(high)});
  }
  margin_ = 1e-6 * (far + reach_);
  // Columns as wide as eight particles are high, if density is even.
  const double volume = extent[0] * extent[1] * extent[2];
  const double wanted =
      std::cbrt(static_cast<double>(kCluster) * volume / static_cast<double>(std::max<std::ptrdiff_t>(p.count, 1)));
  // Where it is not, there is room for more columns than particles; more of them would only cost.
  const double most = std::sqrt(static_cast<double>(p.count)) + 1;
  for (std::size_t d = 0; d < 2; ++d) {
    const double room = std::min(std::floor(extent[d] / (reach_ * (1 + 1e-12))), most);
    int blocks = std::max(1, static_cast<int>(room));
    if (periodic(d) && blocks > 1) blocks -= blocks % 2;
    // The number of blocks whose columns come closest to the width that is wanted.
    double best = std::numeric_limits<double>::infinity();
    for (int b = blocks; b >= std::max(1, blocks / 2); b -= periodic(d) ? 2 : 1) {
      const int per_block = std::max(1, static_cast<int>(std::lround(extent[d] / b / wanted)));
      const double off = std::abs(std::log(extent[d] / b / per_block / wanted));
      if (off < best - 0.05) {
        best = off;
        blocks_[d] = b;
        per_block_[d] = std::min(per_block, static_cast<int>(most));
      }
      if (b == 1) break;
    }
    columns_[d] = blocks_[d] * per_block_[d];
    width_[d] = extent[d] / columns_[d];
    block_of_[d].resize(static_cast<std::size_t>(columns_[d]));
    for (int c = 0; c < columns_[d]; ++c) block_of_[d][static_cast<std::size_t>(c)] = c / per_block_[d];
  }
}

void Grid::sort(Particles& p, Particles& spare) {
  box_ = p.box;
  parallel_for(p.slots, {kGrain}, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
    for (std::size_t d = 0; d < 3; ++d)
      if (periodic(d)) bring_back(p, d, begin, end);
  });
  choose_columns(p);

  const std::ptrdiff_t columns = std::ptrdiff_t{columns_[0]} * columns_[1];
  Tensor<std::int32_t, 1> column({p.slots});
  parallel_for(p.slots, {kGrain}, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
    for (std::ptrdiff_t i = begin; i < end; ++i)
      column[i] = p.id[i] < 0 ? -1 : static_cast<std::int32_t>(column_of(p.x[0][i], p.x[1][i]));
  });
  std::vector<std::int32_t> begin(static_cast<std::size_t>(columns) + 1, 0);
  polled::for_each(p.slots, [&](std::ptrdiff_t i) {
    if (column[i] >= 0) ++begin[static_cast<std::size_t>(column[i]) + 1];
  });
  first_cluster_.assign(static_cast<std::size_t>(columns) + 1, 0);
  for (std::size_t c = 0; c < static_cast<std::size_t>(columns); ++c) {
    first_cluster_[c + 1] = first_cluster_[c] + static_cast<std::int32_t>((begin[c + 1] + kCluster - 1) / kCluster);
    begin[c + 1] += begin[c];
  }
  Tensor<std::uint64_t, 1> order({p.count});
  std::vector<std::int32_t> next(begin.begin(), begin.end() - 1);
  polled::for_each(p.slots, [&](std::ptrdiff_t i) {
    if (column[i] >= 0) order[next[static_cast<std::size_t>(column[i])]++] = key(p.x[2][i], i);
  });

  const std::ptrdiff_t slots = first_cluster_.back() * kCluster;
  if (spare.capacity() < slots) spare = Particles(p, slots + slots / 16);
  spare.slots = slots;
  spare.box = p.box;
  // Empty slots stand in a row, each far from the box and from one another.
  const double apart = 4 * reach_;
  const double far = -8 * (reach_ + box_.length[0] + (margin_ * 1e6));
  parallel_for(columns, {kColumns}, [&](std::ptrdiff_t from, std::ptrdiff_t to) {
    for (std::ptrdiff_t c = from; c < to; ++c) {
      const auto column_begin = order.data() + begin[static_cast<std::size_t>(c)];
      const auto column_end = order.data() + begin[static_cast<std::size_t>(c) + 1];
      std::sort(column_begin, column_end);
      std::ptrdiff_t slot = first_cluster_[static_cast<std::size_t>(c)] * kCluster;
      for (auto k = column_begin; k != column_end; ++k, ++slot) {
        const auto i = static_cast<std::ptrdiff_t>(*k & 0xFFFFFFFFu);
        for (std::size_t d = 0; d < 3; ++d) {
          spare.x[d][slot] = p.x[d][i];
          spare.v[d][slot] = p.v[d][i];
          spare.f[d][slot] = 0;
          spare.image[d][slot] = p.image[d][i];
        }
        spare.id[slot] = p.id[i];
        spare.type[slot] = p.type[i];
        spare.inverse_mass[slot] = p.inverse_mass[i];
        if (!p.charge.empty()) spare.charge[slot] = p.charge[i];
      }
      const std::ptrdiff_t end = first_cluster_[static_cast<std::size_t>(c) + 1] * kCluster;
      for (; slot < end; ++slot) {
        for (std::size_t d = 0; d < 3; ++d) {
          spare.x[d][slot] = far - apart * static_cast<double>(d == 0 ? slot + 1 : 0);
          spare.v[d][slot] = spare.f[d][slot] = 0;
          spare.image[d][slot] = 0;
        }
        spare.id[slot] = -1;
        spare.type[slot] = 0;
        spare.inverse_mass[slot] = 0;
        if (!p.charge.empty()) spare.charge[slot] = 0;
      }
    }
  });
  std::swap(p, spare);
  bound(p);
}

Bounds Grid::bounds_of(const Particles& p, std::ptrdiff_t begin, std::ptrdiff_t end) const {
  constexpr float kAll = std::numeric_limits<float>::max();
  Bounds b{{kAll, kAll, kAll}, {-kAll, -kAll, -kAll}};
  for (std::ptrdiff_t i = begin; i < end; ++i) {
    if (p.id[i] < 0) continue;
    for (std::size_t d = 0; d < 3; ++d) {
      b.low[d] = std::min(b.low[d], static_cast<float>(p.x[d][i]));
      b.high[d] = std::max(b.high[d], static_cast<float>(p.x[d][i]));
    }
  }
  return b;
}

void Grid::bound(const Particles& p) {
  const std::ptrdiff_t clusters = p.slots / kCluster;
  cluster_bounds_.resize(static_cast<std::size_t>(clusters));
  row_bounds_.resize(static_cast<std::size_t>(2 * clusters));
  parallel_for(clusters, {kGrain / kCluster}, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
    for (std::ptrdiff_t c = begin; c < end; ++c) {
      const std::ptrdiff_t slot = c * kCluster;
      const Bounds a = bounds_of(p, slot, slot + kRows), b = bounds_of(p, slot + kRows, slot + kCluster);
      row_bounds_[static_cast<std::size_t>(2 * c)] = a;
      row_bounds_[static_cast<std::size_t>(2 * c + 1)] = b;
      for (std::size_t d = 0; d < 3; ++d) {
        cluster_bounds_.low[d][static_cast<std::size_t>(c)] = std::min(a.low[d], b.low[d]);
        cluster_bounds_.high[d][static_cast<std::size_t>(c)] = std::max(a.high[d], b.high[d]);
      }
    }
  });
}

}  // namespace lagoon::dynamics::detail
