// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lagoon/core/view.hpp>

#include "rolling_window.hpp"

namespace lagoon::timeseries::detail {

/// The statistic of the windows of places [begin, end), NaNs left out, by plain loops in long double: for windows that
/// begin before the series or end behind it, hold infinities, or overflow when squared.
///   x      the whole series
///   out    where the result of place `begin` goes
///   throws  resource_exhausted; cancelled or deadline_exceeded, polled
///   cost   O(end - begin + window.length), 48 bytes per place of a window
void rolling_plain(Statistic statistic, View<const double, 1> x, const RollingWindow& window, std::ptrdiff_t begin,
                   std::ptrdiff_t end, double* out);

}  // namespace lagoon::timeseries::detail
