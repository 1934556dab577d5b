// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <lagoon/core/tensor.hpp>

#include "kmeans_spread.hpp"

namespace lagoon::learning::detail {

struct LloydLimits {
  std::int64_t iterations = 0;
  double moves = 0;  ///< squared, of all centres: so little ends it
};
struct LloydEnd {
  std::int64_t iterations = 0;
  bool converged = false;
};

/// Moves centres to the means of the rows that are nearest to them, again and again.
///
/// A row is measured again only when bounds allow another centre to be nearer. What the rows of a cluster sum to
/// follows the rows that change, so that an iteration reads those rows only.
///   source   Lloyd 1957; Hamerly 2010 (bounds)
LloydEnd lloyd(View<const double, 2> x, const Spread& spread, Tensor<double, 2>& centres, const LloydLimits& limits,
               bool parallel);

}  // namespace lagoon::learning::detail
