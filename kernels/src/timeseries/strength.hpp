// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lagoon/core/view.hpp>
#include <lagoon/kernels/timeseries/seasonality.hpp>

namespace lagoon::timeseries::detail {

/// Fills in seasonal_strength and trend_strength from the parts.
///   x   the series, for its size: what is rounding beside it is nothing to explain
void measure_strengths(View<const double, 1> x, Composition composition, Decomposition& parts);

}  // namespace lagoon::timeseries::detail
