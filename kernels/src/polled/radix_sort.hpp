// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "parts.hpp"

namespace lagoon::polled {

/// Unsigned numbers in the order of doubles, and back (Herf 2001). Both zeros are one.
inline std::uint64_t key_of(double x) noexcept {
  const auto bits = std::bit_cast<std::uint64_t>(x + 0.0);
  return bits >> 63 ? ~bits : bits | std::uint64_t{1} << 63;
}
inline double number_of(std::uint64_t key) noexcept {
  return std::bit_cast<double>(key >> 63 ? key & ~(std::uint64_t{1} << 63) : ~key);
}

/// Sorts by the bits [low, high) of the keys, stable.
///   kDigit   bits per pass; counts of 11 still fit the first-level cache
///   spare    room for n keys
///   returns  where the sorted keys are: keys or spare
///   throws   cancelled, deadline_exceeded
///   cost     a pass of n for each digit in which keys differ
template <int kDigit>
std::uint64_t* radix_sort(std::uint64_t* keys, std::uint64_t* spare, std::ptrdiff_t n, int low, int high) {
  std::uint64_t *from = keys, *to = spare;
  for (int shift = low; shift < high; shift += kDigit) {
    const std::uint64_t mask = (std::uint64_t{1} << std::min(kDigit, high - shift)) - 1;
    const auto digit = [&](std::uint64_t key) { return key >> shift & mask; };
    std::array<std::ptrdiff_t, 1 << kDigit> at{};
    for_each(n, [&](std::ptrdiff_t i) { ++at[digit(from[i])]; });
    if (n == 0 || at[digit(from[0])] == n) continue;  // all the same
    std::ptrdiff_t sum = 0;
    for (std::ptrdiff_t& place : at) sum += std::exchange(place, sum);
    for_each(n, [&](std::ptrdiff_t i) { to[at[digit(from[i])]++] = from[i]; });
    std::swap(from, to);
  }
  return from;
}

}  // namespace lagoon::polled
