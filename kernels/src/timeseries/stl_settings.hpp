// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lagoon/kernels/timeseries/seasonality.hpp>

#include "loess.hpp"

namespace lagoon::timeseries::detail {

/// StlOptions with every default worked out.
struct StlSettings {
  std::ptrdiff_t period;
  LoessShape seasonal, trend, low_pass;
  bool periodic, robust, parallel;
  int inner, outer;
};

/// throws  invalid_argument naming the option
StlSettings settle(const StlOptions& options, std::ptrdiff_t n, std::ptrdiff_t period);

}  // namespace lagoon::timeseries::detail
