// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cmath>
#include <lagoon/engine/stop.hpp>

#include "grid.hpp"

namespace lagoon::dynamics::detail {
namespace {

constexpr std::int32_t kShortColumn = 32;  // clusters that are looked through without a search
constexpr std::size_t kVector = 16;        // room behind a list that vectors are stored to

}  // namespace

/// Where the neighbours of a cluster are looked for, for both halves of its rows at once: one image of the box after
/// another.
struct Grid::Search {
  const Exclusions& excluded;
  PairList& list;
  float reach, reach2;  ///< with the margin of float
  bool across = false;  ///< pairs of the block above with the one to the right, rather than this block's own
  std::int32_t cluster = 0;
  Bounds around{};                 ///< of the cluster
  std::array<Bounds, 2> halves{};  ///< of its rows
  std::array<int, 2> block{};
  std::array<int, 3> image{};
  Bounds around_there{};  ///< the same as neighbours in this image see them
  std::array<Bounds, 2> halves_there{};
  std::array<std::vector<std::int32_t>, 2> found{};
  std::array<std::size_t, 2> counts{};
  std::vector<std::int32_t> partners{};  ///< clusters that hold a particle which is excluded for a row
};

namespace {

/// Which of 4 rows and 8 slots are pairs.
std::uint32_t mask_of(std::ptrdiff_t row, std::int32_t cluster, const Grid::Exclusions& excluded, bool itself) {
  std::uint32_t mask = 0xFFFFFFFFu;
  for (std::ptrdiff_t r = 0; r < kRows; ++r) {
    if (itself)
      for (std::ptrdiff_t c = 0; c < kCluster; ++c)
        if (cluster * kCluster + c <= row + r) mask &= ~(1u << (8 * r + c));
    if (excluded.first.empty()) continue;
    const auto i = static_cast<std::size_t>(row + r);
    for (auto k = excluded.first[i]; k < excluded.first[i + 1]; ++k) {
      const std::ptrdiff_t c = excluded.slots[static_cast<std::size_t>(k)] - cluster * kCluster;
      if (c >= 0 && c < kCluster) mask &= ~(1u << (8 * r + c));
    }
  }
  return mask;
}

}  // namespace

void Grid::list(const Exclusions& excluded, std::size_t block, PairList& list) const {
  const int bx = static_cast<int>(block) % blocks_[0];
  int by = static_cast<int>(block) / blocks_[0];
  list.clear();
  const auto reach = static_cast<float>(reach_ + margin_);
  Search s{.excluded = excluded, .list = list, .reach = reach, .reach2 = reach * reach * (1 + 1e-6f)};
  for (s.across = false;; s.across = true) {
    for (int cy = by * per_block_[1]; cy < (by + 1) * per_block_[1]; ++cy)
      for (int cx = bx * per_block_[0]; cx < (bx + 1) * per_block_[0]; ++cx) {
        throw_if_stopped();
        s.block = {bx, by};
        const auto column = static_cast<std::size_t>(cy * columns_[0] + cx);
        for (std::int32_t c = first_cluster_[column]; c < first_cluster_[column + 1]; ++c) list_cluster(s, c);
      }
    if (s.across || (by + 1 == blocks_[1] && !periodic(1))) return;
    by = (by + 1) % blocks_[1];
  }
}

void Grid::list_cluster(Search& s, std::int32_t cluster) const {
  s.cluster = cluster;
  for (std::size_t half : {0u, 1u}) s.halves[half] = row_bounds_[2 * static_cast<std::size_t>(cluster) + half];
  for (std::size_t d = 0; d < 3; ++d) {
    s.around.low[d] = cluster_bounds_.low[d][static_cast<std::size_t>(cluster)];
    s.around.high[d] = cluster_bounds_.high[d][static_cast<std::size_t>(cluster)];
  }
  std::array<int, 3> low{}, high{};
  for (std::size_t d = 0; d < 3; ++d) {
    if (!periodic(d)) continue;
    low[d] = s.around.low[d] < s.reach ? -1 : 0;
    high[d] = s.around.high[d] > static_cast<float>(box_.length[d]) - s.reach ? 1 : 0;
  }
  // Images first, columns within: neighbours in one image make one segment.
  for (int y = low[1]; y <= high[1]; ++y)
    for (int x = low[0]; x <= high[0]; ++x)
      for (int z = low[2]; z <= high[2]; ++z) list_image(s, {x, y, z});
}

bool Grid::is_forward(const Search& s, int dx, int dy) noexcept {
  if (s.across) return dx == 1 && dy == -1;
  if (dx == 0 && dy == 0) return s.image[2] >= 0;
  return (dx == 1 && dy >= 0) || (dx == 0 && dy == 1);
}

void Grid::list_image(Search& s, std::array<int, 3> image) const {
  s.image = image;
  s.around_there = s.around;
  s.halves_there = s.halves;
  for (std::size_t d = 0; d < 3; ++d) {
    const auto offset = static_cast<float>(image[d] * box_.length[d]);
    for (Bounds* b : {&s.around_there, &s.halves_there[0], &s.halves_there[1]}) {
      b->low[d] -= offset;
      b->high[d] -= offset;
    }
  }
  std::array<int, 2> low{}, high{};  // columns of this image that are near, counted from its corner
  for (std::size_t d = 0; d < 2; ++d) {
    const auto at = [&](float x) {
      return static_cast<int>(std::clamp((x - low_[d]) / width_[d], 0.0, columns_[d] - 1.0));
    };
    low[d] = at(s.around_there.low[d] - s.reach);
    high[d] = at(s.around_there.high[d] + s.reach);
  }
  s.counts = {0, 0};
  for (int y = low[1]; y <= high[1]; ++y) {
    const int dy = block_of_[1][static_cast<std::size_t>(y)] + image[1] * blocks_[1] - s.block[1];
    for (int x = low[0]; x <= high[0]; ++x) {
      const int dx = block_of_[0][static_cast<std::size_t>(x)] + image[0] * blocks_[0] - s.block[0];
      if (is_forward(s, dx, dy)) list_column(s, x, y, dx == 0 && dy == 0 && image[2] == 0);
    }
  }
  for (std::size_t half : {0u, 1u}) add_segment(s, half);
}

void Grid::list_column(Search& s, int x, int y, bool own_block) const {
  // Corners of the square of columns are out of reach.
  float apart2 = 0;
  for (std::size_t d = 0; d < 2; ++d) {
    const auto low = static_cast<float>(low_[d] + (d == 0 ? x : y) * width_[d]),
               high = low + static_cast<float>(width_[d]);
    const float gap = std::max(low - s.around_there.high[d], s.around_there.low[d] - high);
    if (gap > 0) apart2 += gap * gap;
  }
  if (apart2 > s.reach2 && !edge_column(x, y)) return;
  const auto column = static_cast<std::size_t>(y) * static_cast<std::size_t>(columns_[0]) + static_cast<std::size_t>(x);
  std::int32_t begin = first_cluster_[column], end = first_cluster_[column + 1];
  // Within the block each pair of clusters is met from both sides; the earlier one takes it.
  if (own_block) begin = std::max(begin, s.cluster + 1);
  if (end - begin > kShortColumn) {
    // Heights rise, so those within reach are found by halving.
    const auto& tops = cluster_bounds_.high[2];
    const auto& bottoms = cluster_bounds_.low[2];
    const float low = s.around_there.low[2] - s.reach, high = s.around_there.high[2] + s.reach;
    begin = static_cast<std::int32_t>(
        std::partition_point(tops.begin() + begin, tops.begin() + end, [&](float z) { return z < low; }) -
        tops.begin());
    end = static_cast<std::int32_t>(
        std::partition_point(bottoms.begin() + begin, bottoms.begin() + end, [&](float z) { return z <= high; }) -
        bottoms.begin());
  }
  if (begin >= end) return;
  for (std::size_t half : {0u, 1u}) {
    const std::size_t room = s.counts[half] + static_cast<std::size_t>(end - begin) + kVector;
    if (s.found[half].size() < room) s.found[half].resize(2 * room);
  }
  near_kernels().near(cluster_bounds_, begin, end, s.halves_there, s.reach2, {s.found[0].data(), s.found[1].data()},
                      s.counts);
}

void Grid::add_segment(Search& s, std::size_t half) const {
  if (s.halves[half].empty()) return;
  const std::ptrdiff_t row = s.cluster * kCluster + static_cast<std::ptrdiff_t>(half) * kRows;
  auto& clusters = s.list.clusters;
  const auto begin = static_cast<std::int32_t>(clusters.size());
  const auto mask = static_cast<std::int32_t>(s.list.masks.size());
  const auto found = s.found[half].begin();
  const auto last = found + static_cast<std::ptrdiff_t>(s.counts[half]);
  auto whole = last;  // up to here, clusters without an excluded partner
  if (!s.excluded.first.empty()) {
    s.partners.clear();
    const auto first = s.excluded.first.begin() + row;
    for (auto k = first[0]; k < first[kRows]; ++k)
      s.partners.push_back(s.excluded.slots[static_cast<std::size_t>(k)] / static_cast<std::int32_t>(kCluster));
    whole = std::stable_partition(found, last, [&](std::int32_t c) {
      return std::find(s.partners.begin(), s.partners.end(), c) == s.partners.end();
    });
  }
  clusters.insert(clusters.end(), found, whole);
  const auto middle = static_cast<std::int32_t>(clusters.size());
  const auto add_masked = [&](std::int32_t c, bool itself) {
    clusters.push_back(c);
    s.list.masks.push_back(mask_of(row, c, s.excluded, itself));
  };
  if (!s.across && s.image == std::array{0, 0, 0}) add_masked(s.cluster, true);
  for (auto c = whole; c != last; ++c) add_masked(*c, false);
  const auto end = static_cast<std::int32_t>(clusters.size());
  if (end > begin)
    s.list.segments.push_back(
        {static_cast<std::int32_t>(row), begin, middle, end, mask, shift_of(s.image[0], s.image[1], s.image[2])});
}

}  // namespace lagoon::dynamics::detail
