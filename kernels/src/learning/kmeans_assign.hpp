// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <lagoon/core/tensor.hpp>

namespace lagoon::learning::detail {

/// Each row with its nearest centre.
struct Assignment {
  Tensor<std::int32_t, 1> labels;
  Tensor<std::int64_t, 1> sizes;
  double inertia = 0;
};
Assignment assign(View<const double, 2> x, View<const double, 2> centres, bool parallel);

}  // namespace lagoon::learning::detail
