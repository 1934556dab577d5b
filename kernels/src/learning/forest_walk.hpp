// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "forest_model.hpp"

// The way of rows from the root to a leaf. A step waits for the node, then for the number that the node asks for; the
// steps of one row wait for one another, those of different rows do not. So eight rows walk side by side, and no step
// has a branch to mispredict.
//
// Where there is AVX-512, many rows of few columns go as forest_lanes.hpp says instead, in a third of the time. Gathers
// of 16 or 32 rows by these nodes (Sapphire Rapids) were no faster: a step needs two loads per row either way.
// Tried on Zen 3 with 100 trees of 9,300 nodes, in which rows go 15.8 steps on average and the farthest of eight 21.2:
// sixteen rows side by side, equal. Six levels near the root decided for 32 rows at once by comparisons of bytes
// (AVX2), the rest walked from a list of rows: 7 to 14 % slower. The same with the rows that have not arrived closing
// ranks, every 3 steps: 30 % slower; every 6: from 3 % faster to 12 % slower.
// On Zen 4, once trees were fetched beforehand (Walk), with as many trees of that size, one thread, beside other
// programs:
// - blocks of four levels in a line, whose fifteen codes are shuffled out of the row and compared at once: a seventh
//   slower, whether rows that have not arrived go on from a list or eight go side by side;
// - nodes of one word, whose code carries into the child when a number is added, two loads a step instead of four:
//   equal;
// - nodes ordered so that those which are likely to follow one another share a line: equal;
// - rows sorted by the node that they reach after six levels: 15 % slower;
// - both children loaded before the comparison, for a shorter chain: a quarter slower.
//
// Rows lie in groups of eight, column by column: what all eight have in a column is next to one another, so that eight
// consecutive rows need no more than one address.
namespace lagoon::learning::detail {

inline constexpr std::ptrdiff_t kWalkers = 8;

/// Where number j of row i is, of rows with `width` numbers.
inline std::ptrdiff_t cell_of(std::ptrdiff_t i, std::ptrdiff_t j, std::ptrdiff_t width) noexcept {
  return (i / kWalkers * width + j) * kWalkers + i % kWalkers;
}

// Unsigned, for an addition with carry instead of a flag that is widened and added.
inline std::uint32_t next(const ShortNode& node, const std::uint8_t* row) noexcept {
  return node.left + (std::uint32_t{row[node.feature * kWalkers]} > std::uint32_t{node.code});
}
inline std::uint32_t next(const Node& node, const double* row) noexcept {
  return node.left + (row[node.feature * kWalkers] > node.value);
}

/// The leaves of eight rows.
///   rows   rows[w] is where the first number of row w is
template <class AnyNode, class Rows>
std::array<std::uint32_t, kWalkers> leaves_of(const AnyNode* nodes, const Rows& rows) {
  std::array<std::uint32_t, kWalkers> at{};
  for (std::uint32_t moved = 1; moved != 0;) {
    moved = 0;
    // Whoever has arrived stays, so that it is enough to look at one step of three.
    for (int step = 0; step < 2; ++step) {
#pragma GCC unroll 8
      for (std::size_t w = 0; w < kWalkers; ++w) at[w] = next(nodes[at[w]], rows[w]);
    }
#pragma GCC unroll 8
    for (std::size_t w = 0; w < kWalkers; ++w) {
      const std::uint32_t to = next(nodes[at[w]], rows[w]);
      moved |= to ^ at[w];
      at[w] = to;
    }
  }
  return at;
}

/// Calls arrived(row, leaf) for all of [0, count). Cells are there for whole groups.
template <class AnyNode, class Cell, class Arrived>
void walk(const AnyNode* nodes, const Cell* cells, std::ptrdiff_t width, std::ptrdiff_t count, Arrived arrived) {
  struct Side {
    const Cell* first;
    const Cell* operator[](std::size_t w) const noexcept { return first + w; }
  };
  for (std::ptrdiff_t k = 0; k < count; k += kWalkers) {
    const auto leaves = leaves_of(nodes, Side{cells + cell_of(k, 0, width)});
    if (k + kWalkers <= count) {
      for (std::ptrdiff_t w = 0; w < kWalkers; ++w) arrived(k + w, leaves[static_cast<std::size_t>(w)]);
    } else {
      for (std::ptrdiff_t w = 0; k + w < count; ++w) arrived(k + w, leaves[static_cast<std::size_t>(w)]);
    }
  }
}

/// The same of some rows.
template <class AnyNode, class Cell, class Arrived>
void walk_chosen(const AnyNode* nodes, const Cell* cells, std::ptrdiff_t width, const std::uint32_t* chosen,
                 std::ptrdiff_t count, Arrived arrived) {
  for (std::ptrdiff_t k = 0; k < count; k += kWalkers) {
    std::array<const Cell*, kWalkers> rows;
    for (std::ptrdiff_t w = 0; w < kWalkers; ++w)  // the last goes on behalf of those that are missing
      rows[static_cast<std::size_t>(w)] = cells + cell_of(chosen[std::min(k + w, count - 1)], 0, width);
    const auto leaves = leaves_of(nodes, rows);
    for (std::ptrdiff_t w = 0; w < kWalkers && k + w < count; ++w)
      arrived(static_cast<std::ptrdiff_t>(chosen[k + w]), leaves[static_cast<std::size_t>(w)]);
  }
}

}  // namespace lagoon::learning::detail
