// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <lagoon/kernels/timeseries/rolling.hpp>

namespace lagoon::timeseries::detail {

/// Which statistic of the windows.
enum class Statistic { mean, deviation, minimum, maximum };

/// The windows of a series: that of place i ends at i + ahead and begins length - 1 before.
struct RollingWindow {
  std::ptrdiff_t length = 1;
  std::ptrdiff_t min_count = 1;
  std::ptrdiff_t ahead = 0;
  double ddof = 1;

  /// May begin before the series and end behind it.
  std::ptrdiff_t begin(std::ptrdiff_t place) const noexcept { return end(place) - length; }
  std::ptrdiff_t end(std::ptrdiff_t place) const noexcept { return place + ahead + 1; }
};

/// What the caller asked for.
///   throws  invalid_argument, naming `what`
RollingWindow checked_window(std::ptrdiff_t length, const RollingOptions& options, const char* what);

}  // namespace lagoon::timeseries::detail
