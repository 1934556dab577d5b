// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Random123/philox.h>

#include <array>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <numbers>
#include <type_traits>

// Random numbers that depend on what they are for alone: who asks first, and on which core, changes nothing.
namespace lagoon::random {

/// What a number is for; numbers for different things are independent. Values are unique over all families.
template <class T>
concept Purpose = std::is_enum_v<T> && std::same_as<std::underlying_type_t<T>, std::uint32_t>;

/// Four words of 32 random bits: the `k`th draw of a step.
template <Purpose P>
std::array<std::uint32_t, 4> bits(std::uint64_t seed, P purpose, std::uint64_t step, std::uint32_t k) {
  const r123::Philox4x32::ctr_type counter{{k, static_cast<std::uint32_t>(step), static_cast<std::uint32_t>(step >> 32),
                                            static_cast<std::uint32_t>(purpose)}};
  const r123::Philox4x32::key_type key{{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)}};
  const auto words = r123::Philox4x32{}(counter, key);
  return {words[0], words[1], words[2], words[3]};
}

/// Four numbers uniform in (0, 1).
template <Purpose P>
std::array<double, 4> uniform(std::uint64_t seed, P purpose, std::uint64_t step, std::uint32_t k) {
  const auto words = bits(seed, purpose, step, k);
  std::array<double, 4> u;
  for (std::size_t i = 0; i < 4; ++i) u[i] = (words[i] + 0.5) * 0x1p-32;
  return u;
}

/// Four numbers of the normal distribution.
///   source   Box & Muller 1958
template <Purpose P>
std::array<double, 4> normal(std::uint64_t seed, P purpose, std::uint64_t step, std::uint32_t k) {
  const auto u = uniform(seed, purpose, step, k);
  const double r = std::sqrt(-2 * std::log(u[0])), s = std::sqrt(-2 * std::log(u[2]));
  const double a = 2 * std::numbers::pi * u[1], b = 2 * std::numbers::pi * u[3];
  return {r * std::cos(a), r * std::sin(a), s * std::cos(b), s * std::sin(b)};
}

/// A whole number in [0, bound) of 32 random bits, each as likely as the others to 1 part in 2^32 / bound.
inline std::uint32_t below(std::uint32_t bound, std::uint32_t word) noexcept {
  return static_cast<std::uint32_t>((std::uint64_t{word} * bound) >> 32);
}

}  // namespace lagoon::random
