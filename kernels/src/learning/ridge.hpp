// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "triangle_solution.hpp"

namespace lagoon::learning::detail {

/// w that makes |z - R w|^2 + weight |w|^2 least.
///   source   Hoerl & Kennard 1970; by rows sqrt(weight) I below R
std::vector<double> solve_ridge(const ScaledTriangle& t, View<const double, 1> z, double weight);

}  // namespace lagoon::learning::detail
