// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <lagoon/core/view.hpp>

// What every decomposition refuses, in the same words. `what` names the function; errors are invalid_argument.
namespace lagoon::timeseries::detail {

/// A period below 2, fewer than two periods, an infinity.
void check_periods(View<const double, 1> x, std::ptrdiff_t period, const char* what);
/// An infinity, with its index.
void check_not_infinite(View<const double, 1> x, const char* what);
/// "stl: phase 3 has no number".  lacks  what else it may be without
[[noreturn]] void throw_empty_phase(const char* what, std::ptrdiff_t phase, const char* lacks = nullptr);

}  // namespace lagoon::timeseries::detail
