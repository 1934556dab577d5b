// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lagoon/core/tensor.hpp>

namespace lagoon::learning::detail {

/// What k-means asks of a table before it begins.
struct Spread {
  Tensor<double, 1> means;  ///< of the columns
  double variance = 0;      ///< mean over the columns
  double largest = 0;       ///< magnitude
  bool sound = false;       ///< all numbers are finite, and so are their squares
};
Spread spread_of(View<const double, 2> x, bool parallel);

}  // namespace lagoon::learning::detail
