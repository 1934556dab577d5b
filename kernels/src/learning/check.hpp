// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <lagoon/core/view.hpp>

// What every method of learning refuses, in the same words. `what` names the function in errors, which are
// invalid_argument; long reads are parallel and end when the call does.
namespace lagoon::learning::detail {

/// A table without rows or columns.
void check_table(View<const double, 2> x, const char* what);
/// NaN or infinity, with row and column of the first.
void check_finite(View<const double, 2> x, const char* what, bool parallel);
/// The same in a vector, called `name` in the error.
void check_finite(View<const double, 1> x, const char* name, const char* what, bool parallel);
/// "fit_linear: x has 10 rows, y has 9 numbers".
void check_lengths(std::ptrdiff_t rows, std::ptrdiff_t numbers, const char* name, const char* what);
/// "predict: x has 3 columns, the model 4".
void check_columns(std::ptrdiff_t have, std::ptrdiff_t model, const char* what);

}  // namespace lagoon::learning::detail
