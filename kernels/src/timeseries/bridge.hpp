// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace lagoon::timeseries::detail {

/// Fills NaNs among values[0], values[step], ... by lines between their neighbours; before the first and behind the
/// last number it stays at that, and all are `otherwise` when none is a number.
void bridge(double* values, std::ptrdiff_t n, std::ptrdiff_t step, double otherwise);

}  // namespace lagoon::timeseries::detail
