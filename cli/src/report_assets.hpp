// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace lagoon::cli::assets {

// Files that the build puts into the program, so that it needs none at run time.
extern const std::string_view page, style, script;
extern const std::string_view chart;  ///< Chart.js, with its licence in the first comment

}  // namespace lagoon::cli::assets
