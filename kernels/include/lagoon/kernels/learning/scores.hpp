// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <lagoon/core/tensor.hpp>
#include <vector>

namespace lagoon::learning {

// How good predictions are. All throw invalid_argument when there are none, or when lengths differ (both named).

/// 1 - sum (y - p)^2 / sum (y - mean(y))^2; NaN when y is constant.
double r2_score(View<const double, 1> y, View<const double, 1> predicted);
/// Root of the mean of (y - p)^2.
double root_mean_square_error(View<const double, 1> y, View<const double, 1> predicted);
/// Mean of |y - p|.
double mean_absolute_error(View<const double, 1> y, View<const double, 1> predicted);

/// Share of labels that are right.
double accuracy(View<const std::int64_t, 1> labels, View<const std::int64_t, 1> predicted);

/// Which label was taken for which.
struct Confusion {
  std::vector<std::int64_t> labels;  ///< all that occur on either side, rising
  Tensor<std::int64_t, 2> counts;    ///< rows: true label; columns: predicted label
};
Confusion confusion(View<const std::int64_t, 1> labels, View<const std::int64_t, 1> predicted);

/// How well two clusterings agree, chance removed: 1 when they are the same but for names, about 0 for independent
/// ones.
///   source  Hubert & Arabie 1985
double adjusted_rand_index(View<const std::int64_t, 1> a, View<const std::int64_t, 1> b);

}  // namespace lagoon::learning
