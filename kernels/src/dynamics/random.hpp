// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Random123/philox.h>

#include <array>
#include <cmath>
#include <cstdint>
#include <numbers>

// Random numbers that depend on what they are for alone: who asks first, and on which core, changes nothing.
namespace lagoon::dynamics::detail {

/// What a number is for; numbers for different things are independent.
enum class Purpose : std::uint32_t { velocities, langevin, rescaling, cell };

/// Four numbers uniform in (0, 1), of the `k`th particle, or draw, of a step.
inline std::array<double, 4> uniform(std::uint64_t seed, Purpose purpose, std::uint64_t step, std::uint32_t k) {
  const r123::Philox4x32::ctr_type counter{{k, static_cast<std::uint32_t>(step), static_cast<std::uint32_t>(step >> 32),
                                            static_cast<std::uint32_t>(purpose)}};
  const r123::Philox4x32::key_type key{{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)}};
  const auto bits = r123::Philox4x32{}(counter, key);
  std::array<double, 4> u;
  for (std::size_t i = 0; i < 4; ++i) u[i] = (bits[i] + 0.5) * 0x1p-32;
  return u;
}

/// Four numbers of the normal distribution.
///   source   Box & Muller 1958
inline std::array<double, 4> normal(std::uint64_t seed, Purpose purpose, std::uint64_t step, std::uint32_t k) {
  const auto u = uniform(seed, purpose, step, k);
  const double r = std::sqrt(-2 * std::log(u[0])), s = std::sqrt(-2 * std::log(u[2]));
  const double a = 2 * std::numbers::pi * u[1], b = 2 * std::numbers::pi * u[3];
  return {r * std::cos(a), r * std::sin(a), s * std::cos(b), s * std::sin(b)};
}

}  // namespace lagoon::dynamics::detail
