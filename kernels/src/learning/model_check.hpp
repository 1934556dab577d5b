// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lagoon/kernels/learning/model_file.hpp>

namespace lagoon::learning::detail {

/// Refuses what cannot be a model that is used, as many names as columns or none, and a preparation of other columns.
///   throws  invalid_argument
void check_saved(const SavedModel& model);

}  // namespace lagoon::learning::detail
