// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace lagoon::cli::assets {

// Files that the build puts into the program, so that it needs none at run time.
extern const std::string_view sections, script;       // of analyze and call
extern const std::string_view photographs, darkroom;  // of images: its sections and its script

}  // namespace lagoon::cli::assets
