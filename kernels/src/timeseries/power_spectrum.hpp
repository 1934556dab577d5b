// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lagoon/core/tensor.hpp>
#include <lagoon/core/view.hpp>

namespace lagoon::timeseries::detail {

/// Squared moduli of the discrete Fourier transform, of any length: |sum over t of x[t] exp(-2 pi i f t / n)|^2.
///   x        n >= 1 finite numbers, any stride; nothing is subtracted
///   returns  n / 2 + 1 numbers, for f = 0 ... n / 2
///   cost     O(n log n), also for a prime n; cancelled and deadline_exceeded are looked at between transforms
Tensor<double, 1> power_spectrum(View<const double, 1> x, bool parallel);

}  // namespace lagoon::timeseries::detail
