// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lagoon/core/tensor.hpp>
#include <lagoon/kernels/statistics/moments.hpp>

namespace lagoon::statistics::detail {

/// Row k is column k of the table, rows of the table with a NaN left out under NanPolicy::omit.
template <class T>
Tensor<double, 2> columns_of(View<const T, 2> x, NanPolicy nan);

/// Ranks within each row; a row with a NaN becomes all NaN.
Tensor<double, 2> ranks_of_rows(View<const double, 2> series, bool parallel);

/// Kendall's tau-b of each two rows.
Tensor<double, 2> kendall(View<const double, 2> series, bool parallel);

}  // namespace lagoon::statistics::detail
