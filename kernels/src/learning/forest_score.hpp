// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <lagoon/core/tensor.hpp>
#include <lagoon/core/view.hpp>

#include "forest_model.hpp"

namespace lagoon::learning::detail {

/// Accuracy judged by the trees that left a row out, whose bits are set in left_out: trees by words of 64 rows.
///   classes   the place of each row's label among the classes
///   returns   NaN when no tree left a row out
double left_out_accuracy(const ForestModel& model, View<const double, 2> x, const std::uint16_t* classes,
                         const Tensor<std::uint64_t, 2>& left_out, bool parallel);
/// R2 in the same way; NaN also when y is constant.
///   y   divided by the scale of the model
double left_out_r2(const ForestModel& model, View<const double, 2> x, const double* y,
                   const Tensor<std::uint64_t, 2>& left_out, bool parallel);

}  // namespace lagoon::learning::detail
