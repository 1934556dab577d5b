// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <lagoon/core/tensor.hpp>
#include <span>

// Sixteen rows side by side in the lanes of a vector, and four vectors in flight (AVX-512). A tree of 9,300 nodes takes
// 37 kB instead of 74, and a step of sixteen rows is one gather of their nodes: what those ask for is chosen out of
// registers, for a second gather costs as much as the first.
//
//   const auto trees = lanes_of(short_trees, columns);                // none: not for such trees, or not here
//   lane_walk(packs_of(columns))(trees[t], rows, {numbers, words});  // who arrives where, in the order of arriving
//
// The codes of a row lie four to a word, a pack; what rows have in a pack is contiguous.
//
// A lane whose row has arrived takes the next row after four steps at the latest, so that none waits for the farthest.
//
// Measured on Granite Rapids with 100 trees of 9,300 nodes, rows going 15.7 steps: 17.9 ns per row and tree with
// forest_walk.hpp, 6.3 here. Taking the first five levels out of two registers is worth 1.5 of those. Looking for who
// has arrived every 3, 5 or 6 steps: 12 % slower, 7 % slower, equal. Two, three or six vectors in flight: 15, 5 and 15
// % slower. Codes that are gathered: half as slow again.
namespace lagoon::learning::detail {

inline constexpr std::ptrdiff_t kLanes = 16;
inline constexpr std::ptrdiff_t kMostLaneColumns = 32;         // 8 packs
inline constexpr std::ptrdiff_t kMostLaneNodes = 1 << 16;      // that a word has room to name
inline constexpr std::ptrdiff_t kFewestLaneRows = 2 * kLanes;  // fewer leave most lanes empty

/// A tree for lanes. A node is one word:
///   bits 31..24  the code that a row needs more than to go right; 255 in a leaf, which no row has more than
///   bits 23..16  of a split where its column's code is: pack 3 bits, then by how many bits to turn the pack left for
///   it
///                to lie on top. Of a leaf that says a small whole number 1 more, or else 0
///   bits 15..0   the left child, which the right one follows; a leaf is its own
struct LaneTree {
  /// The first five levels as a heap: node h has the children 2 h and 2 h + 1, below a leaf both go on with it. [1, 32)
  /// are nodes, and [32, 64) say which nodes of the tree the children of the last level are.
  alignas(64) std::array<std::uint32_t, 64> top{};
  Tensor<std::uint32_t, 1> nodes;
};

inline std::ptrdiff_t packs_of(std::ptrdiff_t columns) noexcept { return (columns + 3) / 4; }

/// Rows that are to walk, and room for them to.
struct LaneRows {
  const std::uint32_t* packs = nullptr;  ///< pack p of row i is packs[p * stride + i]
  std::ptrdiff_t stride = 0;             ///< no less than room_for_lanes(count)
  std::ptrdiff_t count = 0;
  std::uint32_t* nodes = nullptr;  ///< room for room_for_lanes(count)
};

/// Vectors are read whole, beyond the last row too.
inline std::ptrdiff_t room_for_lanes(std::ptrdiff_t count) noexcept {
  return (count + 2 * kLanes - 1) / (2 * kLanes) * (2 * kLanes) + 6 * kLanes;
}

/// Each of these has room for count + kLanes. Row rows[k] came to a leaf with the word words[k]; each row once.
struct Arrivals {
  std::uint32_t* rows = nullptr;
  std::uint32_t* words = nullptr;
};

inline std::uint32_t node_of_word(std::uint32_t word) noexcept { return word & 0xffff; }
/// What a leaf says and 1 more, or 0.
inline std::uint32_t said_by_word(std::uint32_t word) noexcept { return word >> 16 & 0xff; }

using LaneWalk = void (*)(const LaneTree& tree, const LaneRows& rows, const Arrivals& out);

inline constexpr std::ptrdiff_t kCodedTogether = 64;  // rows

/// Puts codes of one column of n rows, no more than kCodedTogether, into byte `byte` of their packs, which is 0.
///   steps   that the code counts how many of are below x: Steps::codes; 255 at most
///   x       n numbers, `step` apart
///   packs   kCodedTogether; those behind row n get some code
using LaneCode = void (*)(std::span<const double> steps, const double* x, std::ptrdiff_t n, std::ptrdiff_t step,
                          int byte, std::uint32_t* packs);

/// Null where lane_walk() is.
LaneCode lane_code();

/// For rows of so many packs, 1 to 8. Null where there is no AVX-512, or LAGOON_ISA forbids it.
LaneWalk lane_walk(std::ptrdiff_t packs);

}  // namespace lagoon::learning::detail
