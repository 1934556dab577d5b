// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "random/counter.hpp"

namespace lagoon::learning::detail {

/// What numbers are drawn for; `step` and `k` say which tree, start, node or draw.
enum class Purpose : std::uint32_t { split = 64, fold = 65, bootstrap = 66, features = 67, centres = 68 };

using random::below;
using random::bits;
using random::uniform;

}  // namespace lagoon::learning::detail
