// SPDX-License-Identifier: Apache-2.0
#include "seasons.hpp"

#include <cmath>
#include <lagoon/core/error.hpp>
#include <string>

#include "polled/parts.hpp"

namespace lagoon::timeseries::detail {

void check_periods(View<const double, 1> x, std::ptrdiff_t period, const char* what) {
  if (period < 2)
    throw Error(Errc::invalid_argument,
                std::string(what) + ": period is " + std::to_string(period) + "; at least 2 is needed");
  if (x.size() / 2 < period)
    throw Error(Errc::invalid_argument, std::string(what) + ": the series has " + std::to_string(x.size()) +
                                            " numbers; two periods of " + std::to_string(period) + " are needed");
  check_not_infinite(x, what);
}

void check_not_infinite(View<const double, 1> x, const char* what) {
  polled::for_each(x.size(), [&](std::ptrdiff_t i) {
    if (std::isinf(x[i]))
      throw Error(Errc::invalid_argument, std::string(what) + ": element " + std::to_string(i) + " is infinite");
  });
}

void throw_empty_phase(const char* what, std::ptrdiff_t phase, const char* lacks) {
  throw Error(Errc::invalid_argument, std::string(what) + ": phase " + std::to_string(phase) + " has no number" +
                                          (lacks ? std::string(" with a ") + lacks : std::string()));
}

}  // namespace lagoon::timeseries::detail
