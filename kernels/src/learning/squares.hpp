// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lagoon/core/view.hpp>

namespace lagoon::learning::detail {

/// The largest magnitude whose squared distances, over any table that fits into memory, have a finite sum.
inline constexpr double kLargestToSquare = 1e140;

/// Refuses NaN, infinity and what is beyond that, with row and column of the first.  throws  invalid_argument
void check_squares(View<const double, 2> x, const char* what, bool parallel);

}  // namespace lagoon::learning::detail
