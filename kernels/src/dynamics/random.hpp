// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "random/counter.hpp"

namespace lagoon::dynamics::detail {

/// What numbers are drawn for in a trajectory; `step` is that of the trajectory, `k` the particle or the draw.
enum class Purpose : std::uint32_t { velocities = 0, langevin = 1, rescaling = 2, cell = 3 };

using random::normal;
using random::uniform;

}  // namespace lagoon::dynamics::detail
