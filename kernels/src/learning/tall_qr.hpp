// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lagoon/core/tensor.hpp>
#include <lagoon/core/view.hpp>
#include <vector>

namespace lagoon::learning::detail {

/// The triangle of a QR of [x | y] about its means, or about 0. What regressions and components ask of a table is in
/// it: it has the table's lengths and angles, and a row per column.
struct TableQr {
  /// min(n - centred, columns) x columns, zeros below the diagonal. Signs of the diagonal are as Householder left them.
  Tensor<double, 2> r;
  std::vector<double> mean;  ///< of the columns; zeros where the triangle is not about means
};

/// Factors without ever forming products of columns, which would cost half of the digits.
///   x        n x p, any strides, n >= 1, p >= 1
///   y        n numbers, any stride, or empty
///   centred  is as accurate for columns far from 0 as for others
///   what     the function that asks, for errors
///   throws   invalid_argument: NaN or infinity (row and column, or "y[3]", named); resource_exhausted; cancelled,
///            deadline_exceeded
///   cost     2 n p^2 operations, one read of x; with numbers below 1e-140 or above 1e150 four. Parallel over blocks of
///            rows, or above 512 columns over columns; the same bits for any number of cores
///   source   Demmel, Grigori, Hoemmen & Langou 2012
TableQr table_qr(View<const double, 2> x, View<const double, 1> y, bool centred, bool parallel, const char* what);

/// Root of the sum of squares, without overflow.
double length(View<const double, 1> x);

/// Lengths of the columns.
std::vector<double> column_lengths(View<const double, 2> r);

/// r with columns divided by these lengths.
Tensor<double, 2> scaled_columns(View<const double, 2> r, const std::vector<double>& lengths);

}  // namespace lagoon::learning::detail
