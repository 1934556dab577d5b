// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <lagoon/core/memory.hpp>
#include <memory_resource>
#include <vector>

namespace lagoon::dynamics::detail {

/// Slots of a cluster: as many neighbours as are looked at together.
inline constexpr std::ptrdiff_t kCluster = 8;
/// Particles that are looked at one by one, each beside a cluster of neighbours: half a cluster.
inline constexpr std::ptrdiff_t kRows = 4;

/// Four particles and the clusters near them, all of the same image of the box. Of a masked cluster, bit 8 r + c of a
/// mask says whether row r and slot c are a pair.
struct Segment {
  std::int32_t row;                 ///< slot of the first of the four
  std::int32_t begin, middle, end;  ///< in `clusters`: whole ones up to `middle`, then masked ones
  std::int32_t mask;                ///< in `masks`, of the cluster at `middle`
  std::int32_t shift;               ///< index of the image of the neighbours: see image_of
};

/// -1, 0 or 1 boxes along an axis.
inline int image_of(std::int32_t shift, int axis) noexcept {
  return axis == 0 ? shift % 3 - 1 : axis == 1 ? shift / 3 % 3 - 1 : shift / 9 - 1;
}
inline std::int32_t shift_of(int x, int y, int z) noexcept { return (x + 1) + 3 * (y + 1) + 9 * (z + 1); }

struct PairList {
  explicit PairList(std::pmr::memory_resource* memory) : segments(memory), clusters(memory), masks(memory) {}
  std::pmr::vector<Segment> segments;
  std::pmr::vector<std::int32_t> clusters;  ///< first slot over kCluster
  std::pmr::vector<std::uint32_t> masks;
  void clear() {
    segments.clear();
    clusters.clear();
    masks.clear();
  }
};

}  // namespace lagoon::dynamics::detail
