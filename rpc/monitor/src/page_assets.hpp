// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace lagoon::page::assets {

// Files that the build puts into the library, so that a report can be written where the package is not installed.
extern const std::string_view page, style, common;
extern const std::string_view pool, script;  ///< the parts of a pool's report
extern const std::string_view chart;         ///< Chart.js, with its licence in the first comment

}  // namespace lagoon::page::assets
