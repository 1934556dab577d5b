// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace lagoon::bench {

/// What the handlers of both sides do: a function of its own, so that neither side can see through it.
std::uint64_t answer(std::uint64_t question) noexcept;

/// Arithmetic that a core does alone and at its own speed: a chain of dependent multiplications.
double compute(double seed, std::uint64_t steps) noexcept;

/// Steps of compute() that take this long on a quiet core; measured once per program.
std::uint64_t steps_for(double seconds);

}  // namespace lagoon::bench
