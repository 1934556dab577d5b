// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lagoon/core/tensor.hpp>
#include <lagoon/core/view.hpp>
#include <vector>

namespace lagoon::learning::detail {

/// Powers of two that take the largest magnitude of each column to [1, 2), for columns whose squares would overflow or
/// underflow; 1 for the others. NaN and infinity are not looked at.
std::vector<double> column_factors(View<const double, 2> x, bool parallel);

}  // namespace lagoon::learning::detail
