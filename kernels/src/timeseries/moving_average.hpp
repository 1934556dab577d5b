// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace lagoon::timeseries::detail {

/// out[i] = mean of x[i .. i + window), for n - window + 1 numbers apart from x; window in [1, n].
///
/// No number is ever subtracted from a running sum: each mean is that of the end of one block and the begin of the
/// next. So rounding does not pile up, and a NaN or a very large number is felt in the windows that hold it, in no
/// other.
///   cost     O(n), two additions each; polled
///   source   van Herk 1992 for the blocks
void moving_average(const double* x, std::ptrdiff_t n, std::ptrdiff_t window, double* out, bool parallel);

}  // namespace lagoon::timeseries::detail
