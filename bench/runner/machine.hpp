// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>

namespace lagoon::bench {

/// What a figure depends on besides the code: processor, kernel, compiler, flags, commit, libraries, load.
nlohmann::ordered_json machine();

}  // namespace lagoon::bench
