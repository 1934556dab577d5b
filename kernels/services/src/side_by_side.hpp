// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lagoon/core/tensor.hpp>
#include <vector>

namespace lagoon::services {

/// Columns that lie apart as one table of rows x columns, within the call's memory: the one copy that a table of
/// columns costs. Each column is contiguous in it.
///   method  for errors
///   throws  invalid_argument: lengths differ, with both
Frozen<double, 2> side_by_side(const std::vector<Frozen<double, 1>>& columns, const char* method);

}  // namespace lagoon::services
