// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "polled_parts.hpp"

namespace lagoon::learning::detail {

/// Sorts by the bits [low, high) of the keys, stable; polled.
///   spare   room for n keys
///   cost    a pass of n for each byte in which keys differ
inline void radix_sort(std::uint64_t* keys, std::uint64_t* spare, std::ptrdiff_t n, int low, int high) {
  std::uint64_t *from = keys, *to = spare;
  for (int shift = low; shift < high; shift += 8) {
    const std::uint64_t mask = (std::uint64_t{1} << std::min(8, high - shift)) - 1;
    std::array<std::ptrdiff_t, 256> at{};
    for_polled_parts(0, n, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
      for (std::ptrdiff_t i = begin; i < end; ++i) ++at[from[i] >> shift & mask];
    });
    if (n == 0 || at[from[0] >> shift & mask] == n) continue;  // all the same
    std::ptrdiff_t sum = 0;
    for (std::ptrdiff_t& place : at) {
      const std::ptrdiff_t count = place;
      place = sum;
      sum += count;
    }
    for_polled_parts(0, n, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
      for (std::ptrdiff_t i = begin; i < end; ++i) to[at[from[i] >> shift & mask]++] = from[i];
    });
    std::swap(from, to);
  }
  if (from != keys) std::copy_n(from, n, keys);
}

}  // namespace lagoon::learning::detail
